//! Work beside the answers: what an answer must not wait for, such as mail.

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

/// How long a sign-in takes to be answered where the process goes on after the answer, whether or not there is a mail.
const GOES_ON: Duration = Duration::from_millis(500);

/// The same for a function, which stands still once it has answered: the mail has to leave within this time.
const STANDS_STILL: Duration = Duration::from_secs(2);

/// How many mails leave at once beside the answers.
const AT_ONCE: usize = 32;

/// How long a server that ends waits for mail that is on its way.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Mail that leaves beside the answers.
#[derive(Debug)]
pub struct Outgoing {
    answered_after: Duration,
    /// Whether nothing goes on between two requests, as in a function.
    stands_still: bool,
    tasks: Mutex<JoinSet<()>>,
    places: Arc<Semaphore>,
    /// Notices that leave later.
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
    /// For a function, which may stand still between two requests.
    pub fn of_function() -> Self {
        Self { answered_after: STANDS_STILL, stands_still: true, ..Self::default() }
    }

    /// Begins something that an answer does not wait for, such as a mail.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let places = Arc::clone(&self.places);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _place = places.acquire().await;
            work.await;
        });
    }

    /// Waits as long as an answer takes that must not tell whether a mail is on its way.
    pub async fn same_time(&self) {
        tokio::time::sleep(self.answered_after).await;
    }

    /// Begins to tell somebody something. Where the process goes on after the answer, that does not wait; a function gives it
    /// as long as it can have.
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

    /// The same where nobody may learn from the time that the answer takes whether there was something to tell.
    pub async fn tell_unseen(&self, work: Option<impl Future<Output = ()> + Send + 'static>) {
        if let Some(work) = work {
            self.spawn(work);
        }
        if self.stands_still {
            self.same_time().await;
        }
    }

    /// Waits until all mail has left, though not for ever: a server that ends must end.
    pub async fn finish(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LONGEST_END, all).await.is_err() {
            tracing::warn!("some mail had not left when the server ended");
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
