//! The report of verifying the history of a project.

use std::{collections::BTreeSet, fmt};

use jeton_core::{
    id::ProjectId,
    seal::Sealed,
    time::{Day, Timestamp},
};
use uuid::Uuid;

/// The report of verifying the history of a project.
#[derive(Debug)]
pub struct Report {
    /// The project.
    pub project: ProjectId,
    /// The first and the last verified day; `None` if no day is sealed.
    pub judged: Option<(Day, Day)>,
    /// The number of verified days.
    pub days: u64,
    /// The number of seals.
    pub seals: u64,
    /// The number of heads that were compared with an anchor.
    pub anchors: u64,
    /// The findings: differences and missing days. Empty if the history is intact.
    pub findings: Vec<Finding>,
    /// Days that were sealed too late, so that they may have been changed before. They are among the findings, unless accepted.
    pub late: BTreeSet<Day>,
    /// The range of days that need not be sealed yet.
    pub unsealed: Option<(Day, Day)>,
    /// Whether there are earlier days that are not expected: past the retention, or before the first day of a file.
    pub goes_back: bool,
    /// The range of days after the last anchor, if there are anchors.
    pub unanchored: Option<(Day, Day)>,
}

/// A finding: something is missing, or differs from its seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The events of a feed differ from its seal.
    Events {
        /// The day.
        day: Day,
        /// The feed.
        of: Sealed,
        /// The sealed number of events.
        sealed: u64,
        /// The actual number of events.
        found: u64,
    },
    /// An event in the feed of an object is covered by no seal, because it is in neither the feed of the project nor of a token.
    Stray {
        /// The day.
        day: Day,
        /// The event.
        event: Uuid,
        /// The number of further ones on that day.
        others: u64,
    },
    /// The seals of a day do not match its head.
    Seals(Day),
    /// The head of a day does not follow the previous one.
    Chain(Day),
    /// The heads of these days are missing.
    Missing(Day, Day),
    /// Heads before this day are missing, although they are within the retention or were expected.
    Beginning(Day),
    /// These days should be sealed and are not: they were not sealed, or their heads were removed.
    Unsealed(Day, Day),
    /// There are no heads.
    Nothing,
    /// A record is older than the creation time of the project.
    Older {
        /// The record, the oldest of its kind.
        what: String,
        /// Its time.
        at: Timestamp,
        /// The number of further ones of its kind.
        others: u64,
        /// The creation time of the project.
        made: Timestamp,
    },
    /// These days were sealed too late, so that they may have been changed before.
    Late(Day, Day),
    /// The day was sealed before it was over.
    Early(Day),
    /// The head of a day differs from its anchor.
    Anchor(Day),
    /// There are different anchors for a day.
    Anchors(Day),
    /// The head of a day is not signed with a known key; it names this key.
    Signature(Day, String),
    /// The head of a day is signed with a known key, but names this other key.
    OtherKey(Day, String),
    /// A head, a seal, or events cannot be read.
    Unreadable {
        /// The day, as stored.
        day: String,
        /// The kind of record.
        what: String,
        /// The reason.
        why: String,
    },
    /// A line of a file is invalid.
    Line(u64, String),
    /// The day was sealed in the format of a newer Jeton.
    Newer(Day),
    /// The head of a day belongs to another project.
    Foreign(Day, ProjectId),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events { day, of, sealed, found } if sealed == found => {
                write!(f, "{day}, {of}: events sealed {sealed}, found as many, but different ones")
            }
            Self::Events { day, of, sealed, found } => {
                write!(f, "{day}, {of}: events sealed {sealed}, found {found}")
            }
            Self::Stray { day, event, others } => {
                write!(f, "{day}: event {event} is in the list of an object, and no seal covers it")?;
                if *others > 0 { write!(f, "; so are {others} others of that day") } else { Ok(()) }
            }
            Self::Seals(day) => write!(f, "{day}: the seals differ from the signed ones"),
            Self::Chain(day) => write!(f, "{day}: the head does not follow that of the previous day"),
            Self::Missing(first, last) if first == last => {
                write!(f, "{first}: the head of the day is missing")
            }
            Self::Missing(first, last) => write!(f, "{first} to {last}: the heads of the days are missing"),
            Self::Beginning(day) => {
                write!(f, "{day}: the days before it are missing, although they should still be kept")
            }
            Self::Unsealed(first, last) => {
                write!(
                    f,
                    "{}: not sealed, or the heads are missing; `jeton sweep` reports days that wait for --seal-all",
                    Days(*first, *last)
                )
            }
            Self::Nothing => f.write_str("no day is sealed, or all heads are missing"),
            Self::Older { what, at, others, made } => {
                write!(f, "{what} is from {at}, but the project says that it was created at {made}")?;
                if *others > 0 { write!(f, "; so are {others} others of its kind") } else { Ok(()) }
            }
            Self::Late(first, last) => {
                write!(f, "{}: sealed late, so it may have been changed before", Days(*first, *last))
            }
            Self::Early(day) => write!(f, "{day}: sealed before the day was over"),
            Self::Anchor(day) => write!(f, "{day}: the head differs from its anchor"),
            Self::Anchors(day) => write!(f, "{day}: its anchors contradict each other"),
            Self::OtherKey(day, key) => {
                write!(f, "{day}: names the public key {key}, but is signed with another one")
            }
            Self::Unreadable { day, what, why } => write!(f, "{day}: {what} cannot be read: {why}"),
            Self::Line(number, why) => write!(f, "line {number}: {why}"),
            Self::Signature(day, key) => {
                write!(f, "{day}: not signed with a known key; it names the public key {key}")
            }
            Self::Newer(day) => write!(f, "{day}: sealed by a newer Jeton; verify it with that version"),
            Self::Foreign(day, project) => write!(f, "{day}: the head belongs to project {project}"),
        }
    }
}

/// A day, or a range of days.
struct Days(Day, Day);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(first, last) = self;
        if first == last { write!(f, "{first}") } else { write!(f, "{first} to {last}") }
    }
}
