//! Retries of calls: for how long, and what people are told of them.

use std::{
    io::{self, IsTerminal as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jeton_client::{Client, MOST_RETRY_FOR, RETRY_FOR, Retry};
use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;

use crate::{duration, environment::Environment, failure::Failure, output};

/// How long a retry may take before people are told.
const SILENCE: Duration = Duration::from_secs(2);

/// The time of the last attempt, beyond the time for retries.
const LAST_ATTEMPT: Duration = Duration::from_secs(5);

/// A client that retries for as long as `JETON_RETRY_FOR` says, and tells of it on a terminal.
pub fn retrying(client: Client, environment: &Environment) -> Result<Client, Failure> {
    let client = match time(environment.retry_for.as_deref())? {
        None => client,
        Some(time) if time > RETRY_FOR => client.retry_for(time).within(time + LAST_ATTEMPT),
        Some(time) => client.retry_for(time),
    };
    if !io::stderr().is_terminal() {
        return Ok(client);
    }
    let told = Mutex::new(None);
    Ok(client.on_retry(move |retry| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = newly_told(retry, Clock::System.now(), *told) {
            *told = Some(until);
            output::beside_progress(&format!(
                "The service is not available; trying again until {} UTC (Ctrl-C ends).",
                until.time_with_seconds()
            ));
        }
    }))
}

/// The time of `JETON_RETRY_FOR`, if it is set.
pub fn time(text: Option<&str>) -> Result<Option<Duration>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let failed = |why: String| Failure::Missing(format!("JETON_RETRY_FOR: {why}"));
    let seconds = duration::seconds(text.trim()).map_err(failed)?;
    let time = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    if time > MOST_RETRY_FOR {
        let most = MOST_RETRY_FOR.as_secs() / 60;
        return Err(failed(format!("it is {most}m at most, since a later retry might do something twice")));
    }
    Ok(Some(time))
}

/// Until when a call is retried, if people have waited for long and were told of no other time. Two calls in a row have two times.
fn newly_told(retry: &Retry, now: Timestamp, told: Option<Timestamp>) -> Option<Timestamp> {
    let millis = i64::try_from(retry.left.as_millis()).unwrap_or(i64::MAX);
    let until = Timestamp::from_millis(now.millis().saturating_add(millis));
    let is_new = told.is_none_or(|told| until > told.plus_seconds(1));
    (is_new && retry.elapsed + retry.wait >= SILENCE).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_for_retries_is_that_of_the_variable_up_to_nine_minutes() {
        let read = |text| time(Some(text)).ok().flatten().map(|time| time.as_secs());
        assert_eq!(
            [read("0"), read(" 90s "), read("5m"), read("9m"), read("10m"), read("90"), read("soon")],
            [Some(0), Some(90), Some(300), Some(540), None, None, None]
        );
        assert_eq!(time(None).ok(), Some(None), "the client has its own");
    }

    #[test]
    fn people_are_told_once_for_a_call_and_only_when_it_takes_long() {
        let now = Timestamp::from_millis(1_000_000);
        let retry = |elapsed, wait, left| Retry {
            why: "cut".to_owned(),
            elapsed: Duration::from_millis(elapsed),
            wait: Duration::from_millis(wait),
            left: Duration::from_millis(left),
        };
        assert_eq!(newly_told(&retry(500, 1499, 29_500), now, None), None);
        let until = newly_told(&retry(1500, 500, 28_500), now, None);
        assert_eq!(until, Some(Timestamp::from_millis(1_028_500)));
        let later = |passed: i64| Timestamp::from_millis(1_000_000 + passed);
        assert_eq!(newly_told(&retry(4000, 900, 26_000), later(2510), until), None, "the same call");
        assert!(newly_told(&retry(3000, 900, 27_000), later(9000), until).is_some(), "the next one");
    }
}
