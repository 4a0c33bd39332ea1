//! `/docs`: what the page says of calls, errors and schemas.

use jeton_service::http::code::{CODES, Retry};
use jeton_tests::jeton::Jeton;
use serde_json::Value;

/// The page, and the description that it is made from.
async fn page_and_description(jeton: &Jeton) -> (String, Value) {
    let page = jeton.get("/docs").send().await.expect(200);
    assert_eq!(page.content_type(), Some("text/html; charset=utf-8"));
    (page.text(), jeton.get("/openapi.json").send().await.expect(200).json())
}

/// The part of the page from the element with this id to the next part of its kind.
fn part<'a>(page: &'a str, id: &str, end: &str) -> &'a str {
    let begin = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("{id}"));
    let rest = &page[begin + 1..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text as the page has it, with code between backticks.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked = |(number, part): (usize, &str)| {
        if number % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }
    };
    parts.map(marked).collect()
}

#[tokio::test]
async fn every_call_is_shown_with_its_credential_parameters_answers_errors_and_an_example() {
    let jeton = Jeton::start().await;
    let (page, description) = page_and_description(&jeton).await;
    let mut calls = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let shown = part(&page, id, "</section>");
            let method = method.to_uppercase();
            assert!(shown.contains(&format!("<code>{method} {path}</code>")), "{id}: {shown}");
            let (name, more) = named(operation);
            assert!(shown.contains(&format!("<h3>{}</h3>", escaped(name))), "{id}: {shown}");
            // Without its first letter, which is a capital one on the page.
            assert!(more.is_empty() || shown.contains(&escaped(&more[1..])), "{id}: {shown}");
            let found = format!("data-find=\"call\" data-title=\"{}\"", escaped(name));
            assert!(shown.contains(&found), "{id}: {shown}");
            let by = operation["security"].as_array().cloned().unwrap_or_default();
            assert_eq!(shown.contains("For anyone."), by.is_empty(), "{id}: {shown}");
            for name in by.iter().flat_map(|by| by.as_object().unwrap().keys()) {
                assert!(shown.contains(name.as_str()), "{id}: {name}");
            }
            for parameter in operation["parameters"].as_array().unwrap() {
                assert_row(
                    shown,
                    parameter["name"].as_str().unwrap(),
                    parameter["in"].as_str().unwrap(),
                    parameter,
                );
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            for (field, definition, required) in fields_of(&description, body) {
                assert_row(shown, &field, if required { "body, required" } else { "body" }, &definition);
            }
            let (_, rest) = shown.split_once("Answers ").unwrap();
            let (answers, errors) = rest.split_once("Errors: ").unwrap();
            for status in operation["responses"].as_object().unwrap().keys() {
                let is_error = status.starts_with(['4', '5']);
                let link = format!("<a href=\"#errors-{status}\">{status}</a>");
                assert_eq!(errors.contains(&link), is_error, "{id}: {status}");
                assert_eq!(answers.contains(&format!("{status}: ")), !is_error, "{id}: {status}");
            }
            let takes = !operation["requestBody"]["content"]["application/json"].is_null();
            assert_eq!(shown.contains(", as JSON or as a form."), takes, "{id}");
            calls += 1;
            let of_example = shown.split_once("<summary>Example</summary>");
            // Pages with their files and the description itself are no examples.
            let answered = operation["responses"]["200"]["content"].as_object();
            let is_file = |of: &String| {
                of.starts_with("text/html")
                    || of.starts_with("image/")
                    || of == "text/javascript"
                    || of == "text/css"
            };
            let is_page = answered.is_some_and(|content| content.keys().any(is_file));
            assert!(of_example.is_some() || is_page || path == "/openapi.json", "{id}");
            let Some((_, example)) = of_example else { continue };
            let command = example.split("<code>curl").nth(1).unwrap().split("</code>").next().unwrap();
            assert!(command.contains(&format!("'{}/", jeton.url)), "{id}: {command}");
            // Curl sends GET by itself, and POST with a body.
            let sends = if command.contains(" -d ") { "POST" } else { "GET" };
            assert_eq!(command.contains(&format!(" -X {method}")), method != sends, "{id}: {command}");
        }
    }
    assert_eq!(page.matches("<section class=\"operation\"").count(), calls);
}

/// A call's name, which is its summary up to a colon, and the rest.
fn named(operation: &Value) -> (&str, &str) {
    let summary = operation["summary"].as_str().unwrap();
    summary.split_once(": ").unwrap_or((summary, ""))
}

/// Checks the row of a parameter or of a field of the body.
fn assert_row(shown: &str, name: &str, place: &str, definition: &Value) {
    let begin = format!("<tr><td><code>{}</code></td><td>{place}</td><td>", escaped(name));
    let row = shown.split(&begin).nth(1).unwrap_or_else(|| panic!("{begin} in {shown}"));
    let row = row.split("</tr>").next().unwrap();
    let meaning = marked(definition["description"].as_str().unwrap());
    assert!(!meaning.is_empty() && row.ends_with(&format!("<td>{meaning}</td>")), "{name}: {row}");
}

/// The fields of a body, those of the parts of its schema too, each with whether it is required.
fn fields_of(description: &Value, schema: &Value) -> Vec<(String, Value, bool)> {
    let name = schema["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap());
    let schema = name.map_or(schema, |name| &description["components"]["schemas"][name]);
    let required =
        |field: &str| schema["required"].as_array().into_iter().flatten().any(|name| name == field);
    let fields = schema["properties"].as_object().into_iter().flatten();
    let mut found: Vec<_> =
        fields.map(|(name, definition)| (name.clone(), definition.clone(), required(name))).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(fields_of(description, part));
    }
    found
}

#[tokio::test]
async fn the_contents_lead_to_every_call_by_its_name_to_every_error_and_every_schema() {
    let jeton = Jeton::start().await;
    let (page, description) = page_and_description(&jeton).await;
    let contents = page.split("<nav class=\"side\"").nth(1).unwrap().split("</nav>").next().unwrap();
    let linked = |id: &str, title: &str| {
        let link = format!("<a href=\"#{id}\">{}</a>", escaped(title));
        assert_eq!(contents.matches(&link).count(), 1, "{link} in {contents}");
    };
    let operations = description["paths"].as_object().unwrap().values();
    for operation in operations.flat_map(|methods| methods.as_object().unwrap().values()) {
        let (name, _) = named(operation);
        linked(operation["operationId"].as_str().unwrap(), name);
        assert!(!name.contains(['/', '{']), "{name}");
    }
    for name in description["components"]["schemas"].as_object().unwrap().keys() {
        linked(&format!("schema-{name}"), name);
    }
    for code in CODES {
        assert!(
            contents.contains(&format!("<a href=\"#errors-{}\">", code.status.as_u16())),
            "{}",
            code.name
        );
    }
    // Nothing is found under two ids, and no two regions have one name.
    for attribute in [" id=\"", " aria-label=\""] {
        let mut values: Vec<_> =
            page.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let all = values.len();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), all, "{attribute}");
    }
    // What is needed first is listed first.
    let places =
        ["Create a token", "Verify a token", "Share a token by e-mail", "List the members", "Health"];
    let places: Vec<_> = places.iter().map(|name| contents.find(&format!(">{name}")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn the_answers_of_the_first_calls_are_those_of_the_calls_above_them() {
    let jeton = Jeton::start().await;
    let (page, _) = page_and_description(&jeton).await;
    let answer = |step: &str| {
        let answer = part(&page, step, "</section>").split("<pre class=\"answer\"").nth(1);
        answer.unwrap_or_else(|| panic!("{step}")).replace("&quot;", "\"")
    };
    let said = |step: &str, words: &[&str]| {
        let answer = answer(step);
        for word in words {
            assert!(answer.contains(word), "{step}: {word} in {answer}");
        }
    };
    said("authenticate", &["200 OK", "\"isMasterToken\": true", "\"owner\""]);
    said(
        "create",
        &["201 Created", "\"description\": \"Nightly import\"", "\"in.c-main\": \"write\"", "\"token\""],
    );
    said("verify", &["200 OK", "\"description\": \"Nightly import\"", "\"isMasterToken\": false"]);
    said("share", &["204 No Content"]);
    said("refresh", &["200 OK", "\"description\": \"Nightly import\"", "\"in.c-main\": \"write\""]);
    // They are about one token.
    let id =
        |step: &str| answer(step).split("\"id\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!([id("verify"), id("refresh")], [id("create"), id("create")]);
    assert!(id("authenticate") != id("create") && !answer("create").contains("componentAccess"));
    // What is pasted first names this service.
    let setup = part(&page, "setup", "</section>");
    assert!(
        setup.contains(&format!("JETON_URL='{}'", jeton.url)) && setup.contains("JETON_TOKEN="),
        "{setup}"
    );
    assert!(setup.contains("cargo add jeton-client") && setup.contains("use jeton_client::"), "{setup}");
}

#[tokio::test]
async fn every_code_of_an_error_is_under_its_status_with_when_and_whether_to_retry() {
    let jeton = Jeton::start().await;
    let (page, _) = page_and_description(&jeton).await;
    for code in CODES {
        let status = code.status.as_u16();
        let shown = part(&page, &format!("errors-{status}"), "<h3");
        let name =
            if code.name.is_empty() { "(empty)".to_owned() } else { format!("<code>{}</code>", code.name) };
        // What the search finds it by, and what it is listed as.
        assert!(
            shown.contains(&format!(
                "<tr class=\"error\" id=\"error-{status}-{}\" data-find=\"error\"",
                code.name
            )),
            "{shown}"
        );
        let row = format!("<td>{name}</td><td>{}</td><td>", marked(code.meaning));
        let retry = match code.retry {
            Retry::No => "no",
            Retry::Later => "later",
            Retry::WithNewKey => "later, with a new <code>Idempotency-Key</code>",
            Retry::After => "after <code>Retry-After</code>",
        };
        assert!(shown.contains(&format!("{row}{retry}</td></tr>")), "{row}{retry} in {shown}");
    }
}

#[tokio::test]
async fn every_field_of_a_schema_is_shown_with_whether_it_is_always_there() {
    let jeton = Jeton::start().await;
    let (page, description) = page_and_description(&jeton).await;
    let mut fields = 0;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let shown = part(&page, &format!("schema-{name}"), "</section>");
        let parts: Vec<&Value> = schema["allOf"].as_array().into_iter().flatten().chain([schema]).collect();
        for one in parts {
            let required: Vec<_> = one["required"].as_array().into_iter().flatten().collect();
            for (field, definition) in one["properties"].as_object().into_iter().flatten() {
                let row = shown.split(&format!("<tr><td><code>{field}</code></td>")).nth(1);
                let row =
                    row.unwrap_or_else(|| panic!("{name}.{field} in {shown}")).split("</tr>").next().unwrap();
                let always = if required.iter().any(|required| *required == field) { "yes" } else { "no" };
                let meaning = marked(definition["description"].as_str().unwrap_or_default());
                assert!(
                    row.ends_with(&format!("<td>{always}</td><td>{meaning}</td>")),
                    "{name}.{field}: {row}"
                );
                fields += 1;
            }
        }
    }
    assert!(fields > 100, "{fields}");
}
