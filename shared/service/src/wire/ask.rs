//! Parsing the body of POST verify.

use http::HeaderMap;
use jeton_api::question::{AskBody, QuestionBody};
use jeton_core::Error;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;

use super::form;

/// The part of [`AskBody`] for several questions.
#[derive(Deserialize)]
struct SeveralQuestions {
    #[serde(default, deserialize_with = "objects")]
    questions: Option<Vec<QuestionBody>>,
}

/// Parses one question, or several. Errors: as [`form::read_body`].
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<AskBody, Error> {
    // In two parts, because an error in a flattened field no longer has the name of the field.
    let mut fields = form::read_fields(headers, body)?;
    let several = fields.remove_entry("questions").into_iter().collect();
    let SeveralQuestions { questions } = form::read(several)?;
    Ok(AskBody { question: form::read(fields)?, questions })
}

/// A list of objects, or the values of a map, since PHP writes lists with gaps as maps.
///
/// The error does not quote an item that is not an object, since it may be a secret.
fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let items: Vec<Value> = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Array(items) => items,
        Value::Object(map) => map.into_iter().map(|(_, value)| value).collect(),
        Value::String(text) if text.is_empty() => Vec::new(),
        _ => return Err(D::Error::custom("must be a list of objects")),
    };
    let objects = items.into_iter().enumerate().map(|(index, item)| {
        if !item.is_object() {
            return Err(D::Error::custom("must be a list of objects"));
        }
        serde_path_to_error::deserialize(item).map_err(|error| {
            let field = error.path().to_string();
            D::Error::custom(format_args!("{field} of item {index}: {}", error.into_inner()))
        })
    });
    objects.collect::<Result<_, _>>().map(Some)
}
