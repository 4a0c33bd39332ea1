//! `jeton token events`.

use std::{collections::BTreeSet, time::Duration};

use clap::Args;
use jeton_client::{Client, Event, EventQuery};
use serde_json::Value;

use super::named;
use crate::{connection::Connection, failure::Failure, output};

/// How often is looked for what is new.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How far behind the newest event another may still turn up, in milliseconds: the clocks of a service
/// differ by that much.
const BEHIND: u64 = 60_000;

/// How many events are asked for at a time.
const PAGE: u32 = 1000;

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
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Only those that match, such as event:storage.tokenCreated AND token.id:5
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    /// Go on with those that happen from now on, until interrupted
    #[arg(long, short)]
    follow: bool,
}

impl Events {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = if self.project { None } else { Some(named(&jeton, self.id).await?) };
        let newest = EventQuery { token, limit: Some(self.limit), q: self.query, ..EventQuery::default() };
        let answer = jeton.events(&newest).await?;
        if connection.json && !self.follow {
            let mut events = answer.json.as_array().cloned().unwrap_or_default();
            events.reverse();
            output::json(&Value::Array(events));
            return Ok(());
        }
        let raw = answer.json.as_array().cloned().unwrap_or_default();
        for (event, json) in answer.value.iter().zip(&raw).rev() {
            print(event, json, connection.json);
        }
        if self.follow {
            let shown = answer.value.iter().map(|event| event.uuid.clone()).collect();
            follow(&jeton, newest, shown, connection.json).await?;
        }
        Ok(())
    }
}

/// Prints what happens from now on. Looks a minute back each time, and leaves out what was printed.
async fn follow(
    jeton: &Client,
    asked: EventQuery,
    mut shown: BTreeSet<String>,
    json: bool,
) -> Result<(), Failure> {
    loop {
        let mut since = shown.last().and_then(|newest| uuid_before(newest, BEHIND));
        loop {
            let query =
                EventQuery { since: since.clone(), limit: Some(PAGE), oldest_first: true, ..asked.clone() };
            let answer = jeton.events(&query).await?;
            let raw = answer.json.as_array().cloned().unwrap_or_default();
            for (event, line) in answer.value.iter().zip(&raw) {
                if shown.insert(event.uuid.clone()) {
                    print(event, line, json);
                }
            }
            if answer.value.len() < PAGE as usize {
                break;
            }
            since = answer.value.last().map(|event| event.uuid.clone());
        }
        // What lies so far back that it is not asked for again need not be remembered.
        if let Some(oldest) = shown.last().and_then(|newest| uuid_before(newest, BEHIND)) {
            shown = shown.split_off(&oldest);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A line of an event; of JSON, one that programs read line by line.
fn print(event: &Event, json: &Value, as_json: bool) {
    if as_json {
        println!("{json}");
        return;
    }
    let (name, message) = (output::printable(&event.token.name), output::printable(&event.message));
    println!("{}  {}  {name}  {message}", event.created, event.event);
}

/// The least uuid of a time that lies this many milliseconds before that of another. The time of a uuid is
/// in its first 48 bits.
fn uuid_before(uuid: &str, millis: u64) -> Option<String> {
    let time = u64::from_str_radix(&format!("{}{}", uuid.get(..8)?, uuid.get(9..13)?), 16).ok()?;
    let time = format!("{:012x}", time.saturating_sub(millis));
    Some(format!("{}-{}-7000-8000-000000000000", &time[..8], &time[8..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_of_a_minute_earlier_has_that_time_and_comes_before_all_others_of_it() {
        let uuid = "019bc1b0-4c00-7abc-9def-0123456789ab";
        let earlier = uuid_before(uuid, 60_000).unwrap();
        assert_eq!(earlier, "019bc1af-61a0-7000-8000-000000000000");
        assert!(earlier.as_str() < uuid);
        assert_eq!(uuid_before("no uuid", 1), None);
    }
}
