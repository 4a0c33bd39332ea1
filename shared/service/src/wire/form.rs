//! Parsing bodies and queries: JSON, and forms with PHP-style keys.

use http::{HeaderMap, HeaderValue, header};
use jeton_api::redaction::redact_fields;
use jeton_core::{Error, json::Strict};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fields::form_object;

/// Fields with random strings of Jeton, in which tokens are not masked: the secret of a link, and keys of its forms.
/// None is ever stored, logged or mailed. One in some thousand looks like the start of a token, and must not change.
const OURS: [&str; 3] = ["secret", "form", "idempotencyKey"];

/// Deserializes a body.
///
/// An empty body, and PHP's `[]`, are an empty object. Any token in its texts is replaced by `***`, so that none is
/// stored or mailed by mistake. Errors: [`Error::Malformed`] for a body that does not
/// parse or has a duplicate field, [`Error::UnsupportedMediaType`], [`Error::UnsupportedEncoding`],
/// [`Error::BadField`] with the name of an invalid field.
pub fn read_body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    read(read_fields(headers, body)?)
}

/// Deserializes a body about tokens, without masking them. None of it may be stored, logged or mailed.
///
/// Errors: as [`read_body`].
pub fn read_body_with_tokens<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    read(parse(headers, body)?)
}

/// Parses a body into its fields, to deserialize it in parts. Errors: as [`read_body`].
pub fn read_fields(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut fields = parse(headers, body)?;
    let ours: Vec<_> = OURS.iter().filter_map(|name| fields.remove_entry(*name)).collect();
    redact_fields(&mut fields);
    fields.extend(ours);
    Ok(fields)
}

/// Whether a body with these headers is JSON; false for unsupported headers.
pub fn is_json(headers: &HeaderMap) -> bool {
    not_encoded(headers).is_ok() && matches!(media_type(headers), Ok(MediaType::Json))
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    not_encoded(headers)?;
    match media_type(headers)? {
        MediaType::Json => json_object(body),
        MediaType::Form => form_object(utf8(body)?),
    }
}

/// Deserializes a query string, in the format of forms. Errors: as [`read_body`].
pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    read(form_object(query)?)
}

/// The names and values of a form in their order, as they were entered. For pages that show them again.
pub fn entered(form: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(move |(name, value)| (decoded(name), decoded(value)))
}

/// Rejects compressed bodies, which are not decompressed. Errors: [`Error::UnsupportedEncoding`].
pub fn not_encoded(headers: &HeaderMap) -> Result<(), Error> {
    // Chunks are already joined. No other encoding is decoded.
    let codings = [
        (header::CONTENT_ENCODING, "Content-Encoding", ["identity"].as_slice()),
        (header::TRANSFER_ENCODING, "Transfer-Encoding", &["identity", "chunked"]),
    ];
    for (header, name, known) in codings {
        for value in headers.get_all(header) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let is_known = |part: &str| {
                part.trim().is_empty() || known.iter().any(|known| part.trim().eq_ignore_ascii_case(known))
            };
            if !value.split(',').all(is_known) {
                return Err(Error::UnsupportedEncoding(name, quoted(&value)));
            }
        }
    }
    Ok(())
}

/// The part of a header that an error may quote.
fn quoted(value: &str) -> String {
    value.chars().take(40).collect()
}

#[derive(PartialEq, Eq)]
enum MediaType {
    Json,
    Form,
}

fn media_type(headers: &HeaderMap) -> Result<MediaType, Error> {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter().map(media_type_of);
    let first = kinds.next().unwrap_or(Ok(MediaType::Json))?;
    // Contradictory content types of one body are an error.
    if kinds.all(|kind| kind.is_ok_and(|kind| kind == first)) {
        Ok(first)
    } else {
        Err(Error::UnsupportedMediaType)
    }
}

fn media_type_of(value: &HeaderValue) -> Result<MediaType, Error> {
    let value = value.to_str().map_err(|_| Error::UnsupportedMediaType)?;
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    in_utf8(parameters)?;
    let essence = essence.trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(MediaType::Json)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(MediaType::Form)
    } else {
        Err(Error::UnsupportedMediaType)
    }
}

/// Rejects charsets other than UTF-8 and its subset ASCII.
fn in_utf8(parameters: &str) -> Result<(), Error> {
    for parameter in parameters.split(';') {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let charset = value.trim().trim_matches('"').replace('\\', "");
        let is_fine = ["utf-8", "utf8", "us-ascii"].iter().any(|fine| charset.eq_ignore_ascii_case(fine));
        if name.trim().eq_ignore_ascii_case("charset") && !is_fine {
            return Err(Error::UnsupportedCharset(quoted(&charset)));
        }
    }
    Ok(())
}

fn utf8(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|_| Error::Malformed("The body is not valid UTF-8".to_owned()))
}

fn json_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let value = serde_json::from_str(utf8(body)?);
    // The message of the parser has the position and never quotes the body.
    let Strict(value) =
        value.map_err(|error| Error::Malformed(format!("The body is not valid JSON: {error}")))?;
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err(Error::Malformed("The body must be a JSON object".to_owned())),
    }
}

/// Deserializes fields. Errors: [`Error::BadField`].
pub fn read<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Error> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let field = error.path().to_string();
        let message = format!("{field}: {}", error.into_inner());
        Error::bad_field(field, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_a_link_that_begins_as_a_token_does_stays_what_it_is_and_a_token_elsewhere_does_not() {
        let secret = format!("jt{}", "A".repeat(41));
        let of_json = format!(r#"{{"secret": "{secret}", "message": "{secret}"}}"#);
        let of_form = format!("form={secret}&message={secret}&idempotencyKey={secret}");
        let form = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
        for (headers, body) in [(HeaderMap::new(), of_json), (form.into_iter().collect(), of_form)] {
            let fields = read_fields(&headers, body.as_bytes()).unwrap();
            assert_eq!(fields["message"], "***");
            for ours in OURS.iter().filter_map(|name| fields.get(*name)) {
                assert_eq!(*ours, secret);
            }
            assert!(fields.len() > 1, "{fields:?}");
        }
    }
}
