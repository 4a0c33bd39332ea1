//! Sealing of past days.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    event::{Event, EventRange, Feed, Order, Origin, first_uuid_at, moment_of, names},
    id::ProjectId,
    project::Project,
    seal::{self, Head},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    AnchorPlace, SealKey,
    day::{OfDay, Steps, Tokens},
    delivery::{Delivery, Heads},
    tallies::each_event,
};

/// The most invalid entries of the list of projects that are logged.
const NONE_TOLD: usize = 100;

/// The tolerated jump of the clock between two runs, in milliseconds.
const JUMP: i64 = 300_000;

/// Seals history. Remembers its progress, because there is work only once a day.
#[derive(Debug)]
pub struct Sealer {
    key: Arc<SealKey>,
    steps: Steps,
    delivery: Delivery,
    memory: Mutex<Memory>,
}

/// A time by the clock, and by a monotonic one, in milliseconds.
pub type Moment = (Timestamp, i64);

/// A run of a sealer.
#[derive(Clone, Copy)]
struct Run<'a> {
    store: &'a dyn Store,
    clock: &'a (dyn Fn() -> Moment + Sync),
    began: Moment,
    /// The last day that is over.
    last: Day,
    /// Whether an operator has asked for it, so that no project is on hold.
    asked: bool,
}

/// The progress of a sealer.
#[derive(Debug, Default)]
struct Memory {
    /// The last day for which everything is sealed.
    through: Option<Day>,
    /// A day, and the projects for which everything through it is sealed and delivered: a run that was cut off among many projects
    /// goes on behind them.
    done: Option<(Day, BTreeSet<ProjectId>)>,
    /// When the last run began; `None` after the clock has jumped.
    last: Option<Moment>,
    /// What the last run has done so far.
    so_far: SealOutcome,
    /// The first day of each project that is being sealed, or could not be.
    unsealed: BTreeMap<ProjectId, Day>,
    /// The waiting projects, each logged once.
    waiting: BTreeMap<ProjectId, Waits>,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealOutcome {
    /// The number of sealed days.
    pub days: u64,
    /// The number of projects that could not be sealed, because the store failed, and of invalid ids in the list of projects; 1
    /// if the list cannot be read.
    pub failed: u64,
    /// The number of anchors that are not delivered, including those of earlier runs.
    pub undelivered: u64,
}

/// Why sealing of a project is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// It is being imported, so its days may be incomplete.
    ForImport,
    /// There was no event since then, which is so long ago that the clock may be wrong.
    ForLife(Timestamp),
    /// There was no event for more than a week after then, and no seal: later events may come from a wrong clock.
    AcrossSilence(Timestamp),
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForImport => f.write_str("it was imported and is not activated yet"),
            Self::ForLife(since) => write!(
                f,
                "there was no event since {since}; if the clock is right, `jeton sweep --seal-all` seals it"
            ),
            Self::AcrossSilence(since) => write!(
                f,
                "there was no event and no seal for more than 7 days after {since}; if the clock is right, `jeton sweep --seal-all` seals it"
            ),
        }
    }
}

impl Sealer {
    /// A sealer that signs with this key, and delivers anchors to this location.
    pub fn new(key: Arc<SealKey>, anchor: Option<AnchorPlace>) -> Self {
        Self { key, steps: Steps::default(), delivery: Delivery::to(anchor), memory: Mutex::default() }
    }

    /// With other steps between two notes of its progress.
    #[must_use]
    pub fn with_steps(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// Seals all past days of all projects, and delivers pending anchors.
    ///
    /// A failure is left to the next run, of any process, and does not stop the rest. Concurrent runs are safe: of two that seal a day one goes on. After a jump of
    /// the clock, nothing is sealed until the next run. A project without events for a day and a half waits for its next event
    /// or for [`Self::seal_all`]; one without events for more than a week after its last seal waits for [`Self::seal_all`].
    pub async fn seal(&self, store: &dyn Store, clock: impl Fn() -> Moment + Send + Sync) -> SealOutcome {
        let began = clock();
        self.memory().so_far = SealOutcome::default();
        if self.has_jumped(began) {
            tell_jump();
            return SealOutcome::default();
        }
        let last = seal::last_day(began.0);
        self.seal_each(Run { store, clock: &clock, began, last, asked: false }).await
    }

    /// Seals without these waits, for an operator who knows that the clock is right.
    pub async fn seal_all(&self, store: &dyn Store, clock: impl Fn() -> Moment + Send + Sync) -> SealOutcome {
        let began = clock();
        self.memory().so_far = SealOutcome::default();
        let last = seal::last_day(began.0);
        self.seal_each(Run { store, clock: &clock, began, last, asked: true }).await
    }

    /// What the last run has done so far, also if it was cut off.
    pub fn so_far(&self) -> SealOutcome {
        self.memory().so_far
    }

    /// The projects that are on hold, with the reason.
    pub fn waiting(&self) -> Vec<(ProjectId, Waits)> {
        let memory = self.memory();
        memory.waiting.iter().map(|(project, waits)| (*project, *waits)).collect()
    }

    /// How many projects are on hold until an operator seals them.
    pub fn on_hold(&self) -> u64 {
        let needs_operator = |waits: &&Waits| matches!(waits, Waits::AcrossSilence(_));
        self.memory().waiting.values().filter(needs_operator).count() as u64
    }

    /// How long ago the oldest day ended that is being sealed or could not be, in seconds; 0 if there is none.
    pub fn oldest_unsealed(&self, now: Timestamp) -> u64 {
        let oldest = self.memory().unsealed.values().min().map(|day| day.next().start());
        let age = oldest.map_or(0, |end| now.millis().saturating_sub(end.millis()) / 1000);
        u64::try_from(age).unwrap_or_default()
    }

    fn has_jumped(&self, began: Moment) -> bool {
        let mut memory = self.memory();
        let ahead = memory.last.is_some_and(|before| is_jump(before, began));
        memory.last = (!ahead).then_some(began);
        ahead
    }

    async fn seal_each(&self, run: Run<'_>) -> SealOutcome {
        let Run { store, last, asked, .. } = run;
        if !asked && self.memory().through >= Some(last) {
            return SealOutcome::default();
        }
        let mut projects = match store.projects(usize::MAX).await {
            Ok(projects) => projects,
            Err(error) => {
                tracing::error!(%error, "failed to seal history; the next run tries again");
                return SealOutcome { failed: 1, ..SealOutcome::default() };
            }
        };
        let first = start(run.began.0, projects.len());
        projects.rotate_left(first);
        let (mut all, mut is_open) = (true, true);
        for project in projects {
            if !asked && self.memory().has_done(project, last) {
                continue;
            }
            let mut heads = Heads::default();
            let done = self.seal_project(run, project, &mut heads).await;
            let delivered = self.delivery.of_project(store, project, run.began.0, &heads, &mut is_open).await;
            let done = match (done, delivered) {
                (Ok(all), Ok(left)) => Ok((all, left)),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            match done {
                Ok((is_last, left)) => {
                    all &= is_last;
                    self.memory().so_far.undelivered += left;
                    if is_last && left == 0 {
                        self.memory().set_done(project, last);
                    }
                }
                Err(error) => {
                    tracing::error!(%project, %error, "failed to seal the history of a project; the next run tries again");
                    self.memory().so_far.failed += 1;
                }
            }
        }
        match store.no_projects(NONE_TOLD).await {
            Ok(none) => {
                for id in none {
                    tracing::error!(%id, "the list of projects has an invalid id");
                    self.memory().so_far.failed += 1;
                }
            }
            Err(error) => {
                tracing::error!(%error, "the list of projects cannot be read as a whole");
                self.memory().so_far.failed += 1;
            }
        }
        let outcome = self.so_far();
        if all && outcome.failed == 0 && outcome.undelivered == 0 {
            self.memory().through = Some(last);
        }
        outcome
    }

    /// Seals the days of a project, and notes its heads. False if some are left: another run seals them, or they are on hold.
    async fn seal_project(
        &self,
        run: Run<'_>,
        id: ProjectId,
        heads: &mut Heads,
    ) -> Result<bool, Unavailable> {
        let Run { store, began: (now, _), last, asked, .. } = run;
        let Some(project) = store.project(id).await? else { return Ok(true) };
        let before = store.last_head(id).await?.map(|signed| signed.head);
        heads.before = before.as_ref().map(Head::digest);
        let follows = before.as_ref().map(|head| head.day.next());
        let mut day = seal::first_day(now).max(project.created.day()).max(follows.unwrap_or(Day::FIRST));
        if day > last {
            let mut memory = self.memory();
            memory.unsealed.remove(&id);
            memory.waiting.remove(&id);
            return Ok(true);
        }
        self.memory().unsealed.insert(id, day);
        if let Some(waits) = waits(store, &project, before.as_ref(), now, asked).await? {
            self.memory().unsealed.remove(&id);
            self.tell(id, waits);
            return Ok(false);
        }
        self.memory().waiting.remove(&id);
        let mut tokens = Tokens::existing(store, id, day).await?;
        let mut before = before;
        while day <= last {
            let seals = OfDay::sealed(store, (&self.key, self.steps), (id, day, now), &mut tokens).await?;
            let Some(seals) = seals else { return Ok(false) };
            // A day counts as sealed in time by when its head was made, since until then what is not counted yet can be changed.
            let made = (run.clock)();
            if is_jump(run.began, made) {
                tell_jump();
                return Ok(false);
            }
            let head = Head::new(id, day, &seals, before.as_ref(), made.0.max(now));
            let signed = self.key.sign(head.clone());
            // After a lost answer, the existing head is this one.
            if !store.insert_head(&signed).await? && store.heads(id, day, 1).await?.first() != Some(&signed) {
                return Ok(false);
            }
            // From here on, replacing the head is detected, unless the log is changed, too.
            tracing::info!(project = %id, %day, head = %head.digest(), "sealed a day of history");
            heads.sealed.push(signed);
            self.memory().so_far.days += 1;
            (before, day) = (Some(head), day.next());
            self.memory().unsealed.insert(id, day);
        }
        self.memory().unsealed.remove(&id);
        Ok(true)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a project is on hold, and logs a new reason.
    fn tell(&self, project: ProjectId, waits: Waits) {
        let before = self.memory().waiting.insert(project, waits);
        if before != Some(waits) {
            tracing::warn!(%project, reason = %waits, "sealing the history of a project is on hold");
        }
    }
}

/// With which of so many projects a run starts: another one each time, since a new process does not know where the one before was cut
/// off. Multiples of the golden ratio are spread evenly; the constant is its fraction, in units of 2^-64.
fn start(began: Timestamp, projects: usize) -> usize {
    let seconds = began.millis().cast_unsigned() / 1000;
    let fraction = seconds.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((u128::from(fraction) * projects as u128) >> 64).unwrap_or_default()
}

/// Whether the clock has jumped ahead between two moments.
fn is_jump((before, then): Moment, (now, passed): Moment) -> bool {
    now.millis().saturating_sub(before.millis()) - passed.saturating_sub(then) > JUMP
}

fn tell_jump() {
    tracing::warn!("the clock has jumped ahead; the next run seals history");
}

impl Memory {
    fn has_done(&self, project: ProjectId, last: Day) -> bool {
        self.done.as_ref().is_some_and(|(day, projects)| *day == last && projects.contains(&project))
    }

    fn set_done(&mut self, project: ProjectId, last: Day) {
        match &mut self.done {
            Some((day, projects)) if *day == last => {
                projects.insert(project);
            }
            done => *done = Some((last, BTreeSet::from([project]))),
        }
    }
}

/// Why a project is on hold, if it is.
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

/// The start of the first gap without events that is too long. Each pair of reads advances by at least a week.
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

/// Whether a closed project was imported, and not closed for an export or by a restore. Tolerates clock skew of some hours.
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
