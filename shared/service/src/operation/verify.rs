//! Verify: the calling token, and answers to whether it may do something.

use std::{borrow::Cow, sync::Arc};

use jeton_api::{
    question::{AnswerBody, OneAnswer, QuestionBody},
    token::TokenBody,
};
use jeton_core::{
    Error,
    event::{Event, EventType, Object, Origin, names},
    event_context::EventContext,
    permission::{Answer, Call, Question},
    time::Timestamp,
    token::{VerifyItem, earliest},
};
use serde_json::{Map, Value, json, value::RawValue};

use super::{plain_question, question_event};
use crate::{
    app::App,
    authenticate::Bearer,
    http::{ApiRequest, Reply, run_id},
    limits::denied_events,
    wire::ask,
};

/// `GET /v2/storage/tokens/verify`: the answer comes from the one read that authenticated the
/// caller.
pub async fn verify(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Verify, None)?;
    Ok(match answer(request, bearer)? {
        Cow::Borrowed(_) => Reply::held_json(WrittenAnswer(Arc::clone(&bearer.item.item))),
        Cow::Owned(written) => Reply::written_json(String::from(Box::<str>::from(written)).into_bytes()),
    })
}

/// `POST /v2/storage/tokens/verify`: one read, and one write of the event with questions and answers.
pub async fn ask(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Ask, None)?;
    let (bodies, several) = match plain_question::read(&request.headers, &request.body) {
        Some(question) => (vec![question], false),
        None => ask::read(&request.headers, &request.body)?.into_questions()?,
    };
    let questions: Vec<Question> = bodies.iter().map(QuestionBody::question).collect::<Result<_, _>>()?;
    let rights = &bearer.item.identity.permissions;
    let answers: Vec<Answer> = questions.iter().map(|question| question.answer(rights)).collect();
    let verdict = verdict(&answers);
    if let ([body], true, false) = (bodies.as_slice(), verdict.allowed, several) {
        remember_allowed(request, bearer, body, &verdict).await?;
    } else {
        let event_context = request.event_context(bearer.actor());
        let event = event(&event_context, bearer, &bodies, &questions, &answers, several);
        remember(&request.app, event, bearer, request.now).await?;
    }
    let allowed = answers.iter().filter(|answer| answer.allowed).count();
    request.app.telemetry.asked(allowed, answers.len() - allowed);
    let token = answer(request, bearer)?;
    let bytes = 64 + verdict.reason.len() + token.get().len();
    let body = AnswerBody {
        allowed: verdict.allowed,
        reason: Cow::Borrowed(&verdict.reason),
        answers: if several { answers.into_iter().map(OneAnswer::from).collect() } else { Vec::new() },
        token,
    };
    Ok(Reply::ok_of_about(bytes, &body))
}

/// The answer about a token, cached in its verify item.
struct WrittenAnswer(Arc<VerifyItem>);

impl AsRef<[u8]> for WrittenAnswer {
    fn as_ref(&self) -> &[u8] {
        self.0.answer.get().map_or(b"".as_slice(), |answer| answer.get().as_bytes())
    }
}

/// Stores the event of an allowed question. Errors: as [`remember`].
async fn remember_allowed(
    request: &ApiRequest,
    bearer: &Bearer,
    question: &QuestionBody,
    answer: &Answer,
) -> Result<(), Error> {
    let (app, now) = (&request.app, request.now);
    let run_id = run_id(&request.headers);
    let circumstances = question_event::Circumstances {
        uuid: app.next_event_id(now),
        now,
        context: &request.context(),
        run_id: run_id.as_deref(),
    };
    let event = question_event::written(&circumstances, bearer, question, answer)?;
    app.event_quota().take_for_written(&event, now).await?;
    Ok(app.store.append_written(event, bearer.item.shards).await?)
}

/// Stores the event of answered questions, within the event quota of the token.
///
/// Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
pub async fn remember(app: &App, event: Event, bearer: &Bearer, now: Timestamp) -> Result<(), Error> {
    app.event_quota().take_for(&event, now).await?;
    let shards = bearer.item.shards;
    if event.r#type == EventType::Warn {
        return denied_events::remember_denied(app, event, shards, now).await;
    }
    Ok(app.store.append(&event, shards).await?)
}

/// The answer about the authenticated token. It does not depend on the time, and on the copy only if that
/// ends before the token, so it is written once for each state of the token in this process.
fn answer<'a>(request: &ApiRequest, bearer: &'a Bearer) -> Result<Cow<'a, RawValue>, Error> {
    let item = &bearer.item;
    let body = || TokenBody::verified(item, &request.app.public_url, request.now);
    let write = |body: &TokenBody<'_>| {
        serde_json::value::to_raw_value(body).map_err(|error| {
            Error::Internal(format!("the answer about token {} is not JSON: {error}", item.id))
        })
    };
    if let Some(end) = bearer.caller.copy_ends {
        let expires = earliest([item.identity.expires, Some(end)]);
        return Ok(Cow::Owned(write(&TokenBody { expires, ..body() })?));
    }
    if let Some(written) = item.answer.get() {
        return Ok(Cow::Borrowed(written));
    }
    let written = write(&body())?;
    // A buffer that grew may have twice the capacity that it needs; a clone does not.
    Ok(Cow::Borrowed(item.answer.get_or_init(|| written.clone())))
}

/// The combined answer: the first denied one, if any.
fn verdict(answers: &[Answer]) -> Answer {
    match answers {
        [only] => only.clone(),
        _ => answers.iter().find(|answer| !answer.allowed).cloned().unwrap_or_else(|| Answer {
            allowed: true,
            reason: format!("This token may do all {} of these.", answers.len()),
        }),
    }
}

/// The event of answered questions; `several` is whether they came as a list.
pub fn event(
    event_context: &EventContext,
    bearer: &Bearer,
    bodies: &[QuestionBody],
    questions: &[Question],
    answers: &[Answer],
    several: bool,
) -> Event {
    let verdict = verdict(answers);
    let name = match questions {
        [first, rest @ ..] if rest.iter().all(|other| other.operation == first.operation) => &first.operation,
        _ => names::QUESTIONS_ANSWERED.name,
    };
    let (params, mut results) = if several {
        let asked: Vec<Value> = bodies.iter().map(|body| Value::Object(body.params())).collect();
        let answered =
            answers.iter().map(|answer| json!({"allowed": answer.allowed, "reason": answer.reason}));
        let answered: Vec<Value> = answered.collect();
        (
            Map::from_iter([("questions".to_owned(), Value::Array(asked))]),
            Map::from_iter([("answers".to_owned(), Value::Array(answered))]),
        )
    } else {
        (bodies.first().map(QuestionBody::params).unwrap_or_default(), Map::new())
    };
    results.insert("allowed".to_owned(), json!(verdict.allowed));
    results.insert("reason".to_owned(), json!(verdict.reason));
    let asked_run = bodies.iter().find_map(|body| body.run_id.clone()).filter(|id| !id.is_empty());
    let mut event = event_context.event_named(Some(bearer.caller.project), name, verdict.reason, params);
    event.r#type = if verdict.allowed { EventType::Info } else { EventType::Warn };
    event.run_id = asked_run.or(event.run_id);
    event.object = shared_object(bodies);
    event.results = results;
    event.origin = Origin::Question;
    event
}

/// The object of the event, if all questions are about the same one.
fn shared_object(bodies: &[QuestionBody]) -> Option<Object> {
    let (first, rest) = bodies.split_first()?;
    let object = first.object()?;
    rest.iter().all(|body| body.object().as_ref() == Some(&object)).then_some(object)
}
