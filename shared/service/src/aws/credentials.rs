//! Credentials that no call waits for: they are loaded beside the calls, and renewed before they expire.
//!
//! The SDK loads credentials within an attempt of a call, and ends both at the timeout of the attempt. A read of the table has half a
//! second, and a company's sign-in, a program or a role of another account may take longer each time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_sdk_dynamodb::config::Credentials;
use tokio::time::timeout;

use crate::clock::Clock;

/// How long before their end credentials are renewed, while calls go on with them.
const AHEAD: Duration = Duration::from_mins(5);

/// They are used up to this time before their end, so that a call still arrives with them.
const MARGIN: Duration = Duration::from_secs(10);

/// How long credentials without an end are kept: a profile may have others by then.
const KEPT: Duration = Duration::from_mins(15);

/// The shortest time from one renewal to the next, as long as the credentials at hand work.
const PAUSE: Duration = Duration::from_secs(10);

/// The longest that a source may take.
const LOAD: Duration = Duration::from_mins(1);

/// Credentials of a source, loaded ahead.
#[derive(Debug, Clone)]
pub struct LoadedAhead(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: SharedCredentialsProvider,
    held: Mutex<Option<Held>>,
    /// Held by the one load at a time.
    loading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    credentials: Credentials,
    /// When they are renewed.
    renewed: SystemTime,
    /// When they are used no more.
    ends: SystemTime,
}

/// What a call does at a time.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Use,
    UseAndRenew,
    Wait,
}

impl LoadedAhead {
    /// The credentials of this source, loaded once if it has some.
    pub async fn of(source: SharedCredentialsProvider) -> Self {
        let loaded =
            Self(Arc::new(Inner { source, held: Mutex::default(), loading: tokio::sync::Mutex::default() }));
        // The first call tells why there are none.
        let _ = loaded.0.load().await;
        loaded
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let held = self.0.held();
        let step = held.as_ref().map_or(Step::Wait, |held| held.step(now()));
        match (step, held) {
            (Step::Use, Some(held)) => Ok(held.credentials),
            (Step::UseAndRenew, Some(held)) => {
                // One is enough.
                if self.0.loading.try_lock().is_ok() {
                    tokio::spawn(self.clone().load());
                }
                Ok(held.credentials)
            }
            // In a task of its own, so that it goes on when the attempt of this call is given up, for the next one.
            _ => tokio::spawn(self.clone().load()).await.map_err(CredentialsError::unhandled)?,
        }
    }

    async fn load(self) -> Result<Credentials, CredentialsError> {
        self.0.load().await
    }
}

impl Inner {
    fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads credentials, unless another load has done so meanwhile.
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let _one = self.loading.lock().await;
        let held = self.held();
        if let Some(held) = held.as_ref().filter(|held| held.step(now()) == Step::Use) {
            return Ok(held.credentials.clone());
        }
        let loaded = timeout(LOAD, self.source.provide_credentials()).await;
        let loaded = loaded.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(LOAD)));
        let now = now();
        let next = match (&loaded, held) {
            (Ok(credentials), _) => Some(Held::new(credentials.clone(), now)),
            (Err(_), Some(held)) => Some(Held { renewed: now + PAUSE, ..held }),
            (Err(_), None) => None,
        };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = next;
        loaded
    }
}

impl Held {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let (renewed, ends) = match credentials.expiry() {
            Some(end) => ((end - AHEAD).max(now + PAUSE), end - MARGIN),
            None => (now + KEPT, now + KEPT + AHEAD),
        };
        Self { credentials, renewed, ends }
    }

    fn step(&self, now: SystemTime) -> Step {
        if now >= self.ends {
            Step::Wait
        } else if now >= self.renewed {
            Step::UseAndRenew
        } else {
            Step::Use
        }
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(Clock::System.now().millis()).unwrap_or_default())
}

impl ProvideCredentials for LoadedAhead {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::sleep;

    use super::*;

    /// A source that takes a second, and counts its calls.
    #[derive(Debug, Default, Clone)]
    struct Slow(Arc<AtomicUsize>);

    impl ProvideCredentials for Slow {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                sleep(Duration::from_secs(1)).await;
                let count = self.0.fetch_add(1, Ordering::Relaxed);
                if count == 0 {
                    return Err(CredentialsError::not_loaded("nobody has signed in"));
                }
                Ok(Credentials::new(format!("id {count}"), "secret", None, None, "test"))
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_leaves_the_load_to_the_next_one() {
        let slow = Slow::default();
        let ahead = LoadedAhead::of(SharedCredentialsProvider::new(slow.clone())).await;
        for _ in 0..2 {
            assert!(timeout(Duration::from_millis(500), ahead.credentials()).await.is_err());
        }
        let found = timeout(Duration::from_millis(500), ahead.credentials()).await.unwrap().unwrap();
        assert_eq!((found.access_key_id(), slow.0.load(Ordering::Relaxed)), ("id 1", 2));
        assert!(timeout(Duration::ZERO, ahead.credentials()).await.is_ok(), "they are held");
    }

    #[tokio::test(start_paused = true)]
    async fn why_there_are_none_is_told_by_each_call() {
        #[derive(Debug)]
        struct None;
        impl ProvideCredentials for None {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nobody has signed in")))
            }
        }
        let ahead = LoadedAhead::of(SharedCredentialsProvider::new(None)).await;
        for _ in 0..2 {
            assert!(matches!(ahead.credentials().await, Err(CredentialsError::CredentialsNotLoaded(_))));
        }
    }

    #[test]
    fn credentials_are_renewed_before_they_end_and_used_until_then() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let after = |seconds| now + Duration::from_secs(seconds);
        let held = |end| Held::new(Credentials::new("id", "secret", None, end, "test"), now);
        let hour = held(Some(after(3600)));
        for (seconds, step) in [
            (0, Step::Use),
            (3299, Step::Use),
            (3300, Step::UseAndRenew),
            (3589, Step::UseAndRenew),
            (3590, Step::Wait),
        ] {
            assert_eq!(hour.step(after(seconds)), step, "{seconds}");
        }
        let short = held(Some(after(60)));
        assert_eq!((short.step(after(9)), short.step(after(10))), (Step::Use, Step::UseAndRenew));
        assert_eq!(short.step(after(50)), Step::Wait);
        let endless = held(None);
        assert_eq!((endless.step(after(899)), endless.step(after(900))), (Step::Use, Step::UseAndRenew));
    }
}
