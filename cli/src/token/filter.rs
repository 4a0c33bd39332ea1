//! The options that say which tokens a command is for.

use clap::Args;
use jeton_client::{Timestamp, TokenFilter};
use jeton_service::clock::Clock;

use crate::{complete, duration};

/// Which tokens. All options have to match.
#[derive(Debug, Args)]
pub struct Filter {
    /// Only tokens with this text in their description, a bucket or a component, without regard to case and accents
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only tokens that this token created, by its id, or the member with this e-mail address, also if they have left
    #[arg(long, value_name = "ID|EMAIL")]
    creator: Option<String>,
    /// Only tokens whose rights name this bucket
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
    /// Only tokens whose rights name this component
    #[arg(long, value_name = "COMPONENT")]
    component: Option<String>,
    /// Only tokens that were neither used nor created for so long, such as 90d; counted in UTC days
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    unused_for: Option<i64>,
    /// Only tokens that expire within so long, such as 7d, or have expired; counted in UTC days
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires_within: Option<i64>,
    /// Only tokens that never expire
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", add = complete::booleans())]
    never_expires: Option<bool>,
    /// Only disabled tokens
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", add = complete::booleans())]
    disabled: Option<bool>,
    /// Only tokens whose creator has left the project
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", add = complete::booleans())]
    creator_gone: Option<bool>,
}

impl Filter {
    /// The filter, from now on.
    pub fn at(self, now: Timestamp) -> TokenFilter {
        let ago = |seconds: i64| now.minus_seconds(seconds.unsigned_abs()).day().to_string();
        // The day that contains the moment is a part of the time.
        let within = |seconds: i64| now.plus_seconds(seconds.unsigned_abs()).day().next().to_string();
        TokenFilter {
            search: self.search,
            creator: self.creator,
            bucket: self.bucket,
            component: self.component,
            unused_since: self.unused_for.map(ago),
            expires_before: self.expires_within.map(within),
            never_expires: self.never_expires,
            is_disabled: self.disabled,
            creator_gone: self.creator_gone,
            ..TokenFilter::default()
        }
    }

    /// The filter, from the time of this machine on.
    pub fn now(self) -> TokenFilter {
        self.at(Clock::System.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_that_are_rather_too_few_tokens_to_end_and_too_many_to_look_at() {
        let filter = Filter {
            search: None,
            creator: None,
            bucket: None,
            component: None,
            unused_for: Some(90 * 86_400),
            expires_within: Some(7 * 86_400),
            never_expires: None,
            disabled: None,
            creator_gone: None,
        };
        let filter = filter.at("2026-06-30T12:00:00+0000".parse().unwrap());
        assert_eq!(filter.unused_since.as_deref(), Some("2026-04-01"));
        assert_eq!(filter.expires_before.as_deref(), Some("2026-07-08"));
    }
}
