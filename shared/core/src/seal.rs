//! Seals: what shows later whether the history of a day is still what it was.
//!
//! A day is sealed once it is over. For the project and for every token that did or suffered something on it
//! there is a [`Seal`], which counts the events and has a [`Digest`] of them in their order. The [`Head`] of
//! the day has a digest of all its seals and that of the head before it, and is signed with a key that is not
//! in the store. Nobody who writes an event waits for any of this.

use std::{collections::BTreeMap, fmt, fmt::Write as _, str::FromStr};

use serde::{Deserialize, Serialize, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{
    event::{Event, Feed},
    id::{ProjectId, TokenId},
    time::{Day, Timestamp},
};

/// How events are turned into digests. A Jeton that turns them otherwise counts this up.
pub const FORMAT: u32 = 1;

/// How long after the end of a day it is sealed, in seconds: what began before midnight is stored by then,
/// also by a machine whose clock is some minutes late.
pub const SEALED_AFTER: u64 = 600;

/// How long after the end of a day it has to be sealed, in seconds. Between the end of a day and its seal whoever can write to the
/// store can change the day, so a day that is sealed later proves less.
pub const SEALED_WITHIN: u64 = 3600;

/// How long after the last sign of life of a project its days are still sealed unasked, in seconds: a day that is
/// sealed too early, by a clock that is ahead, cannot be sealed again.
pub const UNASKED_WITHIN: u64 = 129_600;

/// How long nothing may have happened in a project since its last seal for its days to be sealed unasked, in seconds, even when
/// something has happened since: that may have happened by the clock that is ahead.
pub const UNASKED_ACROSS: u64 = 7 * 86_400;

/// A SHA-256, shown in 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// Whose events a seal is over: those of one feed of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sealed {
    /// Changes, refusals and posted events of the project.
    Project,
    /// What is by or about a token.
    Token(TokenId),
}

/// The events of one feed on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// The project.
    pub project: ProjectId,
    /// The day, in UTC, by the uuids of the events.
    pub day: Day,
    /// Whose events these are.
    pub of: Sealed,
    /// How many events there are.
    pub events: u64,
    /// Of the digests of the events, in the order of their uuids.
    pub digest: Digest,
}

/// A day of a project, closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// How digests are made, see [`FORMAT`].
    pub format: u32,
    /// The project.
    pub project: ProjectId,
    /// The day.
    pub day: Day,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// How many seals there are. Who has none did nothing.
    pub seals: u64,
    /// Of all seals, in their order.
    pub digest: Digest,
    /// That of the head before; none for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

/// A head with what proves that a holder of the key made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The head.
    #[serde(flatten)]
    pub head: Head,
    /// The public key, in hexadecimal digits. Only who knows it already has reason to believe it.
    pub key: String,
    /// The signature of [`Head::text`], in hexadecimal digits.
    pub signature: String,
}

/// A head or a seal that is there and cannot be read, as after a change by hand or on a failing disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its day as the store has it, which may be none.
    pub day: String,
    /// Why not.
    pub why: String,
}

/// The last head of a project that a place for anchors has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Its day.
    pub day: Day,
    /// Its digest: a day can get another head when somebody removes the one it had.
    pub head: Digest,
}

/// What is counted of the events of one feed on one day.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    events: u64,
    hasher: Sha256,
}

/// The tallies of the feeds of a project, day by day.
pub type Tallies = BTreeMap<Day, BTreeMap<Sealed, Tally>>;

impl Head {
    /// The head of a day with these seals, after this one.
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

    /// What is signed: a line for everything that the head says.
    pub fn text(&self) -> String {
        let Self { format, project, day, sealed, seals, digest, previous } = self;
        let previous = previous.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        format!(
            "jeton history {format}\nproject {project}\nday {day}\nsealed {}\nseals {seals}\ndigest {digest}\nprevious {previous}\n",
            sealed.millis()
        )
    }

    /// Whether it was sealed so long after its day that the day may have been changed before.
    pub fn is_late(&self) -> bool {
        self.sealed >= self.day.next().start().plus_seconds(SEALED_WITHIN)
    }

    /// What the next head says of this one.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }
}

impl SignedHead {
    /// Itself, if it is of the day under which it was found.
    ///
    /// Errors: it is of another one.
    pub fn found_under(self, day: &str) -> Result<Self, Unreadable> {
        if self.head.day.to_string() == day {
            return Ok(self);
        }
        Err(Unreadable { day: day.to_owned(), why: format!("it is the head of {}", self.head.day) })
    }
}

impl Tally {
    /// Counts the next event, in the order of the uuids, by its [`canonical`] text.
    pub fn add(&mut self, text: &str) {
        self.add_digest(Digest::of(text.as_bytes()));
    }

    /// The same by the digest of that text.
    pub fn add_digest(&mut self, event: Digest) {
        self.events += 1;
        self.hasher.update(event.0);
    }

    /// The seal of what was counted.
    pub fn seal(self, project: ProjectId, day: Day, of: Sealed) -> Seal {
        Seal { project, day, of, events: self.events, digest: Digest(self.hasher.finalize().into()) }
    }
}

impl Digest {
    /// Of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of a line for each seal.
    pub fn of_seals(seals: &[Seal]) -> Self {
        let lines = seals.iter().fold(String::new(), |mut lines, seal| {
            let Seal { of, events, digest, .. } = seal;
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{of} events {events} digest {digest}");
            lines
        });
        Self::of(lines.as_bytes())
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

    /// Those whose seals an event is under. Feeds of objects hold nothing that is in none of these.
    pub fn of_event(event: &Event) -> impl Iterator<Item = Self> {
        event.feeds().into_iter().filter_map(|feed| match feed {
            Feed::Project(_) => Some(Self::Project),
            Feed::Token(_, token) => Some(Self::Token(token)),
            Feed::Object(..) | Feed::Manage(_) => None,
        })
    }
}

/// An event as its digest is made of: JSON without spaces, the names in each object in alphabetical order.
pub fn canonical(event: &Event) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(event)?;
    value.sort_all_objects();
    Ok(value.to_string())
}

/// The last day that can be sealed.
pub fn last_day(now: Timestamp) -> Day {
    now.minus_seconds(SEALED_AFTER).day().previous()
}

/// The last day that has to be sealed by now, where sweeps run.
pub fn due_day(now: Timestamp) -> Day {
    now.minus_seconds(SEALED_WITHIN).day().previous()
}

/// The first day of which everything is still kept, today and tomorrow.
pub fn first_day(now: Timestamp) -> Day {
    now.plus_seconds(86_400).retention_start().day().next()
}

impl From<Sha256> for Digest {
    /// Of all that was hashed.
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
