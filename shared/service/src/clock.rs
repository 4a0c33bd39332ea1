//! The clock and the random source, the only ones of the service.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use jeton_core::time::Timestamp;
use rand::rngs::SysRng;
use rand_core::{CryptoRng, UnwrapErr};

/// A clock.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system clock.
    System,
    /// A manual clock for tests.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn now(&self) -> Timestamp {
        let millis = match self {
            Self::System => {
                // A clock before 1970 is wrong anyway, so the epoch will do.
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
            }
            Self::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        Timestamp::from_millis(millis)
    }

    /// The time of a monotonic clock, in milliseconds.
    pub fn passed(&self) -> i64 {
        static SINCE: OnceLock<Instant> = OnceLock::new();
        match self {
            Self::System => {
                let passed = SINCE.get_or_init(Instant::now).elapsed().as_millis();
                i64::try_from(passed).unwrap_or(i64::MAX)
            }
            Self::Manual(millis) => millis.load(Ordering::SeqCst),
        }
    }
}

/// Random numbers from the operating system.
///
/// If the source fails, the process ends, because secrets must not be guessable.
pub fn entropy() -> impl CryptoRng {
    UnwrapErr(SysRng)
}
