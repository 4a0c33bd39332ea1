//! `jeton close` and `jeton activate`: whether the tokens of a project are accepted, also in a copy of a store.

use clap::Args;
use jeton_core::{Error, id::ProjectId, project::Project};
use jeton_service::{
    app::App,
    config::Config,
    relocation::{self, ClosedAll},
};

use crate::{
    connection::confirm,
    failure::Failure,
    output::{printable, spinner},
    relocate::open_copy,
};

const CLOSE_EXAMPLES: &str = "\
Examples:
  jeton close 5
  JETON_STORE=dynamodb:jeton-restored jeton close --all

What stops on the way goes on when the command is run again.";

const ACTIVATE_EXAMPLES: &str = "\
Examples:
  JETON_STORE=sqlite:new.db jeton activate 5
  JETON_STORE=dynamodb:jeton-restored jeton activate 5

What stops on the way goes on when the command is run again.";

/// Closes a project: none of its tokens is accepted, and nobody joins or leaves it, until `jeton activate`. A server may be
/// running. With `--all` nobody gets in any more: all projects are closed, the sessions of the console end, and all manage tokens
/// are disabled.
#[derive(Debug, Args)]
#[command(after_help = CLOSE_EXAMPLES)]
pub struct Close {
    /// The id of the project
    #[arg(required_unless_present = "all")]
    project: Option<ProjectId>,
    /// Close all projects, end all sessions of the console and disable all manage tokens
    #[arg(long, conflicts_with = "project")]
    all: bool,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

/// Opens a closed project, so that its tokens are accepted. After a restore, first look for tokens and copies that were
/// revoked since the backup was made: they are accepted again, too.
///
/// A DynamoDB table that is a copy of another one, such as a restored backup, is used from then on: all other projects are
/// closed, the sessions of the console end, and all manage tokens are disabled.
#[derive(Debug, Args)]
#[command(after_help = ACTIVATE_EXAMPLES)]
pub struct Activate {
    /// The id of the project
    project: ProjectId,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Close {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let (app, copy) = open_copy(config).await?;
        if let Some(sentence) = &copy {
            eprintln!("{sentence}");
        }
        let Some(id) = self.project else {
            let projects = app.store.projects(usize::MAX).await.map_err(Error::from)?.len();
            let question = format!(
                "Close all projects of {}, which are {projects}, end all sessions of the console, and disable all manage tokens?",
                config.store
            );
            confirm(&question, self.yes)?;
            return close_all(&app).await;
        };
        let project = project(&app, id).await?;
        let name = printable(&project.name);
        let question = format!("Close project {id} \"{name}\"? Its tokens are refused from now on.");
        confirm(&question, self.yes)?;
        let (bar, mut closed) = (spinner("tokens closed"), 0);
        relocation::close(&app, id, |done| {
            closed = done;
            bar.set_position(done);
        })
        .await?;
        bar.finish_and_clear();
        eprintln!("Project {id} is closed; tokens that are refused from now on: {closed}.");
        eprintln!("  jeton activate {id:<9} accepts the tokens of \"{name}\" again");
        Ok(())
    }
}

impl Activate {
    /// Runs the command.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let ((app, copy), id) = (open_copy(config).await?, self.project);
        let project = project(&app, id).await?;
        if copy.is_none() && project.closed.is_none() {
            eprintln!("Project {id} is open.");
            return Ok(());
        }
        let mut question = format!(
            "Accept the tokens of project {id} \"{}\" here? They must be accepted nowhere else, and copies that \
             were taken back after a backup was made are accepted again.",
            printable(&project.name)
        );
        if let Some(sentence) = &copy {
            eprintln!("{sentence}");
            question.push_str(
                " All other projects are closed, all sessions of the console end, and all manage tokens are disabled.",
            );
        }
        confirm(&question, self.yes)?;
        if copy.is_some() {
            close_all(&app).await?;
            app.store.take_over().await.map_err(Error::from)?;
            eprintln!("The {} is in use from now on.", config.store);
        }
        let (bar, mut opened) = (spinner("tokens opened"), 0);
        relocation::open(&app, id, |done| {
            opened = done;
            bar.set_position(done);
        })
        .await?;
        bar.finish_and_clear();
        eprintln!("Project {id} is open; {opened} tokens are accepted.");
        Ok(())
    }
}

async fn project(app: &App, id: ProjectId) -> Result<Project, Failure> {
    Ok(app.store.project(id).await.map_err(Error::from)?.ok_or(Error::NotFound("project"))?)
}

/// Closes everything, and prints how each project is opened again.
async fn close_all(app: &App) -> Result<(), Failure> {
    let (bar, mut tokens) = (spinner("tokens closed"), 0);
    let closed = relocation::close_all(app, |done| {
        tokens = done;
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    let ClosedAll { projects, failed, manage_tokens, sessions } = closed;
    let newly = projects.iter().filter(|project| !project.was_closed).count();
    eprintln!(
        "Closed projects {newly}, with tokens {tokens}; ended sessions {sessions}; disabled manage tokens {manage_tokens}."
    );
    for closed in projects {
        let (id, name) = (closed.project.id, printable(&closed.project.name));
        let before = if closed.was_closed {
            ", and was closed before: it may have moved to another store"
        } else {
            ""
        };
        eprintln!("  jeton activate {id:<9} accepts the tokens of \"{name}\" again{before}");
    }
    for (id, error) in &failed {
        eprintln!("Project {id} could not be closed: {}", printable(&error.to_string()));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::NotClosed(failed.len())) }
}
