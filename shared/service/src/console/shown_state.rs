//! The state of a token that the form of an edit shows: by it the form is known to be outdated.

use jeton_core::token::Identity;
use sha2::{Digest as _, Sha256};

/// Names what an edit replaces, the description and the rights, in 32 hexadecimal digits. Uses, copies and shares of the
/// token leave it as it is.
pub fn of(identity: &Identity) -> String {
    let replaced = serde_json::json!([identity.description, *identity.permissions]);
    hex::encode(&Sha256::digest(replaced.to_string())[..16])
}
