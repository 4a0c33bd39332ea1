//! The `/docs` page: the API description as a page.

use maud::{Markup, html};
use serde_json::Value;

use super::layout::{self, Head};

/// The parts of the API, the most used ones first.
const TAGS: [&str; 5] = ["tokens", "events", "pick-up", "manage", "service"];

/// Renders an `OpenAPI` 3.1 description, as `endpoint::openapi` makes it.
pub fn reference(document: &Value) -> Markup {
    let operations = operations(document);
    let content = html! {
        h1 { "API reference" }
        p.lead { (text(&document["info"]["description"])) }
        p { "The same for programs: " a href="/openapi.json" { "openapi.json" } "." }
        nav.contents aria-label="Contents" {
            ul {
                @for tag in TAGS { li { a href={ "#" (tag) } { (tag) } } }
                li { a href="#schemas" { "schemas" } }
            }
        }
        @for tag in TAGS {
            h2 id=(tag) { (tag) }
            @for operation in operations.iter().filter(|operation| operation.tag == tag) { (shown(operation)) }
        }
        h2 #schemas { "Schemas" }
        @for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
            (schema_shown(name, schema))
        }
    };
    let head = Head { title: "API reference", style: "/pickup/-/pickup.css", script: None };
    layout::wide(&head, &html! { span.mark { "Jeton" } }, &content)
}

/// An operation.
struct Operation<'a> {
    method: String,
    path: &'a str,
    tag: &'a str,
    definition: &'a Value,
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

fn shown(operation: &Operation) -> Markup {
    let definition = operation.definition;
    let security = definition["security"].as_array().into_iter().flatten();
    let by: Vec<&str> = security
        .flat_map(|one| one.as_object().into_iter().flatten())
        .map(|(name, _)| name.as_str())
        .collect();
    let body = &definition["requestBody"]["content"]["application/json"]["schema"];
    html! {
        section.operation id=(text(&definition["operationId"])) {
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
            div.scroll tabindex="0" role="region" aria-label="Answers" {
                table {
                    thead { tr { th { "Status" } th { "Answer" } } }
                    tbody {
                        @for (statuses, answer) in answers(definition) {
                            tr { td { (statuses.join(", ")) } td { (answered(answer)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The answers, with their statuses.
fn answers(definition: &Value) -> Vec<(Vec<&str>, &Value)> {
    let mut answers: Vec<(Vec<&str>, &Value)> = Vec::new();
    for (status, answer) in definition["responses"].as_object().into_iter().flatten() {
        match answers.iter_mut().find(|(_, known)| *known == answer) {
            Some((statuses, _)) => statuses.push(status),
            None => answers.push((vec![status], answer)),
        }
    }
    answers
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
    html! {
        @for (number, part) in text(description).split('`').enumerate() {
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
