//! A call in the API reference.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    super::answer::{answer, command},
    find::also,
    schema::{Schemas, fields, named, type_of},
    text::{sentence, text, words},
};
use crate::endpoint::{Endpoint, examples};

/// A call: its row of the endpoint table, and its description.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    row: &'a Endpoint,
    definition: &'a Value,
}

impl<'a> Operation<'a> {
    /// The call of a row.
    pub fn of(row: &'a Endpoint, document: &'a Value) -> Self {
        Self { row, definition: &document["paths"][row.path][row.method.as_str().to_lowercase()] }
    }

    /// Its anchor.
    pub fn id(&self) -> &'a str {
        text(&self.definition["operationId"])
    }

    /// Its name: the summary up to a colon.
    pub fn name(&self) -> &'a str {
        self.row.summary.split_once(": ").map_or(self.row.summary, |(name, _)| name)
    }

    /// The rest of the summary.
    fn more(&self) -> Option<&'a str> {
        self.row.summary.split_once(": ").map(|(_, more)| more)
    }

    /// Its section. `address` is that of the service.
    pub fn shown(&self, address: &str, schemas: &Schemas) -> Markup {
        let (method, path) = (self.row.method.as_str(), self.row.path);
        html! {
            section.operation id=(self.id()) data-find="call" data-title=(self.name()) data-also=(also(self.name())) {
                h3 { (self.name()) }
                p { code { (method) " " (path) } }
                @if let Some(more) = self.more() { p { (sentence(more)) } }
                p.small.soft { (self.credential()) }
                (self.parameters(schemas))
                (self.answers())
                @if let Some(example) = examples::of_endpoint(self.row) {
                    details.more {
                        summary { "Example" }
                        pre tabindex="0" { code { (command(method, address, example)) } }
                        (answer(&example.answered))
                    }
                }
            }
        }
    }

    fn body(&self) -> &'a Value {
        &self.definition["requestBody"]["content"]["application/json"]["schema"]
    }

    fn credential(&self) -> Markup {
        let security = self.definition["security"].as_array().into_iter().flatten();
        let by: Vec<&str> = security
            .flat_map(|one| one.as_object().into_iter().flatten())
            .map(|(name, _)| name.as_str())
            .collect();
        html! {
            @if by.is_empty() { "For anyone." } @else { "By " (by.join(" or ")) "." }
            @if !self.body().is_null() { " Takes " (type_of(self.body())) ", as JSON or as a form." }
        }
    }

    /// The parameters of path, query and headers, and the fields of the body.
    fn parameters(&self, schemas: &Schemas) -> Markup {
        let parameters: Vec<&Value> =
            self.definition["parameters"].as_array().into_iter().flatten().collect();
        let body = named(self.body()).and_then(|name| schemas.get(name)).map(fields).unwrap_or_default();
        html! {
            @if !parameters.is_empty() || !body.is_empty() {
                div.scroll tabindex="0" role="region" aria-label={ "Parameters of " (self.row.method) " " (self.row.path) } {
                    table {
                        thead { tr { th { "Parameter" } th { "In" } th { "Type" } th { "Meaning" } } }
                        tbody {
                            @for one in parameters {
                                tr {
                                    td { code { (text(&one["name"])) } }
                                    td { (text(&one["in"])) }
                                    td { (type_of(&one["schema"])) }
                                    td { (words(&one["description"])) }
                                }
                            }
                            @for field in body {
                                tr {
                                    td { code { (field.name) } }
                                    td { "body" @if field.required { ", required" } }
                                    td { (type_of(field.definition)) }
                                    td { (words(&field.definition["description"])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn answers(&self) -> Markup {
        let answers = self.definition["responses"].as_object().into_iter().flatten();
        let (succeeded, failed): (Vec<_>, Vec<_>) =
            answers.partition(|(status, _)| !status.starts_with(['4', '5']));
        html! {
            p.answers {
                "Answers "
                @for (number, (status, answer)) in succeeded.iter().enumerate() {
                    @if number > 0 { ", " } (status) ": " (answered(answer))
                }
                ". Errors: "
                @for (number, (status, _)) in failed.iter().enumerate() {
                    @if number > 0 { ", " } a href={ "#errors-" (status) } { (status) }
                }
                "."
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
