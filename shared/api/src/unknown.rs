//! Unknown fields of requests.
//!
//! Clients of the Storage API send many, and most of them have no meaning here. One that grants or limits
//! something must not be ignored silently: the token would differ from what its creator expects.

use jeton_core::Error;
use serde_json::{Map, Value};

/// Prefixes of fields that limit time or amount, in lower case and without `_` and `-`.
const LIMITS: [&str; 8] =
    ["expir", "ttl", "lifetime", "validuntil", "validfor", "dailycapacity", "readonly", "isreadonly"];

/// Suffixes of fields that grant access.
const GRANTS: [&str; 4] = ["permission", "permissions", "access", "scopes"];

/// Rejects unknown fields that are `known` ones in another spelling (`expires_in`), and those that would
/// grant or limit something: rights (`can…`, `…Permissions`, `…Access`), ends (`expires…`). Ignores all
/// others, and empty ones, such as `false`.
///
/// Errors: [`Error::BadField`].
pub fn reject(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Error> {
    spelled(fields, known)?;
    let is_rejected = |(name, value): &(&String, &Value)| says_something(value) && grants_or_limits(name);
    match fields.iter().find(is_rejected) {
        None => Ok(()),
        Some((name, _)) if name == "expires" && known.contains(&"expiresIn") => Err(Error::bad_field(
            "expires",
            "expires is not supported here: send expiresIn, in seconds from now",
        )),
        Some((name, _)) => Err(Error::bad_field(
            name.clone(),
            format!(
                "{} is not supported here, and cannot be ignored because it would grant or limit something",
                shown(name)
            ),
        )),
    }
}

/// Rejects all unknown fields, where each could be a filter in another spelling. An error names the first as `PREFIXname`, and says why.
///
/// Errors: [`Error::BadField`].
pub fn reject_all(prefix: &str, fields: &Map<String, Value>, why: &str) -> Result<(), Error> {
    fields.keys().next().map_or(Ok(()), |name| {
        let name = shown(name);
        Err(Error::bad_field(format!("{prefix}{name}"), format!("{prefix}{name} {why}")))
    })
}

/// Rejects known fields in another spelling, which would be ignored silently. Errors: [`Error::BadField`].
fn spelled(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Error> {
    for name in fields.iter().filter(|(_, value)| says_something(value)).map(|(name, _)| name) {
        let word = plain(name);
        if let Some(right) = known.iter().find(|known| **known != name && plain(known) == word) {
            let message = format!("{} is not a field: write {right}", shown(name));
            return Err(Error::bad_field(name.clone(), message));
        }
    }
    Ok(())
}

/// A name in lower case, without separators.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

fn grants_or_limits(name: &str) -> bool {
    let word = plain(name);
    // `can…` followed by anything but lower-case letters: `canReadX`, `can_read_x`, `CanReadX`.
    word.starts_with("can") && word != name
        || matches!(word.as_str(), "ismastertoken" | "isdisabled" | "disabled")
        || LIMITS.iter().any(|limit| word.starts_with(limit))
        || GRANTS.iter().any(|grant| word.ends_with(grant))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.as_str(), "" | "0" | "false"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// A name that is safe in an error message.
fn shown(name: &str) -> &str {
    let plain =
        name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain { name } else { "a field" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_grants_or_limits_is_rejected_and_the_rest_ignored() {
        for name in [
            "canReadAllProjectEvents",
            "can_manage_tokens",
            "canUseDirectAccess",
            "expires",
            "expires_in",
            "expiresin",
            "expirationDays",
            "ttl",
            "dailyCapacity",
            "isReadOnly",
            "workspacePermissions",
            "bucket_permissions",
            "ComponentAccess",
            "isMasterToken",
            "isDisabled",
        ] {
            for value in [json!(true), json!("1"), json!(5), json!(["x"]), json!({"x": "y"})] {
                let fields = Map::from_iter([(name.to_owned(), value.clone())]);
                assert!(reject(&fields, &[]).is_err(), "{name} {value}");
            }
            for value in [json!(false), json!(0), json!(""), json!("0"), json!([]), json!({}), json!(null)] {
                let fields = Map::from_iter([(name.to_owned(), value.clone())]);
                assert!(reject(&fields, &["separateCode"]).is_ok(), "{name} {value}");
            }
        }
        for name in ["separate_code", "separatecode", "Separate-Code"] {
            let fields = Map::from_iter([(name.to_owned(), json!(true))]);
            assert!(reject(&fields, &["separateCode"]).is_err(), "{name}");
        }
        for name in ["id", "token", "uri", "created", "canary", "candidate", "owner", "admin", "note"] {
            let fields = Map::from_iter([(name.to_owned(), json!("x"))]);
            assert!(reject(&fields, &["separateCode"]).is_ok(), "{name}");
        }
    }
}
