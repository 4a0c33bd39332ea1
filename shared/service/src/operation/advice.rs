//! Least privilege from events: which rights the questions of a token needed.

use jeton_api::{
    advice::{AdviceBody, AdviceQuery},
    event::ListEvents,
    question::QuestionBody,
    settings::TokenSettings,
};
use jeton_core::{
    Error,
    event::{Event, Feed, Origin, moment_of, names},
    permission::{
        Advice, Ask, Call, Capability, Permissions, Usage,
        usage::{Lacked, Resolution},
    },
    token::Token,
};
use serde::Deserialize as _;
use serde_json::Value;
use uuid::Uuid;

use super::{
    event_scan::{EventScan, PAGE},
    events,
    target::target,
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// `GET /v2/storage/tokens/{token}/advice`
pub async fn advice(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let token = target(request, bearer, Call::TokenEvents).await?;
    answer(request, &token, None).await
}

/// `POST /v2/storage/tokens/{token}/advice`: a dry run. The body is that of an update, which is not stored.
pub async fn dry_run(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let token = target(request, bearer, Call::TokenEvents).await?;
    let asked: TokenSettings = request.body()?;
    let proposed = asked.proposed(&token.identity.permissions)?;
    answer(request, &token, Some(proposed)).await
}

async fn answer(request: &ApiRequest, token: &Token, proposed: Option<Permissions>) -> Result<Reply, Error> {
    let dry_run = proposed.is_some();
    let AdviceQuery { max_id, from, to, resolution } = request.query()?;
    let bad = || Error::bad_field("resolution", "resolution must be hour or day");
    let resolution = resolution.filter(|text| !text.is_empty());
    let resolution = resolution.map(|text| Resolution::parse(&text).ok_or_else(bad)).transpose()?;
    let scan = events::scan(&ListEvents { max_id, from, to, ..ListEvents::default() }, request.now)?;
    let mut advice = Advice::new(Permissions::clone(&token.identity.permissions), proposed);
    let mut usage = Usage::new(resolution);
    let next = replay(request, token, scan, &mut advice, &mut usage).await?;
    Ok(Reply::ok(&AdviceBody::new(&advice, &usage, dry_run, next)))
}

/// Counts the calls of a token, newest first, within the limits of the scan. Returns where to continue if there may be
/// more. Only events whose author is the token itself count.
pub async fn replay(
    request: &ApiRequest,
    token: &Token,
    scan: EventScan,
    advice: &mut Advice,
    usage: &mut Usage,
) -> Result<Option<Uuid>, Error> {
    let (feed, mut scan) = (Feed::Token(token.project, token.id), scan.for_counting());
    while let Some(page) = scan.next(&request.app, &feed, PAGE).await? {
        for event in &page.events {
            scan.passed(event);
            if event.by.token != Some(token.id) {
                continue;
            }
            let asks = asks(event, &token.identity.permissions);
            use_of(event, &asks, usage);
            for asks in asks {
                advice.asked(&asks, event.created);
            }
        }
        if !page.more {
            return Ok(None);
        }
    }
    Ok(scan.range.before)
}

/// Counts the call of an event as it was answered. An event of several questions is one call, and is denied by the first right
/// that it lacked, as its message says.
fn use_of(event: &Event, asks: &[Vec<Ask>], usage: &mut Usage) {
    match (event.origin, event.denied()) {
        (Origin::Question, None) => return usage.allowed(moment_of(event.uuid)),
        (Origin::System, Some((times, at))) if event.event == names::ACCESS_DENIED => {
            let function = event.params.get("function").and_then(Value::as_str);
            return usage.denied(times, function.map(Lacked::Function), at);
        }
        // Each denied question is an event of its token, so their number counts none.
        (Origin::System | Origin::Posted, _) => return,
        (Origin::Question, Some(_)) => {}
    }
    let reason = event.results.get("reason").and_then(Value::as_str).unwrap_or_default();
    let all = || asks.iter().flatten();
    let lacked = all().find(|ask| ask.is_denied_by(reason)).or_else(|| all().next());
    usage.denied(1, lacked.map(Lacked::Right), moment_of(event.uuid));
}

/// The rights that an event needed: one entry for each question.
///
/// Managing other tokens leaves events but no questions. Granting rights takes having them, so the rights that an event
/// says were granted count as well, as far as the token could still grant them.
pub fn asks(event: &Event, present: &Permissions) -> Vec<Vec<Ask>> {
    match event.origin {
        Origin::Question => {
            let asks = |question: QuestionBody| Some(question.question().ok()?.asks);
            match event.params.get("questions") {
                Some(Value::Array(questions)) => {
                    let asked = |params: &Value| QuestionBody::deserialize(params).ok().and_then(asks);
                    questions.iter().filter_map(asked).collect()
                }
                _ => QuestionBody::deserialize(&event.params).ok().and_then(asks).into_iter().collect(),
            }
        }
        Origin::System if event.about.is_some() && event.event != names::ACCESS_DENIED => {
            let given =
                |name| event.params.get(name).and_then(|rights| Permissions::deserialize(rights).ok());
            let given = ["permissions", "permissionsBefore"].into_iter().filter_map(given);
            let given = given.flat_map(|rights| rights.grants()).filter(|ask| ask.allowed(present));
            vec![[Ask::Capability(Capability::ManageTokens)].into_iter().chain(given).collect()]
        }
        Origin::System | Origin::Posted => Vec::new(),
    }
}
