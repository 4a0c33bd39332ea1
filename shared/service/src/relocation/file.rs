//! The file of an export: a line of JSON for each thing, in a fixed order, and a last line that counts them.
//!
//! It holds hashes of secrets and no secret, and is still for its owner alone: it says who may do what.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use jeton_core::{project::Project, seal::Digest};
use sha2::{Digest as _, Sha256};

use super::{
    MoveError,
    check::Checker,
    record::{Counts, Record},
};

/// The longest line, in bytes: far more than any token or event takes.
const MAX_LINE: u64 = 16 << 20;

/// How many lines are believed at a time when a file is read again.
pub const BATCH: usize = 16;

/// A file that is complete, is the one whose digest is known, and holds what an export writes.
#[derive(Debug)]
pub struct Read {
    /// The project.
    pub project: Project,
    /// Whether it holds events.
    pub history: bool,
    /// What it holds.
    pub counts: Counts,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    path: PathBuf,
    /// SHA-256 of all of the file up to the end of each batch.
    batches: Vec<Digest>,
}

/// Reads a file to its end before anything of it is used: every record is checked, and the whole is held against its own
/// counts and against the digest that the export has printed.
///
/// Errors: [`MoveError::Io`]; [`MoveError::File`] with what is wrong.
pub fn read(path: &Path, expected: Digest) -> Result<Read, MoveError> {
    let failed = |error| MoveError::Io(path.display().to_string(), error);
    let checked = check(BufReader::new(File::open(path).map_err(failed)?)).map_err(|bad| match bad {
        Bad::Io(error) => failed(error),
        Bad::File(why) => self::bad(path, &why),
    });
    // A file that is none says so first: its digest would be of little help.
    let Parts { project, history, counts, digest, batches } = checked?;
    if digest != expected {
        let why = "it is not the file that was exported: its SHA-256 is another than that of --digest";
        return Err(MoveError::Differs(format!("{}: {why}", path.display())));
    }
    Ok(Read { project, history, counts, digest, path: path.to_owned(), batches })
}

impl Read {
    /// The records once more, some at a time; each time only what is the same as when the file was checked.
    pub fn batches(
        &self,
    ) -> Result<impl Iterator<Item = Result<Vec<Record>, MoveError>> + use<'_>, MoveError> {
        let failed = |error| MoveError::Io(self.path.display().to_string(), error);
        let mut file = BufReader::new(File::open(&self.path).map_err(failed)?);
        let mut hash = Sha256::new();
        Ok(self.batches.iter().map(move |digest| {
            let mut lines = Vec::new();
            while lines.len() < BATCH
                && let Some(line) = line(&mut file).map_err(failed)?
            {
                hash.update(&line);
                lines.push(line);
            }
            if finished(&hash) != *digest {
                return Err(bad(&self.path, "it was changed while it was read"));
            }
            let parsed: Result<_, _> = lines.iter().map(|line| jeton_core::json::from_slice(line)).collect();
            parsed.map_err(|_| bad(&self.path, NOT_UNDERSTOOD))
        }))
    }
}

/// What a file holds, without its name.
#[derive(Debug)]
pub struct Parts {
    /// The project, which is closed.
    pub project: Project,
    /// Whether events may follow.
    pub history: bool,
    /// What it holds.
    pub counts: Counts,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    batches: Vec<Digest>,
}

/// Why bytes are no relocation file.
#[derive(Debug)]
pub enum Bad {
    /// They cannot be read.
    Io(io::Error),
    /// What is wrong with them, as the end of a sentence.
    File(String),
}

/// Reads a whole file and checks every record of it.
///
/// Errors: what is wrong with it.
pub fn check(mut file: impl BufRead) -> Result<Parts, Bad> {
    let (mut checker, mut counts, mut hash) = (Checker::default(), Counts::default(), Sha256::new());
    let (mut end, mut batches, mut in_batch) = (None, Vec::new(), 0);
    while let Some(line) = line(&mut file).map_err(Bad::Io)? {
        if end.is_some() {
            return Err(Bad::File("there is more behind its end".to_owned()));
        }
        if in_batch == BATCH {
            batches.push(finished(&hash));
            in_batch = 0;
        }
        let record = jeton_core::json::from_slice(&line).map_err(|_| Bad::File(NOT_UNDERSTOOD.to_owned()))?;
        checker.check(&record).map_err(Bad::File)?;
        counts.count(&record);
        if let Record::End(said) = record {
            counts.sha256 = finished(&hash).to_string();
            end = Some(said);
        }
        hash.update(line);
        in_batch += 1;
    }
    batches.push(finished(&hash));
    let (Some((project, history)), Some(end)) = (checker.begun(), end) else {
        let why = "it has no end; run the export again, which writes all of it";
        return Err(Bad::File(why.to_owned()));
    };
    if counts != end {
        return Err(Bad::File("its checksum or its counts do not fit what is in it".to_owned()));
    }
    Ok(Parts { project, history, counts, digest: finished(&hash), batches })
}

const NOT_UNDERSTOOD: &str = "a line in it is not understood";

/// The next line, with the line feed that ends it; none at the end. A line that is too long is cut, so that it is not
/// understood.
fn line(file: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    Ok((read > 0).then_some(line))
}

/// The digest of what was hashed so far.
pub fn finished(hash: &Sha256) -> Digest {
    Digest::from(hash.clone())
}

fn bad(path: &Path, why: &str) -> MoveError {
    MoveError::File(path.display().to_string(), why.to_owned())
}
