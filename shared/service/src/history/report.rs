//! What came of looking at the history of a project.

use std::{collections::BTreeSet, fmt};

use jeton_core::{
    id::ProjectId,
    seal::Sealed,
    time::{Day, Timestamp},
};
use uuid::Uuid;

/// What came of looking at the history of a project.
#[derive(Debug)]
pub struct Report {
    /// The project.
    pub project: ProjectId,
    /// The first and the last day that were judged; none when no day is sealed.
    pub judged: Option<(Day, Day)>,
    /// How many days were judged.
    pub days: u64,
    /// How many seals, each of one token on one day or of the project itself.
    pub seals: u64,
    /// How many heads were held against an anchor.
    pub anchors: u64,
    /// What is not as it was sealed or is missing. Empty means that all of it is there and as it was sealed.
    pub findings: Vec<Finding>,
    /// Days that were sealed so late that they may have been changed before. They are among the findings, except for those that
    /// whoever asks has accepted.
    pub late: BTreeSet<Day>,
    /// Days that are kept and need not be sealed yet, from one to another.
    pub unsealed: Option<(Day, Day)>,
    /// Whether there were days before the first one that nobody expects: past the months that are kept, or before what a file was
    /// said to hold.
    pub goes_back: bool,
    /// The days after the last one that has an anchor, from one to another, when there are anchors.
    pub unanchored: Option<(Day, Day)>,
}

/// Something that is missing, or not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The events of a token, or of the project itself, are others.
    Events {
        /// The day.
        day: Day,
        /// Whose.
        of: Sealed,
        /// How many were sealed.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// An event is in the list of an object and under no seal, since it is in the feed neither of the project nor of a token.
    Stray {
        /// The day.
        day: Day,
        /// The event.
        event: Uuid,
        /// How many more there are on that day.
        others: u64,
    },
    /// The seals of a day are others than its head says.
    Seals(Day),
    /// The head of a day does not follow the one before.
    Chain(Day),
    /// The heads of these days are gone.
    Missing(Day, Day),
    /// There were heads before this one, which are gone and would still be kept or were asked for.
    Beginning(Day),
    /// These days ought to be sealed and are not: nobody has, or their heads are gone from the end.
    Unsealed(Day, Day),
    /// Nothing is sealed, so nothing is proved.
    Nothing,
    /// Something of the project was there before the project is said to have been made.
    Older {
        /// What it is, the oldest of its kind.
        what: String,
        /// When it came to be.
        at: Timestamp,
        /// How many more of its kind are older than the project.
        others: u64,
        /// When the project is said to have been made.
        made: Timestamp,
    },
    /// These days were sealed so late that they may have been changed before.
    Late(Day, Day),
    /// The day was sealed before it was over.
    Early(Day),
    /// The head of a day is another than the one whose digest was noted when it was made.
    Anchor(Day),
    /// Different digests were noted for one day.
    Anchors(Day),
    /// Nobody whose key is known signed the head of a day; this key is named in it.
    Signature(Day, String),
    /// The head of a day is signed with a known key, and names this other one.
    OtherKey(Day, String),
    /// A head, a seal, or events are there and cannot be read.
    Unreadable {
        /// The day as the store has it.
        day: String,
        /// What it is.
        what: String,
        /// Why not.
        why: String,
    },
    /// A line of a file is none that Jeton writes.
    Line(u64, String),
    /// A newer Jeton sealed the day in another way.
    Newer(Day),
    /// The head of a day is of another project.
    Foreign(Day, ProjectId),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events { day, of, sealed, found } if sealed == found => {
                write!(f, "{day}, {of}: events sealed {sealed}, found as many, but others")
            }
            Self::Events { day, of, sealed, found } => {
                write!(f, "{day}, {of}: events sealed {sealed}, found {found}")
            }
            Self::Stray { day, event, others } => {
                write!(f, "{day}: event {event} is in the list of an object and under no seal")?;
                if *others > 0 { write!(f, "; so are {others} others of that day") } else { Ok(()) }
            }
            Self::Seals(day) => write!(f, "{day}: the seals are not those that were signed"),
            Self::Chain(day) => write!(f, "{day}: does not follow the day before as it was signed"),
            Self::Missing(first, last) if first == last => write!(f, "{first}: the head of the day is gone"),
            Self::Missing(first, last) => write!(f, "{first} to {last}: the heads of the days are gone"),
            Self::Beginning(day) => {
                write!(
                    f,
                    "{day}: the days before it are gone, and they are not past the months that are kept"
                )
            }
            Self::Unsealed(first, last) => {
                write!(
                    f,
                    "{}: not sealed, or the heads are gone; `jeton sweep` says when days wait for --seal-all",
                    Days(*first, *last)
                )
            }
            Self::Nothing => f.write_str("nothing is sealed, or all heads are gone: nothing is proved"),
            Self::Older { what, at, others, made } => {
                write!(f, "{what} is of {at}, before the project, which is said to be of {made}")?;
                if *others > 0 { write!(f, "; so are {others} others of its kind") } else { Ok(()) }
            }
            Self::Late(first, last) => {
                write!(f, "{}: sealed so late that it may have been changed before", Days(*first, *last))
            }
            Self::Early(day) => write!(f, "{day}: sealed before the day was over"),
            Self::Anchor(day) => write!(f, "{day}: the head is not the one that its anchor names"),
            Self::Anchors(day) => write!(f, "{day}: its anchors contradict each other"),
            Self::OtherKey(day, key) => {
                write!(f, "{day}: names the public key {key}, with which it is not signed")
            }
            Self::Unreadable { day, what, why } => write!(f, "{day}: {what} cannot be read: {why}"),
            Self::Line(number, why) => write!(f, "line {number}: {why}"),
            Self::Signature(day, key) => {
                write!(f, "{day}: not signed with a key that is known; it names the public key {key}")
            }
            Self::Newer(day) => write!(f, "{day}: sealed by a newer Jeton, which can tell"),
            Self::Foreign(day, project) => write!(f, "{day}: the head is of project {project}"),
        }
    }
}

/// One day, or several from one to another.
struct Days(Day, Day);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(first, last) = self;
        if first == last { write!(f, "{first}") } else { write!(f, "{first} to {last}") }
    }
}
