//! Judging days by their seals, and what comes of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jeton_core::{
    id::ProjectId,
    seal::{Digest, FORMAT, Seal, Sealed, SignedHead, Tally},
    time::Day,
};

use super::PublicKey;

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
    /// What is not as it was sealed. Empty means that all of it is.
    pub findings: Vec<Finding>,
    /// Days that were sealed later than on the next day: by a sweep that was late, or again by who has the key.
    pub late: BTreeSet<Day>,
    /// Days that are kept and have no seals, from one to another.
    pub unsealed: Vec<(Day, Day)>,
}

/// Something that is not as it was sealed.
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
    /// The seals of a day are others than its head says.
    Seals(Day),
    /// The head of a day does not follow the one before.
    Chain(Day),
    /// The heads of these days are gone.
    Missing(Day, Day),
    /// Nobody whose key is known signed the head of a day; this key is named in it.
    Signature(Day, String),
    /// A newer Jeton sealed the day in another way.
    Newer(Day),
    /// The head of a day is of another project.
    Foreign(Day, ProjectId),
}

/// Judges one day after the other.
pub(super) struct Judge<'a> {
    keys: &'a [PublicKey],
    before: Option<SignedHead>,
    report: Report,
}

impl<'a> Judge<'a> {
    /// One who believes these keys. Heads before the first that is judged may be known.
    pub(super) fn new(project: ProjectId, keys: &'a [PublicKey], before: Option<SignedHead>) -> Self {
        let report = Report {
            project,
            judged: None,
            days: 0,
            seals: 0,
            findings: Vec::new(),
            late: BTreeSet::new(),
            unsealed: Vec::new(),
        };
        Self { keys, before, report }
    }

    /// Judges a day by its head and its seals. Days from `from` on ought to have heads if an earlier one has.
    pub(super) fn day(
        &mut self,
        from: Day,
        signed: SignedHead,
        seals: &[Seal],
        mut found: BTreeMap<Sealed, Tally>,
    ) {
        let (head, day, report) = (&signed.head, signed.head.day, &mut self.report);
        let findings = &mut report.findings;
        if head.project != report.project {
            findings.push(Finding::Foreign(day, head.project));
        }
        if !self.keys.iter().any(|key| key.signed(&signed)) {
            findings.push(Finding::Signature(day, signed.key.clone()));
        }
        match &self.before {
            Some(before) if before.head.day.next() == day && head.previous == Some(before.head.digest()) => {}
            Some(before) if before.head.day.next() >= day => findings.push(Finding::Chain(day)),
            Some(before) => findings.push(Finding::Missing(before.head.day.next(), day.previous())),
            None if head.previous.is_some() && from < day => {
                findings.push(Finding::Missing(from, day.previous()));
            }
            None if from < day => report.unsealed.push((from, day.previous())),
            None => {}
        }
        if head.format > FORMAT {
            findings.push(Finding::Newer(day));
        } else {
            if head.seals != seals.len() as u64 || head.digest != Digest::of_seals(seals) {
                findings.push(Finding::Seals(day));
            }
            for seal in seals {
                let now = found.remove(&seal.of).unwrap_or_default().seal(seal.project, seal.day, seal.of);
                if now.digest != seal.digest || now.events != seal.events {
                    findings.push(Finding::Events {
                        day,
                        of: seal.of,
                        sealed: seal.events,
                        found: now.events,
                    });
                }
            }
            for (of, tally) in found {
                let found = tally.seal(head.project, day, of).events;
                findings.push(Finding::Events { day, of, sealed: 0, found });
            }
        }
        if head.sealed >= day.next().next().start() {
            report.late.insert(day);
        }
        report.days += 1;
        report.seals += seals.len() as u64;
        report.judged = Some((report.judged.map_or(day, |(first, _)| first), day));
        self.before = Some(signed);
    }

    /// What came of it, when days up to this one are kept.
    pub(super) fn report(mut self, from: Day, today: Option<Day>) -> Report {
        let first = self.before.map_or(from, |head| head.head.day.next());
        if let Some(today) = today.filter(|today| first <= *today) {
            self.report.unsealed.push((first, today));
        }
        self.report
    }
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
            Self::Seals(day) => write!(f, "{day}: the seals are not those that were signed"),
            Self::Chain(day) => write!(f, "{day}: does not follow the day before as it was signed"),
            Self::Missing(first, last) if first == last => write!(f, "{first}: the head of the day is gone"),
            Self::Missing(first, last) => write!(f, "{first} to {last}: the heads of the days are gone"),
            Self::Signature(day, key) => {
                write!(f, "{day}: not signed with a key that is known; it names the public key {key}")
            }
            Self::Newer(day) => write!(f, "{day}: sealed by a newer Jeton, which can tell"),
            Self::Foreign(day, project) => write!(f, "{day}: the head is of project {project}"),
        }
    }
}
