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
            assert!(shown.contains(&escaped(operation["summary"].as_str().unwrap())), "{id}: {shown}");
            // What the search in the page finds it by, in lower case.
            let found = format!("data-find=\"{} {} ", method.to_lowercase(), path.to_lowercase());
            assert!(shown.contains(&found), "{id}: {shown}");
            let by = operation["security"].as_array().cloned().unwrap_or_default();
            assert_eq!(shown.contains("For anyone."), by.is_empty(), "{id}: {shown}");
            for name in by.iter().flat_map(|by| by.as_object().unwrap().keys()) {
                assert!(shown.contains(name.as_str()), "{id}: {name}");
            }
            for parameter in operation["parameters"].as_array().unwrap() {
                let name = parameter["name"].as_str().unwrap();
                let row = format!(
                    "<tr><td><code>{}</code></td><td>{}</td>",
                    escaped(name),
                    parameter["in"].as_str().unwrap()
                );
                assert!(shown.contains(&row), "{id}: {name}");
                let meaning = format!("<td>{}</td></tr>", marked(parameter["description"].as_str().unwrap()));
                assert!(shown.contains(&meaning), "{id}: {meaning}");
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
            let is_page = answered.is_some_and(|content| content.keys().any(|of| of.starts_with("text/")));
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

#[tokio::test]
async fn every_code_of_an_error_is_under_its_status_with_when_and_whether_to_retry() {
    let jeton = Jeton::start().await;
    let (page, _) = page_and_description(&jeton).await;
    for code in CODES {
        let shown = part(&page, &format!("errors-{}", code.status.as_u16()), "<h3");
        let name =
            if code.name.is_empty() { "(empty)".to_owned() } else { format!("<code>{}</code>", code.name) };
        let row = format!("<tr><td>{name}</td><td>{}</td><td>", marked(code.meaning));
        let retry = match code.retry {
            Retry::No => "no",
            Retry::Later => "later",
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
        let shown = part(&page, &format!("schema-{name}"), "<h3");
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
