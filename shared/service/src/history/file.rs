//! The file of sealed history, and holding it against its seals without a store.
//!
//! Day by day: a line for each event, which is what its digest is made of; `{"seal": …}` for each token that has
//! events and for the project; and `{"head": …}`, which closes the day. Each line ends with a line feed, which
//! is not part of what is hashed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
};

use jeton_core::{
    event::Event,
    seal::{Digest, Seal, Sealed, SignedHead, Tally},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Expected, HistoryError, Report, judge::Judge};

/// A line.
pub(super) enum Line {
    Event(Box<Event>),
    Seal(Seal),
    Head(SignedHead),
}

/// A line that is no event.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SealLine {
    Seal(Seal),
    Head(SignedHead),
}

impl Line {
    /// Reads a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        match serde_json::from_slice(line) {
            Ok(SealLine::Seal(seal)) => Ok(Self::Seal(seal)),
            Ok(SealLine::Head(head)) => Ok(Self::Head(head)),
            Err(_) => serde_json::from_slice(line).map(Self::Event),
        }
    }
}

/// What a day is made of, as far as it has been read. An event takes 48 bytes for each of its seals.
#[derive(Default)]
struct OpenDay {
    events: BTreeMap<Sealed, Vec<(Uuid, Digest)>>,
    seals: Vec<Seal>,
}

impl OpenDay {
    fn tallies(&mut self) -> BTreeMap<Sealed, Tally> {
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

/// The longest line, in bytes: far more than any event takes.
const MAX_LINE: u64 = 16 << 20;

/// Reads a file that [`super::export`] has written, and judges every day in it.
///
/// Errors: the file cannot be read, has a line that is none of such a file, or no whole day.
pub fn verify_file(path: &Path, expected: &Expected, now: Timestamp) -> Result<Report, HistoryError> {
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    verify_lines(BufReader::new(File::open(path).map_err(failed)?), expected, now).map_err(|bad| bad.of(path))
}

/// The same of what is in a file.
///
/// Errors: what is wrong with it.
pub fn verify_lines(file: impl BufRead, expected: &Expected, now: Timestamp) -> Result<Report, BadLines> {
    let mut judge = None;
    let whole = each_day(file, |head, seals, tallies| {
        let judge = judge.get_or_insert_with(|| Judge::of_file(head.head.project, expected, now));
        judge.day(&head, &seals, tallies);
    })?;
    let Some(judge) = judge else { return Err(BadLines::Not("there is no whole day in it".to_owned())) };
    if !whole {
        let why = "it ends within a day; run the export again, which goes on there";
        return Err(BadLines::Not(why.to_owned()));
    }
    Ok(judge.report(None, None))
}

/// Why lines are no history.
#[derive(Debug)]
pub enum BadLines {
    /// They cannot be read.
    Io(io::Error),
    /// What is wrong with them, as a sentence.
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

/// Does something with every whole day, and tells whether nothing comes after the last one.
pub(super) fn each_day(
    mut file: impl BufRead,
    mut each: impl FnMut(SignedHead, Vec<Seal>, BTreeMap<Sealed, Tally>),
) -> Result<bool, BadLines> {
    let (mut open, mut number, mut line) = (OpenDay::default(), 0, Vec::new());
    while file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(BadLines::Io)? > 0 {
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let read = Line::read(text);
        match read.map_err(|error| BadLines::Not(format!("line {number} is not understood: {error}")))? {
            Line::Event(event) => {
                let entry = (event.uuid, Digest::of(text));
                Sealed::of_event(&event).for_each(|of| open.events.entry(of).or_default().push(entry));
            }
            Line::Seal(seal) => open.seals.push(seal),
            Line::Head(head) => {
                let tallies = open.tallies();
                each(head, std::mem::take(&mut open.seals), tallies);
            }
        }
        line.clear();
    }
    Ok(open.events.is_empty() && open.seals.is_empty())
}
