//! Sealing the days that are over.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    event::{Event, EventRange, Feed, Order, Origin, first_uuid_at, moment_of, names},
    id::ProjectId,
    project::Project,
    seal::{self, Head, Seal, SignedHead},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    AnchorPlace, SealKey,
    delivery::Delivery,
    tallies::{each_event, tallies, tokens},
};

/// How many days are counted at a time where many are left: a sweep that is ended meanwhile has got that far.
const AT_A_TIME: u32 = 7;

/// How many entries of the list of projects that are none are told.
const NONE_TOLD: usize = 100;

/// How far the clock may move between two sweeps beyond the time that has passed, in milliseconds.
const JUMP: i64 = 300_000;

/// Seals history for the sweep, and remembers that it has: once a day there is something to do.
#[derive(Debug)]
pub struct Sealer {
    key: Arc<SealKey>,
    delivery: Delivery,
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

/// What a sweep has sealed, and what it had to leave to the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealOutcome {
    /// Days that were sealed.
    pub days: u64,
    /// Projects that could not be looked at or sealed, because the store failed, and ids in the list of projects that no project can
    /// have; 1 when it does not even list them.
    pub failed: u64,
    /// Anchors that the second place has not taken, of this sweep and of those before.
    pub undelivered: u64,
}

/// Why the history of a project is not sealed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// It is being imported, so that its days may not be whole.
    ForImport,
    /// Nothing has happened in it since then, which is so long ago that the clock may be wrong.
    ForLife(Timestamp),
    /// After then nothing happened in it for more than a week, and it was not sealed: what has happened since may be of a clock that
    /// is wrong.
    AcrossSilence(Timestamp),
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForImport => f.write_str("it was imported and is not activated yet"),
            Self::ForLife(since) => write!(
                f,
                "nothing has happened in it since {since}; if the clock is right, `jeton sweep --seal-all` seals it"
            ),
            Self::AcrossSilence(since) => write!(
                f,
                "nothing happened in it for more than 7 days after {since}, nor was it sealed; if the clock is right, `jeton sweep --seal-all` seals it"
            ),
        }
    }
}

impl Sealer {
    /// One that signs with this key, and hands the digest of each head to this place.
    pub fn new(key: Arc<SealKey>, anchor: Option<AnchorPlace>) -> Self {
        Self { key, delivery: Delivery::to(anchor), memory: Mutex::default() }
    }

    /// Seals every day of every project that is over and has no seals, hands every anchor that was not taken yet to the second
    /// place, and tells what came of it. `passed` is the time on a clock that nobody sets, in milliseconds.
    ///
    /// What cannot be sealed or delivered now is left to the next sweep, of this process or another, and stops nothing else. Two
    /// sweeps at once do no harm. When the clock has jumped ahead since the last sweep, nothing is sealed until the next one; a
    /// project in which nothing has happened for a day and a half waits until something does, or until [`Self::seal_all`]; one in
    /// which nothing has happened for more than a week since it was sealed waits for the latter.
    pub async fn seal(&self, store: &dyn Store, now: Timestamp, passed: i64) -> SealOutcome {
        if self.has_jumped(now, passed) {
            tracing::warn!("the clock has jumped ahead: history is sealed by the next sweep");
            return SealOutcome::default();
        }
        self.seal_each(store, now, false).await
    }

    /// The same, however long nothing has happened, for whoever knows that the clock is right.
    pub async fn seal_all(&self, store: &dyn Store, now: Timestamp) -> SealOutcome {
        self.seal_each(store, now, true).await
    }

    /// The projects that were not sealed the last time, and why.
    pub fn waiting(&self) -> Vec<(ProjectId, Waits)> {
        let memory = self.memory();
        memory.waiting.iter().map(|(project, waits)| (*project, *waits)).collect()
    }

    fn has_jumped(&self, now: Timestamp, passed: i64) -> bool {
        let mut memory = self.memory();
        let ahead = memory.last.is_some_and(|(before, then)| {
            now.millis().saturating_sub(before.millis()) - passed.saturating_sub(then) > JUMP
        });
        memory.last = (!ahead).then_some((now, passed));
        ahead
    }

    async fn seal_each(&self, store: &dyn Store, now: Timestamp, asked: bool) -> SealOutcome {
        let last = seal::last_day(now);
        let mut outcome = SealOutcome::default();
        if !asked && self.memory().through >= Some(last) {
            return outcome;
        }
        let projects = match store.projects(usize::MAX).await {
            Ok(projects) => projects,
            Err(error) => {
                tracing::error!(%error, "history is left unsealed until the next sweep");
                return SealOutcome { failed: 1, ..outcome };
            }
        };
        let (mut all, mut is_open) = (true, true);
        for project in projects {
            let mut sealed = Vec::new();
            let done = self.seal_project(store, project, (last, now), asked, &mut sealed).await;
            outcome.days += sealed.len() as u64;
            let done =
                match (done, self.delivery.of_project(store, project, now, &sealed, &mut is_open).await) {
                    (Ok(all), Ok(left)) => Ok((all, left)),
                    (Err(error), _) | (_, Err(error)) => Err(error),
                };
            match done {
                Ok((is_last, left)) => {
                    all &= is_last;
                    outcome.undelivered += left;
                }
                Err(error) => {
                    tracing::error!(%project, %error, "the history of a project is left unsealed until the next sweep");
                    outcome.failed += 1;
                }
            }
        }
        match store.no_projects(NONE_TOLD).await {
            Ok(none) => {
                for id in none {
                    tracing::error!(%id, "the list of projects has an id that no project can have");
                    outcome.failed += 1;
                }
            }
            Err(error) => {
                tracing::error!(%error, "the list of projects cannot be read as a whole");
                outcome.failed += 1;
            }
        }
        if all && outcome.failed == 0 && outcome.undelivered == 0 {
            self.memory().through = Some(last);
        }
        outcome
    }

    /// Seals the days of a project, and adds their heads to `sealed`. False when some are left: another sweep is at it, or they wait.
    async fn seal_project(
        &self,
        store: &dyn Store,
        id: ProjectId,
        (last, now): (Day, Timestamp),
        asked: bool,
        sealed: &mut Vec<SignedHead>,
    ) -> Result<bool, Unavailable> {
        let Some(project) = store.project(id).await? else { return Ok(true) };
        let before = store.last_head(id).await?.map(|signed| signed.head);
        let follows = before.as_ref().map(|head| head.day.next());
        let mut day = seal::first_day(now).max(project.created.day()).max(follows.unwrap_or(Day::FIRST));
        if day > last {
            return Ok(true);
        }
        if let Some(waits) = waits(store, &project, before.as_ref(), now, asked).await? {
            self.tell(id, waits);
            return Ok(false);
        }
        self.memory().waiting.remove(&id);
        let tokens = tokens(store, id, day).await?;
        let mut before = before;
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
                // After a lost answer the one that is there is this one.
                if !store.insert_head(&signed).await?
                    && store.heads(id, day, 1).await?.first() != Some(&signed)
                {
                    return Ok(false);
                }
                // From here on nobody can put another head in its place unseen, who does not reach the log as well.
                tracing::info!(project = %id, %day, head = %head.digest(), "a day of history is sealed");
                sealed.push(signed);
                (before, day) = (Some(head), day.next());
            }
        }
        Ok(true)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a project waits, and logs it when the reason is new.
    fn tell(&self, project: ProjectId, waits: Waits) {
        let before = self.memory().waiting.insert(project, waits);
        if before != Some(waits) {
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
    let range = EventRange::all(Order::Descending, 1);
    let newest = store.events(&Feed::Project(project.id), range).await?.whole()?;
    let since = newest.events.first().map_or(sealed, |event| event.created.max(sealed));
    if is_quiet(since) {
        return Ok(Some(Waits::ForLife(since)));
    }
    let kept = seal::first_day(now).start();
    Ok(silence(store, project.id, sealed.max(kept), now).await?.map(Waits::AcrossSilence))
}

/// The first moment after which nothing happened in a project for too long, between then and now. However much happened, two
/// looks go at least a week on.
async fn silence(
    store: &dyn Store,
    project: ProjectId,
    mut since: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, Unavailable> {
    loop {
        let until = since.plus_seconds(seal::UNASKED_ACROSS);
        if until >= now {
            return Ok(None);
        }
        let range = EventRange {
            after: Some(first_uuid_at(Timestamp::from_millis(since.millis() + 1))),
            before: Some(first_uuid_at(until)),
            ..EventRange::all(Order::Descending, 1)
        };
        let page = store.events(&Feed::Project(project), range).await?.whole()?;
        match page.events.first() {
            Some(event) => since = moment_of(event.uuid),
            None => return Ok(Some(since)),
        }
    }
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
