//! Events on the command line: their options, and one line for each.

pub mod export;
pub mod follow;

use clap::Args;
use jeton_client::{Answer, Client, Event, EventQuery, ExportFormat};
use serde_json::Value;

use crate::{connection::Connection, failure::Failure, output, range::Range};

/// The most events that the API takes as a limit.
const MOST: u32 = 10_000;

/// The number of events without a range and a limit.
const FEW: u32 = 20;

/// Which events a command prints, and how.
#[derive(Debug, Args)]
pub struct Selection {
    /// The number of events, counted from the newest (default: 20; with --since all of the range, at most 10000)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    limit: Option<u32>,
    /// Only events that match, such as event:storage.tokenRefreshed AND NOT by:ci
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    #[command(flatten)]
    range: Range,
    /// Print all events of the range, newest first: as ndjson, an event of --json on each line, or as csv, for spreadsheets
    #[arg(long, value_name = "FORMAT", value_parser = export::format, conflicts_with = "limit")]
    export: Option<ExportFormat>,
}

impl Selection {
    /// The format of the export, if it is one. Rejects `--json` beside it, since it has a format already, and a range that ends
    /// before it begins.
    pub fn export(&self, connection: &Connection) -> Result<Option<ExportFormat>, Failure> {
        self.range.check()?;
        if self.export.is_some() && connection.format.json {
            return Err(Failure::Missing("pass --export, or --json and --jq, not both".to_owned()));
        }
        Ok(self.export)
    }

    /// The query for these events, of one token or all.
    pub fn query(&self, token: Option<String>) -> EventQuery {
        let (from, to) = (self.range.since.clone(), self.range.until.clone());
        EventQuery { token, from, to, q: self.query.clone(), ..EventQuery::default() }
    }

    /// How many events are printed at most.
    pub fn limit(&self) -> u32 {
        let or_else = if self.range.since.is_some() { MOST } else { FEW };
        self.limit.unwrap_or(or_else)
    }

    /// Prints the newest of the events that a query finds, oldest first. The first page is that of this query.
    ///
    /// Says how to see more if there are some, and nobody has chosen the number.
    pub async fn print(
        &self,
        jeton: &Client,
        asked: &EventQuery,
        first: impl AsyncFnOnce(&EventQuery) -> Result<Answer<Vec<Event>>, jeton_client::Error>,
        as_json: bool,
    ) -> Result<(), Failure> {
        let one_more = self.limit() + 1;
        let asked = EventQuery { limit: Some(one_more.min(MOST)), ..asked.clone() };
        let mut events = through(jeton, first(&asked).await?, one_more).await?;
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        if events.len() > limit && self.limit.is_none() {
            let how = match self.range.since {
                Some(_) => "--export prints all of the range",
                None => "--limit and --since print more",
            };
            eprintln!("jeton: these are the newest {limit} events, and there are older ones: {how}.");
        }
        events.truncate(limit);
        events.reverse();
        if as_json {
            output::json(&Value::Array(events.into_iter().map(|line| line.json).collect()));
            return Ok(());
        }
        for line in &events {
            line.print(false);
        }
        Ok(())
    }
}

/// The newest `wanted` events, newest first.
async fn newest(jeton: &Client, asked: &EventQuery, wanted: u32) -> Result<Vec<Line>, Failure> {
    let page = jeton.events(&EventQuery { limit: Some(wanted.min(MOST)), ..asked.clone() }).await?;
    through(jeton, page, wanted).await
}

/// Reads further pages until there are `wanted` events. One call searches a part of the history only.
async fn through(jeton: &Client, mut page: Answer<Vec<Event>>, wanted: u32) -> Result<Vec<Line>, Failure> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let mut events = Vec::new();
    let bar = output::spinner("events found");
    loop {
        let next = page.next.take();
        events.extend(lines(page));
        bar.set_position(u64::try_from(events.len()).unwrap_or(u64::MAX));
        match next {
            Some(next) if events.len() < wanted => page = jeton.more_events(&next).await?,
            _ => break,
        }
    }
    bar.finish_and_clear();
    events.truncate(wanted);
    Ok(events)
}

/// All events of a list.
fn lines(page: Answer<Vec<Event>>) -> impl Iterator<Item = Line> {
    let json = match page.json {
        Value::Array(json) => json,
        _ => Vec::new(),
    };
    page.value.into_iter().zip(json).map(|(event, json)| Line { event, json })
}

/// An event with its JSON.
pub struct Line {
    pub event: Event,
    json: Value,
}

impl Line {
    /// Prints an event on one line.
    pub fn print(&self, as_json: bool) {
        if as_json {
            return output::json_line(&self.json);
        }
        let Event { created, event, token, message, .. } = &self.event;
        let [created, event, name, message] =
            [created, event, &token.name, message].map(|text| output::printable(text));
        println!("{created}  {event}  {name}  {message}");
    }
}
