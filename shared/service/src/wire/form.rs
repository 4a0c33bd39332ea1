//! Reading bodies and queries: JSON, and forms with PHP-style keys.

use std::borrow::Cow;

use http::{HeaderMap, header};
use jeton_core::{Error, secret::redacted};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The most fields a form may have.
const MAX_FIELDS: usize = 5000;

/// The deepest nesting of a form's keys: `a[b][c]` is two.
const MAX_DEPTH: usize = 2;

/// Reads a body into what an operation expects.
///
/// An empty body, and PHP's `[]`, are an empty object. A token in any text of it is replaced by `***`, so that none is
/// stored or mailed by mistake. Errors: [`Error::Malformed`] for what does not
/// parse, [`Error::UnsupportedMediaType`], [`Error::BadField`] naming the field that does not fit.
pub fn read_body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    read(read_fields(headers, body)?)
}

/// Reads a body that is about tokens, which stay in it. Nothing of it may be stored, logged or mailed.
///
/// Errors: as [`read_body`].
pub fn read_body_with_tokens<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    read(parse(headers, body)?)
}

/// Reads a body into its fields, for what is read in parts. Errors: as [`read_body`].
pub fn read_fields(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut fields = parse(headers, body)?;
    redact_fields(&mut fields);
    Ok(fields)
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match media_type(headers)? {
        MediaType::Json => json_object(body),
        MediaType::Form => form_object(utf8(body)?),
    }
}

fn redact(value: &mut Value) {
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

fn redact_fields(fields: &mut Map<String, Value>) {
    fields.values_mut().for_each(redact);
    if fields.keys().any(|key| matches!(redacted(key), Cow::Owned(_))) {
        *fields = std::mem::take(fields)
            .into_iter()
            .map(|(key, value)| (redacted(&key).into_owned(), value))
            .collect();
    }
}

/// Reads a query string, which has the form of a form. Errors: as [`read_body`].
pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    read(form_object(query)?)
}

enum MediaType {
    Json,
    Form,
}

fn media_type(headers: &HeaderMap) -> Result<MediaType, Error> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(MediaType::Json) };
    let value = value.to_str().map_err(|_| Error::UnsupportedMediaType)?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(MediaType::Json)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(MediaType::Form)
    } else {
        Err(Error::UnsupportedMediaType)
    }
}

fn utf8(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|_| Error::Malformed("The body is not valid UTF-8".to_owned()))
}

fn json_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let value = serde_json::from_str(utf8(body)?);
    // The parser's own words say where it stopped and never quote the body.
    match value.map_err(|error| Error::Malformed(format!("The body is not valid JSON: {error}")))? {
        Value::Object(fields) => Ok(fields),
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err(Error::Malformed("The body must be a JSON object".to_owned())),
    }
}

/// Reads fields into what an operation expects. Errors: [`Error::BadField`].
pub fn read<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Error> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let field = error.path().to_string();
        let message = format!("{field}: {}", error.into_inner());
        Error::bad_field(field, message)
    })
}

/// Reads `a=1&b[c]=2&d[]=3&e[0]=4` into an object. A list is what has only keys `[]`, or numbers.
fn form_object(text: &str) -> Result<Map<String, Value>, Error> {
    let mut fields = Map::new();
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= MAX_FIELDS {
            return Err(Error::Malformed(format!("A form may have at most {MAX_FIELDS} fields")));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decoded(key)?, decoded(value)?);
        let mut place = Place::Field(&mut fields);
        let (name, keys) = key_parts(&key)?;
        place = place.enter(name);
        for part in keys {
            place = place.enter(part);
        }
        place.set(value.into_owned());
    }
    Ok(fields.into_iter().map(|(key, value)| (key, with_lists(value))).collect())
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
    let malformed = || Error::Malformed("A key of the form has brackets that do not match".to_owned());
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

/// Where in the object the next value goes.
enum Place<'a> {
    Field(&'a mut Map<String, Value>),
    Value(&'a mut Value),
}

impl Place<'_> {
    fn enter(self, key: &str) -> Self {
        let map = match self {
            Self::Field(map) => map,
            Self::Value(value) => {
                if !value.is_object() {
                    *value = Value::Object(Map::new());
                }
                match value {
                    Value::Object(map) => map,
                    // It has just been made an object.
                    other => return Self::Value(other),
                }
            }
        };
        // `a[]=x` appends, as in PHP: behind the greatest number there is.
        let key = if key.is_empty() {
            map.keys().filter_map(|key| number(key)).max().map_or(0, |last| last + 1).to_string()
        } else {
            key.to_owned()
        };
        Self::Value(map.entry(key).or_insert(Value::Null))
    }

    fn set(self, text: String) {
        if let Self::Value(value) = self {
            *value = Value::String(text);
        }
    }
}

fn with_lists(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let values = map.into_iter().map(|(key, value)| (key, with_lists(value)));
            let mut values: Vec<(String, Value)> = values.collect();
            if values.iter().all(|(key, _)| number(key).is_some()) {
                values.sort_by_key(|(key, _)| number(key));
                Value::Array(values.into_iter().map(|(_, value)| value).collect())
            } else {
                Value::Object(values.into_iter().collect())
            }
        }
        other => other,
    }
}

/// The number that a key of a list is.
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
        assert_eq!(form("a=1&a[b]=2"), json!({"a": {"b": "2"}}));
    }

    #[test]
    fn broken_forms_are_refused() {
        for bad in ["a[b=1", "[a]=1", "a[b]c=1", "a[[b]]=1", "a=%80", "a[b][c][d]=1"] {
            assert!(matches!(form_object(bad), Err(Error::Malformed(_))), "{bad}");
        }
        let bomb = "a[]=1&".repeat(MAX_FIELDS + 1);
        assert!(matches!(form_object(&bomb), Err(Error::Malformed(_))));
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
