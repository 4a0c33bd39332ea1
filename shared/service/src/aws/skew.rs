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
use jeton_core::time::Timestamp;

use crate::clock::Clock;

/// The tolerated difference, in milliseconds. Answers have whole seconds.
const MOST: i64 = 3_000;

/// The interval of warnings, in milliseconds.
const EVERY: i64 = 60_000;

/// An interceptor that reads the `Date` of each answer.
#[derive(Debug)]
pub(super) struct SkewWarning {
    warned: AtomicI64,
}

impl SkewWarning {
    pub(super) const fn new() -> Self {
        Self { warned: AtomicI64::new(0) }
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
        let date = context.response().headers().get("date");
        if let Some(ahead) = date.and_then(|date| self.ahead(date, Clock::System.now())) {
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
}
