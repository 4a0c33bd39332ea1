//! `jeton token show`: shows a token with its copies and pending shares.

use clap::Args;
use jeton_client::{Token, TokenInfo};
use jeton_core::token::Via;

use super::{named::named, rights, settings};
use crate::{complete, connection::Connection, failure::Failure, id, output};

/// Shows a token.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  jeton token show 123456\n  jeton token show          the token in JETON_TOKEN"
)]
pub struct Show {
    /// The id of the token (default: the token that makes the call)
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
}

impl Show {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = jeton.token(&named(&jeton, self.id).await?).await?;
        if connection.format.json {
            output::json(&token.json);
            return Ok(());
        }
        output::facts(&of_project(&token));
        if let Some(copies) = token.copies.as_ref().filter(|copies| !copies.is_empty()) {
            println!("\nCopies");
            let rows = copies.iter().map(|copy| {
                let until = copy.expires.clone().unwrap_or_default();
                let this = if copy.current { " (this one)" } else { "" };
                vec![
                    format!("{}{this}", copy.id),
                    Via::word_of(&copy.via).to_owned(),
                    copy.created.clone(),
                    copy.recipient.clone().unwrap_or_default(),
                    until,
                ]
            });
            output::table(&["id", "source", "created", "picked up by", "until"], rows);
        }
        if let Some(shares) = token.shares.as_ref().filter(|shares| !shares.is_empty()) {
            println!("\nPending shares");
            let rows = shares.iter().map(|share| {
                vec![share.id.clone(), share.recipient.clone(), share.created.clone(), share.expires.clone()]
            });
            output::table(&["id", "for", "sent", "until"], rows);
        }
        Ok(())
    }
}

/// The facts about a token, with its project.
pub(super) fn of_project(token: &Token) -> Vec<(&'static str, String)> {
    let mut facts = facts(token);
    let project = ("Project", format!("{} ({})", token.owner.name, token.owner.id));
    let at = facts.iter().position(|(name, _)| *name == "Last used").unwrap_or(facts.len());
    facts.insert(at, project);
    facts
}

/// The facts about a token.
pub(super) fn facts(token: &TokenInfo) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Token", token.id.to_string())];
    facts.extend(settings::facts(token));
    facts.extend([
        ("Kind", rights::kind(token).to_owned()),
        ("May", rights::summary(token)),
        ("Created", token.created.to_string()),
        ("Refreshed", token.refreshed.to_string()),
        ("Expires", end(token)),
    ]);
    if let Some(creator) = &token.creator_token {
        facts.push(("Created by", creator.description.to_string()));
    }
    if let Some(day) = &token.last_used {
        facts.push(("Last used", day.clone()));
    }
    facts
}

/// When a token expires, and that it is disabled.
fn end(token: &TokenInfo) -> String {
    let expires = expires(token);
    if token.is_disabled { format!("{expires}; disabled") } else { expires }
}

/// When a token expires, or that it has expired.
pub fn expires(token: &TokenInfo) -> String {
    match &token.expires {
        None => "never".to_owned(),
        Some(at) if token.is_expired => format!("{at} (over)"),
        Some(at) => at.to_string(),
    }
}
