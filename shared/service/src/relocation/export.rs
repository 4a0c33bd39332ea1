//! Writing a project to a file.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use jeton_core::{
    Error,
    event::{Event, EventRange, Feed, Order, PAGE_BYTES, first_uuid_at},
    id::{MemberId, ProjectId, TokenId},
    project::Project,
    share::State,
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};

use super::{
    MoveError, PAGE,
    file::{Counts, Record, VERSION},
    tokens,
};
use crate::app::App;

/// Writes a project that is closed to a file, and tells how much is written as it goes.
///
/// The file is written under another name and has its own only once it is complete. What an earlier export
/// of the same project has written of it stays, since nothing of a closed project changes; it goes on there.
pub async fn export(
    app: &App,
    project: &Project,
    history: bool,
    path: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Counts, MoveError> {
    let begin = Record::Begin { version: VERSION, project: Box::new(project.clone()), history };
    let mut writer = Writer::open(path, &begin)?;
    progress(writer.counts.all());
    for member in app.store.members(project.id).await.map_err(Error::from)? {
        if writer.last.member.is_none_or(|last| last < member.id) {
            writer.write(&Record::Member(Box::new(member)))?;
        }
    }
    let after = writer.last.token;
    tokens(app, project.id, after, async |token| {
        let last_used = token.last_used;
        writer.write(&Record::Token { token: Box::new(token), last_used })?;
        progress(writer.counts.all());
        Ok(())
    })
    .await?;
    let ids = shares(app, project.id, &mut writer).await?;
    if history {
        events(app, project.id, &ids, &mut writer, &mut progress).await?;
    }
    progress(writer.counts.all());
    writer.finish()
}

/// Writes the open shares, and gives the ids of all tokens.
async fn shares(app: &App, project: ProjectId, writer: &mut Writer) -> Result<BTreeSet<TokenId>, MoveError> {
    let mut ids = BTreeSet::new();
    let skip = writer.last.event.is_some();
    let mut to_skip = writer.counts.shares;
    tokens(app, project, None, async |token| {
        ids.insert(token.id);
        for open in token.shares.iter().filter(|_| !skip) {
            let share = app.store.share(&open.id).await.map_err(Error::from)?;
            if let Some(share) = share.filter(|share| share.state == State::Open) {
                if to_skip > 0 {
                    to_skip -= 1;
                    continue;
                }
                let attempts = share.attempts;
                writer.write(&Record::Share { share: Box::new(share), attempts })?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(ids)
}

/// Writes every event once: with the first of its feeds that is one of these tokens', else with the
/// project. What only a token that is deleted by now had of its own, its questions, is in none of these.
async fn events(
    app: &App,
    project: ProjectId,
    ids: &BTreeSet<TokenId>,
    writer: &mut Writer,
    progress: &mut impl FnMut(u64),
) -> Result<(), MoveError> {
    let feeds = ids.iter().map(|id| Feed::Token(project, *id)).chain([Feed::Project(project)]);
    let last = writer.last.event.take();
    let last_home = last.as_ref().map(|event| home(event, ids));
    let mut reached = last_home.is_none();
    for feed in feeds {
        // An event is gone at the very millisecond its six months are over.
        let kept = app.clock.now().retention_start();
        let mut after = Some(first_uuid_at(Timestamp::from_millis(kept.millis() + 1)));
        if !reached {
            if last_home.as_ref() != Some(&feed) {
                continue;
            }
            reached = true;
            after = last.as_ref().map(|event| event.uuid);
        }
        loop {
            let range =
                EventRange { after, before: None, order: Order::Ascending, limit: PAGE, bytes: PAGE_BYTES };
            let page = app.store.events(&feed, range).await.map_err(Error::from)?;
            after = page.events.last().map(|event| event.uuid).or(after);
            let end = !page.more;
            for event in page.events.into_iter().filter(|event| home(event, ids) == feed) {
                writer.write(&Record::Event(Box::new(event)))?;
            }
            progress(writer.counts.all());
            if end {
                break;
            }
        }
    }
    Ok(())
}

/// The feed with which an event is written.
pub fn home(event: &Event, ids: &BTreeSet<TokenId>) -> Feed {
    let own = event.by.token.iter().chain(&event.about).find(|token| ids.contains(token));
    own.map_or(Feed::Project(event.project), |token| Feed::Token(event.project, *token))
}

/// What an unfinished file ends with.
#[derive(Default)]
struct Last {
    member: Option<MemberId>,
    token: Option<TokenId>,
    event: Option<Box<Event>>,
}

/// A file that is being written, with what has been counted so far.
struct Writer {
    file: BufWriter<File>,
    counts: Counts,
    hash: Sha256,
    last: Last,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Writer {
    /// Begins a file, or goes on with one that begins with the same line.
    fn open(path: &Path, begin: &Record) -> Result<Self, MoveError> {
        if path.exists() {
            let taken = io::Error::new(io::ErrorKind::AlreadyExists, "there is such a file already");
            return Err(MoveError::Io(path.display().to_string(), taken));
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".unfinished");
        let unfinished = PathBuf::from(name);
        let failed = |error| MoveError::Io(unfinished.display().to_string(), error);
        let first = line(begin)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished).map_err(failed)?;
        let (mut counts, mut hash, mut last) = (Counts::default(), Sha256::new(), Last::default());
        let end = whole(&file, &first, &mut counts, &mut hash, &mut last).map_err(failed)?;
        // What comes after the last whole line was being written when it stopped.
        file.set_len(end).and_then(|()| file.seek(io::SeekFrom::End(0))).map_err(failed)?;
        let mut writer =
            Self { file: BufWriter::new(file), counts, hash, last, unfinished, path: path.to_owned() };
        if end == 0 {
            writer.write(begin)?;
        }
        Ok(writer)
    }

    fn write(&mut self, record: &Record) -> Result<(), MoveError> {
        let line = line(record)?;
        self.counts.count(record);
        self.hash.update(&line);
        let written = self.file.write_all(&line);
        written.map_err(|error| MoveError::Io(self.unfinished.display().to_string(), error))
    }

    /// Writes the last line, sees it on the disk, and gives the file its name.
    fn finish(mut self) -> Result<Counts, MoveError> {
        self.counts.sha256 = hex::encode(self.hash.clone().finalize());
        let end = line(&Record::End(self.counts.clone()))?;
        let finished = self.file.write_all(&end).and_then(|()| self.file.flush());
        let finished = finished.and_then(|()| self.file.get_ref().sync_all());
        let finished = finished.and_then(|()| fs::rename(&self.unfinished, &self.path));
        finished.map_err(|error| MoveError::Io(self.path.display().to_string(), error))?;
        Ok(self.counts)
    }
}

/// Reads what is there of a file as far as its lines are whole, and tells where they end. Nothing of it
/// counts when it begins with another line.
fn whole(
    file: &File,
    first: &[u8],
    counts: &mut Counts,
    hash: &mut Sha256,
    last: &mut Last,
) -> io::Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut line, mut end) = (Vec::new(), 0);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") || (end == 0 && line != first) {
            return Ok(end);
        }
        let Ok(record) = serde_json::from_slice::<Record>(&line) else { return Ok(end) };
        counts.count(&record);
        match record {
            Record::Member(member) => last.member = Some(member.id),
            Record::Token { token, .. } => last.token = Some(token.id),
            Record::Event(event) => last.event = Some(event),
            Record::Begin { .. } | Record::Share { .. } => {}
            Record::End(_) => return Ok(end),
        }
        hash.update(&line);
        end += read as u64;
    }
}

fn line(record: &Record) -> Result<Vec<u8>, MoveError> {
    let mut line = serde_json::to_vec(record).map_err(|error| Error::Unavailable(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}
