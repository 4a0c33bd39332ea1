//! `jeton backup` and `jeton restore`: copies of the SQLite file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use clap::Args;
use jeton_core::seal::Digest;
use jeton_service::{
    config::Config,
    relocation::{self, RestoreProgress, sqlite_file},
};
use jeton_store_sqlite as sqlite;

use crate::{
    failure::Failure,
    output::{bytes_bar, printable, spinner},
};

const EXAMPLES: &str = "\
Examples:
  jeton backup jeton-2026-12-01.db
  JETON_STORE=sqlite:new.db jeton restore jeton-2026-12-01.db --digest $DIGEST
  JETON_STORE=sqlite:new.db jeton activate 5";

/// Copies the SQLite file of `JETON_STORE` as it is at this moment. A server may be running on it. The copy holds
/// hashes and no secret.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Backup {
    /// The file to write, which must not exist yet
    file: PathBuf,
}

/// Copies a backup to the SQLite file of `JETON_STORE`, which must not exist yet, and closes its projects: tokens that
/// were revoked after the backup are valid in it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Restore {
    /// A file written by `jeton backup`
    file: PathBuf,
    /// The digest that `jeton backup` printed for it; a file with another digest is refused
    #[arg(long, value_name = "SHA256")]
    digest: Option<Digest>,
}

impl Backup {
    /// Runs the command.
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let from = sqlite_file(config)?;
        let made = growing(&self.file, size(from), || sqlite::backup(from, &self.file));
        let digest = made.map_err(|error| Failure::NoBackup(error.to_string()))?;
        let file = self.file.display();
        eprintln!(
            "The backup is {file}. To restore it and check that nobody has changed it: jeton restore {file} --digest {digest}"
        );
        Ok(())
    }
}

/// Shows how a file grows to this size while it is written. A copy is smaller than its original where that has free pages.
fn growing<T>(file: &Path, all: u64, write: impl FnOnce() -> T) -> T {
    let (bar, (done, is_done)) = (&bytes_bar("copied", all), mpsc::channel::<()>());
    bar.tick();
    thread::scope(|scope| {
        scope.spawn(move || {
            while is_done.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(size(file).min(all));
            }
            bar.finish_and_clear();
        });
        let written = write();
        drop(done);
        written
    })
}

/// How often the size of a growing file is read.
const INTERVAL: Duration = Duration::from_millis(100);

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

impl Restore {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let (copied, closed) = (bytes_bar("copied", size(&self.file)), spinner("tokens closed"));
        let progress = |progress| match progress {
            RestoreProgress::Copied(bytes) => copied.set_position(bytes),
            RestoreProgress::Closed(tokens) => {
                copied.finish_and_clear();
                closed.set_position(tokens);
            }
        };
        let projects = relocation::restore(config, &self.file, self.digest, progress).await?;
        copied.finish_and_clear();
        closed.finish_and_clear();
        if self.digest.is_none() {
            eprintln!(
                "The digest of the file was not checked, so it may have been changed; pass --digest to check it"
            );
        }
        eprintln!("{} is restored. All of its projects are closed:", self.file.display());
        for project in projects {
            let name = printable(&project.name);
            eprintln!("  jeton activate {:<9} accepts the tokens of \"{name}\" again", project.id);
        }
        Ok(())
    }
}
