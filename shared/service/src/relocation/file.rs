//! The file of an export: a line of JSON for each thing, in a fixed order, and a last line that counts them.
//!
//! It holds hashes of secrets and no secret, and is still for its owner alone: it says who may do what.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use jeton_core::{event::Event, member::Member, project::Project, share::Share, time::Day, token::Token};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::MoveError;

/// The version of the format.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Record {
    /// The first line.
    Begin {
        /// The version of the format.
        version: u32,
        /// The project, closed.
        project: Box<Project>,
        /// Whether its events follow.
        history: bool,
    },
    /// A member.
    Member(Box<Member>),
    /// A token, switched off, with what a store keeps beside it.
    #[serde(rename_all = "camelCase")]
    Token {
        /// The token.
        token: Box<Token>,
        /// The last day on which it was verified.
        last_used: Option<Day>,
    },
    /// An open share, with the attempts at it.
    Share {
        /// The share.
        share: Box<Share>,
        /// How many codes have been tried.
        attempts: u8,
    },
    /// An event, once, however many feeds it is in.
    Event(Box<Event>),
    /// The last line.
    End(Counts),
}

/// How much there is of everything, and the checksum of all lines before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Members.
    pub members: u64,
    /// Tokens.
    pub tokens: u64,
    /// Open shares.
    pub shares: u64,
    /// Events.
    pub events: u64,
    /// SHA-256 over all lines before, in hexadecimal digits.
    pub sha256: String,
}

impl Counts {
    /// Counts one more.
    pub fn count(&mut self, record: &Record) {
        match record {
            Record::Member(_) => self.members += 1,
            Record::Token { .. } => self.tokens += 1,
            Record::Share { .. } => self.shares += 1,
            Record::Event(_) => self.events += 1,
            Record::Begin { .. } | Record::End(_) => {}
        }
    }

    /// Everything together.
    pub fn all(&self) -> u64 {
        self.members + self.tokens + self.shares + self.events
    }
}

/// A file that is complete, as far as it says itself.
#[derive(Debug)]
pub struct Read {
    /// The project.
    pub project: Project,
    /// Whether it holds events.
    pub history: bool,
    /// What it holds.
    pub counts: Counts,
}

/// Reads a file to its end, and holds it against its own checksum and counts.
pub fn read(path: &Path) -> Result<Read, MoveError> {
    let (mut counts, mut hash, mut begin) = (Counts::default(), Sha256::new(), None);
    let mut end = None;
    for line in lines(path)? {
        let (line, record) = line?;
        if end.is_some() {
            return Err(bad(path, "there is more behind its end"));
        }
        match record {
            Record::Begin { version, .. } if version != VERSION => {
                return Err(bad(path, "it was written by another version of Jeton"));
            }
            Record::Begin { project, history, .. } if begin.is_none() => begin = Some((*project, history)),
            Record::End(said) => {
                end = Some(said);
                continue;
            }
            _ if begin.is_none() => return Err(bad(path, "it does not begin like one")),
            record => counts.count(&record),
        }
        hash.update(line);
    }
    let (Some((project, history)), Some(end)) = (begin, end) else {
        return Err(bad(path, "it has no end; run the export again, which goes on where it stopped"));
    };
    counts.sha256 = hex::encode(hash.finalize());
    if counts != end {
        return Err(bad(path, "its checksum or its counts do not fit what is in it"));
    }
    Ok(Read { project, history, counts })
}

/// The lines of a file, one after the other, each with what it says.
pub fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = Result<(Vec<u8>, Record), MoveError>> + use<'_>, MoveError> {
    let failed = |error| MoveError::Io(path.display().to_string(), error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        match file.read_until(b'\n', &mut line) {
            Err(error) => Some(Err(failed(error))),
            Ok(0) => None,
            Ok(_) => Some(match serde_json::from_slice(&line) {
                Ok(record) => Ok((line, record)),
                Err(_) => Err(bad(path, "a line in it is not understood")),
            }),
        }
    }))
}

fn bad(path: &Path, why: &str) -> MoveError {
    MoveError::File(path.display().to_string(), why.to_owned())
}
