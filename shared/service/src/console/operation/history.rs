//! Console pages of events, and their export.

use http::StatusCode;
use jeton_core::{
    Error,
    event::{Event, Feed, moment_of},
    id::TokenId,
    permission::Call,
    token::{Token, Tombstone},
};
use maud::Markup;

use super::mistakes;
use crate::{
    console::page::{self as pages, events::History},
    console::problems::{OF_SEARCH, Problems},
    console::session::ConsoleMember,
    console::wire::HistoryQuery,
    http::{ApiRequest, Reply},
    operation::{
        detail,
        event_export::{self, Exported, Format},
        events,
    },
};

/// The most events on a page.
const SHOWN: i64 = 50;

/// The maximum size of the events on a page, unless the first is larger.
const PAGE_BYTES: usize = 1024 * 1024;

/// `GET /console/projects/{project}/tokens/{token}/events`
pub async fn of_token(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let (id, token) = subject(request, viewer).await?;
    let path = format!("/console/projects/{}/tokens/{id}/events", viewer.project.id);
    let of = match &token {
        Subject::Token(token) => Some(token.as_ref()),
        Subject::Deleted(_) => None,
    };
    page(request, viewer, &Feed::Token(viewer.project.id, id), of, path, |history| match &token {
        Subject::Token(token) => pages::events::of_token(viewer, token, history),
        Subject::Deleted(token) => pages::events::of_deleted(viewer, token, history),
    })
    .await
}

/// The token of a history.
enum Subject {
    Token(Box<Token>),
    /// It is deleted, and its history is kept.
    Deleted(Tombstone),
}

/// The token in the path, with its id.
async fn subject(request: &ApiRequest, viewer: &ConsoleMember) -> Result<(TokenId, Subject), Error> {
    match detail::read(request, &viewer.bearer).await {
        Ok(token) => Ok((token.id, Subject::Token(Box::new(token)))),
        Err(Error::TokenNotFound) => {
            let deleted = events::deleted(request, &viewer.bearer).await?;
            Ok((deleted.id, Subject::Deleted(deleted)))
        }
        Err(error) => Err(error),
    }
}

/// The answer to a page of a token that cannot be read: of a deleted one, there is its history.
pub(super) async fn instead(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    error: Error,
) -> Result<Reply, Error> {
    if !matches!(error, Error::TokenNotFound) {
        return Err(error);
    }
    let deleted = events::deleted(request, &viewer.bearer).await?;
    let events = format!("/console/projects/{}/tokens/{}/events", viewer.project.id, deleted.id);
    Ok(Reply::see_other(&viewer.carried(&events)))
}

/// `GET /console/projects/{project}/events`
pub async fn of_project(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::Events, None)?;
    let path = format!("/console/projects/{}/events", viewer.project.id);
    let feed = Feed::Project(viewer.project.id);
    page(request, viewer, &feed, None, path, |history| pages::events::of_project(viewer, history)).await
}

/// `GET /console/projects/{project}/tokens/{token}/export`
pub async fn export_of_token(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let (id, _) = subject(request, viewer).await?;
    export(request, viewer, Feed::Token(viewer.project.id, id), format!("token-{id}")).await
}

/// `GET /console/projects/{project}/export`
pub async fn export_of_project(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::Events, None)?;
    export(request, viewer, Feed::Project(viewer.project.id), format!("project-{}", viewer.project.id)).await
}

async fn page(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    feed: &Feed,
    of: Option<&Token>,
    path: String,
    show: impl Fn(&History) -> Markup,
) -> Result<Reply, Error> {
    let asked: HistoryQuery = request.query()?;
    // Rendered one by one, because a parsed event takes many times its size in memory.
    let (mut found, mut bytes) = (Vec::new(), 0);
    let (visible, list) = (|event: &Event| asked.matches(event), asked.list(Some(SHOWN)));
    let rest = events::select(request, feed, list, visible, |event| {
        let shown = pages::events::one(viewer, &event, of);
        bytes += shown.0.len();
        let fits = bytes <= PAGE_BYTES || found.is_empty();
        if fits {
            found.push(shown);
        }
        Ok(fits)
    })
    .await;
    let (status, next, problems) = match rest {
        Ok(rest) => (StatusCode::OK, rest.and_then(|rest| rest.range.before), Problems::default()),
        Err(error) => (StatusCode::BAD_REQUEST, None, mistakes(OF_SEARCH, error)?),
    };
    let searched_to = next.map(moment_of);
    let next = next.map(|uuid| uuid.to_string());
    let history = History {
        path,
        events: &found,
        asked: &asked,
        next,
        searched_to,
        exports_pages: !event_export::can_stream(request),
        problems,
        now: request.now,
    };
    Ok(Reply::page(status, show(&history)))
}

async fn export(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    feed: Feed,
    name: String,
) -> Result<Reply, Error> {
    let asked: HistoryQuery = request.query()?;
    let format = Format::parse(asked.format.as_deref().unwrap_or_default())?;
    let list = asked.list(None);
    let matches = Box::new(move |event: &Event| asked.matches(event));
    let exported = Exported { feed, by: None, matches, asked: list, format, name };
    event_export::export(request, (&viewer.bearer).into(), exported).await
}
