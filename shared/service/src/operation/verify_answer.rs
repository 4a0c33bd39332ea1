//! The answers of verify, written straight as their bytes.

use std::sync::Arc;

use jeton_api::{question::OneAnswer, token::TokenBody};
use jeton_core::{
    Error,
    permission::Answer,
    time::Timestamp,
    token::{WrittenAnswer, earliest},
};

use crate::{
    app::App,
    authenticate::Bearer,
    wire::object::{Object, key},
};

/// The typical size of an answer about a token, in bytes.
const USUAL: usize = 1792;

/// The answer about the authenticated token: a [`TokenBody`].
///
/// Errors: [`Error::Internal`] if it is not valid JSON, which every answer is.
pub(super) fn about_token(app: &App, bearer: &Bearer, now: Timestamp) -> Result<Vec<u8>, Error> {
    let mut json = Vec::with_capacity(expected_length(bearer));
    write(app, bearer, now, &mut json)?;
    Ok(json)
}

/// The answer to questions, with the token: an `AnswerBody`. `answers` are those to a list of questions.
///
/// Errors: as [`about_token`].
pub(super) fn to_questions(
    app: &App,
    bearer: &Bearer,
    now: Timestamp,
    verdict: &Answer,
    answers: &[Answer],
) -> Result<Vec<u8>, Error> {
    let mut json = Object::begin(64 + verdict.reason.len() + expected_length(bearer));
    json.bool(key!("allowed"), verdict.allowed);
    json.text(key!("reason"), &verdict.reason);
    if !answers.is_empty() {
        json.value(key!("answers"), &answers.iter().cloned().map(OneAnswer::from).collect::<Vec<_>>())?;
    }
    json.written(key!("token"), |json| write(app, bearer, now, json))?;
    Ok(json.end())
}

fn expected_length(bearer: &Bearer) -> usize {
    bearer.item.answer.get().map_or(USUAL, WrittenAnswer::length)
}

/// Appends the answer about a token. It does not depend on the time, and on the copy only if that ends before the token, so it
/// is cached with an item that is.
fn write(app: &App, bearer: &Bearer, now: Timestamp, json: &mut Vec<u8>) -> Result<(), Error> {
    let item = &bearer.item;
    let body = || TokenBody::verified(item, &app.public_url, now);
    let write = |json: &mut Vec<u8>, body: &TokenBody<'_>| {
        serde_json::to_writer(json, body).map_err(|error| {
            Error::Internal(format!("the answer about token {} is not JSON: {error}", item.id))
        })
    };
    if let Some(end) = bearer.caller.copy_ends {
        let expires = earliest([item.identity.expires, Some(end)]);
        return write(json, &TokenBody { expires, ..body() });
    }
    if let Some(written) = item.answer.get() {
        written.write(json);
        return Ok(());
    }
    let begin = json.len();
    write(json, &body())?;
    // Nobody would find it in an item that only this call holds.
    let is_cached = Arc::strong_count(&item.item) > 1;
    if is_cached
        && let Ok(text) = str::from_utf8(&json[begin..])
        && let Some(written) = WrittenAnswer::cut(text, &app.answer_texts)
    {
        // Another call may have been first, with the same.
        let _ = item.answer.set(written);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use jeton_api::question::AnswerBody;
    use jeton_store_sqlite::Sqlite;

    use super::*;
    use crate::{
        clock::Clock,
        mail::{Mailer, Outbox},
    };

    const NOW: Timestamp = Timestamp::MAX;

    fn app(folder: &std::path::Path) -> App {
        let store = Sqlite::open(&folder.join("jeton.db")).unwrap();
        App::new(Arc::new(store), Mailer::Outbox(Outbox::new(folder)), Clock::System, "http://127.0.0.1:3000")
    }

    fn bearer(identity: &str) -> Bearer {
        let owner = r#""owner":{"name":"P","created":0,"organization":1}"#;
        let item = format!(
            r#"{{"project":1,"id":7,"version":1,"keys":[],"identity":{{{identity},"created":0,"refreshed":0,{owner}}}}}"#
        );
        Bearer::of_item(&item, None)
    }

    const KINDS: [&str; 4] = [
        r#""kind":"limited","description":"a \"token\", \\","permissions":{}"#,
        r#""kind":"limited","description":"","expires":253402300799998,"disabled":true,
            "permissions":{"buckets":{"in.c-main":"write"},"components":["keboola.ex"]}"#,
        r#""kind":{"master":3},"description":"ada@example.org","permissions":{},
            "member":{"id":3,"name":"Ada, \"owner\":","email":"ada@example.org"}"#,
        r#""kind":{"configuration":{"component":"c","configuration":"d"}},"description":"ž",
            "creator":{"id":9,"description":"who made it"},"permissions":{"manageTokens":true}"#,
    ];

    #[test]
    fn an_answer_is_the_same_when_it_is_cached_as_when_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        for kind in KINDS {
            let bearer = bearer(kind);
            let body = TokenBody::verified(&bearer.item, &app.public_url, NOW);
            let expected = serde_json::to_string(&body).unwrap();
            let once = about_token(&app, &bearer, NOW).unwrap();
            assert!(bearer.item.answer.get().is_none(), "nobody else holds it");
            let _cache = Arc::clone(&bearer.item.item);
            let [again, cached] = [(); 2].map(|()| about_token(&app, &bearer, NOW).unwrap());
            assert!(bearer.item.answer.get().is_some(), "{expected}");
            for written in [once, again, cached] {
                assert_eq!(String::from_utf8(written).unwrap(), expected);
            }
        }
    }

    #[test]
    fn an_answer_to_questions_is_written_as_its_type_is() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let answer = |allowed, reason: &str| Answer { allowed, reason: reason.to_owned() };
        let (yes, no) = (answer(true, "This token may."), answer(false, "Not \"this\"."));
        for kind in KINDS {
            let bearer = bearer(kind);
            let _cache = Arc::clone(&bearer.item.item);
            for (verdict, answers) in [(&yes, vec![]), (&no, vec![]), (&no, vec![yes.clone(), no.clone()])] {
                let body = AnswerBody {
                    allowed: verdict.allowed,
                    reason: Cow::Borrowed(&verdict.reason),
                    answers: answers.iter().cloned().map(OneAnswer::from).collect(),
                    token: TokenBody::verified(&bearer.item, &app.public_url, NOW),
                };
                let written = to_questions(&app, &bearer, NOW, verdict, &answers).unwrap();
                assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&body).unwrap());
            }
        }
    }
}
