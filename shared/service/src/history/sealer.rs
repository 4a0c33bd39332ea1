//! Sealing the days that are over.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jeton_core::{
    event::{Event, EventRange, Feed, Order, Origin, PAGE_BYTES, first_uuid_at, names},
    id::ProjectId,
    project::Project,
    seal::{self, Head, Seal},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    AnchorPlace, SealKey, anchor,
    notary::Notary,
    tallies::{each_event, tallies, tokens},
};

/// How many days are counted at a time where many are left: a sweep that is ended meanwhile has got that far.
const AT_A_TIME: u32 = 7;

/// How far the clock may move between two sweeps beyond the time that has passed, in milliseconds.
const JUMP: i64 = 300_000;

/// Seals history for the sweep, and remembers that it has: once a day there is something to do.
#[derive(Debug)]
pub struct Sealer {
    key: Arc<SealKey>,
    notary: Notary,
    memory: Mutex<Memory>,
}

/// What a sealer remembers from sweep to sweep.
#[derive(Debug, Default)]
struct Memory {
    /// The day through which everything is sealed.
    through: Option<Day>,
    /// When the last sweep was, by the clock and by the time that has passed; none after the clock has jumped.
    last: Option<(Timestamp, i64)>,
    /// The projects that wait, each of which has been logged once.
    waiting: BTreeMap<ProjectId, Waits>,
}

/// What became of the days of a project that could be sealed.
#[derive(Debug, Clone, Copy)]
struct Done {
    days: u64,
    /// Whether none is left; another sweep is at it otherwise.
    all: bool,
}

/// Why the history of a project is not sealed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// It is being imported, so that its days may not be whole.
    ForImport,
    /// Nothing has happened in it since then, which is so long ago that the clock may be wrong.
    ForLife(Timestamp),
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForImport => f.write_str("it was imported and is not activated yet"),
            Self::ForLife(since) => write!(
                f,
                "nothing has happened in it since {since}; if the clock is right, `jeton sweep --seal-all` seals it"
            ),
        }
    }
}

impl Sealer {
    /// One that signs with this key, and hands the digest of each head to this place.
    pub fn new(key: Arc<SealKey>, anchor: Option<AnchorPlace>) -> Self {
        Self { key, notary: Notary::new(anchor), memory: Mutex::default() }
    }

    /// Seals every day of every project that is over and has no seals, and tells how many that were. `passed` is the time on a
    /// clock that nobody sets, in milliseconds.
    ///
    /// What cannot be sealed now is left to the next sweep, and stops nothing else. Two sweeps at once do no harm. When the
    /// clock has jumped ahead since the last sweep, nothing is sealed until the next one; a project in which nothing has
    /// happened for a day and a half waits until something does, or until [`Self::seal_all`].
    pub async fn seal(&self, store: &dyn Store, now: Timestamp, passed: i64) -> u64 {
        self.notary.deliver().await;
        if self.has_jumped(now, passed) {
            tracing::warn!("the clock has jumped ahead: history is sealed by the next sweep");
            return 0;
        }
        self.seal_each(store, now, false).await
    }

    /// The same, however long nothing has happened, for whoever knows that the clock is right.
    pub async fn seal_all(&self, store: &dyn Store, now: Timestamp) -> u64 {
        self.seal_each(store, now, true).await
    }

    /// The projects that were not sealed the last time, and why.
    pub fn waiting(&self) -> Vec<(ProjectId, Waits)> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.waiting.iter().map(|(project, waits)| (*project, *waits)).collect()
    }

    fn has_jumped(&self, now: Timestamp, passed: i64) -> bool {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = memory.last.is_some_and(|(before, then)| {
            now.millis().saturating_sub(before.millis()) - passed.saturating_sub(then) > JUMP
        });
        memory.last = (!ahead).then_some((now, passed));
        ahead
    }

    async fn seal_each(&self, store: &dyn Store, now: Timestamp, asked: bool) -> u64 {
        let last = seal::last_day(now);
        if !asked && self.memory.lock().unwrap_or_else(PoisonError::into_inner).through >= Some(last) {
            return 0;
        }
        let projects = match store.projects(usize::MAX).await {
            Ok(projects) => projects,
            Err(error) => {
                tracing::error!(%error, "history is left unsealed until the next sweep");
                return 0;
            }
        };
        let (mut days, mut all) = (0, true);
        for project in projects {
            match self.seal_project(store, project, (last, now), asked).await {
                Ok(done) => {
                    days += done.days;
                    all &= done.all;
                }
                Err(error) => {
                    tracing::error!(%project, %error, "the history of a project is left unsealed until the next sweep");
                    all = false;
                }
            }
        }
        if all {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).through = Some(last);
        }
        self.notary.deliver().await;
        days
    }

    async fn seal_project(
        &self,
        store: &dyn Store,
        id: ProjectId,
        (last, now): (Day, Timestamp),
        asked: bool,
    ) -> Result<Done, Unavailable> {
        let nothing = Done { days: 0, all: true };
        let Some(project) = store.project(id).await? else { return Ok(nothing) };
        let before = store.last_head(id).await?.map(|signed| signed.head);
        let follows = before.as_ref().map(|head| head.day.next());
        let mut day = seal::first_day(now).max(project.created.day()).max(follows.unwrap_or(Day::FIRST));
        if day > last {
            return Ok(nothing);
        }
        if let Some(waits) = waits(store, &project, before.as_ref(), now, asked).await? {
            self.tell(id, waits);
            return Ok(Done { days: 0, all: false });
        }
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&id);
        let tokens = tokens(store, id, day).await?;
        let (mut before, mut days) = (before, 0);
        while day <= last {
            let until = (1..AT_A_TIME).fold(day, |day, _| day.next()).min(last);
            let mut tallies = tallies(store, id, (day, until), &tokens).await?;
            while day <= until {
                let of_day = tallies.remove(&day).unwrap_or_default();
                let seals: Vec<Seal> =
                    of_day.into_iter().map(|(of, tally)| tally.seal(id, day, of)).collect();
                store.put_seals(&seals).await?;
                let head = Head::new(id, day, &seals, before.as_ref(), now);
                let signed = self.key.sign(head.clone());
                if !store.insert_head(&signed).await? {
                    return Ok(Done { days, all: false });
                }
                // From here on nobody can put another head in its place unseen, who does not reach the log as well.
                tracing::info!(project = %id, %day, head = %head.digest(), "a day of history is sealed");
                self.notary.take(anchor::line(&signed));
                (before, day, days) = (Some(head), day.next(), days + 1);
            }
        }
        Ok(Done { days, all: true })
    }

    /// Notes that a project waits, and logs it the first time.
    fn tell(&self, project: ProjectId, waits: Waits) {
        let before =
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).waiting.insert(project, waits);
        if before.is_none() {
            tracing::warn!(%project, reason = %waits, "the history of a project is not sealed");
        }
    }
}

/// Why a project is not to be sealed now, if it is not.
async fn waits(
    store: &dyn Store,
    project: &Project,
    before: Option<&Head>,
    now: Timestamp,
    asked: bool,
) -> Result<Option<Waits>, Unavailable> {
    if let Some(closed) = project.closed
        && is_imported_since(store, project.id, closed).await?
    {
        return Ok(Some(Waits::ForImport));
    }
    let sealed = before.map_or(project.created, |head| head.sealed);
    let is_quiet = |since: Timestamp| since.plus_seconds(seal::UNASKED_WITHIN) < now;
    if asked || !is_quiet(sealed) {
        return Ok(None);
    }
    let range =
        EventRange { after: None, before: None, order: Order::Descending, limit: 1, bytes: PAGE_BYTES };
    let newest = store.events(&Feed::Project(project.id), range).await?;
    let since = newest.events.first().map_or(sealed, |event| event.created.max(sealed));
    Ok(is_quiet(since).then_some(Waits::ForLife(since)))
}

/// Whether a closed project has come by an import, as one that is closed to be exported or after a restore has not. The clocks of
/// two machines may differ by some hours.
async fn is_imported_since(
    store: &dyn Store,
    project: ProjectId,
    closed: Timestamp,
) -> Result<bool, Unavailable> {
    let mut found = false;
    let part = (first_uuid_at(closed.minus_seconds(86_400)), None);
    each_event(store, &Feed::Project(project), part, |event: Event| {
        found |= event.event == names::PROJECT_IMPORTED && event.origin == Origin::System;
        Ok::<_, Unavailable>(())
    })
    .await?;
    Ok(found)
}
