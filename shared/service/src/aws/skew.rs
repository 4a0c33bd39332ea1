//! Clock skew: a warning if the clocks of this machine and DynamoDB differ.
//!
//! Each process decides by its own clock whether a token has expired. With clock skew, a token is valid here and expired there
//! for that time, and a token with a shorter lifetime may be expired when it arrives.

use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
    primitives::{DateTime, DateTimeFormat},
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use jeton_core::time::Timestamp;

use crate::clock::Clock;

/// The tolerated difference, in milliseconds. Answers have whole seconds.
const MOST: i64 = 3_000;

/// The interval of warnings, in milliseconds.
const EVERY: i64 = 60_000;

/// The interval at which an answer is looked at, in milliseconds.
const LOOK: u64 = 1_000;

/// An interceptor that reads the `Date` of an answer each second.
#[derive(Debug)]
pub(super) struct SkewWarning {
    looked: AtomicI64,
    warned: AtomicI64,
}

impl SkewWarning {
    pub(super) const fn new() -> Self {
        Self { looked: AtomicI64::new(0), warned: AtomicI64::new(0) }
    }

    /// Whether to look at an answer, because none was looked at lately. This clock may have been set back since then.
    fn looks(&self, now: Timestamp) -> bool {
        let looks = now.millis().abs_diff(self.looked.load(Ordering::Relaxed)) >= LOOK;
        if looks {
            self.looked.store(now.millis(), Ordering::Relaxed);
        }
        looks
    }

    /// How many milliseconds this clock is ahead, if a warning is due.
    fn ahead(&self, date: &str, now: Timestamp) -> Option<i64> {
        let told = DateTime::from_str(date, DateTimeFormat::HttpDate).ok()?.to_millis().ok()?;
        let ahead = now.millis().saturating_sub(told);
        // The answer was sent within the second of its date, and took some time to arrive.
        let differs = !(-MOST..=MOST + 1000).contains(&ahead);
        let before = self.warned.load(Ordering::Relaxed);
        let is_due = differs && now.millis().saturating_sub(before) >= EVERY;
        let warned = |now: i64| {
            self.warned.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        is_due.then_some(ahead).filter(|_| warned(now.millis()))
    }
}

#[dyn_dispatch_hint]
impl Intercept for SkewWarning {
    fn name(&self) -> &'static str {
        "SkewWarning"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let now = Clock::System.now();
        let date = || context.response().headers().get("date");
        if self.looks(now)
            && let Some(ahead) = date().and_then(|date| self.ahead(date, now))
        {
            tracing::warn!(
                ahead_millis = ahead,
                "the clock of this machine differs from that of DynamoDB: tokens end too early or too late here"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_768_478_400_000;

    #[test]
    fn a_clock_that_differs_is_told_once_a_minute_and_one_that_goes_well_never() {
        let skew = SkewWarning::new();
        let ahead =
            |millis| skew.ahead("Thu, 15 Jan 2026 12:00:00 GMT", Timestamp::from_millis(NOON + millis));
        for well in [-3_000, 0, 999, 4_000] {
            assert_eq!(ahead(well), None);
        }
        assert_eq!(ahead(30_000), Some(30_000));
        assert_eq!(ahead(31_000), None, "it was said a second ago");
        assert_eq!(ahead(91_000), Some(91_000));
        assert_eq!(
            SkewWarning::new().ahead("Thu, 15 Jan 2026 12:00:00 GMT", Timestamp::from_millis(NOON - 30_000)),
            Some(-30_000)
        );
        assert_eq!(ahead(1_000_000), Some(1_000_000));
        assert_eq!(skew.ahead("no date", Timestamp::from_millis(0)), None);
    }
    #[test]
    fn one_answer_of_each_second_is_looked_at_also_when_the_clock_was_set_back() {
        let skew = SkewWarning::new();
        let looks = |millis| skew.looks(Timestamp::from_millis(NOON + millis));
        let looked = [0, 1, 999, 1_000, 1_999, 2_000, 0, 1, 1_000].map(looks);
        assert_eq!(looked, [true, false, false, true, false, true, true, false, true]);
    }
}
