//! The usage page of a token: calls over time, what was denied, rights that were used, and a dry run of other rights.

use http::StatusCode;
use jeton_core::{
    Error,
    event::moment_of,
    permission::{Advice, Call, Permissions, Usage},
    token::Token,
};

use super::{history, mistake};
use crate::{
    console::kept_form::{self, KeptForm},
    console::page::{self as pages, usage::Shown},
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    console::tried_rights::{self, CREATE, SAVE, after_edit},
    console::usage_range::Range,
    console::wire::UsageQuery,
    http::{ApiRequest, Reply},
    operation::{
        advice, detail,
        event_scan::{MAX_EXAMINED, MAX_EXAMINED_BYTES},
        target::target,
    },
};

/// The most events, and their maximum size: more than for one call of the API.
const EXAMINED: (usize, usize) = (10 * MAX_EXAMINED, 4 * MAX_EXAMINED_BYTES);

/// `GET /console/projects/{project}/tokens/{token}/usage`: with rights in its address, a dry run of them.
pub async fn usage(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = match target(request, &viewer.bearer, Call::TokenEvents).await {
        Ok(token) => token,
        Err(error) => return history::instead(request, viewer, error).await,
    };
    let range = Range::of(request.query::<UsageQuery>()?.range.as_deref());
    let typed: Option<TokenForm> = KeptForm::typed(request);
    let was_typed = typed.is_some();
    let tried = match typed {
        Some(typed) => Some(typed),
        None => tried_rights::in_address(request)?,
    };
    Ok(kept_form::shown_again(
        request,
        page(request, viewer, &token, range, tried.as_ref()).await?,
        was_typed,
    ))
}

/// `POST /console/projects/{project}/tokens/{token}/usage`: leads to the dry run of these rights, or to a form that they fill.
/// Their address is one that can be kept. Rights that are too long for an address are shown at once.
pub async fn dry_run(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = target(request, &viewer.bearer, Call::TokenEvents).await?;
    let (form, asked): (TokenForm, UsageQuery) = (request.body()?, request.body()?);
    let range = Range::of(asked.another.as_deref().or(asked.range.as_deref()));
    let (query, at) = (tried_rights::query(&form), pages::token::path(viewer, &token));
    // A read-only member tries rights, and goes no further.
    let then = asked.then.as_deref().filter(|_| viewer.may_change());
    match (then, query) {
        (Some(SAVE), Some(query)) => {
            Ok(Reply::see_other(&format!("{}#edit", viewer.carried(&format!("{at}?{query}")))))
        }
        (Some(SAVE), None) => {
            let token = detail::read(request, &viewer.bearer).await?;
            Ok(super::token::proposed(request, viewer, &token, form))
        }
        (Some(CREATE), Some(query)) => {
            let project = viewer.project.id;
            Ok(Reply::see_other(&viewer.carried(&format!("/console/projects/{project}/tokens/new?{query}"))))
        }
        (Some(CREATE), None) => super::tokens::proposed(request, viewer, &form).await,
        (_, Some(query)) => {
            let tried = viewer.carried(&format!("{at}/usage?range={}&{query}", range.word));
            Ok(Reply::see_other(&format!("{tried}#try")))
        }
        (_, None) => page(request, viewer, &token, range, Some(&form)).await,
    }
}

async fn page(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    token: &Token,
    range: &'static Range,
    tried: Option<&TokenForm>,
) -> Result<Reply, Error> {
    let (proposed, problem) = match tried.map(|form| after_edit(token, form)) {
        None => (None, None),
        Some(Ok(proposed)) => (Some(proposed), None),
        Some(Err(error)) => (None, Some(mistake(error)?)),
    };
    let mut advice = Advice::new(Permissions::clone(&token.identity.permissions), proposed);
    let mut usage = Usage::new(Some(range.resolution)).from(range.from(request.now));
    let scan = range.scan(request.now).at_most(EXAMINED.0, EXAMINED.1);
    let next = advice::replay(request, token, scan, &mut advice, &mut usage).await?;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let shown = Shown {
        range,
        bars: &range.bars(request.now, &usage.series),
        advice: &advice,
        usage: &usage,
        counted_since: next.map(moment_of),
        tried,
        problem,
        now: request.now,
    };
    Ok(Reply::page(status, pages::usage::usage(viewer, token, &shown)))
}
