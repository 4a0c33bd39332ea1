//! Mail that leaves beside the answers: what an answer must not wait for, and notices, grouped.
//!
//! A notice tells somebody what has happened. The first ones of a kind to a person leave at once; when there are more
//! within ten minutes, they are held and leave together once the ten minutes are over: by the sweep of `jeton serve`, in
//! a function with its next notice, and when a server ends. What they tell of has its event in any case. A process that
//! is killed loses the mails that it held, never the events.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jeton_core::{Error, budget, email::Email, time::Timestamp};
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinSet,
};

use crate::{
    app::App,
    mail::{self, LeakMail, Mail, ShareOutcome},
};

/// How long a sign-in takes to be answered where the process goes on after the answer, whether or not there is a mail.
const GOES_ON: Duration = Duration::from_millis(500);

/// The same for a function, which stands still once it has answered: the mail has to leave within this time.
const STANDS_STILL: Duration = Duration::from_secs(2);

/// How many mails leave at once beside the answers.
const AT_ONCE: usize = 32;

/// How many notices of one kind to one person are told one by one in the mail that tells them together.
const TOLD: usize = 20;

/// How many kinds and persons are held at a time, so that nobody fills the memory. What is beyond is only in the history.
const HELD: usize = 1000;

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
    held: Mutex<HashMap<(&'static str, String), Held>>,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            answered_after: GOES_ON,
            stands_still: false,
            tasks: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            held: Mutex::default(),
        }
    }
}

/// What somebody is told, with what the mail says of it.
#[derive(Debug)]
pub enum Notice {
    /// A copy was found in public and ended.
    Leak(LeakMail),
    /// What they shared was picked up.
    PickedUp(ShareOutcome),
    /// What they shared was locked after wrong codes.
    Locked(ShareOutcome),
}

/// Notices of one kind to one person that are told together.
#[derive(Debug)]
struct Held {
    to: Email,
    notices: Vec<Notice>,
    /// How many there are beyond those.
    further: u64,
    /// When they may leave.
    until: Timestamp,
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

    fn take(&self, key: &(&'static str, String)) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Those whose time to wait is over; with `all`, every one.
    fn take_due(&self, now: Timestamp, all: bool) -> Vec<Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.extract_if(|_, held| all || held.until <= now).map(|(_, held)| held).collect()
    }

    fn hold(&self, held: Held) {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kind) = held.notices.first().map(Notice::kind) else { return };
        let key = (kind, held.to.key());
        if let Some(already) = all.get_mut(&key) {
            already.add(held.notices, held.further);
        } else if all.len() < HELD {
            all.insert(key, held);
        } else {
            tracing::warn!(kind, "too many notices are held; these stand in the history only");
        }
    }
}

impl Held {
    fn new(to: Email, now: Timestamp) -> Self {
        Self { to, notices: Vec::new(), further: 0, until: now }
    }

    fn add(&mut self, notices: Vec<Notice>, further: u64) {
        self.further += further;
        for notice in notices {
            if self.notices.len() < TOLD {
                self.notices.push(notice);
            } else {
                self.further += 1;
            }
        }
    }

    fn mail(&self) -> Option<Mail> {
        mail::notice_mail(self.to.as_str(), &self.notices, self.further)
    }
}

impl Notice {
    fn kind(&self) -> &'static str {
        match self {
            Self::Leak(_) => "leak",
            Self::PickedUp(_) => "pickedUp",
            Self::Locked(_) => "locked",
        }
    }
}

/// Tells somebody what has happened, in one mail for all that is of one kind, or has it told later. What does not leave
/// changes nothing: it has happened, and its event says so.
pub async fn notify(app: &App, to: &Email, notices: Vec<Notice>, now: Timestamp) {
    tell_held(app, false).await;
    let Some(kind) = notices.first().map(Notice::kind) else { return };
    let mut held = app.outgoing.take(&(kind, to.key())).unwrap_or_else(|| Held::new(to.clone(), now));
    held.add(notices, 0);
    send(app, held, kind, now).await;
}

/// Tells what was held for long enough; with `all`, all that was held, as when a server ends.
pub async fn tell_held(app: &App, all: bool) {
    let now = app.clock.now();
    for held in app.outgoing.take_due(now, all) {
        let Some(kind) = held.notices.first().map(Notice::kind) else { continue };
        if all {
            leave(app, &held, kind).await;
        } else {
            send(app, held, kind, now).await;
        }
    }
}

/// Has all mail leave before a process ends: first what is on its way, which may be held then, and then what is held.
pub async fn end(app: &App) {
    app.outgoing.finish().await;
    tell_held(app, true).await;
}

/// Mails what is held, if there is still a mail of this kind for this person.
async fn send(app: &App, mut held: Held, kind: &'static str, now: Timestamp) {
    let budget = budget::notice_mail(kind, &held.to, now);
    match app.spend(&budget, now, Error::TooManyMails).await {
        Ok(()) => leave(app, &held, kind).await,
        Err(error) => {
            held.until = budget.first().map_or(now, |budget| budget.ends);
            if !matches!(error, Error::TooManyMails(_)) {
                tracing::warn!(%error, kind, "a notice is held: its budget is not known");
            }
            app.outgoing.hold(held);
        }
    }
}

async fn leave(app: &App, held: &Held, kind: &'static str) {
    let Some(mail) = held.mail() else { return };
    if let Err(error) = app.mail(&mail).await {
        tracing::warn!(%error, kind, "a notice was not mailed");
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
