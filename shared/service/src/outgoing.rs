//! Background work that answers do not wait for, such as mail.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinSet,
};

use crate::mail::HeldNotices;

/// The constant duration of the answer to a sign-in on a server, with or without a mail.
const GOES_ON: Duration = Duration::from_millis(500);

/// The constant duration on a function, which is frozen after the answer, so that the mail must be sent within it.
const STANDS_STILL: Duration = Duration::from_secs(2);

/// The most concurrent mails in the background.
const AT_ONCE: usize = 32;

/// How long a shutdown waits for running mails.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Background mails.
#[derive(Debug)]
pub struct Outgoing {
    answered_after: Duration,
    /// Whether the process is frozen between requests, as in a function.
    stands_still: bool,
    tasks: Mutex<JoinSet<()>>,
    places: Arc<Semaphore>,
    /// The held notices.
    pub held: HeldNotices,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            answered_after: GOES_ON,
            stands_still: false,
            tasks: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            held: HeldNotices::default(),
        }
    }
}

impl Outgoing {
    /// For a function.
    pub fn of_function() -> Self {
        Self { answered_after: STANDS_STILL, stands_still: true, ..Self::default() }
    }

    /// Starts background work.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let places = Arc::clone(&self.places);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _place = places.acquire().await;
            work.await;
        });
    }

    /// Waits for the constant duration, so that the answer does not reveal whether a mail is sent.
    pub async fn same_time(&self) {
        tokio::time::sleep(self.answered_after).await;
    }

    /// Starts to mail a notice. A server does not wait for it; a function waits within its limit.
    pub async fn tell(&self, work: impl Future<Output = ()> + Send + 'static) {
        let (told, waits) = oneshot::channel::<()>();
        self.spawn(async move {
            work.await;
            drop(told);
        });
        if self.stands_still {
            drop(tokio::time::timeout(STANDS_STILL, waits).await);
        }
    }

    /// Mails notices, with a constant duration of the answer.
    pub async fn tell_unseen(&self, work: Option<impl Future<Output = ()> + Send + 'static>) {
        if let Some(work) = work {
            self.spawn(work);
        }
        if self.stands_still {
            self.same_time().await;
        }
    }

    /// Waits for running mails at shutdown, up to the limit.
    pub async fn finish(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LONGEST_END, all).await.is_err() {
            tracing::warn!("the server stopped before all mail was sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn where_the_process_goes_on_no_answer_waits_for_what_somebody_is_told() {
        let server = Outgoing::default();
        assert!(server.tell(pending()).now_or_never().is_some());
        assert!(server.tell_unseen(Some(pending())).now_or_never().is_some());
        assert!(server.tell_unseen(None::<std::future::Ready<()>>).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_waits_for_what_it_tells_and_alike_where_that_must_not_be_seen() {
        let function = Outgoing::of_function();
        let begun = tokio::time::Instant::now();
        function.tell(ready(())).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "no longer than it takes");
        for work in [
            None,
            Some(tokio::time::sleep(Duration::from_millis(1))),
            Some(tokio::time::sleep(STANDS_STILL * 9)),
        ] {
            let begun = tokio::time::Instant::now();
            function.tell_unseen(work).await;
            assert_eq!(begun.elapsed(), STANDS_STILL);
        }
    }
}
