//! `jeton verify-history` and `jeton export-history`.

use std::path::PathBuf;

use clap::Args;
use jeton_core::id::ProjectId;
use jeton_service::{
    app::App,
    config::Config,
    history::{self, PublicKey, Report},
};

use crate::{failure::Failure, relocate::open};

const VERIFY_EXAMPLES: &str = "\
Examples:
  jeton verify-history --key $PUBLIC_KEY            every project in the store
  jeton verify-history 5 --key $PUBLIC_KEY
  jeton verify-history --file project-5.ndjson --key $PUBLIC_KEY

Without --key, what JETON_SEAL_KEY signs is believed.";

const EXPORT_EXAMPLES: &str = "\
Example:
  jeton export-history 5 --to project-5.ndjson

Run it again to append what has been sealed since, or after it stopped on the way.";

/// Shows that nothing of the days that are sealed was removed, added or changed, in the store that `JETON_STORE`
/// names or in a file, and says which days are not sealed. Ends with 1 when something is not as it was sealed.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct Verify {
    /// The projects; all without one
    projects: Vec<ProjectId>,
    /// Read this file of `jeton export-history`, and no store
    #[arg(long, value_name = "FILE", conflicts_with = "projects")]
    file: Option<PathBuf>,
    /// Believe what this public key has signed; may be given for each key there was
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<PublicKey>,
}

/// Appends the events of every day that is sealed, with their seals, to a file that can be verified without the
/// store. The project goes on meanwhile.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct Export {
    /// The project
    project: ProjectId,
    /// The file
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Verify {
    /// Does it.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let mut keys = self.keys;
        if keys.is_empty() {
            keys.extend(config.seal_key.as_ref().map(|key| key.public()));
        }
        if keys.is_empty() {
            let what = "say with --key whose seals to believe, or set JETON_SEAL_KEY";
            return Err(Failure::Missing(what.to_owned()));
        }
        let mut wrong = 0;
        if let Some(file) = self.file {
            wrong += tell(&history::verify_file(&file, &keys)?);
        } else {
            let app = open(config).await?;
            for project in chosen(&app, self.projects).await? {
                let now = app.clock.now();
                wrong += tell(&history::verify(app.store.as_ref(), project, &keys, now).await?);
            }
        }
        if wrong == 0 { Ok(()) } else { Err(Failure::NotAsSealed(wrong)) }
    }
}

impl Export {
    /// Does it.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let app = open(config).await?;
        let (store, now) = (app.store.as_ref(), app.clock.now());
        let mut last = None;
        let days = history::export(store, self.project, &self.to, now, |day| last = Some(day)).await?;
        let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        let through = last.map_or_else(String::new, |day| format!(", through {day}"));
        eprintln!("{days} of project {} appended to {}{through}.", self.project, self.to.display());
        Ok(())
    }
}

async fn chosen(app: &App, projects: Vec<ProjectId>) -> Result<Vec<ProjectId>, Failure> {
    if projects.is_empty() {
        Ok(app.store.projects(usize::MAX).await.map_err(jeton_core::Error::from)?)
    } else {
        Ok(projects)
    }
}

/// Says what a report says, and how much is wrong.
fn tell(report: &Report) -> usize {
    let project = report.project;
    match report.judged {
        Some((first, last)) => println!(
            "Project {project}: {first} to {last}, days {}, seals {}: {}.",
            report.days,
            report.seals,
            if report.findings.is_empty() { "all is as it was sealed" } else { "NOT as it was sealed" }
        ),
        None => println!("Project {project}: nothing is sealed."),
    }
    for finding in &report.findings {
        println!("  WRONG       {finding}");
    }
    for (first, last) in &report.unsealed {
        println!("  not sealed  {first} to {last}");
    }
    if let Some((first, last)) = report.late.first().zip(report.late.last()) {
        println!("  sealed late {} of the days from {first} to {last}", report.late.len());
    }
    report.findings.len()
}
