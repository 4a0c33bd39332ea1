//! Events on the command line: reads pages of events and prints one line for each.

use jeton_client::{Answer, Client, Event, EventQuery};
use serde_json::Value;

use crate::{failure::Failure, output};

/// An event with its JSON.
pub struct Line {
    pub event: Event,
    json: Value,
}

/// Prints events, oldest first, that are given newest first.
pub fn print(mut events: Vec<Line>, as_json: bool) {
    events.reverse();
    if as_json {
        return output::json(&Value::Array(events.into_iter().map(|line| line.json).collect()));
    }
    for line in &events {
        line.print(false);
    }
}

/// The newest `limit` events, newest first.
pub async fn newest(jeton: &Client, asked: &EventQuery, wanted: u32) -> Result<Vec<Line>, Failure> {
    let page = jeton.events(&EventQuery { limit: Some(wanted), ..asked.clone() }).await?;
    through(jeton, page, wanted).await
}

/// Reads further pages until there are `limit` events. One call searches a part of the history only.
pub async fn through(
    jeton: &Client,
    mut page: Answer<Vec<Event>>,
    wanted: u32,
) -> Result<Vec<Line>, Failure> {
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
pub fn lines(page: Answer<Vec<Event>>) -> impl Iterator<Item = Line> {
    let json = match page.json {
        Value::Array(json) => json,
        _ => Vec::new(),
    };
    page.value.into_iter().zip(json).map(|(event, json)| Line { event, json })
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
