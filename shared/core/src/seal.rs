//! Seals: tamper evidence for the history of a day.
//!
//! A day is sealed once it is over. The project and every token with events on that day get a [`Seal`]: the number of events
//! and a [`Digest`] of them, in order. The [`Head`] of the day has a digest of all its seals and of the previous head, and is
//! signed with a key that is not in the store. Writing an event never waits for sealing.

mod progress;

pub use progress::{PartialTally, SealProgress, SignedProgress};

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{
    event::{Event, Feed},
    id::{ProjectId, TokenId},
    time::{Day, Timestamp},
};

/// The version of the digest format of events.
pub const FORMAT: u32 = 1;

/// How long after the end of a day it is sealed, in seconds. By then events from before midnight are stored, even if the clock
/// of a machine is some minutes late.
pub const SEALED_AFTER: u64 = 600;

/// The latest time after the end of a day at which its seal still counts as timely, in seconds. Until a day is sealed,
/// anyone who can write to the store can change it unnoticed.
pub const SEALED_WITHIN: u64 = 3600;

/// How long after the last event of a project its days are still sealed automatically, in seconds. A day that is sealed too
/// early, because a clock is ahead, cannot be sealed again.
pub const UNASKED_WITHIN: u64 = 129_600;

/// The longest gap after the last seal of a project after which its days are still sealed automatically, in seconds. After a
/// longer gap, a new event may come from a clock that is ahead.
pub const UNASKED_ACROSS: u64 = 7 * 86_400;

/// A SHA-256 digest, displayed as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The feed of a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sealed {
    /// The feed of the project: changes, denied calls and posted events.
    Project,
    /// The feed of a token.
    Token(TokenId),
}

/// The seal of one feed on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// The project.
    pub project: ProjectId,
    /// The UTC day, by the uuids of the events.
    pub day: Day,
    /// The feed.
    pub of: Sealed,
    /// The number of events.
    pub events: u64,
    /// The digest of the digests of the events, in uuid order.
    pub digest: Digest,
}

/// The head of a sealed day of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The digest format, see [`FORMAT`].
    pub format: u32,
    /// The project.
    pub project: ProjectId,
    /// The day.
    pub day: Day,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// The number of seals. A feed without events has none.
    pub seals: u64,
    /// The digest of all seals, in order.
    pub digest: Digest,
    /// The digest of the previous head; `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

/// A head with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The head.
    #[serde(flatten)]
    pub head: Head,
    /// The public key, in hexadecimal digits. A verifier must know it from elsewhere to trust it.
    pub key: String,
    /// The signature of [`Head::text`], in hexadecimal digits.
    pub signature: String,
}

/// A head or a seal that cannot be read, for example because it was changed by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its day, as stored. It may be invalid.
    pub day: String,
    /// The reason.
    pub why: String,
}

/// The last head of a project that was delivered to an anchor location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Its day.
    pub day: Day,
    /// Its digest, because a day gets another head if someone removes the first one.
    pub head: Digest,
}

/// The running count and digest of one feed on one day.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    events: u64,
    hasher: Sha256,
}

/// The running digest of the seals of a day, as a head has it.
#[derive(Debug, Clone, Default)]
pub struct SealsDigest(Sha256);

/// The tallies of the feeds of a project, day by day.
pub type Tallies = BTreeMap<Day, BTreeMap<Sealed, Tally>>;

impl Head {
    /// Makes the head of a day with these seals, after the previous head.
    pub fn new(
        project: ProjectId,
        day: Day,
        seals: &[Seal],
        previous: Option<&Self>,
        sealed: Timestamp,
    ) -> Self {
        Self {
            format: FORMAT,
            project,
            day,
            sealed,
            seals: seals.len() as u64,
            digest: Digest::of_seals(seals),
            previous: previous.map(Self::digest),
        }
    }

    /// The signed text: a line for each field of the head.
    pub fn text(&self) -> String {
        let Self { format, project, day, sealed, seals, digest, previous } = self;
        let previous = previous.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        format!(
            "jeton history {format}\nproject {project}\nday {day}\nsealed {}\nseals {seals}\ndigest {digest}\nprevious {previous}\n",
            sealed.millis()
        )
    }

    /// Whether it was sealed too long after its day, so that the day may have been changed before.
    pub fn is_late(&self) -> bool {
        self.sealed >= self.day.next().start().plus_seconds(SEALED_WITHIN)
    }

    /// The digest of this head, which the next head contains.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }
}

impl SignedHead {
    /// Checks that it belongs to the day under which it was stored.
    ///
    /// Errors: it belongs to another day.
    pub fn found_under(self, day: &str) -> Result<Self, Unreadable> {
        if self.head.day.to_string() == day {
            return Ok(self);
        }
        Err(Unreadable { day: day.to_owned(), why: format!("it is the head of {}", self.head.day) })
    }
}

impl Tally {
    /// Adds the next event, in uuid order, by its [`canonical`] text.
    pub fn add(&mut self, text: &str) {
        self.add_digest(Digest::of(text.as_bytes()));
    }

    /// Adds the next event, by the digest of its canonical text.
    pub fn add_digest(&mut self, event: Digest) {
        self.events += 1;
        self.hasher.update(event.0);
    }

    /// The number of events so far.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The seal of the events so far.
    pub fn seal(self, project: ProjectId, day: Day, of: Sealed) -> Seal {
        Seal { project, day, of, events: self.events, digest: Digest(self.hasher.finalize().into()) }
    }
}

impl SealsDigest {
    /// Adds the next seal.
    pub fn add(&mut self, seal: &Seal) {
        let Seal { of, events, digest, .. } = seal;
        self.0.update(format!("{of} events {events} digest {digest}\n"));
    }

    /// The digest of the seals so far.
    pub fn digest(&self) -> Digest {
        self.0.clone().into()
    }
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of seals, one line each.
    pub fn of_seals(seals: &[Seal]) -> Self {
        let mut all = SealsDigest::default();
        for seal in seals {
            all.add(seal);
        }
        all.digest()
    }
}

impl Sealed {
    /// The feed.
    pub const fn feed(self, project: ProjectId) -> Feed {
        match self {
            Self::Project => Feed::Project(project),
            Self::Token(token) => Feed::Token(project, token),
        }
    }

    /// The sealed feeds of an event. Every event in the feed of an object is also in one of these.
    pub fn of_event(event: &Event) -> impl Iterator<Item = Self> {
        event.feeds().into_iter().filter_map(|feed| match feed {
            Feed::Project(_) => Some(Self::Project),
            Feed::Token(_, token) => Some(Self::Token(token)),
            Feed::Object(..) | Feed::Manage(_) => None,
        })
    }
}

/// The canonical text of an event for its digest: JSON without spaces, with sorted keys.
pub fn canonical(event: &Event) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(event)?;
    value.sort_all_objects();
    Ok(value.to_string())
}

/// The last day that can be sealed.
pub fn last_day(now: Timestamp) -> Day {
    now.minus_seconds(SEALED_AFTER).day().previous()
}

/// The last day that must be sealed by now if sealing runs.
pub fn due_day(now: Timestamp) -> Day {
    now.minus_seconds(SEALED_WITHIN).day().previous()
}

/// The first day whose events are all still kept, today and tomorrow.
pub fn first_day(now: Timestamp) -> Day {
    now.plus_seconds(86_400).retention_start().day().next()
}

impl From<Sha256> for Digest {
    /// The digest of a hasher.
    fn from(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("project"),
            Self::Token(token) => write!(f, "token {token}"),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn tally(texts: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for text in texts {
            tally.add(text);
        }
        tally
    }

    #[test]
    fn a_seal_tells_another_event_another_order_and_one_more_or_less() {
        let project = ProjectId::new(5).unwrap();
        let seal = |texts: &[&str]| tally(texts).seal(project, day("2026-11-27"), Sealed::Project);
        assert_eq!(seal(&["a", "b"]), seal(&["a", "b"]));
        for other in [&["a", "c"][..], &["b", "a"], &["a"], &["a", "b", "b"], &["ab"]] {
            assert_ne!(seal(&["a", "b"]), seal(other), "{other:?}");
        }
    }

    #[test]
    fn a_head_tells_of_every_seal_and_of_the_head_before() {
        let (project, today) = (ProjectId::new(5).unwrap(), day("2026-11-27"));
        let seal = |of| tally(&["a"]).seal(project, today, of);
        let token = Sealed::Token(TokenId::new(7).unwrap());
        let now = Timestamp::from_millis(1_795_000_000_000);
        let first = Head::new(project, today.previous(), &[], None, now);
        let head = |seals: &[Seal], previous| Head::new(project, today, seals, previous, now).digest();
        let whole = head(&[seal(Sealed::Project), seal(token)], Some(&first));
        assert_ne!(whole, head(&[seal(Sealed::Project)], Some(&first)));
        assert_ne!(whole, head(&[seal(Sealed::Project), seal(token)], None));
        assert_ne!(whole, head(&[seal(token), seal(Sealed::Project)], Some(&first)));
    }

    #[test]
    fn what_is_kept_of_a_seal_reads_back_as_itself() {
        let token = Sealed::Token(TokenId::new(7).unwrap());
        let seal = tally(&["a"]).seal(ProjectId::new(5).unwrap(), day("2026-11-27"), token);
        let text = serde_json::to_string(&seal).unwrap();
        assert!(text.contains(r#""of":{"token":7}"#), "{text}");
        assert_eq!(serde_json::from_str::<Seal>(&text).unwrap(), seal);
    }

    #[test]
    fn a_day_is_sealed_some_minutes_after_its_end_and_only_while_all_of_it_is_kept() {
        let midnight: Timestamp = "2026-11-27T00:00:00+0000".parse().unwrap();
        assert_eq!(last_day(midnight.plus_seconds(599)), day("2026-11-25"));
        assert_eq!(last_day(midnight.plus_seconds(600)), day("2026-11-26"));
        assert_eq!(first_day(midnight), day("2026-05-29"));
    }
}
