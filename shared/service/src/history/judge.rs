//! Verification of days by their seals.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    id::ProjectId,
    seal::{self, Digest, FORMAT, Head, Seal, Sealed, SignedHead, Tally},
    time::{Day, Timestamp},
};

use super::{Anchors, Finding, PublicKey, Report};

/// The expectations of a verification.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The trusted public keys.
    pub keys: Vec<PublicKey>,
    /// The anchors.
    pub anchors: Anchors,
    /// The first day that a file must contain. Without it, a file must start with the first sealed day, or cover the retention
    /// period.
    pub from: Option<Day>,
    /// The last day that must be there (default: the last day that must be sealed by now).
    pub until: Option<Day>,
    /// Ranges of late days that are accepted.
    pub late: Vec<(Day, Day)>,
}

/// Verifies days in order.
pub(super) struct Judge<'a> {
    expected: &'a Expected,
    now: Timestamp,
    before: Before,
    anchored: BTreeMap<Day, BTreeSet<Digest>>,
    /// The first and the last day with anchors.
    anchors: Option<(Day, Day)>,
    report: Report,
}

/// The previous head.
enum Before {
    /// Unknown.
    Nothing,
    Head(Head),
    /// A head that cannot be read, with its day if known.
    Unreadable(Option<Day>),
}

impl<'a> Judge<'a> {
    /// For a project in a store, whose retention starts at a day. The head before that day may be known.
    pub(super) fn of_store(
        project: ProjectId,
        expected: &'a Expected,
        now: Timestamp,
        (kept, before): (Day, Option<SignedHead>),
    ) -> Self {
        let mut judge = Self::of_file(project, expected, now);
        if let Some(before) = before {
            judge.report.goes_back = true;
            judge.before = Before::Head(before.head);
        }
        judge.anchored.retain(|day, _| *day >= kept);
        judge
    }

    /// For a project in a file, which has no retention.
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
            unanchored: None,
        };
        let anchored = expected.anchors.of(project);
        let anchors = anchored.keys().next().copied().zip(anchored.keys().next_back().copied());
        Self { expected, now, before: Before::Nothing, anchored, anchors, report }
    }

    /// Verifies the next day by its head, its seals and its events, except for feeds that are reported as unreadable.
    pub(super) fn day(
        &mut self,
        signed: &SignedHead,
        seals: &[Seal],
        found: &mut BTreeMap<Sealed, Tally>,
        unreadable: &BTreeSet<Sealed>,
    ) {
        let (head, day) = (&signed.head, signed.head.day);
        self.place(head);
        let findings = &mut self.report.findings;
        if head.project != self.report.project {
            findings.push(Finding::Foreign(day, head.project));
        }
        match self.expected.keys.iter().find(|key| key.signed(signed)) {
            None => findings.push(Finding::Signature(day, signed.key.clone())),
            // The key in the record is not signed.
            Some(key) if key.to_string() != signed.key => {
                findings.push(Finding::OtherKey(day, signed.key.clone()));
            }
            Some(_) => {}
        }
        if let Some(anchored) = self.anchored.remove(&day) {
            self.report.anchors += 1;
            if !anchored.contains(&head.digest()) {
                findings.push(Finding::Anchor(day));
            }
            if anchored.len() > 1 {
                findings.push(Finding::Anchors(day));
            }
        }
        if head.format > FORMAT {
            findings.push(Finding::Newer(day));
        } else {
            let is_other = |seal: &Seal| seal.project != head.project || seal.day != day;
            let digest = Digest::of_seals(seals);
            if head.seals != seals.len() as u64 || head.digest != digest || seals.iter().any(is_other) {
                findings.push(Finding::Seals(day));
            }
            for seal in seals.iter().filter(|seal| !unreadable.contains(&seal.of)) {
                let now = found.remove(&seal.of).unwrap_or_default().seal(seal.project, seal.day, seal.of);
                if now.digest != seal.digest || now.events != seal.events {
                    let (of, sealed, found) = (seal.of, seal.events, now.events);
                    findings.push(Finding::Events { day, of, sealed, found });
                }
            }
            for (of, tally) in std::mem::take(found) {
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
        self.before = Before::Head(head.clone());
    }

    /// Skips an unreadable head, which is a finding of its own. In a file its day is unknown.
    pub(super) fn unreadable_head(&mut self, day: Option<Day>) {
        self.before = Before::Unreadable(day);
        if let Some(day) = day {
            self.anchored.remove(&day);
        }
    }

    /// Adds another finding.
    pub(super) fn finding(&mut self, finding: Finding) {
        self.report.findings.push(finding);
    }

    /// Verifies that a head follows the previous one, or is the first.
    fn place(&mut self, head: &Head) {
        let (day, findings) = (head.day, &mut self.report.findings);
        match &self.before {
            Before::Head(before) if before.day.next() == day && head.previous == Some(before.digest()) => {}
            Before::Unreadable(before) if before.is_none_or(|before| before.next() == day) => {}
            Before::Head(Head { day: before, .. }) | Before::Unreadable(Some(before)) => {
                findings.push(if before.next() >= day {
                    Finding::Chain(day)
                } else {
                    Finding::Missing(before.next(), day.previous())
                });
            }
            Before::Unreadable(None) => {}
            Before::Nothing => {
                let anchored = self.anchored.keys().next().is_some_and(|anchored| *anchored < day);
                let is_explained = match self.expected.from {
                    Some(from) => day <= from,
                    // Someone with write access can start a new chain, with a head without a previous one.
                    None => !anchored && (head.previous.is_none() || day <= seal::first_day(self.now)),
                };
                if !is_explained {
                    findings.push(Finding::Beginning(day));
                }
                self.report.goes_back = is_explained && head.previous.is_some();
                // The missing heads are reported already.
                self.anchored.retain(|anchored, _| *anchored >= day);
            }
        }
    }

    /// The report, if the first head must be of this day.
    pub(super) fn report(mut self, begins: Option<Day>, until: Option<Day>) -> Report {
        let due = self.expected.until.unwrap_or_else(|| seal::due_day(self.now));
        let Some((first, last)) = self.report.judged else {
            return self.report;
        };
        // Unreadable heads are reported already.
        let last = match self.before {
            Before::Unreadable(Some(day)) => last.max(day),
            _ => last,
        };
        if let Some(begins) = begins.filter(|begins| *begins < first) {
            self.report.findings.push(Finding::Unsealed(begins, first.previous()));
        }
        let due = self.anchored.keys().next_back().map_or(due, |anchored| due.max(*anchored));
        if last < due {
            self.report.findings.push(Finding::Unsealed(last.next(), due));
        }
        if !self.expected.anchors.is_empty() {
            let through = self.anchors.map_or(first, |(_, anchored)| anchored.next()).max(first);
            self.report.unanchored = (through <= last).then_some((through, last));
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

    /// The report without any head, for a project that did or did not exist before today.
    pub(super) fn nothing(mut self, is_new: bool) -> Report {
        if is_new && self.anchored.is_empty() {
            self.report.unsealed = Some((self.now.day(), self.now.day()));
        } else {
            self.report.findings.push(Finding::Nothing);
        }
        self.report
    }
}
