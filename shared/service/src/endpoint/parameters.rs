//! Parameters in the `OpenAPI` description, and bodies as forms: what is sent as text.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{examples::Example, row::Endpoint};

/// The meaning of each path parameter.
const PATH_PARAMETERS: [(&str, &str); 12] = [
    ("token", "The id of a token."),
    ("copy", "The id of a copy, as the detail of its token lists it."),
    ("share", "The id of a share, as the list of pending shares and the link of its mail have it."),
    ("uuid", "The uuid of an event."),
    ("object", "The id of a bucket, such as `in.c-main`, or of a table, such as `in.c-main.orders`."),
    ("component", "The id of a component, such as `keboola.ex-db-mysql`."),
    ("config", "The id of a configuration of the component."),
    ("organization", "The id of an organization, a number."),
    ("project", "The id of a project, a number."),
    ("member", "The id of a member, as the list of members has it."),
    ("invitation", "The id of an invitation, as the list of invitations has it."),
    ("manageToken", "The id of a manage token."),
];

/// The parameters of an endpoint: of its path, its query and its headers, each with its value in the example.
pub(super) fn parameters(endpoint: &Endpoint, example: Option<&Example>) -> Value {
    let in_path = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": meaning(name), "schema": {"type": "string"}}));
    let mut parameters: Vec<Value> = in_path.collect();
    for query in endpoint.shape.query.into_iter().chain(endpoint.shape.filter) {
        let properties = as_form(query.described());
        let properties = properties["properties"].as_object().cloned().unwrap_or_default();
        parameters.extend(properties.into_iter().map(|(name, mut schema)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
        }));
    }
    if endpoint.is_keyed() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A random key of 256 bits for this call. A retry with the same key within ten \
                            minutes has the same answer and changes nothing more.",
            "schema": {
                "type": "string",
                "pattern": "^([0-9A-Za-z_-]{43,128}|\"[0-9A-Za-z_-]{43,128}\")$",
            },
        }));
    }
    let values = example.map(|example| values(endpoint.path, &example.path)).unwrap_or_default();
    for parameter in &mut parameters {
        let value = values.iter().find(|(name, _)| parameter["name"] == **name);
        if let Some((_, value)) = value {
            parameter["example"] = typed(&parameter["schema"], value);
        }
    }
    Value::Array(parameters)
}

/// The values of parameters in a path with its query.
fn values<'a>(pattern: &'a str, path: &'a str) -> Vec<(&'a str, Cow<'a, str>)> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let in_path = pattern.split('/').zip(path.split('/')).filter_map(|(pattern, value)| {
        let name = pattern.strip_prefix('{')?.strip_suffix('}')?;
        Some((name, value))
    });
    let in_query = query.split('&').filter_map(|pair| pair.split_once('='));
    let decoded = |text: &'a str| percent_decode_str(text).decode_utf8_lossy();
    in_path.chain(in_query).map(|(name, value)| (name, decoded(value))).collect()
}

/// A value of a parameter as its schema has it.
fn typed(schema: &Value, value: &str) -> Value {
    let number = (schema["type"] == "integer").then(|| value.parse::<i64>().ok()).flatten();
    number.map_or_else(|| json!(value), |number| json!(number))
}

/// The meaning of a path parameter.
fn meaning(parameter: &str) -> Option<&'static str> {
    PATH_PARAMETERS.iter().find(|(name, _)| *name == parameter).map(|(_, meaning)| *meaning)
}

/// The schema of the fields as a form or query, where all values are text: there is no null, booleans have several
/// spellings, a list is `name[]` and a map `name[key]`.
pub(super) fn as_form(mut schema: Value) -> Value {
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return schema };
    let (mut single, mut keyed) = (Map::new(), Map::new());
    for (name, mut field) in std::mem::take(fields) {
        if let Some(types) = field.get_mut("type").filter(|types| types.is_array()) {
            *types = types
                .as_array()
                .into_iter()
                .flatten()
                .find(|name| *name != "null")
                .cloned()
                .unwrap_or_default();
        }
        match field["type"].as_str() {
            Some("boolean") => {
                field["type"] = json!("string");
                field["enum"] = json!(["true", "false", "1", "0", ""]);
                single.insert(name, field);
            }
            Some("array") => {
                single.insert(format!("{name}[]"), field);
            }
            Some("object") => {
                let key = field["propertyNames"]["pattern"].as_str().unwrap_or("[A-Za-z][A-Za-z0-9_.-]*");
                let key = key.trim_start_matches('^').trim_end_matches('$').to_owned();
                let value = field.get_mut("additionalProperties").map(Value::take);
                let value = value.unwrap_or_else(|| json!({"type": "string"}));
                keyed.insert(format!("^{name}\\[{key}\\]$"), value);
            }
            _ => {
                single.insert(name, field);
            }
        }
    }
    *fields = single;
    // Brackets are balanced, and nested at most once.
    schema["propertyNames"] = json!({"pattern": r"^([^\[\]]+(\[[^\[\]]*\]){0,2})?$"});
    if !keyed.is_empty() {
        schema["patternProperties"] = Value::Object(keyed);
    }
    schema
}
