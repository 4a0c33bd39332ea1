//! The file format of an export: a JSON line per record, in a fixed order, and a last line with the counts.
//!
//! It contains hashes and no secret. Only its owner can read it, because it shows who has which rights.

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

/// The maximum length of a line, in bytes: more than any record has.
const MAX_LINE: u64 = 16 << 20;

/// Lines per batch when a checked file is read again.
pub const BATCH: usize = 16;

/// A checked file: complete, valid, and with the expected digest.
#[derive(Debug)]
pub struct Read {
    /// The project.
    pub project: Project,
    /// Whether it has events.
    pub history: bool,
    /// The numbers of records.
    pub counts: Counts,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    path: PathBuf,
    /// SHA-256 of the file up to the end of each batch.
    batches: Vec<Digest>,
}

/// Reads and checks a whole file before any of it is used: every record, the counts, and the digest that the export printed.
///
/// Errors: [`MoveError::Io`]; [`MoveError::File`] with what is wrong.
pub fn read(path: &Path, expected: Digest) -> Result<Read, MoveError> {
    let failed = |error| MoveError::Io(path.display().to_string(), error);
    let checked = check(BufReader::new(File::open(path).map_err(failed)?)).map_err(|bad| match bad {
        Bad::Io(error) => failed(error),
        Bad::File(why) => self::bad(path, &why),
    });
    // A file that is not an export gets that error first, because its digest would not help.
    let Parts { project, history, counts, digest, batches } = checked?;
    if digest != expected {
        let why = "it is not the file that was exported: its SHA-256 differs from --digest";
        return Err(MoveError::Differs(format!("{}: {why}", path.display())));
    }
    Ok(Read { project, history, counts, digest, path: path.to_owned(), batches })
}

impl Read {
    /// Reads the records again in batches. Fails if the file has changed since it was checked.
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

/// The contents of a checked file.
#[derive(Debug)]
pub struct Parts {
    /// The closed project.
    pub project: Project,
    /// Whether it has events.
    pub history: bool,
    /// The numbers of records.
    pub counts: Counts,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    batches: Vec<Digest>,
}

/// Why bytes are not a valid export.
#[derive(Debug)]
pub enum Bad {
    /// They cannot be read.
    Io(io::Error),
    /// What is wrong, as the end of a sentence that starts with the file.
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
            return Err(Bad::File("it continues after its end".to_owned()));
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
        let why = "it is incomplete; run the export again";
        return Err(Bad::File(why.to_owned()));
    };
    if counts != end {
        return Err(Bad::File("its checksum or its counts do not match its content".to_owned()));
    }
    Ok(Parts { project, history, counts, digest: finished(&hash), batches })
}

const NOT_UNDERSTOOD: &str = "it has an invalid line";

/// The next line with its line feed; `None` at the end. A line that is too long is cut, and then does not parse.
fn line(file: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    Ok((read > 0).then_some(line))
}

/// The digest so far.
pub fn finished(hash: &Sha256) -> Digest {
    Digest::from(hash.clone())
}

fn bad(path: &Path, why: &str) -> MoveError {
    MoveError::File(path.display().to_string(), why.to_owned())
}
