//! Lenient parsing of fields, in the forms that existing clients send.
//!
//! Numbers come as strings and strings as numbers, booleans as `1`, `0`, `true` and `false` or empty,
//! empty maps as `[]`, and `null` means absent. Each function here is for serde's `deserialize_with`,
//! together with `default`.

use std::collections::BTreeMap;

use jeton_core::json::Strict;
use serde::{Deserialize as _, Deserializer, de::Error};
use serde_json::{Map, Value};

use crate::{patch::Patch, redaction::redact};

/// A string; a number becomes its digits.
pub fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    as_string(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A boolean. The empty string is false.
pub fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(value)),
        Value::Number(number) if number.as_i64() == Some(1) => Ok(Some(true)),
        Value::Number(number) if number.as_i64() == Some(0) => Ok(Some(false)),
        Value::String(text) => match text.as_str() {
            "1" | "true" => Ok(Some(true)),
            "0" | "false" | "" => Ok(Some(false)),
            _ => Err(D::Error::custom("must be true or false")),
        },
        _ => Err(D::Error::custom("must be true or false")),
    }
}

/// A boolean that may be left open: the empty string is absent, as in a query with an empty parameter.
pub fn choice<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) if text.is_empty() => Ok(None),
        value => boolean(value).map_err(D::Error::custom),
    }
}

/// A boolean where a caller who says nothing and one who sends nothing by mistake must differ: `null` and the empty string are
/// rejected.
pub fn decision<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Err(D::Error::custom("must be true or false")),
        Value::String(text) if text.is_empty() => Err(D::Error::custom("must be true or false")),
        value => boolean(value).map_err(D::Error::custom),
    }
}

/// A whole number. The empty string is absent, as in a query with an empty parameter.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) if text.is_empty() => Ok(None),
        value => as_integer(value).map_err(D::Error::custom),
    }
}

/// A whole number of seconds. Rejects the empty string: an empty lifetime must not become an endless one.
pub fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    as_integer(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn as_integer(value: Value) -> Result<Option<i64>, &'static str> {
    const WHOLE: &str = "must be a whole number";
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Some(whole)),
            // A typed client writes 1e+06; beyond 2^53 a float is not exact.
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
            (None, Some(float)) if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 => {
                Ok(Some(float as i64))
            }
            _ => Err(WHOLE),
        },
        Value::String(text) => text.parse().map(Some).map_err(|_| WHOLE),
        _ => Err(WHOLE),
    }
}

/// As [`string`], but `null` differs from an absent field.
pub fn patch_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patch<String>, D::Error> {
    string(deserializer).map(|value| value.map_or(Patch::Clear, Patch::Set))
}

/// As [`seconds`], but `null` differs from an absent field.
pub fn patch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patch<i64>, D::Error> {
    seconds(deserializer).map(|value| value.map_or(Patch::Clear, Patch::Set))
}

/// A list of strings. Accepts a map for its values, since PHP writes lists with gaps as maps.
pub fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let items: Vec<Value> = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Array(items) => items,
        Value::Object(map) => map.into_iter().map(|(_, value)| value).collect(),
        Value::String(text) if text.is_empty() => Vec::new(),
        _ => return Err(D::Error::custom("must be a list of strings")),
    };
    let strings = items.into_iter().map(|item| as_string(item)?.ok_or("must not hold null"));
    strings.collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

/// A map from string to string. `[]` is the empty map.
pub fn string_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    let Some(map) = as_object(Value::deserialize(deserializer)?).map_err(D::Error::custom)? else {
        return Ok(None);
    };
    let entries = map.into_iter().map(|(key, value)| match as_string(value)? {
        Some(value) => Ok((key, value)),
        None => Err("must not hold null"),
    });
    entries.collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

/// An object, `[]`, or a string that holds one of the two as JSON. Redacts tokens in the parsed JSON like in
/// every other text.
pub fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => {
            let Strict(mut value) = serde_json::from_str(&text).map_err(|_| {
                D::Error::custom("must be an object, or JSON of one, without duplicate fields")
            })?;
            redact(&mut value);
            value
        }
        value => value,
    };
    as_object(value).map_err(D::Error::custom)
}

fn as_string(value: Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err("must be a string"),
    }
}

fn as_object(value: Value) -> Result<Option<Map<String, Value>>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        Value::Array(items) if items.is_empty() => Ok(Some(Map::new())),
        // A form cannot tell an empty map from an empty string.
        Value::String(text) if text.is_empty() => Ok(Some(Map::new())),
        _ => Err("must be an object"),
    }
}
