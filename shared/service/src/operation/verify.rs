//! Verify: the calling token, and answers to whether it may do something.

use jeton_api::question::QuestionBody;
use jeton_core::{
    Error,
    event::{Event, EventType, Object, Origin, names},
    event_context::EventContext,
    permission::{Answer, Call, Question},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{plain_question, question_event, verify_answer};
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
    Ok(Reply::written_json(verify_answer::about_token(&request.app, bearer, request.now)?))
}

/// `POST /v2/storage/tokens/verify`: one read, and one write of the event with questions and answers.
pub async fn ask(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Ask, None)?;
    let Some(body) = plain_question::read(&request.headers, &request.body) else {
        let (bodies, several) = ask::read(&request.headers, &request.body)?.into_questions()?;
        return Box::pin(ask_any(request, bearer, bodies, several)).await;
    };
    let answer = body.question()?.answer(&bearer.item.identity.permissions);
    if !answer.allowed {
        return Box::pin(ask_any(request, bearer, vec![body], false)).await;
    }
    remember_allowed(request, bearer, &body, &answer).await?;
    request.app.telemetry.asked(1, 0);
    let written = verify_answer::to_questions(&request.app, bearer, request.now, &answer, &[])?;
    Ok(Reply::written_json(written))
}

/// Answers questions in any form.
async fn ask_any(
    request: &ApiRequest,
    bearer: &Bearer,
    bodies: Vec<QuestionBody>,
    several: bool,
) -> Result<Reply, Error> {
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
    let answers = if several { answers.as_slice() } else { &[] };
    let written = verify_answer::to_questions(&request.app, bearer, request.now, &verdict, answers)?;
    Ok(Reply::written_json(written))
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
