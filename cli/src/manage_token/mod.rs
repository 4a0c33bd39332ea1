//! `jeton manage-token`: create, list, refresh, disable and delete manage tokens.

mod events;
mod named;

use clap::{Args, Subcommand};
use jeton_client::{Answer, Client, CreateManageToken, ManageToken};
use serde_json::Value;

use self::{events::Events, named::named};
use crate::{
    at_signal::AtSignal,
    complete,
    connection::{Connection, confirm},
    duration,
    failure::Failure,
    handed_out::HandedOut,
    id,
    output::{self, Style},
    profile::{Kind, Refreshed},
    secret,
};

/// Manage tokens per page of a list.
const PAGE: u32 = 1000;

/// Manage tokens. Calls Jeton with the manage token in `JETON_MANAGE_TOKEN`. `jeton init manage-token` creates the first one.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List manage tokens
    #[command(after_help = "Example:\n  jeton manage-token list")]
    List,
    /// Create a manage token and print its secret, once
    Create(Create),
    /// Show a manage token
    #[command(
        after_help = "Examples:\n  jeton manage-token show 123456\n  jeton manage-token show          the one in JETON_MANAGE_TOKEN"
    )]
    Show {
        /// The id of the manage token (default: the one that makes the call)
        #[arg(value_parser = id::number, add = complete::manage_tokens())]
        id: Option<u64>,
    },
    /// Replace the secret of a manage token and print the new one; the old secret ends
    Refresh(Refresh),
    /// Disable a manage token; it is refused until it is enabled
    #[command(after_help = "Example:\n  jeton manage-token disable 123456 --yes")]
    Disable {
        /// The id of the manage token
        #[arg(value_parser = id::number, add = complete::manage_tokens())]
        id: u64,
        /// Skip the confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Enable a manage token
    #[command(after_help = "Example:\n  jeton manage-token enable 123456")]
    Enable {
        /// The id of the manage token
        #[arg(value_parser = id::number, add = complete::manage_tokens())]
        id: u64,
    },
    /// Delete a manage token
    #[command(after_help = "Example:\n  jeton manage-token delete 123456 --yes")]
    Delete {
        /// The id of the manage token
        #[arg(value_parser = id::number, add = complete::manage_tokens())]
        id: u64,
        /// Skip the confirmation
        #[arg(long)]
        yes: bool,
    },
    /// List the events of a manage token, oldest first
    Events(Events),
}

/// Only the secret goes to standard output; everything else goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton manage-token create --description 'Deploys' --expires 4w
  M=$(jeton manage-token create --description CI --quiet)")]
pub struct Create {
    /// The description
    #[arg(long, short)]
    description: Option<String>,
    /// Lifetime, such as 1h, 7d or 4w (default: until the manage token that creates it ends)
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<i64>,
    /// Print only the secret
    #[arg(long, short)]
    quiet: bool,
}

/// Only the new secret goes to standard output; everything else goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton manage-token refresh 123456 --yes
  NEW=$(jeton manage-token refresh --yes --quiet --grace 1h)     the one that calls; its old secret works for an hour")]
pub struct Refresh {
    /// The id of the manage token (default: the one that makes the call)
    #[arg(value_parser = id::number, add = complete::manage_tokens())]
    id: Option<u64>,
    /// How long the old secret keeps working, at most 7d
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    grace: Option<i64>,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
    /// Print only the secret
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    let jeton = connection.manage()?;
    match command {
        Command::List => list(&jeton, connection).await,
        Command::Create(create) => {
            let wish = CreateManageToken {
                description: create.description,
                expires_in: create.expires,
                ..CreateManageToken::default()
            };
            secret::MANAGE_TOKEN.could_be_printed()?;
            let awaited = secret::awaited(
                "the manage token may have been created: look at `jeton manage-token list` before you repeat it",
            );
            let created = jeton.create_manage_token(&wish).await?;
            let what = format!("manage token {} is created, and its secret", created.id);
            let unprinted = shown_once(&created, what, awaited, connection, create.quiet);
            secret::deleted_by(&jeton, created.id.into(), unprinted).await
        }
        Command::Show { id } => {
            let token = jeton.manage_token(named(&jeton, id).await?).await?;
            if connection.format.json {
                output::json(&token.json);
            } else {
                output::facts(&facts(&token));
            }
            Ok(())
        }
        Command::Refresh(refresh) => {
            secret::MANAGE_TOKEN.could_be_printed()?;
            let id = named(&jeton, refresh.id).await?;
            if !refresh.yes {
                let token = jeton.manage_token(id).await?;
                let description = output::printable(&token.description);
                let when = if refresh.grace.is_some() { "after the grace period" } else { "at once" };
                let question = format!(
                    "Refresh manage token {id} \"{description}\", last used {}? Its secret ends {when}.",
                    last_used(&token),
                );
                confirm(&question, false)?;
            }
            let quiet = refresh.quiet;
            let profiles = Refreshed::begins(&jeton, Kind::Manage, refresh.grace.is_some(), None);
            let awaited = secret::awaited(&format!(
                "manage token {id} may have a new secret, which is lost then: if the old one is rejected, refresh it by another manage token"
            ));
            let refreshed = jeton.refresh_manage_token(id, refresh.grace).await?;
            let what = format!("the new secret of manage token {id}");
            let outcome = secret::kept(shown_once(&refreshed, what, awaited, connection, quiet));
            profiles.keep(refreshed.token.as_ref(), quiet, &outcome).await;
            outcome
        }
        Command::Disable { id, yes } => {
            asked(&jeton, "Disable", id, yes).await?;
            let token = jeton.switch_manage_token(id, true).await?;
            told(&token, connection, &format!("Manage token {id} is disabled."));
            Ok(())
        }
        Command::Enable { id } => {
            let token = jeton.switch_manage_token(id, false).await?;
            told(&token, connection, &format!("Manage token {id} is enabled."));
            Ok(())
        }
        Command::Delete { id, yes } => {
            asked(&jeton, "Delete", id, yes).await?;
            jeton.delete_manage_token(id).await?;
            connection.format.print_empty();
            eprintln!("Manage token {id} is deleted.");
            Ok(())
        }
        Command::Events(events) => events.run(&jeton, connection).await,
    }
}

/// Asks before a manage token ends, unless `--yes` was given.
async fn asked(jeton: &Client, verb: &str, id: u64, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let token = jeton.manage_token(id).await?;
    let description = output::printable(&token.description);
    confirm(&format!("{verb} manage token {id} \"{description}\", last used {}?", last_used(&token)), false)
}

async fn list(jeton: &Client, connection: &Connection) -> Result<(), Failure> {
    let (mut tokens, mut json) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = jeton.manage_tokens(Some(PAGE), after).await?;
        let full = page.value.len() >= PAGE as usize;
        after = page.value.last().map(|token| token.id.into());
        json.extend(page.json.as_array().cloned().unwrap_or_default());
        tokens.extend(page.value);
        if !full {
            break;
        }
    }
    if connection.format.json {
        output::json(&Value::Array(json));
        return Ok(());
    }
    let rows = tokens.iter().map(|token| {
        let state = state(token);
        let style = match state {
            "works" => Style::Plain,
            "leaked" => Style::Red,
            _ => Style::Dim,
        };
        let row = vec![
            token.id.to_string(),
            token.description.clone(),
            state.to_owned(),
            token.expires.clone().unwrap_or_else(|| "never".to_owned()),
            last_used(token),
        ];
        (style, row)
    });
    output::styled_table(&["id", "description", "state", "expires", "last used"], rows);
    Ok(())
}

/// Prints an answer with the secret of a manage token. Returns the secret if it could not be printed.
fn shown_once(
    token: &Answer<ManageToken>,
    what: String,
    awaited: AtSignal,
    connection: &Connection,
    quiet: bool,
) -> Option<HandedOut> {
    let secret = secret::MANAGE_TOKEN.handed_out(what, token.token.as_ref(), awaited);
    secret::MANAGE_TOKEN.print(connection, &token.json, secret, || {
        if !quiet {
            output::aside(&facts(token));
            eprintln!("\nThis is its secret. Save it now: it won't be shown again.");
        }
    })
}

fn told(token: &Answer<ManageToken>, connection: &Connection, sentence: &str) {
    if connection.format.json {
        output::json(&token.json);
    } else {
        eprintln!("{sentence}");
    }
}

fn facts(token: &ManageToken) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Manage token", token.id.to_string()),
        ("Description", token.description.clone()),
        ("State", state(token).to_owned()),
        ("Created", token.created.clone()),
        ("Refreshed", token.refreshed.clone().unwrap_or_else(|| token.created.clone())),
        ("Expires", token.expires.clone().unwrap_or_else(|| "never".to_owned())),
        ("Last used", last_used(token)),
    ];
    facts.extend(
        token.replaced_secrets_end.iter().flatten().map(|end| ("Replaced secret works until", end.clone())),
    );
    facts
}

fn state(token: &ManageToken) -> &'static str {
    match token {
        ManageToken { is_expired: true, .. } => "expired",
        ManageToken { is_disabled: true, .. } => "disabled",
        ManageToken { is_leaked: Some(true), .. } => "leaked",
        _ => "works",
    }
}

/// The day, without the time of day.
fn last_used(token: &ManageToken) -> String {
    let day = token.last_used.as_deref().and_then(|at| at.split('T').next());
    day.unwrap_or("never").to_owned()
}
