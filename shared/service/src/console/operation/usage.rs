//! The usage page of a token: calls by day, rights that were used, and a dry run of an edit.

use std::collections::BTreeMap;

use http::StatusCode;
use jeton_core::{
    Error,
    event::{Event, Origin, names},
    permission::{Advice, Call, Capability, Permissions},
    time::{Day, Timestamp},
    token::Token,
};

use super::mistake;
use crate::{
    console::kept_form::{self, KeptForm},
    console::page::{
        self as pages,
        usage::{OnDay, Usage},
    },
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    http::{ApiRequest, Reply},
    operation::{
        advice,
        event_scan::{EventScan, MAX_EXAMINED, MAX_EXAMINED_BYTES},
        target::target,
    },
};

/// The days of the chart.
const DAYS: u64 = 30;

/// The most events, and their maximum size: more than for one call of the API.
const EXAMINED: (usize, usize) = (10 * MAX_EXAMINED, 4 * MAX_EXAMINED_BYTES);

/// `GET /console/projects/{project}/tokens/{token}/usage`
pub async fn usage(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = target(request, &viewer.bearer, Call::TokenEvents).await?;
    match KeptForm::typed(request) {
        Some(typed) => Ok(kept_form::shown_again(tried(request, viewer, &token, &typed).await?, true)),
        None => page(request, viewer, &token, None, None).await,
    }
}

/// `POST /console/projects/{project}/tokens/{token}/usage`: a dry run of other rights.
pub async fn dry_run(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = target(request, &viewer.bearer, Call::TokenEvents).await?;
    tried(request, viewer, &token, &request.body()?).await
}

async fn tried(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    token: &Token,
    form: &TokenForm,
) -> Result<Reply, Error> {
    let rights = &token.identity.permissions;
    let proposed = form
        .update(rights.has(Capability::ManageBuckets))
        .update(rights)
        .and_then(|update| update.rights_after(rights));
    match proposed {
        Ok(proposed) => page(request, viewer, token, Some(proposed), None).await,
        Err(error) => {
            let problem = mistake(error)?;
            page(request, viewer, token, None, Some(problem)).await
        }
    }
}

async fn page(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    token: &Token,
    proposed: Option<Permissions>,
    problem: Option<String>,
) -> Result<Reply, Error> {
    let dry_run = proposed.is_some();
    let mut advice = Advice::new(Permissions::clone(&token.identity.permissions), proposed);
    let mut days = last_days(request.now);
    let scan = EventScan::newest(None, request.now).at_most(EXAMINED.0, EXAMINED.1);
    let next = advice::replay(request, token, &mut advice, scan, |event| count(&mut days, event)).await?;
    let days: Vec<OnDay> = days.into_values().collect();
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let usage =
        Usage { advice: &advice, days: &days, more: next.is_some(), dry_run, problem, now: request.now };
    Ok(Reply::page(status, pages::usage::usage(viewer, token, &usage)))
}

/// The empty days of the chart.
fn last_days(now: Timestamp) -> BTreeMap<Day, OnDay> {
    let days = (0..DAYS).map(|days| now.minus_seconds(days * 86_400).day());
    days.map(|day| (day, OnDay { day, allowed: 0, denied: 0 })).collect()
}

/// Counts an event on its day.
fn count(days: &mut BTreeMap<Day, OnDay>, event: &Event) {
    let Some(day) = days.get_mut(&event.created.day()) else { return };
    match allowed(event) {
        Some(true) => day.allowed += 1,
        Some(false) => day.denied += 1,
        None => {}
    }
}

/// Whether the call of an event was allowed; `None` if it needed no right.
fn allowed(event: &Event) -> Option<bool> {
    if event.event == names::ACCESS_DENIED {
        return Some(false);
    }
    (event.origin == Origin::Question).then(|| event.results.get("allowed") == Some(&true.into()))
}
