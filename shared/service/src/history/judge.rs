//! Judging days by their seals, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    id::ProjectId,
    seal::{self, Digest, FORMAT, Head, Seal, Sealed, SignedHead, Tally},
    time::{Day, Timestamp},
};

use super::{Anchors, Finding, PublicKey, Report};

/// What whoever verifies knows beforehand and expects.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The public keys whose signatures are believed.
    pub keys: Vec<PublicKey>,
    /// What was noted elsewhere when heads were made.
    pub anchors: Anchors,
    /// The first day that a file has to hold. Without it, a file begins with the first sealed day, or is as long as what a
    /// store keeps.
    pub from: Option<Day>,
    /// The last day that has to be there; without it, the last one that has to be sealed by now.
    pub until: Option<Day>,
    /// Late days, from one to another, for which there is a reason that whoever verifies knows.
    pub late: Vec<(Day, Day)>,
}

/// Judges one day after the other.
pub(super) struct Judge<'a> {
    expected: &'a Expected,
    now: Timestamp,
    before: Option<Head>,
    anchored: BTreeMap<Day, BTreeSet<Digest>>,
    report: Report,
}

impl<'a> Judge<'a> {
    /// One who expects this of a project of which a store keeps everything since a day. The head of the day before may be known.
    pub(super) fn of_store(
        project: ProjectId,
        expected: &'a Expected,
        now: Timestamp,
        (kept, before): (Day, Option<SignedHead>),
    ) -> Self {
        let mut judge =
            Self { before: before.map(|signed| signed.head), ..Self::of_file(project, expected, now) };
        judge.report.goes_back = judge.before.is_some();
        judge.anchored.retain(|day, _| *day >= kept);
        judge
    }

    /// One who expects this of a project in a file, which keeps everything.
    pub(super) fn of_file(project: ProjectId, expected: &'a Expected, now: Timestamp) -> Self {
        let report = Report {
            project,
            judged: None,
            days: 0,
            seals: 0,
            anchors: 0,
            findings: Vec::new(),
            late: BTreeSet::new(),
            unsealed: None,
            goes_back: false,
        };
        Self { expected, now, before: None, anchored: expected.anchors.of(project), report }
    }

    /// Judges the next day by its head and its seals.
    pub(super) fn day(&mut self, signed: &SignedHead, seals: &[Seal], mut found: BTreeMap<Sealed, Tally>) {
        let (head, day) = (&signed.head, signed.head.day);
        self.place(head);
        let findings = &mut self.report.findings;
        if head.project != self.report.project {
            findings.push(Finding::Foreign(day, head.project));
        }
        if !self.expected.keys.iter().any(|key| key.signed(signed)) {
            findings.push(Finding::Signature(day, signed.key.clone()));
        }
        if let Some(anchored) = self.anchored.remove(&day) {
            self.report.anchors += 1;
            if anchored.len() != 1 || !anchored.contains(&head.digest()) {
                findings.push(Finding::Anchor(day));
            }
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
                    let (of, sealed, found) = (seal.of, seal.events, now.events);
                    findings.push(Finding::Events { day, of, sealed, found });
                }
            }
            for (of, tally) in found {
                let found = tally.seal(head.project, day, of).events;
                findings.push(Finding::Events { day, of, sealed: 0, found });
            }
        }
        if head.sealed.day() <= day || day >= self.now.day() {
            findings.push(Finding::Early(day));
        }
        if head.is_late() {
            self.report.late.insert(day);
        }
        self.report.days += 1;
        self.report.seals += seals.len() as u64;
        self.report.judged = Some((self.report.judged.map_or(day, |(first, _)| first), day));
        self.before = Some(head.clone());
    }

    /// Whether a head is where it has to be: right after the one before, or at the beginning.
    fn place(&mut self, head: &Head) {
        let (day, findings) = (head.day, &mut self.report.findings);
        match &self.before {
            Some(before) if before.day.next() == day && head.previous == Some(before.digest()) => {}
            Some(before) if before.day.next() >= day => findings.push(Finding::Chain(day)),
            Some(before) => findings.push(Finding::Missing(before.day.next(), day.previous())),
            None => {
                let anchored = self.anchored.keys().next().is_some_and(|anchored| *anchored < day);
                self.report.goes_back = head.previous.is_some();
                let is_explained = match self.expected.from {
                    Some(from) => day <= from,
                    // Whoever writes to the store can have history begin anew, with a head that has none before it.
                    None => !anchored && (head.previous.is_none() || day <= seal::first_day(self.now)),
                };
                if !is_explained {
                    findings.push(Finding::Beginning(day));
                }
                // That they are gone has been judged.
                self.anchored.retain(|anchored, _| *anchored >= day);
            }
        }
    }

    /// What came of it, when the first head of all has to be of this day.
    pub(super) fn report(mut self, begins: Option<Day>, until: Option<Day>) -> Report {
        let due = self.expected.until.unwrap_or_else(|| seal::due_day(self.now));
        let Some((first, last)) = self.report.judged else {
            return self.report;
        };
        if let Some(begins) = begins.filter(|begins| *begins < first) {
            self.report.findings.push(Finding::Unsealed(begins, first.previous()));
        }
        let due = self.anchored.keys().next_back().map_or(due, |anchored| due.max(*anchored));
        if last < due {
            self.report.findings.push(Finding::Unsealed(last.next(), due));
        }
        let open = last.max(due).next();
        self.report.unsealed = until.filter(|until| open <= *until).map(|until| (open, until));
        let accepted = |day: &Day| self.expected.late.iter().any(|(first, last)| first <= day && day <= last);
        let mut late = self.report.late.iter().copied().filter(|day| !accepted(day)).peekable();
        while let Some(first) = late.next() {
            let mut last = first;
            while late.next_if_eq(&last.next()).is_some() {
                last = last.next();
            }
            self.report.findings.push(Finding::Late(first, last));
        }
        self.report
    }

    /// What came of it when there is no head at all, of a project that was or was not here before the day that is not over.
    pub(super) fn nothing(mut self, is_new: bool) -> Report {
        if is_new && self.anchored.is_empty() {
            self.report.unsealed = Some((self.now.day(), self.now.day()));
        } else {
            self.report.findings.push(Finding::Nothing);
        }
        self.report
    }
}
