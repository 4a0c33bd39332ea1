//! The file of sealed history, and holding it against its seals without a store.
//!
//! Day by day: a line for each event, which is what its digest is made of; `{"seal": …}` for each token that has
//! events and for the project; and `{"head": …}`, which closes the day. Each line ends with a line feed, which
//! is not part of what is hashed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use jeton_core::{
    event::Event,
    seal::{Digest, Seal, Sealed, SignedHead, Tally},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{HistoryError, PublicKey, Report, report::Judge};

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

/// Reads a file that [`super::export`] has written, and judges every day in it.
///
/// Errors: the file cannot be read, has a line that is none of such a file, or no whole day.
pub fn verify_file(path: &Path, keys: &[PublicKey]) -> Result<Report, HistoryError> {
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let refused = |why: String| HistoryError::File(path.display().to_string(), why);
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let (mut judge, mut first, mut open, mut number) = (None, None, OpenDay::default(), 0);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match Line::read(text)
            .map_err(|error| refused(format!("line {number} is not understood: {error}")))?
        {
            Line::Event(event) => {
                let entry = (event.uuid, Digest::of(text));
                Sealed::of_event(&event).for_each(|of| open.events.entry(of).or_default().push(entry));
            }
            Line::Seal(seal) => open.seals.push(seal),
            Line::Head(head) => {
                let from = *first.get_or_insert(head.head.day);
                let judge = judge.get_or_insert_with(|| Judge::new(head.head.project, keys, None));
                let tallies = open.tallies();
                judge.day(from, head, &std::mem::take(&mut open.seals), tallies);
            }
        }
        line.clear();
    }
    let (Some(judge), Some(first)) = (judge, first) else {
        return Err(refused("there is no whole day in it".to_owned()));
    };
    if !open.events.is_empty() || !open.seals.is_empty() {
        return Err(refused("it ends within a day; run the export again, which goes on there".to_owned()));
    }
    Ok(judge.report(first, None))
}
