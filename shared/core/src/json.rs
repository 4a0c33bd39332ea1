//! JSON parser for untrusted input: requests, stores and files.
//!
//! `serde_json` has private keys: if one is the first key of an object, its string value is parsed as JSON again, from depth
//! zero. Some dependencies enable that for the whole program. Nested on each level, it overflows the stack. So a text with such
//! a key is rejected.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// The prefix of the private keys of `serde_json`.
const RESERVED: &str = "$serde_json::private::";

/// Whether a key is private to the parser.
pub fn is_reserved(key: &str) -> bool {
    key.starts_with(RESERVED)
}

/// Parses a JSON text. Errors: those of the parser, and a reserved key.
pub fn from_str<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    from_slice(text.as_bytes())
}

/// Parses JSON bytes, as [`from_str`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    if may_have_reserved_keys(bytes) {
        Reader { reserved: Reserved::Rejected, twice: Twice::LastCounts }
            .deserialize(&mut serde_json::Deserializer::from_slice(bytes))?;
    }
    serde_json::from_slice(bytes)
}

/// Whether a text may contain a reserved key, as it is or escaped.
fn may_have_reserved_keys(bytes: &[u8]) -> bool {
    memchr::memchr2_iter(b'$', b'\\', bytes).any(|at| {
        let rest = &bytes[at..];
        rest.starts_with(RESERVED.as_bytes()) || rest.starts_with(b"\\u")
    })
}

/// A JSON value of a caller. Parsers differ in which of two fields of the same name they take, so duplicate fields are
/// rejected. So are reserved names.
#[derive(Debug)]
pub struct Strict(pub Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { reserved: Reserved::Rejected, twice: Twice::Rejected }.deserialize(deserializer).map(Self)
    }
}

/// A JSON value that must not be rejected: the event of a gateway, which has query names of a caller. Fields with a reserved
/// name are dropped.
#[derive(Debug)]
pub struct Literal(pub Value);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { reserved: Reserved::LeftOut, twice: Twice::LastCounts }.deserialize(deserializer).map(Self)
    }
}

/// Deserializes a value by these rules.
#[derive(Clone, Copy)]
struct Reader {
    reserved: Reserved,
    twice: Twice,
}

/// What happens to a field with a reserved name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reserved {
    Rejected,
    LeftOut,
}

/// What happens to a duplicate field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    Rejected,
    LastCounts,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            // The message does not name the field: it may be a misplaced secret.
            if self.twice == Twice::Rejected && map.contains_key(&key) {
                return Err(A::Error::custom("a field is duplicated"));
            }
            if !is_reserved(&key) {
                map.insert(key, fields.next_value_seed(self)?);
            } else if self.reserved == Reserved::Rejected {
                return Err(A::Error::custom("the name of a field is reserved"));
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Nested objects, each as a JSON string in its parent.
    fn bomb(levels: usize) -> String {
        let mut text = "1".to_owned();
        for _ in 0..levels {
            let escaped = text.replace('\\', "\\u005c").replace('"', "\\u0022");
            text = format!("[{{\"{RESERVED}RawValue\":\"{escaped}\"}}]");
        }
        text
    }

    #[test]
    fn a_text_with_a_reserved_key_is_not_read_however_it_is_written_and_wherever_it_stands() {
        let escaped =
            RESERVED.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<Vec<_>>().concat();
        for text in [
            bomb(1),
            bomb(12),
            format!("{{\"{RESERVED}Number\":\"1\"}}"),
            format!("{{\"a\":[{{\"{escaped}RawValue\":\"1\"}}]}}"),
            "{\"\\u0024serde_json::private::RawValue\":\"nope\"}".to_owned(),
            format!("{{\"a\":1,\"{RESERVED}RawValue\":\"1\"}}"),
        ] {
            assert!(from_str::<Value>(&text).is_err(), "{text}");
            assert!(from_slice::<Map<String, Value>>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_read_as_it_is() {
        for value in [
            json!({"$": "\u{1}", "price": "$5", "$serde": [1, -2, 1.5, null, true]}),
            json!({"text": format!("{RESERVED}RawValue"), "escaped": "\u{24}\\u0024"}),
        ] {
            assert_eq!(from_str::<Value>(&value.to_string()).unwrap(), value);
            assert_eq!(serde_json::from_str::<Literal>(&value.to_string()).unwrap().0, value);
        }
        let Literal(value) =
            serde_json::from_str(&format!("{{\"a\":{{\"{RESERVED}RawValue\":\"[\"}},\"b\":1}}")).unwrap();
        assert_eq!(value, json!({"a": {}, "b": 1}));
    }

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str::<Strict>(text).map(|strict| strict.0)
    }

    #[test]
    fn a_field_that_is_there_twice_is_rejected_at_every_depth_and_however_it_is_written() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"\u0061":3}"#, r#"[{"a":{"b":1,"b":2}}]"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("a field is duplicated at line 1"), "{error}");
        }
        assert!(read(r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#).is_ok());
    }

    #[test]
    fn nesting_without_end_is_rejected() {
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn everything_else_is_read_as_ever(text in r#"(\{"[a-z]":|\}|\[|\]|,|-?[0-9]{1,20}(\.[0-9])?|"\PC{0,3}"|null|true|1e9){0,12}"#) {
            match (read(&text), serde_json::from_str::<Value>(&text)) {
                (Ok(strict), Ok(value)) => prop_assert_eq!(strict, value),
                (Err(_), Err(_)) => {}
                (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("twice")),
                (strict, value) => prop_assert!(false, "{:?} {:?}", strict, value),
            }
        }
    }
}
