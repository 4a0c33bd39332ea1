//! The form parser, for keys as PHP writes them.

use std::{borrow::Cow, collections::BTreeMap};

use jeton_core::{Error, json::is_reserved};
use serde_json::{Map, Value};

/// The most fields a form may have.
pub const MAX_FIELDS: usize = 5000;

/// The deepest nesting of a form's keys: `a[b][c]` is two.
const MAX_DEPTH: usize = 2;

/// Parses `a=1&b[c]=2&d[]=3&e[0]=4` into an object. An object whose keys are all `[]` or numbers is a list.
///
/// The time is linear in the fields, for any keys. Errors: [`Error::Malformed`], also for a duplicate field:
/// another parser of the same form might use the other value.
pub(super) fn form_object(text: &str) -> Result<Map<String, Value>, Error> {
    let mut fields = Fields::default();
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= MAX_FIELDS {
            return Err(Error::Malformed(format!("A form may have at most {MAX_FIELDS} fields")));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decoded(key)?, decoded(value)?);
        let (name, keys) = key_parts(&key)?;
        if keys.iter().chain([&name]).any(|key| is_reserved(key)) {
            return Err(Error::Malformed("The name of a field of the form is reserved".to_owned()));
        }
        let mut place = fields.enter(name);
        for part in keys {
            place = place.within().ok_or_else(twice)?.enter(part);
        }
        if !matches!(place, Place::New) {
            return Err(twice());
        }
        *place = Place::Text(value.into_owned());
    }
    Ok(fields.0.into_iter().map(|(key, place)| (key, place.into_value())).collect())
}

fn twice() -> Error {
    Error::Malformed("A field of the form is duplicated".to_owned())
}

fn decoded(text: &str) -> Result<Cow<'_, str>, Error> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    match decoded {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => Err(Error::Malformed("The form is not valid UTF-8".to_owned())),
    }
}

/// Splits `a[b][c]` into `a` and `[b, c]`.
fn key_parts(key: &str) -> Result<(&str, Vec<&str>), Error> {
    let Some((name, rest)) = key.split_once('[') else { return Ok((key, Vec::new())) };
    let malformed = || Error::Malformed("A key of the form has unbalanced brackets".to_owned());
    let inner = rest.strip_suffix(']').ok_or_else(malformed)?;
    let parts: Vec<&str> = inner.split("][").collect();
    if name.is_empty() || parts.iter().any(|part| part.contains(['[', ']'])) {
        return Err(malformed());
    }
    if parts.len() > MAX_DEPTH {
        return Err(Error::Malformed("A key of the form is nested too deeply".to_owned()));
    }
    Ok((name, parts))
}

/// The fields of an object, and the number for the next `[]`: one more than the greatest so far, as in PHP.
#[derive(Default)]
struct Fields(BTreeMap<String, Place>, u32);

/// The value of a key.
enum Place {
    New,
    Text(String),
    Object(Fields),
}

impl Fields {
    fn enter(&mut self, key: &str) -> &mut Place {
        let key = if key.is_empty() { self.1.to_string() } else { key.to_owned() };
        if let Some(number) = number(&key) {
            self.1 = self.1.max(number + 1);
        }
        self.0.entry(key).or_insert(Place::New)
    }
}

impl Place {
    /// The nested fields; none if the value is a text.
    fn within(&mut self) -> Option<&mut Fields> {
        if matches!(self, Self::New) {
            *self = Self::Object(Fields::default());
        }
        match self {
            Self::Object(fields) => Some(fields),
            Self::New | Self::Text(_) => None,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::New => Value::Null,
            Self::Text(text) => Value::String(text),
            Self::Object(Fields(fields, _)) if fields.keys().all(|key| number(key).is_some()) => {
                let mut items: Vec<_> =
                    fields.into_iter().map(|(key, place)| (number(&key), place)).collect();
                items.sort_by_key(|(number, _)| *number);
                Value::Array(items.into_iter().map(|(_, place)| place.into_value()).collect())
            }
            Self::Object(Fields(fields, _)) => {
                Value::Object(fields.into_iter().map(|(key, place)| (key, place.into_value())).collect())
            }
        }
    }
}

/// A key of a list as a number.
fn number(key: &str) -> Option<u32> {
    let canonical = key == "0" || (!key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit()));
    key.parse().ok().filter(|number| canonical && *number < u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Value {
        Value::Object(form_object(text).unwrap())
    }

    #[test]
    fn forms_are_read_as_php_writes_them() {
        assert_eq!(
            form(
                "description=a+b%26c&bucketPermissions[in.c-x]=write&componentAccess[]=a&componentAccess[]=b"
            ),
            json!({"description": "a b&c", "bucketPermissions": {"in.c-x": "write"}, "componentAccess": ["a", "b"]})
        );
        assert_eq!(form("a%5B0%5D=x&a%5B1%5D=y"), json!({"a": ["x", "y"]}));
        assert_eq!(form("a[7]=x&a[]=y&a[10]=z"), json!({"a": ["x", "y", "z"]}));
        let eleven: Vec<String> = (0..11).map(|n| format!("a[{n}]={n}")).collect();
        assert_eq!(form(&eleven.join("&"))["a"][10], "10");
        assert_eq!(form("a[x]=1&a[]=2"), json!({"a": {"x": "1", "0": "2"}}));
        assert_eq!(form(""), json!({}));
        assert_eq!(form("a&b="), json!({"a": "", "b": ""}));
        assert_eq!(form("a[][]=1&a[][]=2"), json!({"a": [["1"], ["2"]]}));
    }

    #[test]
    fn broken_forms_are_rejected() {
        for bad in ["a[b=1", "[a]=1", "a[b]c=1", "a[[b]]=1", "a=%80", "a[b][c][d]=1"] {
            assert!(matches!(form_object(bad), Err(Error::Malformed(_))), "{bad}");
        }
        let bomb = "a[]=1&".repeat(MAX_FIELDS + 1);
        assert!(matches!(form_object(&bomb), Err(Error::Malformed(_))));
    }

    #[test]
    fn a_field_that_is_there_twice_is_rejected_however_it_is_written() {
        for bad in [
            "a=1&a=1",
            "a=1&%61=2",
            "a&a=1",
            "a=1&a[b]=2",
            "a[b]=1&a=2",
            "a[b]=1&a[b]=2",
            "a[]=1&a[0]=2",
            "a[b][c]=1&a[b]=2",
        ] {
            assert!(matches!(form_object(bad), Err(Error::Malformed(_))), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_form_reader_panic(text in "[a-c\\[\\]=&%+0-9é]*") {
            let _ = form_object(&text);
        }

        #[test]
        fn what_php_would_send_comes_back(values in proptest::collection::vec("\\PC{0,9}", 1..9)) {
            use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
            let body: Vec<String> = values
                .iter()
                .map(|value| format!("list%5B%5D={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
                .collect();
            prop_assert_eq!(form(&body.join("&")), json!({ "list": values }));
        }
    }
}
