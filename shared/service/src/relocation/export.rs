//! Export of a project to a file.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use jeton_core::{
    Error,
    event::{Event, EventPage, EventRange, Feed, Order, first_uuid_at},
    id::{ProjectId, TokenId},
    project::Project,
    seal::Digest,
    share::State,
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};

use super::{
    MoveError, PAGE,
    file::finished,
    record::{Counts, Record, VERSION},
    tokens,
};
use jeton_private_file as private_file;

use crate::app::App;

/// The bytes that must be writable before the project is closed, and the size of a write.
const ROOM: usize = 65_536;

/// A finished file.
#[derive(Debug)]
pub struct Exported {
    /// The numbers of records.
    pub counts: Counts,
    /// SHA-256 of the whole file, which an import requires.
    pub digest: Digest,
}

/// Writes a closed project to a file, and reports the progress.
///
/// The file is written under a temporary name and renamed when it is complete. A leftover of an interrupted export is not
/// continued but overwritten. The result is the same, because a closed project does not change.
///
/// Errors: the file exists, or cannot be written.
pub async fn export(
    app: &App,
    project: &Project,
    history: bool,
    target: Target,
    mut progress: impl FnMut(u64),
) -> Result<Exported, MoveError> {
    let begin = Record::Begin { version: VERSION, project: Box::new(project.clone()), history };
    let mut writer = Writer::new(target);
    writer.write(&begin)?;
    for member in app.store.found_members(project.id).await.map_err(Error::from)? {
        let member = member.map_err(|bad| {
            let (id, project) = (bad.id, bad.project);
            MoveError::Differs(format!(
                "member {id} of project {project} cannot be read: open the project, remove them, and export again"
            ))
        })?;
        writer.write(&Record::Member(Box::new(member)))?;
    }
    let mut open = Vec::new();
    let mut ids = BTreeSet::new();
    tokens(app, project.id, None, async |token| {
        ids.insert(token.id);
        open.extend(token.shares.iter().map(|share| share.id.clone()));
        let last_used = token.last_used;
        writer.write(&Record::Token { token: Box::new(token), last_used })?;
        progress(writer.counts.all());
        Ok(())
    })
    .await?;
    for id in open {
        // An unreadable one gives no access, in either store.
        let share = app.store.found_share(&id).await.map_err(Error::from)?.and_then(Result::ok);
        if let Some(share) = share.filter(|share| share.state == State::Open) {
            let attempts = share.attempts;
            writer.write(&Record::Share { share: Box::new(share), attempts })?;
        }
    }
    if history {
        events(app, project.id, &ids, &mut writer, &mut progress).await?;
    }
    progress(writer.counts.all());
    writer.finish()
}

/// Writes every event once: with the first token of its feeds, or with the project. Questions of deleted tokens are not
/// exported.
async fn events(
    app: &App,
    project: ProjectId,
    ids: &BTreeSet<TokenId>,
    writer: &mut Writer,
    progress: &mut impl FnMut(u64),
) -> Result<(), MoveError> {
    let feeds = ids.iter().map(|id| Feed::Token(project, *id)).chain([Feed::Project(project)]);
    for feed in feeds {
        // An event expires at the exact millisecond.
        let kept = app.clock.now().retention_start();
        let mut after = Some(first_uuid_at(Timestamp::from_millis(kept.millis() + 1)));
        loop {
            let range = EventRange { after, ..EventRange::all(Order::Ascending, PAGE) };
            let page =
                app.store.events(&feed, range).await.and_then(EventPage::whole).map_err(Error::from)?;
            after = page.events.last().map(|event| event.uuid).or(after);
            let end = !page.more;
            for event in page.events.into_iter().filter(|event| home(project, event, ids) == feed) {
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

/// The feed under which an event is written.
pub fn home(project: ProjectId, event: &Event, ids: &BTreeSet<TokenId>) -> Feed {
    let own = event.by.token.iter().chain(&event.about).find(|token| ids.contains(token));
    own.map_or(Feed::Project(project), |token| Feed::Token(project, *token))
}

/// A temporary file for an export, which was checked to be writable. Removed on drop unless the export is complete.
#[derive(Debug)]
pub struct Target {
    file: File,
    unfinished: PathBuf,
    path: PathBuf,
    /// Whether the file was renamed.
    is_finished: bool,
}

impl Target {
    /// Creates the temporary file, and checks that the size of a small project can be written. Removes a leftover of an earlier
    /// attempt.
    ///
    /// Errors: the file exists, or cannot be written.
    pub fn prepare(path: &Path) -> Result<Self, MoveError> {
        if path.symlink_metadata().is_ok() {
            let taken = io::Error::new(io::ErrorKind::AlreadyExists, "the file exists already");
            return Err(MoveError::Io(path.display().to_string(), taken));
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".unfinished");
        let unfinished = PathBuf::from(name);
        let failed = |error| MoveError::Io(unfinished.display().to_string(), error);
        let file = private_file::remove(&unfinished)
            .and_then(|()| private_file::create(&unfinished))
            .map_err(failed)?;
        let mut target =
            Self { file, unfinished: unfinished.clone(), path: path.to_owned(), is_finished: false };
        target.try_out().map_err(failed)?;
        Ok(target)
    }

    fn try_out(&mut self) -> io::Result<()> {
        self.file.write_all(&vec![b' '; ROOM])?;
        self.file.sync_all()?;
        self.file.rewind()?;
        self.file.set_len(0)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.is_finished {
            drop(fs::remove_file(&self.unfinished));
        }
    }
}

/// A writer of an export, with the counts so far.
struct Writer {
    target: Target,
    buffer: Vec<u8>,
    counts: Counts,
    hash: Sha256,
}

impl Writer {
    fn new(target: Target) -> Self {
        Self { target, buffer: Vec::with_capacity(ROOM), counts: Counts::default(), hash: Sha256::new() }
    }

    fn write(&mut self, record: &Record) -> Result<(), MoveError> {
        let mut line = serde_json::to_vec(record).map_err(|error| Error::Internal(error.to_string()))?;
        line.push(b'\n');
        self.counts.count(record);
        self.hash.update(&line);
        self.buffer.append(&mut line);
        if self.buffer.len() < ROOM { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), MoveError> {
        let written = self.target.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|error| MoveError::Io(self.target.unfinished.display().to_string(), error))
    }

    /// Writes the last line, syncs the file, and renames it.
    fn finish(mut self) -> Result<Exported, MoveError> {
        self.counts.sha256 = finished(&self.hash).to_string();
        let counts = self.counts.clone();
        self.write(&Record::End(counts.clone()))?;
        self.flush()?;
        let Target { file, unfinished, path, is_finished } = &mut self.target;
        let named = file.sync_all().and_then(|()| private_file::publish(unfinished, path));
        named.map_err(|error| MoveError::Io(path.display().to_string(), error))?;
        *is_finished = true;
        Ok(Exported { counts, digest: finished(&self.hash) })
    }
}
