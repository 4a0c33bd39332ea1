//! Export of sealed history to a file.

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

/// Heads per read.
const HEADS: usize = 31;

/// Appends the sealed days of a project that a file does not have yet: the events in canonical form, each once, the seals, and
/// the head. Reports each day.
///
/// An interrupted export continues after the last complete day. The existing days of the file are verified against their seals,
/// and the seals against the store. A day that differs from its seals is not appended, nor any later day.
///
/// Errors: the store is not available, has no sealed day, or a day that differs from its seals; the file cannot be written, is
/// a link, belongs to another user or project, or does not match the store.
pub async fn export(
    store: &dyn Store,
    project: ProjectId,
    path: &Path,
    now: Timestamp,
    mut progress: impl FnMut(Day),
) -> Result<u64, HistoryError> {
    store.project(project).await?.ok_or(Error::NotFound("project"))?;
    let failed = |error| HistoryError::Io(path.display().to_string(), error);
    let rejected = |why: &str| HistoryError::File(path.display().to_string(), why.to_owned());
    let (mut file, mut end, mut before, is_new) = match private_file::open(path) {
        Ok(file) => {
            let (end, last) = last_head(&file).map_err(failed)?;
            if end == 0
                && file.metadata().map_err(failed)?.len() > 0
                && !begins_like_one(&file).map_err(failed)?
            {
                return Err(rejected("this is not a file of `jeton export-history`"));
            }
            if end > 0 {
                goes_on_with_history(&file, end)
                    .map_err(failed)?
                    .map_or(Ok(()), |why| Err(rejected(&why)))?;
            }
            same_as(store, project, &file, end, now).await?.map_or(Ok(()), |why| Err(rejected(&why)))?;
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
                return Err(rejected(
                    "the sealed days of the store do not continue this file; write to another file",
                ));
            }
            if let Err(error) = day(store, &signed, now, &mut file, path).await {
                // Removes the incomplete day.
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

/// Writes a day, and verifies the written lines against the seals.
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
            // Each event is written once, with the first of its sealed feeds.
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

/// Why the complete days of a file do not match the store; `None` if they do.
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
    // An export starts with the first retained day. That day may have left the retention period since.
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
    Ok(differs
        .or(beyond.map(|head| head.head.day))
        .map(|day| format!("this file differs from the store on {day}; write to another file")))
}

/// Verifies the contents of a file. The signatures are compared with the store.
const fn is_of_content(finding: &Finding) -> bool {
    use Finding::{Chain, Events, Foreign, Missing, Newer, Seals};
    matches!(finding, Events { .. } | Seals(_) | Chain(_) | Missing(..) | Newer(_) | Foreign(..))
}

/// The last head of a file, and the end of its line.
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

/// Why the rest of a file is not an interrupted export of a day; `None` if it is. Only such a rest is overwritten.
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
            // An incomplete line.
            Err(_) => !is_whole && b"{\"".starts_with(&text[..text.len().min(2)]),
        };
        if !is_of_history {
            return Ok(Some("it has other content after its complete days".to_owned()));
        }
    }
}

/// Whether a file without a complete day starts like an export, so that it may be overwritten: with a valid line, or with JSON
/// that is cut off in its first line. Any other file is kept.
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
