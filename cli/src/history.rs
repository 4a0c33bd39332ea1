//! `jeton verify-history` and `jeton export-history`.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;
use jeton_core::{id::ProjectId, time::Day};
use jeton_service::{
    app::App,
    clock::Clock,
    config::Config,
    history::{self, Anchors, Expected, HistoryError, PublicKey, Report},
};

use crate::{failure::Failure, output::printable, relocate::open};

const VERIFY_EXAMPLES: &str = "\
Examples:
  jeton verify-history --key $PUBLIC_KEY            every project in the store
  jeton verify-history 5 --key $PUBLIC_KEY
  jeton verify-history --file project-5.ndjson --key $PUBLIC_KEY

Without --key, what JETON_SEAL_KEY signs is believed.

It ends with 0 only when every day from the first to the last is there, was sealed within an hour of its end, and is as it was
sealed. Days that are past the six months that are kept need not be there. What is known and explained can be said:
  jeton verify-history --key $PUBLIC_KEY --accept-late 2026-11-26     the server did not run that night
  jeton verify-history --file old.ndjson --key $PUBLIC_KEY --from 2025-06-01 --until 2025-12-31

Whoever has the store and gets Jeton to run can have a changed day sealed again. Only the digests that left the store when
the days were sealed show that: Jeton logs them, and hands them to JETON_SEAL_ANCHOR.
  jeton verify-history --key $PUBLIC_KEY --anchors anchors.ndjson";

const EXPORT_EXAMPLES: &str = "\
Example:
  jeton export-history 5 --to project-5.ndjson

Run it again to append what has been sealed since, or after it stopped on the way.";

/// Shows that nothing of the days that are sealed was removed, added or changed, in the store that `JETON_STORE`
/// names or in a file, and that no day is missing. Ends with 1 when something is missing, or is not as it was sealed.
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
    /// Hold the heads of the days against the digests in this file: one of `JETON_SEAL_ANCHOR`, or Jeton's log as JSON
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Accept that this day, or these days, were sealed late; may be given several times
    #[arg(long, value_name = "DAY or FIRST..LAST", value_parser = days)]
    accept_late: Vec<(Day, Day)>,
    /// The first day that has to be in the file
    #[arg(long, value_name = "DAY", value_parser = day, requires = "file")]
    from: Option<Day>,
    /// The last day that has to be in the file
    #[arg(long, value_name = "DAY", value_parser = day, requires = "file")]
    until: Option<Day>,
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
        if let Some((from, until)) = self.from.zip(self.until).filter(|(from, until)| from > until) {
            let what = format!("--from {from} comes after --until {until}");
            return Err(Failure::Missing(what));
        }
        let mut keys = self.keys;
        if keys.is_empty() {
            keys.extend(config.seal_key.as_ref().map(|key| key.public()));
        }
        if keys.is_empty() {
            let what = "say with --key whose seals to believe, or set JETON_SEAL_KEY";
            return Err(Failure::Missing(what.to_owned()));
        }
        let anchors = self.anchors.as_deref().map(Anchors::read).transpose()?.unwrap_or_default();
        let expected = Expected { keys, anchors, from: self.from, until: self.until, late: self.accept_late };
        let mut wrong = 0;
        if let Some(file) = self.file {
            wrong += tell(&history::verify_file(&file, &expected, Clock::System.now())?, "not in this file");
        } else {
            wrong += in_store(&open(config).await?, self.projects, &expected).await?;
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

/// Verifies these projects, or all and those that are gone, and tells how much is wrong. One that cannot be verified does not stop the
/// others.
async fn in_store(app: &App, named: Vec<ProjectId>, expected: &Expected) -> Result<usize, Failure> {
    let store = app.store.as_ref();
    let there = store.projects(usize::MAX).await.map_err(jeton_core::Error::from)?;
    let mut gone = BTreeSet::new();
    if named.is_empty() || named.iter().any(|named| !there.contains(named)) {
        gone = history::gone(store, &expected.anchors).await.map_err(HistoryError::from)?;
        gone.retain(|gone| named.is_empty() || named.contains(gone));
    }
    let none = if named.is_empty() {
        store.no_projects(NONE_TOLD).await.map_err(jeton_core::Error::from)?
    } else {
        Vec::new()
    };
    let projects = if named.is_empty() { there } else { named };
    if projects.is_empty() && gone.is_empty() && none.is_empty() {
        return Err(HistoryError::NoProject.into());
    }
    let mut wrong = gone.len() + none.len();
    for id in none {
        println!("Project {}: not verified.", short(&id));
        println!("  WRONG       this is in the list of projects, and no project can have this id");
    }
    for project in projects.iter().filter(|project| !gone.contains(project)) {
        match history::verify(store, *project, expected, app.clock.now()).await {
            Ok(report) => wrong += tell(&report, "past the months that are kept"),
            Err(error) => {
                println!("Project {project}: not verified.");
                println!("  WRONG       {}", short(&error.to_string()));
                wrong += 1;
            }
        }
    }
    for gone in gone {
        println!("Project {gone}: NOT as it was sealed.");
        println!(
            "  WRONG       the project is gone, and there are tokens, members, events, sealed days or anchors of it"
        );
    }
    Ok(wrong)
}

/// A text that may quote a store or a file, in a line of a terminal: what is there can be of any length.
fn short(text: &str) -> String {
    let end = text.char_indices().nth(MAX_SHOWN).map(|(end, _)| end);
    end.map_or_else(|| printable(text), |end| printable(&text[..end]) + "…")
}

/// How many entries of the list of projects that are none are shown.
const NONE_TOLD: usize = 100;

/// How many characters of a finding are shown.
const MAX_SHOWN: usize = 400;

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "a day is written like 2026-11-26".to_owned())
}

/// Reads one day, or `FIRST..LAST`.
fn days(text: &str) -> Result<(Day, Day), String> {
    match text.split_once("..") {
        Some((first, last)) => {
            let (first, last) = (day(first)?, day(last)?);
            if first > last {
                return Err(format!("the days are in the wrong order: {first} comes after {last}"));
            }
            Ok((first, last))
        }
        None => day(text).map(|day| (day, day)),
    }
}

/// Says what a report says, where the days before are, and how much is wrong.
fn tell(report: &Report, before: &str) -> usize {
    let project = report.project;
    let all = if report.findings.is_empty() { "all is as it was sealed" } else { "NOT as it was sealed" };
    match report.judged {
        Some((first, last)) => println!(
            "Project {project}: {first} to {last}, days {}, seals {}: {all}.",
            report.days, report.seals
        ),
        None if report.findings.is_empty() => {
            println!(
                "Project {project}: nothing is sealed yet; it was made since the last day that is over."
            );
        }
        None => println!("Project {project}: nothing is judged."),
    }
    for finding in &report.findings {
        println!("  WRONG       {}", short(&finding.to_string()));
    }
    if let Some((first, _)) = report.judged.filter(|_| report.goes_back) {
        println!("  before      {first}: {before}, not judged");
    }
    if report.anchors > 0 {
        println!("  anchored    days {}", report.anchors);
    }
    if let Some((first, last)) = report.unanchored {
        println!("  no anchor   {first} to {last}: nothing outside of the store vouches for these");
    }
    if let Some((first, last)) = report.unsealed {
        println!("  not sealed  {first} to {last}");
    }
    if let Some((first, last)) = report.late.first().zip(report.late.last()) {
        println!("  sealed late {} of the days from {first} to {last}", report.late.len());
    }
    report.findings.len()
}
