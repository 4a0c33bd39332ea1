//! Waits for effects that come after an answer, and for a day that lasts.

use std::time::{Duration, Instant};

use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;
use tokio::time::sleep;

/// The longest wait for anything in a test. Only a failure takes that long.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Waits until something is there. Other tasks of the test go on meanwhile, unlike in [`crate::process::wait_until`].
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(since.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(LOOK_AGAIN).await;
    }
}

/// The start of the day that it was so many seconds ago. It stays the same for three minutes: shortly before the next one, this
/// waits.
pub async fn lasting_day(seconds_ago: u64) -> Timestamp {
    loop {
        let then = Clock::System.now().minus_seconds(seconds_ago);
        if then.plus_seconds(180).day() == then.day() {
            return then.day().start();
        }
        sleep(Duration::from_secs(1)).await;
    }
}
