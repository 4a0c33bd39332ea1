//! Writing sealed history to a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
};

use jeton_core::{
    Error,
    id::ProjectId,
    seal::{self, Sealed, SignedHead, canonical},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    HistoryError,
    file::{Line, SealLine},
    tallies::{days, each_event},
};

/// How many heads are read at a time.
const HEADS: usize = 31;

/// Appends to a file every day of a project that is sealed and that it does not have: the events, each once
/// and in the very bytes that its digest is made of, the seals, and the head. Tells after each day which.
///
/// An export that stops on the way is gone on with after the last whole day, and the file is the same in the end.
/// Errors: the store does not answer; the file cannot be written, is of another project, or ends with a day
/// that what is in the store does not follow.
pub async fn export(
    store: &dyn Store,
    project: ProjectId,
    path: &Path,
    now: Timestamp,
    mut progress: impl FnMut(Day),
) -> Result<u64, HistoryError> {
    store.project(project).await?.ok_or(Error::NotFound("project"))?;
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let refused = |why: &str| HistoryError::File(path.display().to_string(), why.to_owned());
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    let (end, mut before) = last_head(&file).map_err(failed)?;
    if end == 0 && file.metadata().map_err(failed)?.len() > 0 && !begins_like_one(&file).map_err(failed)? {
        return Err(refused("this is no file of history"));
    }
    if before.as_ref().is_some_and(|before| before.head.project != project) {
        return Err(refused("this is the history of another project"));
    }
    file.set_len(end).and_then(|()| file.seek(io::SeekFrom::End(0))).map_err(failed)?;
    let mut file = BufWriter::new(file);
    let mut written = 0;
    loop {
        let from = before.as_ref().map_or_else(|| seal::first_day(now), |before| before.head.day.next());
        let heads = store.heads(project, from, HEADS).await?;
        let is_last = heads.len() < HEADS;
        for signed in heads {
            if let Some(before) = &before
                && signed.head.previous != Some(before.head.digest())
            {
                return Err(refused(
                    "what is sealed in the store does not follow the end of this file; write to another one",
                ));
            }
            day(store, &signed, &mut file, path).await?;
            file.flush().and_then(|()| file.get_ref().sync_data()).map_err(failed)?;
            progress(signed.head.day);
            written += 1;
            before = Some(signed);
        }
        if is_last {
            return Ok(written);
        }
    }
}

async fn day(
    store: &dyn Store,
    signed: &SignedHead,
    file: &mut impl io::Write,
    path: &Path,
) -> Result<(), HistoryError> {
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let (project, day) = (signed.head.project, signed.head.day);
    let seals = store.seals(project, day).await?;
    for seal in &seals {
        let of = seal.of;
        each_event(store, &of.feed(project), days(day, day), |event| {
            // Once, with the first of those whose seals it is under.
            if Sealed::of_event(&event).next() == Some(of) {
                let text = canonical(&event).map_err(|error| Unavailable(error.to_string()))?;
                writeln!(file, "{text}").map_err(failed)?;
            }
            Ok::<_, HistoryError>(())
        })
        .await?;
    }
    for seal in seals {
        write(file, &SealLine::Seal(seal)).map_err(failed)?;
    }
    write(file, &SealLine::Head(signed.clone())).map_err(failed)
}

fn write(file: &mut impl io::Write, line: &SealLine) -> io::Result<()> {
    let text = serde_json::to_string(line)?;
    writeln!(file, "{text}")
}

/// The last head of a file and where its line ends.
fn last_head(file: &File) -> io::Result<(u64, Option<SignedHead>)> {
    let mut reader = BufReader::new(file);
    let (mut line, mut at, mut last) = (Vec::new(), 0, (0, None));
    loop {
        line.clear();
        at += reader.read_until(b'\n', &mut line)? as u64;
        if !line.ends_with(b"\n") {
            return Ok(last);
        }
        if let Ok(Line::Head(head)) = Line::read(&line) {
            last = (at, Some(head));
        }
    }
}

/// Whether a file whose first day is not whole begins like one of history, so that it may begin anew: with a line of
/// one, or with JSON that was cut off within its first line. What is whole and something else is somebody's.
fn begins_like_one(mut file: &File) -> io::Result<bool> {
    file.seek(io::SeekFrom::Start(0))?;
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    let is_cut_off = || {
        let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&line);
        !line.ends_with(b"\n") && line.starts_with(b"{") && whole.is_err_and(|error| error.is_eof())
    };
    Ok(Line::read(&line).is_ok() || is_cut_off())
}
