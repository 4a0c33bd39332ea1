//! The fingerprint of the token state that an edit form shows, which detects an outdated form.

use jeton_core::token::{Editable, Identity};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Names what an edit replaces, such as the description and the rights, in 32 hexadecimal digits. Uses, copies and shares of the
/// token leave it as it is.
pub fn of(identity: &Identity) -> String {
    let replaced = match serde_json::json!(Editable::from(identity)) {
        Value::Object(fields) => Value::Array(fields.into_iter().map(|(_, value)| value).collect()),
        other => other,
    };
    hex::encode(&Sha256::digest(replaced.to_string())[..16])
}
