//! Least privilege from events: which rights the questions of a token needed.

use jeton_api::{
    advice::{AdviceBody, AdviceQuery},
    question::QuestionBody,
    settings::TokenSettings,
};
use jeton_core::{
    Error,
    event::{Event, Feed, Origin, names},
    permission::{Advice, Ask, Call, Capability, Permissions},
    token::Token,
};
use serde::Deserialize as _;
use serde_json::Value;
use uuid::Uuid;

use super::{
    event_scan::{EventScan, PAGE},
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
    let AdviceQuery { max_id } = request.query()?;
    let before = match max_id.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(Uuid::parse_str(text).map_err(|_| Error::bad_field("maxId", "maxId must be a uuid"))?)
        }
    };
    let mut advice = Advice::new(Permissions::clone(&token.identity.permissions), proposed);
    let scan = EventScan::newest(before, request.now);
    let next = replay(request, token, &mut advice, scan, |_| {}).await?;
    Ok(Reply::ok(&AdviceBody::new(&advice, dry_run, next)))
}

/// Counts the questions of a token, newest first, within the limits of the scan. Returns where to continue if there may
/// be more. `each` receives every event whose author is the token itself.
pub async fn replay(
    request: &ApiRequest,
    token: &Token,
    advice: &mut Advice,
    mut scan: EventScan,
    mut each: impl FnMut(&Event),
) -> Result<Option<Uuid>, Error> {
    let feed = Feed::Token(token.project, token.id);
    while let Some(page) = scan.next(&request.app, &feed, PAGE).await? {
        for event in &page.events {
            scan.passed(event);
            if event.by.token != Some(token.id) {
                continue;
            }
            each(event);
            for asks in asks(event, &token.identity.permissions) {
                advice.asked(&asks, event.created);
            }
        }
        if !page.more {
            return Ok(None);
        }
    }
    Ok(scan.range.before)
}

/// The rights that an event needed: one entry for each question.
///
/// Managing other tokens leaves events but no questions. Granting rights takes having them, so the rights that an event
/// says were granted count as well, as far as the token could still grant them.
pub fn asks(event: &Event, present: &Permissions) -> Vec<Vec<Ask>> {
    match event.origin {
        Origin::Question => {
            let questions = match event.params.get("questions") {
                Some(Value::Array(questions)) => questions.clone(),
                _ => vec![Value::Object(event.params.clone())],
            };
            let asked = |params: Value| QuestionBody::deserialize(params).ok()?.question().ok();
            questions.into_iter().filter_map(asked).map(|question| question.asks).collect()
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
