//! `jeton verify-history` and `jeton export-history`: sealed history.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;
use jeton_core::{id::ProjectId, time::Day};
use jeton_service::{
    app::App,
    clock::Clock,
    config::Config,
    history::{self, Anchors, Expected, HistoryError, PublicKey, Report},
    runtime,
};

use crate::{
    failure::Failure,
    output::{bytes_bar, printable, show, spinner},
    relocate::open,
};

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

/// Verifies the sealed history of the store in `JETON_STORE`, or of a file: that no event of a sealed day was removed, added
/// or changed, and that no day is missing. Exits with 1 if it finds a difference.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct Verify {
    /// The ids of the projects (default: all)
    projects: Vec<ProjectId>,
    /// Read this file written by `jeton export-history` instead of the store
    #[arg(long, value_name = "FILE", conflicts_with = "projects")]
    file: Option<PathBuf>,
    /// A public key whose signatures are trusted; may be given several times
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<PublicKey>,
    /// Compare the heads of the days with the digests in this file: one written by `JETON_SEAL_ANCHOR`, or Jeton's log as JSON
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Accept a day, or a range of days, that was sealed late; may be given several times
    #[arg(long, value_name = "DAY or FIRST..LAST", value_parser = days)]
    accept_late: Vec<(Day, Day)>,
    /// The first day that the file must contain
    #[arg(long, value_name = "DAY", value_parser = day, requires = "file")]
    from: Option<Day>,
    /// The last day that the file must contain
    #[arg(long, value_name = "DAY", value_parser = day, requires = "file")]
    until: Option<Day>,
}

/// Appends the events and seals of every sealed day to a file that can be verified without the store. The project stays
/// open.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct Export {
    /// The id of the project
    project: ProjectId,
    /// The file to append to
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Verify {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        if let Some((from, until)) = self.from.zip(self.until).filter(|(from, until)| from > until) {
            let what = format!("--from {from} comes after --until {until}");
            return Err(Failure::Missing(what));
        }
        let mut keys = self.keys;
        if keys.is_empty() {
            keys.extend(runtime::seal_key(config).await?.map(|key| key.public()));
        }
        if keys.is_empty() {
            let what = "no key to verify with: pass the public key by --key, or set JETON_SEAL_KEY";
            return Err(Failure::Missing(what.to_owned()));
        }
        let anchors = self.anchors.as_deref().map(Anchors::read).transpose()?.unwrap_or_default();
        let expected = Expected { keys, anchors, from: self.from, until: self.until, late: self.accept_late };
        let mut wrong = 0;
        if let Some(file) = self.file {
            let bar = bytes_bar("read", 0);
            let report = history::verify_file(&file, &expected, Clock::System.now(), |read, all| {
                show(&bar, read, Some(all));
            });
            bar.finish_and_clear();
            wrong += tell(&report?, "not in this file");
        } else {
            wrong += in_store(&open(config).await?, self.projects, &expected).await?;
        }
        if wrong == 0 { Ok(()) } else { Err(Failure::NotAsSealed(wrong)) }
    }
}

impl Export {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let app = open(config).await?;
        let (store, now) = (app.store.as_ref(), app.clock.now());
        let mut last = None;
        let bar = spinner("days written");
        let days = history::export(store, self.project, &self.to, now, |day| {
            last = Some(day);
            bar.inc(1);
        });
        let days = days.await?;
        bar.finish_and_clear();
        let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        let through = last.map_or_else(String::new, |day| format!(", through {day}"));
        eprintln!("{days} of project {} appended to {}{through}.", self.project, self.to.display());
        Ok(())
    }
}

/// Verifies these projects, or all including removed ones, and returns the number of findings. A project that cannot be
/// verified does not stop the others.
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
        println!("  WRONG       the list of projects has this entry, which is not a valid project id");
    }
    for project in projects.iter().filter(|project| !gone.contains(project)) {
        let bar = spinner("events read");
        let progress = |read, of| show(&bar, read, of);
        let report = history::verify(store, *project, expected, app.clock.now(), &progress).await;
        bar.finish_and_clear();
        match report {
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
            "  WRONG       the record of the project is missing, but its tokens, members, events, sealed days or anchors exist"
        );
    }
    Ok(wrong)
}

/// A text that may quote a store or a file, shortened to fit a line of a terminal.
fn short(text: &str) -> String {
    let end = text.char_indices().nth(MAX_SHOWN).map(|(end, _)| end);
    end.map_or_else(|| printable(text), |end| printable(&text[..end]) + "…")
}

/// The most invalid entries of the list of projects that are shown.
const NONE_TOLD: usize = 100;

/// The most characters of a finding that are shown.
const MAX_SHOWN: usize = 400;

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "a day has the form 2026-11-26".to_owned())
}

/// Parses one day, or `FIRST..LAST`.
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

/// Prints a report, and where the earlier days are. Returns the number of findings.
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
        println!("  no anchor   {first} to {last}: no anchor outside the store confirms these days");
    }
    if let Some((first, last)) = report.unsealed {
        println!("  not sealed  {first} to {last}");
    }
    if let Some((first, last)) = report.late.first().zip(report.late.last()) {
        println!("  sealed late {} of the days from {first} to {last}", report.late.len());
    }
    report.findings.len()
}
