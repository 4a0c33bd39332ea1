//! Writing sealed history to a file.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write as _},
    path::Path,
};

use jeton_core::{
    Error,
    id::ProjectId,
    seal::{self, Digest, Sealed, SignedHead, canonical},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    Expected, Finding, HistoryError,
    file::{BadLines, Line, OpenDay, Part, SealLine, each_day},
    judge::Judge,
    tallies::{days, each_event},
};
use jeton_private_file as private_file;

/// How many heads are read at a time.
const HEADS: usize = 31;

/// Appends to a file every day of a project that is sealed and that it does not have: the events, each once
/// and in the very bytes that its digest is made of, the seals, and the head. Tells after each day which.
///
/// An export that stops on the way is gone on with after the last whole day, and the file is the same in the end. What is in
/// the file already is held against its own seals, and these against the store. A day that is not as it was sealed is not
/// appended, nor is any after it.
///
/// Errors: the store does not answer, has no sealed day, or one that is not as it was sealed; the file cannot be written, is a
/// link or another user's, is of another project, or is not the beginning of what is in the store.
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
    let (mut file, mut end, mut before, is_new) = match private_file::open(path) {
        Ok(file) => {
            let (end, last) = last_head(&file).map_err(failed)?;
            if end == 0
                && file.metadata().map_err(failed)?.len() > 0
                && !begins_like_one(&file).map_err(failed)?
            {
                return Err(refused("this is no file of history"));
            }
            if end > 0 {
                goes_on_with_history(&file, end).map_err(failed)?.map_or(Ok(()), |why| Err(refused(&why)))?;
            }
            same_as(store, project, &file, end, now).await?.map_or(Ok(()), |why| Err(refused(&why)))?;
            (file, end, last, false)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if store.heads(project, seal::first_day(now), 1).await?.is_empty() {
                return Err(HistoryError::NothingSealed(project));
            }
            (private_file::create(path).map_err(failed)?, 0, None, true)
        }
        Err(error) => return Err(failed(error)),
    };
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
            if let Err(error) = day(store, &signed, now, &mut file, path).await {
                // What is there of the day goes, and what is still in memory is not written.
                let (file, _) = file.into_parts();
                file.set_len(end).map_err(failed)?;
                if is_new && written == 0 {
                    fs::remove_file(path).map_err(failed)?;
                }
                return Err(error);
            }
            file.flush().and_then(|()| file.get_ref().sync_data()).map_err(failed)?;
            end = file.stream_position().map_err(failed)?;
            progress(signed.head.day);
            written += 1;
            before = Some(signed);
        }
        if is_last {
            return Ok(written);
        }
    }
}

/// Writes a day, and holds what it wrote against the seals, as whoever reads the file will.
async fn day(
    store: &dyn Store,
    signed: &SignedHead,
    now: Timestamp,
    file: &mut impl io::Write,
    path: &Path,
) -> Result<(), HistoryError> {
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let (project, day) = (signed.head.project, signed.head.day);
    let (seals, mut open, mut in_place) = (store.seals(project, day).await?, OpenDay::default(), true);
    for seal in &seals {
        let of = seal.of;
        each_event(store, &of.feed(project), days(day, day), |event| {
            // Once, with the first of those whose seals it is under.
            if Sealed::of_event(&event).next() == Some(of) {
                let text = canonical(&event).map_err(|error| Unavailable(error.to_string()))?;
                in_place &= open.add(&event, Digest::of(text.as_bytes()));
                writeln!(file, "{text}").map_err(failed)?;
            }
            Ok::<_, HistoryError>(())
        })
        .await?;
    }
    let expected = Expected::default();
    let mut judge = Judge::of_file(project, &expected, now);
    judge.day(signed, &seals, &mut open.tallies(), &BTreeSet::new());
    let wrong = match judge.report(None, None).findings.iter().find(|finding| is_of_content(finding)) {
        Some(finding) => Some(finding.to_string()),
        None => (!in_place).then(|| format!("{day}: an event is not under its own uuid")),
    };
    if let Some(wrong) = wrong {
        let why = format!(
            "the store is not as it was sealed ({wrong}); nothing of {day} is appended; `jeton verify-history {project}` says more"
        );
        return Err(HistoryError::File(path.display().to_string(), why));
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

/// Why the whole days that a file begins with are not those of the store; none when they are.
async fn same_as(
    store: &dyn Store,
    project: ProjectId,
    mut file: &File,
    end: u64,
    now: Timestamp,
) -> Result<Option<String>, HistoryError> {
    let (expected, mut heads) = (Expected::default(), Vec::new());
    let mut judge = Judge::of_file(project, &expected, now);
    let rewound = file.seek(io::SeekFrom::Start(0)).map_err(BadLines::Io);
    let read = rewound.and_then(|_| {
        each_day(BufReader::new(file.take(end)), |part| match part {
            Part::Day(head, seals, mut tallies) => {
                judge.day(&head, &seals, &mut tallies, &BTreeSet::new());
                heads.push(head);
                Ok(())
            }
            Part::Unreadable(number, _, why) => Err(format!("line {number}: {why}")),
        })
    });
    match read {
        Ok(_) => {}
        Err(BadLines::Not(why)) => return Ok(Some(why)),
        Err(BadLines::Io(error)) => return Err(HistoryError::Io("the file".to_owned(), error)),
    }
    let Some(first) = heads.first() else { return Ok(None) };
    if heads.iter().any(|head| head.head.project != project) {
        return Ok(Some("this is the history of another project".to_owned()));
    }
    let kept = store.heads(project, seal::first_day(now), usize::MAX).await?;
    if let Some(finding) = judge.report(None, None).findings.iter().find(|finding| is_of_content(finding)) {
        return Ok(Some(format!("it is not as it was sealed ({finding})")));
    }
    // An export begins with the first day that is sealed and kept, and what was kept then may be past keeping now.
    if let Some(first_kept) = kept.first()
        && first_kept.head.day < first.head.day
    {
        return Ok(Some(format!(
            "its beginning is gone: it begins with {}, and the store has what was sealed from {} on; write to another one",
            first.head.day, first_kept.head.day
        )));
    }
    let since = kept.first().map_or_else(|| seal::first_day(now), |kept| kept.head.day);
    let ends = kept.iter().zip(heads.iter().skip_while(|head| head.head.day < since));
    let differs = ends.clone().find(|(kept, head)| kept != head).map(|(_, head)| head.head.day);
    let beyond = heads.iter().filter(|head| head.head.day >= since).nth(ends.count());
    Ok(differs.or(beyond.map(|head| head.head.day)).map(|day| {
        format!("what is sealed in the store is not what this file has of {day}; write to another one")
    }))
}

/// Whether something is wrong with what is in a file. Who signed the heads, and when, is for the store to say.
const fn is_of_content(finding: &Finding) -> bool {
    use Finding::{Chain, Events, Foreign, Missing, Newer, Seals};
    matches!(finding, Events { .. } | Seals(_) | Chain(_) | Missing(..) | Newer(_) | Foreign(..))
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
        if let Ok(Line::Head(head)) = Line::read(line.strip_suffix(b"\n").unwrap_or(&line)) {
            last = (at, Some(head));
        }
    }
}

/// Why what follows the whole days of a file is not a day that an export was writing; none when it is. Only that is written anew.
fn goes_on_with_history(mut file: &File, end: u64) -> io::Result<Option<String>> {
    file.seek(io::SeekFrom::Start(end))?;
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let is_whole = line.ends_with(b"\n");
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let is_of_history = match Line::read(text) {
            Ok(_) => true,
            // A line that was being written.
            Err(_) => !is_whole && b"{\"".starts_with(&text[..text.len().min(2)]),
        };
        if !is_of_history {
            return Ok(Some("after its whole days it has something that is no history".to_owned()));
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
    Ok(Line::read(line.strip_suffix(b"\n").unwrap_or(&line)).is_ok() || is_cut_off())
}
