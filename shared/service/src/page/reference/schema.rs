//! Schemas, fields and types in the API reference.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::text::{text, words};

/// The schemas of the description, by name.
pub type Schemas = Map<String, Value>;

/// All schemas.
pub fn schemas(all: &Schemas) -> Markup {
    html! {
        h2 #schemas { "Schemas" }
        @for (name, schema) in all { (shown(name, schema)) }
    }
}

fn shown(name: &str, schema: &Value) -> Markup {
    let properties = fields(schema);
    html! {
        section.schema id={ "schema-" (name) } data-find="schema" data-title=(name) {
            h3 { code { (name) } }
            p { (words(&schema["description"])) }
            @if properties.is_empty() {
                p { (type_of(schema)) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label={ "Fields of " (name) } {
                    table {
                        thead { tr { th { "Field" } th { "Type" } th { "Always there" } th { "Meaning" } } }
                        tbody {
                            @for field in properties {
                                tr {
                                    td { code { (field.name) } }
                                    td { (type_of(field.definition)) }
                                    td { (if field.required { "yes" } else { "no" }) }
                                    td { (words(&field.definition["description"])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A field of a schema.
#[derive(Debug)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is required.
    pub required: bool,
    /// Its own schema.
    pub definition: &'a Value,
}

/// The fields of a schema, those of its parts too.
pub fn fields(schema: &Value) -> Vec<Field<'_>> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    let direct = schema["properties"].as_object().into_iter().flatten();
    let mut all: Vec<_> = direct
        .map(|(name, definition)| Field { name, required: required.contains(&name.as_str()), definition })
        .collect();
    all.extend(schema["allOf"].as_array().into_iter().flatten().flat_map(fields));
    all
}

/// The name of the schema that a reference leads to.
pub fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next())
}

/// A type in words.
pub fn type_of(schema: &Value) -> Markup {
    if let Some(name) = named(schema) {
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
