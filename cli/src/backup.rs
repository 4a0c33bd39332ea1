//! `jeton backup`, `jeton restore` and `jeton activate`: copies of the SQLite file.

use std::path::PathBuf;

use clap::Args;
use jeton_core::{Error, id::ProjectId, seal::Digest};
use jeton_service::{
    config::Config,
    relocation::{self, sqlite_file},
};
use jeton_store_sqlite as sqlite;

use crate::{connection::confirm, failure::Failure, output::printable, relocate};

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

/// Opens a closed project, so that its tokens are accepted. After a restore, first look for tokens and copies that were
/// revoked since the backup was made: they are accepted again, too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Activate {
    /// The id of the project
    project: ProjectId,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Backup {
    /// Runs the command.
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let made = sqlite::backup(sqlite_file(config)?, &self.file);
        let digest = made.map_err(|error| Failure::NoBackup(error.to_string()))?;
        let file = self.file.display();
        eprintln!(
            "The backup is {file}. To restore it and check that nobody has changed it: jeton restore {file} --digest {digest}"
        );
        Ok(())
    }
}

impl Restore {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let projects = relocation::restore(config, &self.file, self.digest).await?;
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

impl Activate {
    /// Runs the command.
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
