//! Schema rules of the API description beyond the types of fields: the forms of ids, and rules across fields.
//!
//! Each is what the parser of the domain accepts, so that a client that follows the description is never
//! rejected for a form. The suite `generated` compares the two.

mod capabilities;

use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::settings::NOT_FOR_NEW;

/// An e-mail address, without quotes and comments.
#[derive(ToSchema)]
#[schema(format = Email, max_length = 254)]
pub struct EmailAddress(pub String);

/// A bucket id.
#[derive(PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(pattern = "^(in|out|sys)\\.[A-Za-z0-9_-]{1,96}$")]
pub struct BucketId(pub String);

/// A component id.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
pub struct ComponentId(pub String);

/// What a token may do with a single bucket.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it.
    Write,
}

/// The pattern of a text of one line: no control characters, and none that change the direction of text.
const ONE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$";

/// Adds to a schema what its type cannot express. An unknown one stays as it is.
pub fn describe(name: &str, schema: &mut Value) {
    if let (Some(fields), Some(Value::Object(rules))) = (schema.as_object_mut(), rules(name)) {
        fields.extend(rules);
    }
    let one_line = match name {
        "CreateManageToken" | "UpdateManageToken" => Some("description"),
        "CreateProject" | "InviteMember" => Some("name"),
        _ => None,
    };
    if let Some(field) = one_line {
        schema["properties"][field]["pattern"] = ONE_LINE.into();
    }
    if name == "CreateToken" {
        describe_create(schema);
    }
    capabilities::describe(name, schema);
    describe_nullable(schema);
}

/// Moves the description of a field that may be null from the reference within to the field, where readers look for it.
fn describe_nullable(schema: &mut Value) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
        let parts = field.get_mut("oneOf").and_then(Value::as_array_mut);
        let found = parts.into_iter().flatten().find_map(|part| part.as_object_mut()?.remove("description"));
        if let Some(description) = found {
            field["description"] = description;
        }
    }
}

/// The differences of a new token from an update.
fn describe_create(schema: &mut Value) {
    schema["description"] = "A new token. It has only the rights that are named here.".into();
    let Some(fields) = schema["properties"].as_object_mut() else { return };
    for field in NOT_FOR_NEW {
        fields.remove(*field);
    }
    for (field, words) in [
        ("description", "What it is for, at most 255 characters; `Created by …` when absent or empty."),
        ("expiresIn", "Lifetime in whole seconds, at least 1."),
    ] {
        fields[field]["description"] = words.into();
    }
}

/// Rules across the fields of a schema, which its type cannot express.
///
/// They forbid combinations by keywords (`if`, `then`) that type generators ignore, so these read the fields alone. What nothing fits is
/// `{"not": {}}`: linters reject the equal `false`.
fn rules(schema: &str) -> Option<Value> {
    let empty = json!({"enum": ["", null]});
    let text = json!({"type": "string", "minLength": 1});
    let question = json!([
        {"properties": {"bucket": empty, "component": empty, "capability": empty}},
        {"required": ["bucket"], "properties": {"bucket": text, "access": empty}},
        {"required": ["access"], "properties": {"bucket": empty, "access": text}},
        {"properties": {"operation": empty}},
    ]);
    match schema {
        "Question" => Some(json!({"if": {"anyOf": question}, "then": {"not": {}}})),
        "AskBody" => Some(json!({"if": {"anyOf": [
            {"required": ["questions", "operation"], "properties": {
                "questions": {"type": "array"}, "operation": {"type": "string"},
            }},
            {"properties": {"questions": {"type": "null"}}, "anyOf": question},
        ]}, "then": {"not": {}}})),
        _ => None,
    }
}
