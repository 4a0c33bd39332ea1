//! Exports of events: all of a range, as NDJSON or CSV.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::{
    Client, Error, EventQuery,
    call::{self, Again, Call},
    event::path,
    manage_token, transport,
};

/// The longest wait for the next bytes of an export. The service waits a minute for memory that others have.
const PATIENCE: Duration = Duration::from_mins(2);

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// An event of a list on each line.
    Ndjson,
    /// For spreadsheets: a heading, and a row for each event.
    Csv,
}

impl ExportFormat {
    /// The word in the query.
    const fn word(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// The media type of the answer.
    const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }
}

/// An export as it arrives.
#[derive(Debug)]
pub struct EventExport {
    client: Client,
    format: ExportFormat,
    body: Option<Incoming>,
    /// Where the service cannot stream, and answers pages.
    is_paged: bool,
    next: Option<String>,
    is_first: bool,
}

impl Client {
    /// Begins an export of all events of a range, newest first. `asked.limit`, `asked.since` and `asked.oldest_first` count for
    /// nothing. It is retried as other reads, until something of it is read.
    pub async fn export_events(
        &self,
        asked: &EventQuery,
        format: ExportFormat,
    ) -> Result<EventExport, Error> {
        self.export(&path(asked)?, asked, format).await
    }

    /// The same of what a manage token did, and of what was done to it. `asked.token` counts for nothing here.
    pub async fn export_manage_token_events(
        &self,
        id: u64,
        asked: &EventQuery,
        format: ExportFormat,
    ) -> Result<EventExport, Error> {
        self.export(&manage_token::events(id), asked, format).await
    }

    async fn export(
        &self,
        list: &str,
        asked: &EventQuery,
        format: ExportFormat,
    ) -> Result<EventExport, Error> {
        let pairs = call::query(&[
            ("maxId", asked.before.clone()),
            ("from", asked.from.clone()),
            ("to", asked.to.clone()),
            ("q", asked.q.clone()),
            ("format", Some(format.word().to_owned())),
        ]);
        let path = format!("{list}/export{pairs}");
        let (body, next) = self.opened(&opening(&path), format.media_type()).await?;
        Ok(EventExport {
            client: self.clone(),
            format,
            body: Some(body),
            is_paged: next.is_some(),
            next,
            is_first: true,
        })
    }
}

impl EventExport {
    /// The next bytes; `None` at the end.
    ///
    /// Errors: [`Error::Incomplete`] if it ends early: the store failed, the token changed, or the server or the connection ended;
    /// [`Error::NotUnderstood`] if another program answers a further page.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.is_paged {
            return self.page().await;
        }
        loop {
            let Some(body) = &mut self.body else { return Ok(None) };
            match within(body.frame()).await.ok_or_else(|| self.incomplete("nothing arrives"))? {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => return Err(self.incomplete(&error.to_string())),
            }
        }
    }

    /// A page without the line that says where to go on, after which the next one is begun.
    async fn page(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(body) = self.body.take() else { return Ok(None) };
        let page = within(transport::collected(body)).await;
        let page = page.ok_or_else(|| self.incomplete("nothing arrives"))?;
        let page = self.without_heading(page.map_err(|why| self.incomplete(&why))?);
        self.is_first = false;
        let Some(next) = self.next.take() else { return Ok(Some(page)) };
        let end = page.trim_ascii_end().iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (body, next) = self.client.opened(&opening(&next), self.format.media_type()).await?;
        (self.body, self.next) = (Some(body), next);
        Ok(Some(page.slice(..end)))
    }

    /// The pages behind the first one repeat the heading of CSV.
    fn without_heading(&self, page: Bytes) -> Bytes {
        let has_heading = self.format == ExportFormat::Csv && !self.is_first;
        let end = page.iter().position(|byte| *byte == b'\n').filter(|_| has_heading);
        match end {
            Some(end) => page.slice(end + 1..),
            None => page,
        }
    }

    fn incomplete(&self, why: &str) -> Error {
        Error::Incomplete { url: self.client.url().to_owned(), why: why.to_owned() }
    }
}

/// The call that begins an export, or its next page.
fn opening(path: &str) -> Call<'_> {
    Call { again: Again::Lost, ..Call::new(Method::GET, path) }
}

async fn within<T>(reading: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, reading).await.ok()
}
