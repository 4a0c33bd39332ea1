//! `jeton backup`, `jeton restore` and `jeton activate`.

use std::path::PathBuf;

use clap::Args;
use jeton_core::{Error, id::ProjectId, seal::Digest};
use jeton_service::{
    config::Config,
    relocation::{self, sqlite_file},
    store::sqlite,
};

use crate::{connection::confirm, failure::Failure, output::printable, relocate};

const EXAMPLES: &str = "\
Examples:
  jeton backup jeton-2026-12-01.db
  JETON_STORE=sqlite:new.db jeton restore jeton-2026-12-01.db --digest $DIGEST
  JETON_STORE=sqlite:new.db jeton activate 5";

/// Copies the SQLite file that `JETON_STORE` names as it is at this moment, while a server works on it. The copy
/// holds hashes and no secret.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Backup {
    /// Write it to this file, which must not be there yet
    file: PathBuf,
}

/// Puts a backup where `JETON_STORE` names a SQLite file that is not there yet. Its projects are closed then: a
/// backup does not know what was taken back after it was made.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Restore {
    /// A file that `jeton backup` has written
    file: PathBuf,
    /// The digest that `jeton backup` has printed for it; a file with another one is refused
    #[arg(long, value_name = "SHA256")]
    digest: Option<Digest>,
}

/// Accepts the tokens of a project that is closed, as it is after a restore. Look first for what was taken back
/// since the backup was made: those copies are accepted again, too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Activate {
    /// The project
    project: ProjectId,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

impl Backup {
    /// Does it.
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let made = sqlite::backup(sqlite_file(config)?, &self.file);
        let digest = made.map_err(|error| Failure::NoBackup(error.to_string()))?;
        let file = self.file.display();
        eprintln!(
            "The backup is {file}. Nobody has changed it if this takes it: jeton restore {file} --digest {digest}"
        );
        Ok(())
    }
}

impl Restore {
    /// Does it.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let projects = relocation::restore(config, &self.file, self.digest).await?;
        if self.digest.is_none() {
            eprintln!(
                "Whether anybody has changed the file since it was made, only its digest shows: --digest"
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

impl Activate {
    /// Does it.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let (app, id) = (relocate::open(config).await?, self.project);
        let project = app.store.project(id).await.map_err(Error::from)?.ok_or(Error::NotFound("project"))?;
        if project.closed.is_none() {
            eprintln!("Project {id} is open.");
            return Ok(());
        }
        let question = format!(
            "Accept the tokens of project {id} \"{}\" here? They must be accepted nowhere else, and copies that \
             were taken back after a backup was made are accepted again.",
            printable(&project.name)
        );
        confirm(&question, self.yes)?;
        let mut opened = 0;
        relocation::open(&app, id, |done| opened = done).await?;
        eprintln!("Project {id} is open; {opened} tokens are accepted.");
        Ok(())
    }
}
