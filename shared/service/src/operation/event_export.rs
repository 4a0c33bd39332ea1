//! Exports of events: all of a range, as NDJSON or CSV.
//!
//! An answer of this process is streamed: the next page is read once the client has taken the one before. It ends early, without its
//! last chunk, if the caller changes or the store fails. A function of Lambda cannot stream, and answers 6 MB at most: there a
//! call exports a page, whose end says where to go on.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header::LINK};
use jeton_api::{
    event::{ExportEvents, ListEvents},
    unknown,
};
use jeton_core::{
    Error,
    event::{Event, Feed},
    id::TokenId,
    session::SessionId,
    time::Timestamp,
};

pub use super::event_format::Format;
use super::{
    event_scan::{EventScan, PAGE},
    events::{self, Filter, SEARCHED_TO},
};
use crate::{
    app::App,
    authenticate::{Bearer, Manager},
    http::{ApiRequest, Reply, Room},
    limits::{
        answers::{AnswerRoom, Connection},
        exports::{Exporter, RunningExport},
    },
    telemetry::Presented,
};

/// The most events of a page on Lambda.
const PAGED: i64 = 10_000;

/// The memory that a chunk reserves: a page of stored events with what their lines add. It keeps what it needs.
const CHUNK: usize = 2 << 20;

/// How often a stream tries to reserve memory, which takes five seconds when others have it all, and a second's pause.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// What is exported.
pub struct Exported {
    /// The feed.
    pub feed: Feed,
    /// Only the events by this token.
    pub by: Option<TokenId>,
    /// Only these events of the console's filters.
    pub matches: Box<dyn Fn(&Event) -> bool + Send + Sync>,
    /// The range and the search.
    pub asked: ListEvents,
    /// The format.
    pub format: Format,
    /// The name of the file, without its ending.
    pub name: String,
}

/// Who reads an export, as they are when it begins.
pub struct Reader {
    by: Exporter,
    version: u64,
    ends: Option<Timestamp>,
    session: Option<SessionId>,
}

impl From<&Bearer> for Reader {
    fn from(bearer: &Bearer) -> Self {
        Self {
            by: Exporter::Token(bearer.caller.project, bearer.caller.id),
            version: bearer.item.version,
            ends: bearer.ends(),
            session: bearer.session.clone(),
        }
    }
}

impl From<&Manager> for Reader {
    fn from(manager: &Manager) -> Self {
        let (id, version) = (manager.token.id, manager.token.version);
        Self { by: Exporter::Manage(id), version, ends: manager.ends(), session: None }
    }
}

/// `GET /v2/storage/events/export`
pub async fn of_project(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let (feed, by) = events::own_feed(bearer)?;
    let name = if by.is_some() {
        format!("token-{}", bearer.caller.id)
    } else {
        format!("project-{}", bearer.caller.project)
    };
    asked(request, bearer.into(), feed, by, name).await
}

/// `GET /v2/storage/tokens/{token}/events/export`
pub async fn of_token(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let feed = events::token_feed(request, bearer).await?;
    asked(request, bearer.into(), feed, None, format!("token-{}", request.text("token"))).await
}

/// Answers the export that the query asks for.
pub async fn asked(
    request: &ApiRequest,
    reader: Reader,
    feed: Feed,
    by: Option<TokenId>,
    name: String,
) -> Result<Reply, Error> {
    let ExportEvents { from, to, q, max_id, format, unknown } = request.query()?;
    unknown::reject_all("", &unknown, "is not a parameter of an export of events")?;
    let format = format.filter(|format| !format.is_empty());
    let format = format.map_or(Ok(Format::Ndjson), |format| Format::parse(&format))?;
    let asked = ListEvents { from, to, q, max_id, ..ListEvents::default() };
    export(request, reader, Exported { feed, by, matches: Box::new(|_| true), asked, format, name }).await
}

/// Answers an export.
pub async fn export(request: &ApiRequest, reader: Reader, exported: Exported) -> Result<Reply, Error> {
    if can_stream(request) { stream(request, reader, exported).await } else { page(request, exported).await }
}

/// Whether this process sends the answer to the client, or to a proxy in front of it.
pub fn can_stream(request: &ApiRequest) -> bool {
    request.peer.is_some() || request.extensions.get::<ConnectInfo<SocketAddr>>().is_some()
}

async fn page(request: &ApiRequest, exported: Exported) -> Result<Reply, Error> {
    let Exported { ref feed, by, matches, asked, format, name } = exported;
    let mut file = format.heading();
    let mut room = Room::reserved(request).await?;
    let asked = ListEvents { limit: Some(PAGED), ..asked };
    let visible = |event: &Event| events::is_by(event, by) && matches(event);
    let rest = events::select(request, feed, asked, visible, |event| {
        let line = format.line(event, &request.app.public_url)?;
        let fits = room.takes(&line);
        if fits {
            file.extend(line);
        }
        Ok(fits)
    })
    .await?;
    let rest = rest.and_then(|rest| Some((rest.searched_to()?, events::next_url(request, rest)?)));
    if let Some((searched_to, next)) = &rest {
        file.extend(format.incomplete(*searched_to, next));
    }
    let reply = Reply::file(format.media_type(), &format!("{name}.{}", format.ending()), file);
    let reply = match rest {
        Some((searched_to, next)) => {
            let headers = [(LINK, format!("<{next}>; rel=\"next\"")), (SEARCHED_TO, searched_to.to_string())];
            headers.into_iter().fold(reply, |reply, (name, value)| match HeaderValue::from_str(&value) {
                Ok(value) => reply.with(name, value),
                Err(_) => reply,
            })
        }
        None => reply,
    };
    Ok(room.holds(reply))
}

async fn stream(request: &ApiRequest, reader: Reader, exported: Exported) -> Result<Reply, Error> {
    let app = Arc::clone(&request.app);
    let Exported { feed, by, matches, asked, format, name } = exported;
    let mut export = Export {
        running: app.concurrency.exports.begin(reader.by)?,
        caller: (request.caller.get().copied(), request.peer.as_ref().map(|peer| peer.connection().clone())),
        reader,
        scan: events::scan(&asked, request.now)?.at_most(usize::MAX, usize::MAX),
        filter: Filter::of(asked)?,
        text: format.heading(),
        is_over: false,
        app,
        feed,
        by,
        matches,
        format,
    };
    // Before the status is sent: a store that is not available is an error.
    let first = export.next_page(1).await?;
    let rest = stream::try_unfold(
        (Some(first), export),
        |(first, mut export): (Option<Bytes>, Export)| async move {
            if let Some(first) = first {
                return Ok(Some((first, (None, export))));
            }
            match export.next_chunk().await {
                Ok(chunk) => Ok(chunk.map(|chunk| (chunk, (None, export)))),
                Err(error) => {
                    tracing::info!(%error, "an export ended early");
                    Err(error)
                }
            }
        },
    );
    let name = format!("{name}.{}", format.ending());
    Ok(Reply::streamed_file(format.media_type(), &name, Body::from_stream(rest)))
}

/// A streamed export.
struct Export {
    app: Arc<App>,
    /// Its memory counts for this caller, and its connection is closed to cut off a slow chunk.
    caller: (Option<Presented>, Option<Connection>),
    reader: Reader,
    feed: Feed,
    by: Option<TokenId>,
    matches: Box<dyn Fn(&Event) -> bool + Send + Sync>,
    filter: Filter,
    scan: EventScan,
    format: Format,
    /// The heading, until it is sent.
    text: Vec<u8>,
    is_over: bool,
    running: RunningExport,
}

impl Export {
    /// The next chunk that is not empty; `None` at the end.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.is_over {
            self.has_same_caller().await?;
            let chunk = self.next_page(TRIES).await?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    /// The lines of the next page. Each page waits for its turn among other long reads.
    async fn next_page(&mut self, tries: usize) -> Result<Bytes, Error> {
        let room = self.room(tries).await?;
        let Some(page) = self.scan.next(&self.app, &self.feed, PAGE).await? else {
            self.is_over = true;
            return Ok(Bytes::new());
        };
        self.is_over = !page.more;
        let mut text = std::mem::take(&mut self.text);
        for event in page.events {
            self.scan.passed(&event);
            let is_listed = event.is_listed_in(&self.feed) && events::is_by(&event, self.by);
            if is_listed && (self.matches)(&event) && self.filter.matches(&event) {
                text.extend(self.format.line(event, &self.app.public_url)?);
            }
        }
        text.shrink_to_fit();
        Ok(if text.is_empty() { Bytes::new() } else { room.hold(text.into()) })
    }

    async fn room(&self, mut tries: usize) -> Result<AnswerRoom, Error> {
        loop {
            let (caller, connection) = self.caller.clone();
            tries -= 1;
            match self.app.concurrency.answers.room(caller, connection, CHUNK).await {
                Err(Error::Overloaded) if tries > 0 => tokio::time::sleep(PAUSE).await,
                room => return room,
            }
        }
    }

    /// Checks that the caller is as it was when the export began: an export may take long, and a revoked token reads no more.
    async fn has_same_caller(&self) -> Result<(), Error> {
        let Reader { version, ends, session, .. } = &self.reader;
        let store = &self.app.store;
        let found = match self.running.by() {
            Exporter::Token(project, token) => {
                store.verify_item(project, token).await?.map(|item| item.version)
            }
            Exporter::Manage(id) => store.manage_token(id).await?.map(|token| token.version),
        };
        let is_alive = ends.is_none_or(|end| self.app.clock.now() < end);
        let is_signed_in = match session {
            Some(session) => store.session(session).await?.is_some(),
            None => true,
        };
        if found == Some(*version) && is_alive && is_signed_in { Ok(()) } else { Err(Error::CallerChanged) }
    }
}
