//! How far the sealing of a day is, so that a run that is cut off goes on where it was.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{
    Sha256,
    digest::common::hazmat::{SerializableState as _, SerializedState},
};
use uuid::Uuid;

use super::{Digest, Sealed, Tally};
use crate::{
    id::{ProjectId, TokenId},
    time::{Day, Timestamp},
};

/// How far the sealing of a day of a project is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealProgress {
    /// The project.
    pub project: ProjectId,
    /// The day.
    pub day: Day,
    /// When this was written. What is written in the future is from a clock that was ahead, and does not count.
    pub written: Timestamp,
    /// The last feed that is counted as a whole: all feeds up to it are, in the order of [`Sealed`]. `None` if none is.
    pub through: Option<Sealed>,
    /// The digest of the seals of these feeds, which are stored.
    pub seals: Digest,
    /// Up to which event the feed of the project was searched for tokens that are deleted by now.
    pub searched: Uuid,
    /// The deleted tokens that were found.
    pub deleted: BTreeSet<TokenId>,
    /// The feed that is counted in part.
    pub part: Option<PartialTally>,
}

/// The first events of a feed on a day, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartialTally {
    /// The feed.
    pub of: Sealed,
    /// The last event that is counted.
    pub after: Uuid,
    events: u64,
    /// The state of SHA-256, in hexadecimal digits.
    state: String,
}

/// Progress with its signature. Without it, somebody who writes to the store could choose the seals of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedProgress {
    /// The progress.
    #[serde(flatten)]
    pub progress: SealProgress,
    /// The signature of [`SealProgress::text`] by the key that seals, in hexadecimal digits.
    pub signature: String,
}

impl SealProgress {
    /// The signed text. No head has it.
    pub fn text(&self) -> String {
        // No map of it has a key that is not text.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("jeton sealing 1\n{json}\n")
    }
}

impl PartialTally {
    /// What is counted of a feed, up to this event.
    pub fn new(of: Sealed, after: Uuid, tally: &Tally) -> Self {
        let state = hex::encode(tally.hasher.serialize());
        Self { of, after, events: tally.events, state }
    }

    /// The count to go on with; `None` if it is none.
    pub fn tally(&self) -> Option<Tally> {
        let mut state = SerializedState::<Sha256>::default();
        hex::decode_to_slice(&self.state, &mut state).ok()?;
        Some(Tally { events: self.events, hasher: Sha256::deserialize(&state).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_interrupted_anywhere_ends_with_the_same_seal() {
        let (project, day) = (ProjectId::new(5).unwrap(), Timestamp::from_millis(1_795_000_000_000).day());
        let seal = |tally: Tally| tally.seal(project, day, Sealed::Project);
        let mut whole = Tally::default();
        (0..10).for_each(|n| whole.add(&n.to_string()));
        for cut in 0..10 {
            let mut tally = Tally::default();
            (0..cut).for_each(|n| tally.add(&n.to_string()));
            let kept =
                serde_json::to_string(&PartialTally::new(Sealed::Project, Uuid::nil(), &tally)).unwrap();
            let mut tally = serde_json::from_str::<PartialTally>(&kept).unwrap().tally().unwrap();
            (cut..10).for_each(|n| tally.add(&n.to_string()));
            assert_eq!(seal(tally), seal(whole.clone()), "{cut}");
        }
        let broken =
            PartialTally { of: Sealed::Project, after: Uuid::nil(), events: 1, state: "00".to_owned() };
        assert!(broken.tally().is_none());
    }
}
