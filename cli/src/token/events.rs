//! `jeton token events`.

use clap::Args;
use jeton_client::{Answer, Client, Event, EventQuery};
use serde_json::Value;

use super::{follow, named};
use crate::{connection::Connection, failure::Failure, output};

/// Lists events, the oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token events 123456
  jeton token events 123456 --follow
  jeton token events --query 'event:storage.tokenRefreshed'     of the token itself
  jeton token events --project --limit 1000 --json              of everyone, for a master token")]
pub struct Events {
    /// The id of the token; the token itself when absent
    #[arg(conflicts_with = "project")]
    id: Option<String>,
    /// The events of the whole project
    #[arg(long)]
    project: bool,
    /// How many, counted from the newest
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those that match, such as event:storage.tokenCreated AND token.id:5
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    /// Go on with those that happen from now on, until interrupted
    #[arg(long, short)]
    follow: bool,
}

/// An event as it came.
pub struct Line {
    pub event: Event,
    json: Value,
}

impl Events {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = if self.project { None } else { Some(named(&jeton, self.id).await?) };
        let asked = EventQuery { token, q: self.query, ..EventQuery::default() };
        if self.follow {
            return follow::follow(&jeton, &asked, self.limit, connection.json).await;
        }
        print(newest(&jeton, &asked, self.limit).await?, connection.json);
        Ok(())
    }
}

/// Prints events that come the newest first.
pub fn print(mut events: Vec<Line>, as_json: bool) {
    events.reverse();
    if as_json {
        return output::json(&Value::Array(events.into_iter().map(|line| line.json).collect()));
    }
    for line in &events {
        line.print(false);
    }
}

/// The newest events, so many of them, the newest first.
pub async fn newest(jeton: &Client, asked: &EventQuery, wanted: u32) -> Result<Vec<Line>, Failure> {
    let page = jeton.events(&EventQuery { limit: Some(wanted), ..asked.clone() }).await?;
    through(jeton, page, wanted).await
}

/// So many events from a list on: one call looks at a part of the history.
pub async fn through(
    jeton: &Client,
    mut page: Answer<Vec<Event>>,
    wanted: u32,
) -> Result<Vec<Line>, Failure> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let mut events = Vec::new();
    loop {
        let next = page.next.take();
        events.extend(lines(page));
        match next {
            Some(next) if events.len() < wanted => page = jeton.more_events(&next).await?,
            _ => break,
        }
    }
    events.truncate(wanted);
    Ok(events)
}

/// All events of a list.
pub fn lines(page: Answer<Vec<Event>>) -> impl Iterator<Item = Line> {
    let json = match page.json {
        Value::Array(json) => json,
        _ => Vec::new(),
    };
    page.value.into_iter().zip(json).map(|(event, json)| Line { event, json })
}

impl Line {
    /// A line of an event; of JSON, one that programs read line by line.
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
