//! Events on the command line: reads pages of events and prints one line for each.

use clap::Args;
use jeton_client::{Answer, Client, Event, EventQuery};
use serde_json::Value;

use crate::{failure::Failure, output, range::Range};

/// An event with its JSON.
pub struct Line {
    pub event: Event,
    json: Value,
}

/// Prints events, oldest first, that are given newest first.
fn print(mut events: Vec<Line>, as_json: bool) {
    events.reverse();
    if as_json {
        return output::json(&Value::Array(events.into_iter().map(|line| line.json).collect()));
    }
    for line in &events {
        line.print(false);
    }
}

/// The most events that the API takes as a limit.
pub const MOST: u32 = 10_000;

/// How many events a command prints.
#[derive(Debug, Args)]
pub struct Limit {
    /// The number of events, counted from the newest (default: 20; with --since all of the range, at most 10000)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    pub limit: Option<u32>,
}

impl Limit {
    /// The number without a range, unless it was given.
    const FEW: u32 = 20;

    /// The number.
    pub fn of(&self, range: &Range) -> u32 {
        let or_else = if range.since.is_some() { MOST } else { Self::FEW };
        self.limit.unwrap_or(or_else)
    }

    /// Prints the newest events, oldest first. Says how to see more if there are some, and nobody has chosen the number.
    pub fn print(&self, mut events: Vec<Line>, range: &Range, as_json: bool) {
        let number = usize::try_from(self.of(range)).unwrap_or(usize::MAX);
        if events.len() > number && self.limit.is_none() {
            let how = match range.since {
                Some(_) => "--export prints all of the range",
                None => "--limit and --since print more",
            };
            eprintln!("jeton: these are the newest {number} events, and there are older ones: {how}.");
        }
        events.truncate(number);
        print(events, as_json);
    }
}

/// The newest `wanted` events, newest first.
pub async fn newest(jeton: &Client, asked: &EventQuery, wanted: u32) -> Result<Vec<Line>, Failure> {
    let page = jeton.events(&EventQuery { limit: Some(wanted.min(MOST)), ..asked.clone() }).await?;
    through(jeton, page, wanted).await
}

/// Reads further pages until there are `wanted` events. One call searches a part of the history only.
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
