//! The options that say of which time events are.

use clap::Args;
use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;

use crate::{duration, failure::Failure};

/// A range of time.
#[derive(Debug, Args)]
pub struct Range {
    /// Only events at or after this time, such as 2026-01-31 (midnight in UTC), 2026-01-31T12:00:00Z, or 7d or 2h before now
    #[arg(long, visible_alias = "from", value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only events before this time
    #[arg(long, visible_alias = "to", value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub until: Option<String>,
}

impl Range {
    /// Errors: it ends before it begins.
    pub fn check(&self) -> Result<(), Failure> {
        let moment = |text: &Option<String>| text.as_deref().and_then(Timestamp::from_moment);
        match (moment(&self.since), moment(&self.until)) {
            (Some(since), Some(until)) if until <= since => {
                Err(Failure::Missing("--until must be a later time than --since".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

fn time(text: &str) -> Result<String, String> {
    at(text, Clock::System.now())
}

fn at(text: &str, now: Timestamp) -> Result<String, String> {
    if Timestamp::from_moment(text).is_some() {
        return Ok(text.to_owned());
    }
    let ago = duration::seconds(text).map_err(|_| {
        "a time is a day or a moment that there is, such as 2026-01-31 or 2026-01-31T12:00:00Z, or a duration before now, such as 7d"
            .to_owned()
    })?;
    Ok(now.minus_seconds(ago.unsigned_abs()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_or_so_long_ago() {
        let now = "2026-06-30T12:00:00+0000".parse().unwrap();
        for (text, expected) in [
            ("2026-01-31", "2026-01-31"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T12:00:00+02:00"),
            ("2h", "2026-06-30T10:00:00+0000"),
            ("7d", "2026-06-23T12:00:00+0000"),
            ("yesterday", ""),
            ("7d ago", ""),
            ("-1d", ""),
            ("2026-02-30", ""),
            ("", ""),
        ] {
            assert_eq!(at(text, now).unwrap_or_default(), expected, "{text:?}");
        }
    }
}
