//! The clock and the random source, the only ones of the service.

use std::{
    cell::RefCell,
    convert::Infallible,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use jeton_core::time::Timestamp;
use rand::rngs::{SmallRng, SysRng};
use rand_core::{CryptoRng, Rng, SeedableRng as _, TryRng, UnwrapErr};

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

/// Random numbers for ids of events, which are unique but not secret: from a generator of this thread that is seeded by the
/// operating system, because each event would else cost a system call.
pub fn noise() -> impl Rng {
    Noise
}

struct Noise;

thread_local! {
    static NOISE: RefCell<SmallRng> = RefCell::new(SmallRng::from_rng(&mut entropy()));
}

impl TryRng for Noise {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        NOISE.with_borrow_mut(TryRng::try_next_u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        NOISE.with_borrow_mut(TryRng::try_next_u64)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        NOISE.with_borrow_mut(|noise| noise.try_fill_bytes(bytes))
    }
}

/// Random numbers from the operating system.
///
/// If the source fails, the process ends, because secrets must not be guessable.
pub fn entropy() -> impl CryptoRng {
    UnwrapErr(SysRng)
}
