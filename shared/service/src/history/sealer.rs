//! Sealing the days that are over.

use std::sync::{Arc, Mutex, PoisonError};

use jeton_core::{
    id::ProjectId,
    seal::{self, Head, Seal},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    SealKey,
    tallies::{tallies, tokens},
};

/// How many days are counted at a time where many are left: a sweep that is ended meanwhile has got that far.
const AT_A_TIME: u32 = 7;

/// Seals history for the sweep, and remembers that it has: once a day there is something to do.
#[derive(Debug)]
pub struct Sealer {
    key: Arc<SealKey>,
    through: Mutex<Option<Day>>,
}

/// What became of the days of a project that could be sealed.
#[derive(Debug, Clone, Copy)]
struct Done {
    days: u64,
    /// Whether none is left; another sweep is at it otherwise.
    all: bool,
}

impl Sealer {
    /// One that signs with this key.
    pub fn new(key: Arc<SealKey>) -> Self {
        Self { key, through: Mutex::new(None) }
    }

    /// Seals every day of every project that is over and has no seals, and tells how many that were.
    ///
    /// A project that is closed waits: its history may not be here whole. What cannot be sealed now is left to the next
    /// sweep, and stops nothing else. Two sweeps at once do no harm.
    pub async fn seal(&self, store: &dyn Store, now: Timestamp) -> u64 {
        let last = seal::last_day(now);
        if *self.through.lock().unwrap_or_else(PoisonError::into_inner) >= Some(last) {
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
            match seal_project(store, &self.key, project, last, now).await {
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
            *self.through.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        }
        days
    }
}

async fn seal_project(
    store: &dyn Store,
    key: &SealKey,
    id: ProjectId,
    last: Day,
    now: Timestamp,
) -> Result<Done, Unavailable> {
    let Some(project) = store.project(id).await?.filter(|project| project.closed.is_none()) else {
        return Ok(Done { days: 0, all: true });
    };
    let before = store.last_head(id).await?.map(|signed| signed.head);
    let follows = before.as_ref().map(|head| head.day.next());
    let mut day = seal::first_day(now).max(project.created.day()).max(follows.unwrap_or(Day::FIRST));
    if day > last {
        return Ok(Done { days: 0, all: true });
    }
    let tokens = tokens(store, id, day).await?;
    let (mut before, mut days) = (before, 0);
    while day <= last {
        let until = (1..AT_A_TIME).fold(day, |day, _| day.next()).min(last);
        let mut tallies = tallies(store, id, (day, until), &tokens).await?;
        while day <= until {
            let of_day = tallies.remove(&day).unwrap_or_default();
            let seals: Vec<Seal> = of_day.into_iter().map(|(of, tally)| tally.seal(id, day, of)).collect();
            store.put_seals(&seals).await?;
            let head = Head::new(id, day, &seals, before.as_ref(), now);
            if !store.insert_head(&key.sign(head.clone())).await? {
                return Ok(Done { days, all: false });
            }
            (before, day, days) = (Some(head), day.next(), days + 1);
        }
    }
    Ok(Done { days, all: true })
}
