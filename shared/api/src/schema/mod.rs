//! What the API description says beyond the types of fields: the forms of ids, and rules across fields.
//!
//! Each says what the parser of the domain accepts, so that a client which follows the description is
//! never refused for the form of what it sends. The suite `generated` holds the two against each other.

pub mod capabilities;

use serde_json::{Value, json};
use utoipa::ToSchema;

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

/// Rules across the fields of a schema, which its type cannot say.
///
/// They say what must not be, in words (`if`, `then`) that generators of types pass over, so that these
/// read the fields as they are.
pub fn rules(schema: &str) -> Option<Value> {
    let empty = json!({"enum": ["", null]});
    let text = json!({"type": "string", "minLength": 1});
    let question = json!([
        {"properties": {"bucket": empty, "component": empty, "capability": empty}},
        {"required": ["bucket"], "properties": {"bucket": text, "access": empty}},
        {"required": ["access"], "properties": {"bucket": empty, "access": text}},
        {"properties": {"operation": empty}},
    ]);
    match schema {
        "Question" => Some(json!({"if": {"anyOf": question}, "then": false})),
        "AskBody" => Some(json!({"if": {"anyOf": [
            {"required": ["questions", "operation"], "properties": {
                "questions": {"type": "array"}, "operation": {"type": "string"},
            }},
            {"properties": {"questions": {"type": "null"}}, "anyOf": question},
        ]}, "then": false})),
        _ => None,
    }
}
