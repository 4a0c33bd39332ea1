//! Events as lines: reading pages of them, and printing them.

use jeton_client::{Answer, Client, Event, EventQuery};
use serde_json::Value;

use crate::{failure::Failure, output};

/// An event as it came.
pub struct Line {
    pub event: Event,
    json: Value,
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
