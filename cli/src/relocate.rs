//! `jeton export` and `jeton import`: move a project to another store.

use std::path::PathBuf;

use clap::Args;
use jeton_core::{Error, id::ProjectId, seal::Digest, store::Unusable};
use jeton_service::{
    app::App,
    config::Config,
    relocation::{self, Counts, ImportState, MoveError},
    runtime::{self, StartError},
    telemetry::Telemetry,
};

use crate::{
    connection::confirm,
    failure::Failure,
    output::{bar, spinner},
};

const EXPORT_EXAMPLES: &str = "\
Examples:
  jeton export 5 --to project-5.jsonl --history --yes
  jeton export 5 --reopen --yes                             it does not move after all

It prints the digest of the file, without which no store imports it: hand that on by another way than the file.
What stops on the way is begun anew when the command is run again.";

const IMPORT_EXAMPLES: &str = "\
Examples:
  JETON_STORE=dynamodb:jeton jeton import project-5.jsonl --digest $DIGEST
  JETON_STORE=dynamodb:jeton jeton import project-5.jsonl --digest $DIGEST --activate

Whoever can change the file on its way could give themselves any right. So it is imported only with the digest that
`jeton export` has printed, and a file that differs from it, or holds anything but one closed project, is refused
before anything is stored.
What stops on the way goes on where it stopped when the command is run again.";

/// Closes the project first: the store in `JETON_STORE` then refuses all of its tokens, and nobody joins or leaves. The
/// file holds hashes and no secret.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct Export {
    /// The id of the project
    project: ProjectId,
    /// The file to write, which must not exist yet
    #[arg(long, value_name = "FILE", required_unless_present = "reopen")]
    to: Option<PathBuf>,
    /// Include the events of the last six months
    #[arg(long)]
    history: bool,
    /// Open the project here again; only if it is not open in another store
    #[arg(long, conflicts_with_all = ["to", "history"])]
    reopen: bool,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

/// Imports the file into the store in `JETON_STORE`, reads it back and compares it. The tokens are accepted there once the
/// project is activated.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct Import {
    /// A file written by `jeton export`
    file: PathBuf,
    /// The digest that `jeton export` printed for it
    #[arg(long, value_name = "SHA256")]
    digest: Option<Digest>,
    /// Open the project here, once all of it is imported and compared
    #[arg(long)]
    activate: bool,
}

impl Export {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let (app, id) = (open(config).await?, self.project);
        let project = app.store.project(id).await.map_err(Error::from)?.ok_or(Error::NotFound("project"))?;
        let Some(path) = self.to else {
            let question = format!(
                "Open project {id} \"{}\" here again, so that its tokens are accepted? It must not be open in another store.",
                project.name
            );
            confirm(&question, self.yes)?;
            let bar = spinner("tokens opened");
            relocation::open(&app, id, |done| bar.set_position(done)).await?;
            bar.finish_and_clear();
            eprintln!("Project {id} is open.");
            return Ok(());
        };
        let was_open = project.closed.is_none();
        if was_open {
            let question =
                format!("Close project {id} \"{}\"? Its tokens are refused from now on.", project.name);
            confirm(&question, self.yes)?;
        }
        // The project is not closed for a file that cannot be written.
        let target = relocation::Target::prepare(&path)?;
        let exported = match close_and_write(&app, id, self.history, target).await {
            Ok(exported) => exported,
            Err(failure) => {
                if was_open {
                    reopen(&app, id).await;
                }
                return Err(failure.into());
            }
        };
        let (file, digest) = (path.display(), exported.digest);
        eprintln!("Project {id} is closed, and in {file}: {}.", sentence(&exported.counts));
        eprintln!("The import needs this digest: jeton import {file} --digest {digest}");
        Ok(())
    }
}

impl Import {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let Some(digest) = self.digest else {
            let sentence = "say with --digest which digest `jeton export` has printed for the file; ask whoever ran it, by another \
                            way than the file has come";
            return Err(Failure::Missing(sentence.to_owned()));
        };
        let read = relocation::read(&self.file, digest)?;
        let (app, id) = (open_new(config).await?, read.project.id);
        // An open project changes, so it is not compared with the file.
        if relocation::import_state(&app, &read).await? == ImportState::Open {
            eprintln!("Project {id} is imported and open.");
            return Ok(());
        }
        let bar = self::bar("stored", read.counts.all());
        relocation::import(&app, &read, |done| bar.set_position(done)).await?;
        bar.finish_and_clear();
        let bar = self::bar("compared", read.counts.all());
        let found = relocation::compare(&app, &read, |done| bar.set_position(done)).await?;
        bar.finish_and_clear();
        if (Counts { sha256: read.counts.sha256.clone(), ..found }) != read.counts {
            let sentence = "the file has fewer records than it says".to_owned();
            return Err(MoveError::Differs(sentence).into());
        }
        eprintln!("Project {id} is imported and equals the file: {}.", sentence(&read.counts));
        if self.activate {
            let bar = self::bar("tokens opened", read.counts.tokens);
            relocation::open(&app, id, |done| bar.set_position(done)).await?;
            bar.finish_and_clear();
            eprintln!("Its tokens are accepted here now.");
        } else {
            eprintln!("To accept its tokens here, run this again with --activate.");
        }
        Ok(())
    }
}

async fn close_and_write(
    app: &App,
    id: ProjectId,
    history: bool,
    target: relocation::Target,
) -> Result<relocation::Exported, MoveError> {
    let bar = spinner("tokens closed");
    let project = relocation::close(app, id, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    let bar = spinner("lines written");
    let exported = relocation::export(app, &project, history, target, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    Ok(exported)
}

/// Reopens a project whose export failed, and prints that.
async fn reopen(app: &App, id: ProjectId) {
    match relocation::open(app, id, |_| ()).await {
        Ok(()) => eprintln!("The file could not be written, so project {id} is open again."),
        Err(error) => eprintln!(
            "The file could not be written, and project {id} stays closed ({error}). `jeton export {id} --reopen` opens it again."
        ),
    }
}

/// An app on the configured store.
pub async fn open(config: &Config) -> Result<App, Failure> {
    let app = runtime::open(config, public_url(config), Telemetry::default()).await?;
    runtime::check(&app).await?;
    app.store.ready().await.map_err(Error::from)?;
    Ok(app)
}

/// An app on the configured store, which may be a copy of another one. Returns also the sentence that says so.
pub async fn open_copy(config: &Config) -> Result<(App, Option<String>), Failure> {
    let app = runtime::open(config, public_url(config), Telemetry::default()).await?;
    match app.store.identify().await.map_err(Error::from)? {
        Some(Unusable::Copy(sentence)) => return Ok((app, Some(sentence))),
        Some(newer @ Unusable::Newer(_)) => return Err(StartError::Store(newer.to_string()).into()),
        None => {}
    }
    app.store.ready().await.map_err(Error::from)?;
    Ok((app, None))
}

/// An app on the configured store, which is set up if it is empty.
async fn open_new(config: &Config) -> Result<App, Failure> {
    let app = runtime::open_or_make(config, public_url(config), Telemetry::default()).await?;
    runtime::check(&app).await?;
    app.store.set_up().await.map_err(Error::from)?;
    Ok(app)
}

fn public_url(config: &Config) -> String {
    config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen))
}

fn sentence(counts: &Counts) -> String {
    let Counts { members, tokens, shares, events, .. } = counts;
    format!("members {members}, tokens {tokens}, pending shares {shares}, events {events}")
}
