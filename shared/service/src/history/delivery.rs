//! Delivery of anchors to `JETON_SEAL_ANCHOR`, once, by any process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    id::ProjectId,
    seal::{self, Delivered, Digest, SignedHead},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{AnchorPlace, anchor};

/// Delivers anchors to a location, if one is configured. The store records the last delivered head of each project.
#[derive(Debug)]
pub(super) struct Delivery {
    place: Option<AnchorPlace>,
    /// The last head of each project whose anchors are all delivered.
    done: Mutex<BTreeMap<ProjectId, Option<Digest>>>,
}

/// The heads of a project, as a run knows them.
#[derive(Default)]
pub(super) struct Heads {
    /// The last one before the run.
    pub(super) before: Option<Digest>,
    /// Those that the run has stored.
    pub(super) sealed: Vec<SignedHead>,
}

impl Delivery {
    pub(super) fn to(place: Option<AnchorPlace>) -> Self {
        Self { place, done: Mutex::default() }
    }

    /// Delivers the pending anchors of a project, including the heads that were just sealed, and those of another process that has
    /// not delivered them. Returns how many failed. `is_open` is whether all deliveries of this run succeeded so far; otherwise none
    /// is tried.
    ///
    /// Errors: the store does not answer.
    pub(super) async fn of_project(
        &self,
        store: &dyn Store,
        project: ProjectId,
        now: Timestamp,
        Heads { before, sealed }: &Heads,
        is_open: &mut bool,
    ) -> Result<u64, Unavailable> {
        let Some(place) = &self.place else { return Ok(0) };
        if sealed.is_empty() && self.done().get(&project) == Some(before) {
            return Ok(0);
        }
        self.done().remove(&project);
        let taken = store.delivered(project, place.digest()).await?;
        let from = taken.as_ref().map_or_else(|| seal::first_day(now), |taken| taken.day);
        // A day with another head is delivered again.
        let is_taken =
            |signed: &SignedHead| taken.as_ref() == Some(&delivered(signed)) && !sealed.contains(signed);
        let there = store.heads(project, from, usize::MAX).await?;
        let heads: BTreeMap<Day, &SignedHead> =
            there.iter().chain(sealed).map(|signed| (signed.head.day, signed)).collect();
        let newest = heads.values().next_back().map(|signed| signed.head.digest());
        let (mut left, mut last) = (0, None);
        for signed in heads.into_values().filter(|signed| !is_taken(signed)) {
            if *is_open && let Err(error) = place.take(anchor::line(signed)).await {
                tracing::error!(%project, day = %signed.head.day, %error, "failed to deliver anchors of history to JETON_SEAL_ANCHOR; the next run tries again");
                *is_open = false;
            }
            if *is_open {
                last = Some(delivered(signed));
            } else {
                left += 1;
            }
        }
        if let Some(last) = last.filter(|last| last.day >= from) {
            store.put_delivered(project, place.digest(), &last).await?;
        }
        if left == 0 {
            self.done().insert(project, newest.or(*before));
        }
        Ok(left)
    }

    fn done(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Option<Digest>>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn delivered(signed: &SignedHead) -> Delivered {
    Delivered { day: signed.head.day, head: signed.head.digest() }
}
