//! Handing each anchor to the second place, once, whichever process does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    id::ProjectId,
    seal::{self, Delivered, SignedHead},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{AnchorPlace, anchor};

/// Hands anchors to a place, if there is one. The store notes which head of a project the place has taken last.
#[derive(Debug)]
pub(super) struct Delivery {
    place: Option<AnchorPlace>,
    /// The projects of which the place has all.
    done: Mutex<BTreeSet<ProjectId>>,
}

impl Delivery {
    pub(super) fn to(place: Option<AnchorPlace>) -> Self {
        Self { place, done: Mutex::default() }
    }

    /// Hands over what the place has not taken yet of a project, those heads that were just sealed among it, and tells how
    /// many it does not take. `is_open` is whether it has taken all so far in this sweep; a place that has not is not tried again.
    ///
    /// Errors: the store does not answer.
    pub(super) async fn of_project(
        &self,
        store: &dyn Store,
        project: ProjectId,
        now: Timestamp,
        sealed: &[SignedHead],
        is_open: &mut bool,
    ) -> Result<u64, Unavailable> {
        let Some(place) = &self.place else { return Ok(0) };
        if sealed.is_empty() && self.done().contains(&project) {
            return Ok(0);
        }
        self.done().remove(&project);
        let taken = store.delivered(project, place.digest()).await?;
        let from = taken.as_ref().map_or_else(|| seal::first_day(now), |taken| taken.day);
        // A day that has another head by now is delivered again.
        let is_taken =
            |signed: &SignedHead| taken.as_ref() == Some(&delivered(signed)) && !sealed.contains(signed);
        let there = store.heads(project, from, usize::MAX).await?;
        let heads: BTreeMap<Day, &SignedHead> =
            there.iter().chain(sealed).map(|signed| (signed.head.day, signed)).collect();
        let (mut left, mut last) = (0, None);
        for signed in heads.into_values().filter(|signed| !is_taken(signed)) {
            if *is_open && let Err(error) = place.take(anchor::line(signed)).await {
                tracing::error!(%project, day = %signed.head.day, %error, "anchors of history are left to the next sweep: JETON_SEAL_ANCHOR does not take them");
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
            self.done().insert(project);
        }
        Ok(left)
    }

    fn done(&self) -> MutexGuard<'_, BTreeSet<ProjectId>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn delivered(signed: &SignedHead) -> Delivered {
    Delivered { day: signed.head.day, head: signed.head.digest() }
}
