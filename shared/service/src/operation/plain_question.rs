//! The fast path for parsing a question: straight into its type, without a map of its fields.

use http::HeaderMap;
use jeton_api::question::QuestionBody;
use jeton_core::secret::redacted;
use serde::Deserialize;

use crate::wire::form;

/// A question in its most common form: one JSON object, in which each field is a string, none is duplicate and none
/// unknown.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct PlainQuestion {
    operation: Option<String>,
    bucket: Option<String>,
    access: Option<String>,
    component: Option<String>,
    capability: Option<String>,
    object_type: Option<String>,
    object_id: Option<String>,
    run_id: Option<String>,
}

/// The question in a body, with any token in its strings replaced by `***`. None for a body in another form:
/// `ask::read` parses all forms, this one alike, and returns their errors.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Option<QuestionBody> {
    // Serde would read an array as the fields in their order.
    if body.first() != Some(&b'{') || !form::is_json(headers) {
        return None;
    }
    if let Some(question) = scan(std::str::from_utf8(body).ok()?) {
        return Some(question);
    }
    let question: PlainQuestion = serde_json::from_slice(body).ok()?;
    let clean = |text: Option<String>| text.map(|text| clean(&text));
    Some(QuestionBody {
        operation: clean(question.operation),
        bucket: clean(question.bucket),
        access: clean(question.access),
        component: clean(question.component),
        capability: clean(question.capability),
        object_type: clean(question.object_type),
        object_id: clean(question.object_id),
        run_id: clean(question.run_id),
    })
}

fn clean(text: &str) -> String {
    redacted(text).into_owned()
}

/// Reads a question of texts without escapes, which nearly all are, in one pass. None for any other, also one that is not
/// valid.
fn scan(body: &str) -> Option<QuestionBody> {
    let mut question = QuestionBody::default();
    let mut rest = token(body, '{')?;
    loop {
        let (name, after) = text(rest)?;
        let (value, after) = text(token(after, ':')?)?;
        let field = match name {
            "operation" => &mut question.operation,
            "bucket" => &mut question.bucket,
            "access" => &mut question.access,
            "component" => &mut question.component,
            "capability" => &mut question.capability,
            "objectType" => &mut question.object_type,
            "objectId" => &mut question.object_id,
            "runId" => &mut question.run_id,
            _ => return None,
        };
        if field.replace(clean(value)).is_some() {
            return None;
        }
        rest = match token(after, ',') {
            Some(next) => next,
            None => return token(after, '}')?.trim_matches(SPACE).is_empty().then_some(question),
        };
    }
}

/// Space in JSON.
const SPACE: [char; 4] = [' ', '\n', '\r', '\t'];

/// What follows this character, and space before it.
fn token(json: &str, character: char) -> Option<&str> {
    json.trim_start_matches(SPACE).strip_prefix(character)
}

/// A text without escapes, and what follows it.
fn text(json: &str) -> Option<(&str, &str)> {
    let text = token(json, '"')?;
    let end = text.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')?;
    let (text, rest) = text.split_at(end);
    Some((text, rest.strip_prefix('"')?))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};
    use proptest::prelude::*;

    use super::*;
    use jeton_api::question::AskBody;

    use crate::wire::ask;

    /// The results of both parsers for a body, as errors and texts.
    fn ways(headers: &HeaderMap, body: &str) -> (Option<String>, Result<String, String>) {
        let plain = read(headers, body.as_bytes()).map(|question| format!("{:?}", (vec![question], false)));
        let any = ask::read(headers, body.as_bytes()).and_then(AskBody::into_questions);
        (plain, any.map(|asked| format!("{asked:?}")).map_err(|error| error.to_string()))
    }

    #[test]
    fn a_question_of_plain_texts_is_read_without_a_map() {
        let body = r#" {"operation":"storage.tableImported","bucket":"in.c-main","access":"wri\u0074e","runId":null}"#;
        let (plain, any) = ways(&HeaderMap::new(), body.trim());
        assert_eq!(plain, any.ok());
        assert!(plain.is_some());
    }

    #[test]
    fn a_token_in_it_is_replaced() {
        let token = format!("1-2-jt{}", "Aa1".repeat(17));
        let (plain, any) = ways(&HeaderMap::new(), &format!(r#"{{"operation":"x","objectId":"{token}"}}"#));
        let plain = plain.unwrap();
        assert!(plain.contains("***") && !plain.contains(&token), "{plain}");
        assert_eq!(Ok(plain), any);
    }

    #[test]
    fn every_other_body_is_left_to_what_reads_all_of_them() {
        for body in [
            "",
            "[]",
            r#"["x","in.c-main","read"]"#,
            "\"text\"",
            r#"{"operation":"x","operation":"y"}"#,
            r#"{"operation":"x","more":1}"#,
            r#"{"operation":"x","$serde_json::private::RawValue":"1"}"#,
            r#"{"operation":5}"#,
            r#"{"operation":"x"} {}"#,
            r#"{"questions":[{"operation":"x"}]}"#,
            r#"{"operation":"x""#,
            r#"{"operation":"x",}"#,
            r#"{"operation":"x"}}"#,
            r#"{"operation" "x"}"#,
            "{\"operation\":\"a\nb\"}",
        ] {
            assert_eq!(ways(&HeaderMap::new(), body).0, None, "{body}");
        }
        let body = r#"{"operation":"x"}"#;
        for (name, value) in [
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (header::CONTENT_TYPE, "text/plain"),
            (header::CONTENT_TYPE, "application/json; charset=latin-1"),
            (header::CONTENT_ENCODING, "gzip"),
        ] {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(ways(&headers, body).0, None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_it_reads_is_what_reading_all_bodies_reads(
            body in r#"\{([ \t]?"(operation|bucket|objectId|runId|other)" ?: ?("[a-z\\"\PC]{0,4}"|null|1|\[\]) ?,?){0,4}\}\n?"#
        ) {
            if let (Some(plain), any) = ways(&HeaderMap::new(), &body) {
                prop_assert_eq!(Ok(plain), any);
            }
        }
    }
}
