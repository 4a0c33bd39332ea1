//! The `/docs` page: first calls, and the API description as a page.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    answer::{answer, command},
    asset::Asset,
    guide::{STEPS, guide},
    layout::{self, Head},
};
use crate::{
    brand::Brand,
    endpoint::examples,
    http::code::{CODES, Retry},
};

/// The script of the page, which filters it.
pub static SCRIPT: Asset =
    Asset::new("/docs/-/docs.js", "text/javascript; charset=utf-8", include_str!("reference.js"));

/// The parts of the API, the most used ones first.
const TAGS: [&str; 5] = ["tokens", "events", "pick-up", "manage", "service"];

/// Renders an `OpenAPI` 3.1 description, as `endpoint::openapi` makes it.
pub fn reference(brand: &Brand, document: &Value) -> Markup {
    let operations = operations(document);
    let of = |tag: &'static str| operations.iter().filter(move |operation| operation.tag == tag);
    let address = text(&document["servers"][0]["url"]);
    let content = html! {
        nav.side aria-label="Contents" {
            // The script shows it.
            div #filter hidden {
                label for="find" { "Find a call" }
                input #find type="search" autocomplete="off" spellcheck="false";
                p.small.soft #found role="status" {}
            }
            ul {
                li { a href="#start" { "First calls" } }
                @for tag in TAGS {
                    li data-part {
                        a href={ "#" (tag) } { (tag) }
                        ul {
                            @for operation in of(tag) {
                                li data-find=(operation.words()) {
                                    a href={ "#" (operation.id()) } { (operation.method) " " (operation.short()) }
                                }
                            }
                        }
                    }
                }
                li { a href="#errors" { "errors" } }
                li { a href="#schemas" { "schemas" } }
            }
        }
        article {
            h1 { "API reference" }
            p.lead { (text(&document["info"]["description"])) }
            p { "The same for programs: " a href="/openapi.json" { "openapi.json" } "." }
            section data-rest {
                h2 #start { "First calls" }
                p {
                    @for (number, step) in STEPS.iter().enumerate() {
                        @if number > 0 { " → " } a href={ "#" (step.id) } { (step.id) }
                    }
                }
                (guide())
            }
            @for tag in TAGS {
                section data-part {
                    h2 id=(tag) { (tag) }
                    @for operation in of(tag) { (shown(operation, address)) }
                }
            }
            section data-rest { (errors()) }
            section data-rest {
                h2 #schemas { "Schemas" }
                @for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
                    (schema_shown(name, schema))
                }
            }
        }
    };
    let head = Head { brand, title: "API reference", style: brand.pickup_style(), script: Some(&SCRIPT) };
    layout::reference(&head, &html! { span.mark { (brand.name) } }, &content)
}

/// An operation.
struct Operation<'a> {
    method: String,
    path: &'a str,
    tag: &'a str,
    definition: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        text(&self.definition["operationId"])
    }

    /// The path without the part that nearly all have.
    fn short(&self) -> &str {
        self.path.strip_prefix("/v2/storage").filter(|rest| !rest.is_empty()).unwrap_or(self.path)
    }

    /// The words that find it, in lower case.
    fn words(&self) -> String {
        format!("{} {} {}", self.method, self.path, text(&self.definition["summary"])).to_lowercase()
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, definition)| Operation {
            method: method.to_uppercase(),
            path,
            tag: text(&definition["tags"][0]),
            definition,
        })
    });
    all.collect()
}

fn shown(operation: &Operation, address: &str) -> Markup {
    let definition = operation.definition;
    let security = definition["security"].as_array().into_iter().flatten();
    let by: Vec<&str> = security
        .flat_map(|one| one.as_object().into_iter().flatten())
        .map(|(name, _)| name.as_str())
        .collect();
    let body = &definition["requestBody"]["content"]["application/json"]["schema"];
    let answers = definition["responses"].as_object().into_iter().flatten();
    let (succeeded, failed): (Vec<_>, Vec<_>) =
        answers.partition(|(status, _)| !status.starts_with(['4', '5']));
    let failed: Vec<&String> = failed.into_iter().map(|(status, _)| status).collect();
    html! {
        section.operation id=(operation.id()) data-find=(operation.words()) {
            h3 { code { (operation.method) " " (operation.path) } }
            p { (sentence(text(&definition["summary"]))) }
            p.small.soft {
                @if by.is_empty() { "For anyone." } @else { "By " (by.join(" or ")) "." }
                @if !body.is_null() { " Takes " (type_of(body)) ", as JSON or as a form." }
            }
            @if let Some(parameters) = definition["parameters"].as_array().filter(|all| !all.is_empty()) {
                div.scroll tabindex="0" role="region" aria-label="Parameters" {
                    table {
                        thead { tr { th { "Parameter" } th { "In" } th { "Type" } th { "Meaning" } } }
                        tbody {
                            @for parameter in parameters {
                                tr {
                                    td { code { (text(&parameter["name"])) } }
                                    td { (text(&parameter["in"])) }
                                    td { (type_of(&parameter["schema"])) }
                                    td { (words(&parameter["description"])) }
                                }
                            }
                        }
                    }
                }
            }
            p {
                "Answers "
                @for (number, (status, answer)) in succeeded.iter().enumerate() {
                    @if number > 0 { ", " } (status) ": " (answered(answer))
                }
                ". Errors: "
                @for (number, status) in failed.iter().enumerate() {
                    @if number > 0 { ", " } a href={ "#errors-" (status) } { (status) }
                }
                "."
            }
            @if let Some(example) = examples::of_row(&format!("{} {}", operation.method, operation.path)) {
                details {
                    summary { "Example" }
                    pre tabindex="0" { code { (command(&operation.method, address, example)) } }
                    (answer(example))
                }
            }
        }
    }
}

/// All errors, once: by status, with when each is answered and whether to retry.
fn errors() -> Markup {
    let mut statuses: Vec<u16> = CODES.iter().map(|code| code.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    html! {
        h2 #errors { "Errors" }
        p {
            "Every error has the same body, " a href="#schema-ErrorBody" { "ErrorBody" } ". Its field " code { "code" }
            " is for programs, and stays; its field " code { "error" } " is a sentence for people, and may change."
        }
        @for status in statuses {
            h3 id={ "errors-" (status) } { (status) }
            div.scroll tabindex="0" role="region" aria-label={ "Errors with status " (status) } {
                table {
                    thead { tr { th { "Code" } th { "When" } th { "Retry" } } }
                    tbody {
                        @for code in CODES.iter().filter(|code| code.status.as_u16() == status) {
                            tr {
                                td { @if code.name.is_empty() { "(empty)" } @else { code { (code.name) } } }
                                td { (in_code(code.meaning)) }
                                td {
                                    @match code.retry {
                                        Retry::No => "no",
                                        Retry::Later => "later",
                                        Retry::After => { "after " code { "Retry-After" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn answered(answer: &Value) -> Markup {
    let content = answer["content"].as_object().and_then(|content| content.iter().next());
    html! {
        @match content {
            None => "nothing",
            Some((_, media)) if media["schema"].is_object() => (type_of(&media["schema"])),
            Some((media_type, _)) => (media_type),
        }
    }
}

fn schema_shown(name: &str, schema: &Value) -> Markup {
    let (properties, required) = fields(schema);
    html! {
        h3 id={ "schema-" (name) } { code { (name) } }
        p { (words(&schema["description"])) }
        @if properties.is_empty() {
            p { (type_of(schema)) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(name) {
                table {
                    thead { tr { th { "Field" } th { "Type" } th { "Always there" } th { "Meaning" } } }
                    tbody {
                        @for (field, definition) in properties {
                            tr {
                                td { code { (field) } }
                                td { (type_of(definition)) }
                                td { (if required.contains(&field) { "yes" } else { "no" }) }
                                td { (words(&definition["description"])) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The fields of a schema, and which of them are required.
fn fields(schema: &Value) -> (Vec<(&str, &Value)>, Vec<&str>) {
    let direct = schema["properties"].as_object().into_iter().flatten();
    let mut properties: Vec<_> = direct.map(|(field, definition)| (field.as_str(), definition)).collect();
    let mut required: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, of_these) = fields(part);
        properties.extend(more);
        required.extend(of_these);
    }
    (properties, required)
}

/// A type in words.
fn type_of(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[several].as_array() {
            return html! { @for (number, one) in all.iter().enumerate() { @if number > 0 { " or " } (type_of(one)) } };
        }
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(text).collect(),
        _ => vec!["anything"],
    };
    html! {
        @for (number, name) in names.iter().enumerate() {
            @if number > 0 { " or " }
            @match *name {
                "array" => { "list of " (type_of(&schema["items"])) }
                "object" if schema["additionalProperties"].is_object() => {
                    "map to " (type_of(&schema["additionalProperties"]))
                }
                name => (name),
            }
        }
    }
}

/// A description with code between backticks.
fn words(description: &Value) -> Markup {
    in_code(text(description))
}

/// A text with code between backticks.
fn in_code(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A summary, with a full stop unless it is a question.
fn sentence(summary: &str) -> String {
    if summary.ends_with('?') { summary.to_owned() } else { format!("{summary}.") }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
