//! Redaction of tokens in requests, after decoding.

use std::borrow::Cow;

use jeton_core::secret::redacted;
use serde_json::{Map, Value};

/// Redacts a value: replaces every token in its texts by `***`, also in keys.
pub fn redact(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = redacted(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => redact_fields(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same for an object.
pub fn redact_fields(fields: &mut Map<String, Value>) {
    fields.values_mut().for_each(redact);
    if fields.keys().any(|key| matches!(redacted(key), Cow::Owned(_))) {
        *fields = std::mem::take(fields)
            .into_iter()
            .map(|(key, value)| (redacted(&key).into_owned(), value))
            .collect();
    }
}
