//! The one place that time and randomness come from.

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

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is set, for tests that would otherwise have to wait.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn now(&self) -> Timestamp {
        let millis = match self {
            Self::System => {
                // A clock before 1970 is as wrong as can be; the epoch is as good a reading as any.
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
            }
            Self::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        Timestamp::from_millis(millis)
    }

    /// Milliseconds that have passed since some moment, by a clock that nobody sets.
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

/// Random numbers straight from the operating system.
///
/// There is no state to seed, to share or to leak; a failing source ends the process, since nothing
/// here may go on with guessable secrets.
pub fn entropy() -> impl CryptoRng {
    UnwrapErr(SysRng)
}
