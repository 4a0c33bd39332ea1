//! `jeton token events --follow`: prints new events as they are stored.

use std::{collections::BTreeSet, time::Duration};

use jeton_client::{Client, Error, EventQuery};
use jeton_service::clock::Clock;

use super::{Line, lines, newest};
use crate::{failure::Failure, output};

/// The polling interval.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How much older than the newest event a later stored one may be, in milliseconds, since the clocks of servers differ.
const BEHIND: i64 = 60_000;

/// Events per page.
const PAGE: u32 = 1000;

/// Prints the newest events and then new ones, each once. An event that is stored after newer ones were printed is printed
/// late.
pub async fn follow(jeton: &Client, asked: &EventQuery, limit: u32, as_json: bool) -> Result<(), Failure> {
    let mut newest_seen = newest(jeton, asked, 1).await?.first().map(|line| line.event.uuid.clone());
    let mut since = window(newest_seen.as_deref());
    // Events of the window that are not printed are not printed later either.
    let mut window = after(jeton, asked, &since).await?;
    let mut known = ids(&window);
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    if let Some(more) =
        limit.checked_sub(u32::try_from(window.len()).unwrap_or(u32::MAX)).filter(|more| *more > 0)
    {
        let before = EventQuery { before: Some(since.clone()), ..asked.clone() };
        newest(jeton, &before, more).await?.iter().rev().for_each(|line| line.print(as_json));
    }
    window.drain(..window.len().saturating_sub(wanted));
    let mut is_away = false;
    // It polls anyway, and tells that it does.
    let jeton = &jeton.clone().retry_for(Duration::ZERO);
    loop {
        for line in &window {
            line.print(as_json);
            newest_seen = newest_seen.max(Some(line.event.uuid.clone()));
        }
        if output::lost().is_some() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        // After the clock is set back, no event is printed twice.
        since = since.max(self::window(newest_seen.as_deref()));
        window = match after(jeton, asked, &since).await {
            Err(Failure::Call(error)) if is_passing(&error) => {
                if !is_away {
                    eprintln!("jeton: {error}. It is asked again until it answers.");
                }
                is_away = true;
                window.clear();
                continue;
            }
            found => found?,
        };
        is_away = false;
        let all = ids(&window);
        window.retain(|line| !known.contains(&line.event.uuid));
        known = all;
    }
}

/// Whether a call may succeed later, as while a server is restarted.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::TimedOut { .. } => true,
        Error::NotUnderstood { status, .. } => *status >= 500,
        _ => error.status().is_some_and(|status| status == 429 || status >= 500),
    }
}

/// The uuid to poll from: one minute before the newest event, or before now if that event's clock is ahead.
fn window(newest: Option<&str>) -> String {
    let now = Clock::System.now().millis();
    let newest = newest.and_then(millis).unwrap_or(now);
    least_uuid(newest.min(now) - BEHIND)
}

/// All events after a uuid, oldest first.
async fn after(jeton: &Client, asked: &EventQuery, since: &str) -> Result<Vec<Line>, Failure> {
    let query =
        EventQuery { since: Some(since.to_owned()), limit: Some(PAGE), oldest_first: true, ..asked.clone() };
    let mut page = jeton.events(&query).await?;
    let mut events = Vec::new();
    loop {
        let next = page.next.take();
        events.extend(lines(page));
        match next {
            Some(next) => page = jeton.more_events(&next).await?,
            None => return Ok(events),
        }
    }
}

fn ids(lines: &[Line]) -> BTreeSet<String> {
    lines.iter().map(|line| line.event.uuid.clone()).collect()
}

/// The timestamp of a uuid: its first 48 bits.
fn millis(uuid: &str) -> Option<i64> {
    i64::from_str_radix(&format!("{}{}", uuid.get(..8)?, uuid.get(9..13)?), 16).ok()
}

/// The smallest uuid of a timestamp.
fn least_uuid(millis: i64) -> String {
    let time = format!("{:012x}", millis.max(0));
    format!("{}-{}-7000-8000-000000000000", &time[..8], &time[8..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_uuid_of_a_time_comes_before_all_others_of_it() {
        let uuid = "019bc1b0-4c00-7abc-9def-0123456789ab";
        let least = least_uuid(millis(uuid).unwrap());
        assert_eq!(least, "019bc1b0-4c00-7000-8000-000000000000");
        assert!(least.as_str() < uuid);
        assert_eq!(millis("no uuid"), None);
    }

    #[test]
    fn an_event_of_a_clock_that_is_ahead_does_not_move_the_window_beyond_now() {
        let now = Clock::System.now().millis();
        let ahead = window(Some(&least_uuid(now + 90_000)));
        assert!(millis(&ahead).unwrap() <= Clock::System.now().millis() - BEHIND);
        let behind = window(Some(&least_uuid(now - 3_600_000)));
        assert_eq!(millis(&behind), Some(now - 3_600_000 - BEHIND));
    }
}
