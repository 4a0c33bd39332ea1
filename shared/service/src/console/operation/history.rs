//! Console pages of events, and their export.

use http::{HeaderValue, StatusCode, header::LINK};
use jeton_api::event::EventBody;
use jeton_core::{
    Error,
    event::{Event, Feed, moment_of},
    permission::Call,
    time::Timestamp,
    token::Token,
};
use maud::Markup;
use serde_json::json;

use super::mistake;
use crate::{
    console::page::{self as pages, events::History},
    console::session::ConsoleMember,
    console::wire::HistoryQuery,
    http::{ApiRequest, Reply, Room},
    operation::{detail, events},
    wire::csv,
};

/// The most events on a page.
const SHOWN: i64 = 50;

/// The maximum size of the events on a page, unless the first is larger.
const PAGE_BYTES: usize = 1024 * 1024;

/// The most events in an export.
const EXPORTED: i64 = 10_000;

/// `GET /console/projects/{project}/tokens/{token}/events`
pub async fn of_token(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    let path = format!("{}/events", pages::token::path(viewer, &token));
    page(request, &feed(&token), path, |history| pages::events::of_token(viewer, &token, history)).await
}

/// `GET /console/projects/{project}/events`
pub async fn of_project(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::Events, None)?;
    let path = format!("/console/projects/{}/events", viewer.project.id);
    let feed = Feed::Project(viewer.project.id);
    page(request, &feed, path, |history| pages::events::of_project(viewer, history)).await
}

/// `GET /console/projects/{project}/tokens/{token}/export`
pub async fn export_of_token(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    export(request, &feed(&token), &format!("token-{}", token.id)).await
}

/// `GET /console/projects/{project}/export`
pub async fn export_of_project(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::Events, None)?;
    export(request, &Feed::Project(viewer.project.id), &format!("project-{}", viewer.project.id)).await
}

fn feed(token: &Token) -> Feed {
    Feed::Token(token.project, token.id)
}

async fn page(
    request: &ApiRequest,
    feed: &Feed,
    path: String,
    show: impl Fn(&History) -> Markup,
) -> Result<Reply, Error> {
    let asked: HistoryQuery = request.query()?;
    // Rendered one by one, because a parsed event takes many times its size in memory.
    let (mut found, mut bytes) = (Vec::new(), 0);
    let (visible, list) = (|event: &Event| asked.matches(event), asked.list(SHOWN));
    let rest = events::select(request, feed, list, visible, |event| {
        let shown = pages::events::one(&event);
        bytes += shown.0.len();
        let fits = bytes <= PAGE_BYTES || found.is_empty();
        if fits {
            found.push(shown);
        }
        Ok(fits)
    })
    .await;
    let (status, next, problem) = match rest {
        Ok(rest) => (StatusCode::OK, rest.and_then(|rest| rest.range.before), None),
        Err(error) => (StatusCode::BAD_REQUEST, None, Some(mistake(error)?)),
    };
    let searched_to = next.map(moment_of);
    let next = next.map(|uuid| uuid.to_string());
    let history = History { path, events: &found, asked: &asked, next, searched_to, problem };
    Ok(Reply::page(status, show(&history)))
}

async fn export(request: &ApiRequest, feed: &Feed, name: &str) -> Result<Reply, Error> {
    let asked: HistoryQuery = request.query()?;
    let is_csv = match asked.format.as_deref() {
        Some("csv") => true,
        Some("ndjson") => false,
        _ => return Err(Error::bad_field("format", "format must be csv or ndjson")),
    };
    let mut file = if is_csv { [csv::BEGINNING, HEADING].concat().into_bytes() } else { Vec::new() };
    let mut room = Room::reserved(request).await?;
    let (visible, list) = (|event: &Event| asked.matches(event), asked.list(EXPORTED));
    let rest = events::select(request, feed, list, visible, |event| {
        let line = if is_csv { row(&event).into_bytes() } else { line(event, &request.app.public_url)? };
        let fits = room.takes(&line);
        if fits {
            file.extend(line);
        }
        Ok(fits)
    })
    .await?;
    let rest = rest.and_then(|rest| Some((rest.range.before?, events::next_url(request, rest)?)));
    if let Some((before, next)) = &rest {
        file.extend(incomplete(is_csv, moment_of(*before), next));
    }
    let reply = if is_csv {
        Reply::file("text/csv; charset=utf-8", &format!("{name}.csv"), file)
    } else {
        // Lambda would send the media type of NDJSON as base64, which would exceed its limit.
        Reply::file("text/plain; charset=utf-8", &format!("{name}.ndjson"), file)
    };
    let link = rest.and_then(|(_, next)| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    let reply = match link {
        Some(link) => reply.with(LINK, link),
        None => reply,
    };
    Ok(room.holds(reply))
}

/// The last line of an incomplete export: how far back it goes, and the link to continue.
fn incomplete(is_csv: bool, looked_back_to: Timestamp, next: &str) -> Vec<u8> {
    if is_csv {
        let looked = looked_back_to.for_people();
        let note = format!("# This export is not complete: it goes back to {looked}. Continue at {next}");
        csv::row(&[note]).into_bytes()
    } else {
        let note = json!({"incomplete": true, "searchedTo": looked_back_to, "next": next});
        format!("{note}\n").into_bytes()
    }
}

/// An event as in the API, on one line.
fn line(event: Event, public_url: &str) -> Result<Vec<u8>, Error> {
    let body = serde_json::to_vec(&EventBody::new(event, public_url));
    let mut body = body.map_err(|error| Error::Internal(error.to_string()))?;
    body.push(b'\n');
    Ok(body)
}

const HEADING: &str = "created,event,type,message,token,by,copy,object,component,configuration,run,address,params,results,id\r\n";

/// An event as a CSV row (RFC 4180).
fn row(event: &Event) -> String {
    let object = event.object.as_ref().and_then(|object| object.id.clone());
    let params = serde_json::to_string(&event.params).unwrap_or_default();
    let results = serde_json::to_string(&event.results).unwrap_or_default();
    let cells = [
        event.created.to_string(),
        event.event.clone(),
        event.r#type.as_str().to_owned(),
        event.message.clone(),
        event.by.token.map(|token| token.to_string()).unwrap_or_default(),
        event.by.name.clone(),
        event.by.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        object.unwrap_or_default(),
        event.component.clone(),
        event.configuration_id.clone().unwrap_or_default(),
        event.run_id.clone().unwrap_or_default(),
        event.context.remote_addr.clone().unwrap_or_default(),
        params,
        results,
        event.uuid.to_string(),
    ];
    csv::row(&cells)
}
