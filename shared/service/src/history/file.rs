//! The file format of sealed history, and its verification without a store.
//!
//! Each day has a line for each event, in the canonical form that is hashed; `{"seal": …}` for the project and for each token
//! with events; and `{"head": …}`, which ends the day. Each line ends with a line feed, which is not hashed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
};

use jeton_core::{
    event::Event,
    seal::{Digest, FORMAT, Seal, Sealed, SignedHead, Tally},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Expected, Finding, HistoryError, Report, judge::Judge};

/// A line.
pub(super) enum Line {
    Event(Box<Event>),
    Seal(Seal),
    Head(SignedHead),
}

/// A line of a seal or a head.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SealLine {
    Seal(Seal),
    Head(SignedHead),
}

impl Line {
    /// Parses a line.
    ///
    /// Errors: why it is invalid.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let Ok(read) = jeton_core::json::from_slice(line) else { return Self::event(line) };
        // Duplicate, differing or additional fields are not from Jeton. A newer format may have more fields.
        let is_newer = matches!(&read, SealLine::Head(signed) if signed.head.format > FORMAT);
        let written = serde_json::to_vec(&read).map_err(|error| error.to_string())?;
        if written != line && !is_newer {
            return Err("it is not in the format of Jeton".to_owned());
        }
        Ok(match read {
            SealLine::Seal(seal) => Self::Seal(seal),
            SealLine::Head(head) => Self::Head(head),
        })
    }

    fn event(line: &[u8]) -> Result<Self, String> {
        let event: Box<Event> =
            jeton_core::json::from_slice(line).map_err(|error| format!("it is not valid: {error}"))?;
        if Sealed::of_event(&event).next().is_none() {
            return Err("it is an event without a project".to_owned());
        }
        Ok(Self::Event(event))
    }

    /// Whether an unreadable line seems to end a day.
    fn is_about_a_head(line: &[u8]) -> bool {
        line.starts_with(b"{\"head\"")
    }
}

/// A partly read day. An event takes 48 bytes for each of its seals.
#[derive(Default)]
pub(super) struct OpenDay {
    events: BTreeMap<Sealed, Vec<(Uuid, Digest)>>,
    seals: Vec<Seal>,
    /// The feed and the uuid of the last event.
    last: Option<(Sealed, Uuid)>,
}

impl OpenDay {
    /// Adds an event. False if it is out of order: events are ordered by their first feed and by uuid, and come before all seals.
    pub(super) fn add(&mut self, event: &Event, digest: Digest) -> bool {
        let place = Sealed::of_event(event).next().map(|of| (of, event.uuid));
        let is_in_place = self.seals.is_empty() && place > self.last;
        self.last = place.max(self.last);
        for of in Sealed::of_event(event) {
            self.events.entry(of).or_default().push((event.uuid, digest));
        }
        is_in_place
    }

    /// The tallies by feed.
    pub(super) fn tallies(&mut self) -> BTreeMap<Sealed, Tally> {
        let events = std::mem::take(&mut self.events);
        let tally = |mut events: Vec<(Uuid, Digest)>| {
            events.sort_unstable();
            let mut tally = Tally::default();
            for (_, digest) in events {
                tally.add_digest(digest);
            }
            tally
        };
        events.into_iter().map(|(of, events)| (of, tally(events))).collect()
    }
}

/// A part of a file.
pub(super) enum Part {
    /// A complete day.
    Day(SignedHead, Vec<Seal>, BTreeMap<Sealed, Tally>),
    /// An unreadable line: its number, whether it seems to end a day, and the reason.
    Unreadable(u64, bool, String),
}

/// The most unreadable lines that are reported. A file with more is not an export.
const MAX_BAD: usize = 100;

/// The maximum length of a line, in bytes: more than any event has.
const MAX_LINE: u64 = 16 << 20;

/// A file that tells how much of it was read, and how much it has.
struct Told<F> {
    file: File,
    read: u64,
    all: u64,
    progress: F,
}

impl<F: FnMut(u64, u64)> io::Read for Told<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        (self.progress)(self.read, self.all);
        Ok(read)
    }
}

/// Reads a file written by [`super::export`], and verifies every day. Tells how many bytes of how many it has read.
///
/// Errors: the file cannot be read, has no complete day, has many unreadable lines, or ends within a day.
pub fn verify_file(
    path: &Path,
    expected: &Expected,
    now: Timestamp,
    progress: impl FnMut(u64, u64),
) -> Result<Report, HistoryError> {
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let file = File::open(path).map_err(failed)?;
    let all = file.metadata().map_err(failed)?.len();
    let told = Told { file, read: 0, all, progress };
    verify_lines(BufReader::new(told), expected, now).map_err(|bad| bad.of(path))
}

/// Verifies the contents of a file.
///
/// Errors: what is wrong with it.
pub fn verify_lines(file: impl BufRead, expected: &Expected, now: Timestamp) -> Result<Report, BadLines> {
    let (mut judge, mut bad) = (None, Vec::new());
    let whole = each_day(file, |part| match part {
        Part::Day(head, seals, mut tallies) => {
            let judge = judge.get_or_insert_with(|| Judge::of_file(head.head.project, expected, now));
            judge.day(&head, &seals, &mut tallies, &BTreeSet::new());
            Ok(())
        }
        Part::Unreadable(number, is_head, why) => {
            bad.push((number, why.clone()));
            match &mut judge {
                _ if bad.len() > MAX_BAD => return Err(format!("line {number}: {why}")),
                Some(judge) if is_head => judge.unreadable_head(None),
                _ => {}
            }
            Ok(())
        }
    })?;
    let Some(mut judge) = judge else {
        let first = bad.first().map(|(number, why)| format!("line {number}: {why}"));
        return Err(BadLines::Not(first.unwrap_or_else(|| "it has no complete day".to_owned())));
    };
    if !whole {
        let why = "it ends within a day; run the export again to continue it";
        return Err(BadLines::Not(why.to_owned()));
    }
    for (number, why) in bad {
        judge.finding(Finding::Line(number, why));
    }
    Ok(judge.report(None, None))
}

/// Why lines are not a valid file.
#[derive(Debug)]
pub enum BadLines {
    /// They cannot be read.
    Io(io::Error),
    /// What is wrong with them.
    Not(String),
}

impl BadLines {
    pub(super) fn of(self, path: &Path) -> HistoryError {
        let path = path.display().to_string();
        match self {
            Self::Io(error) => HistoryError::Io(path, error),
            Self::Not(why) => HistoryError::File(path, why),
        }
    }
}

/// Calls a function with every complete day and every unreadable line. Returns whether the file ends with the last day.
///
/// Errors: the file cannot be read, or the function failed.
pub(super) fn each_day(
    mut file: impl BufRead,
    mut each: impl FnMut(Part) -> Result<(), String>,
) -> Result<bool, BadLines> {
    let (mut open, mut number, mut line) = (OpenDay::default(), 0, Vec::new());
    let mut ends_a_line = true;
    while file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(BadLines::Io)? > 0 {
        number += 1;
        ends_a_line = line.ends_with(b"\n");
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match Line::read(text) {
            Ok(Line::Event(event)) => {
                if !open.add(&event, Digest::of(text)) {
                    let why = "it is out of order".to_owned();
                    each(Part::Unreadable(number, false, why)).map_err(BadLines::Not)?;
                }
            }
            Ok(Line::Seal(seal)) => open.seals.push(seal),
            Ok(Line::Head(head)) => {
                let mut day = std::mem::take(&mut open);
                let tallies = day.tallies();
                each(Part::Day(head, day.seals, tallies)).map_err(BadLines::Not)?;
            }
            Err(why) => {
                let is_head = Line::is_about_a_head(text);
                if is_head {
                    open = OpenDay::default();
                }
                each(Part::Unreadable(number, is_head, why)).map_err(BadLines::Not)?;
            }
        }
        line.clear();
    }
    Ok(open.events.is_empty() && open.seals.is_empty() && ends_a_line)
}
