//! `jeton member remove`.

use clap::Args;
use jeton_client::{Client, Error, LeftToken, MemberTokens};

use crate::{
    complete,
    connection::{Connection, confirm},
    failure::Failure,
    id, output, prompt,
};

/// Removes a member with their master token, or withdraws an invitation.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton member remove --project 5 eve@example.org                 their tokens go on, and are listed
  jeton member remove --project 5 eve@example.org --end-tokens    their tokens are deleted, too
  jeton member remove --project 5 eve@example.org --end-tokens --dry-run")]
pub struct Remove {
    /// The id of the project
    #[arg(long, value_parser = id::number)]
    project: u64,
    /// The e-mail address or the id
    #[arg(value_parser = id::member, add = complete::members())]
    member: String,
    /// Also delete the tokens that they created
    #[arg(long)]
    end_tokens: bool,
    /// Print which tokens would be deleted or go on, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

impl Remove {
    pub(super) async fn run(self, jeton: &Client, connection: &Connection) -> Result<(), Failure> {
        let Self { project, ref member, end_tokens, .. } = self;
        if self.dry_run {
            return self.tried(jeton, connection).await;
        }
        let created = if !self.yes && prompt::can_ask() { self.created(jeton).await? } else { None };
        if let Some(created) = &created
            && !created.tokens.is_empty()
        {
            prompt::list_few(
                created.tokens.iter().map(|token| (token.id.as_str(), token.description.as_str())),
            );
        }
        let which = match &created {
            Some(MemberTokens { tokens, more: false }) if tokens.is_empty() => {
                "They created no token.".to_owned()
            }
            Some(created) => format!("The {} that they created {}", counted(created), fate(end_tokens)),
            None => format!("The tokens that they created {}", fate(end_tokens)),
        };
        let question = format!(
            "Remove {member} from project {project}? Their master token and shares end at once. {which}"
        );
        confirm(&question, self.yes)?;
        let removed = jeton.remove_member_and_tokens(project, member, end_tokens).await?;
        eprintln!("{member} is removed.");
        if connection.format.json {
            output::json(&removed.json);
            return Ok(());
        }
        if !removed.tokens.is_empty() {
            let what = if end_tokens { "are deleted" } else { "keep working" };
            eprintln!("The tokens that they created {what}:");
            table(&removed.tokens);
        }
        if removed.more {
            eprintln!("{MORE}");
        }
        Ok(())
    }

    /// The tokens that the member created. `None` where there is no such member, or if the service is of an earlier version: then the
    /// removal says what it has to say.
    async fn created(&self, jeton: &Client) -> Result<Option<MemberTokens>, Failure> {
        match jeton.member_tokens(self.project, &self.member).await {
            Ok(created) => Ok(Some(created.value)),
            Err(Error::Rejected(rejection)) if matches!(rejection.status, 404 | 405) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Says what would be removed.
    async fn tried(&self, jeton: &Client, connection: &Connection) -> Result<(), Failure> {
        let created = jeton.member_tokens(self.project, &self.member).await?;
        if connection.format.json {
            output::json(&created.json);
        } else if !created.tokens.is_empty() {
            table(&created.tokens);
        }
        let fate = if self.end_tokens { "be deleted" } else { "keep working" };
        eprintln!("{} would be removed. {} that they created would {fate}.", self.member, counted(&created));
        if created.more {
            eprintln!("{MORE}");
        }
        Ok(())
    }
}

/// What is said of a list that may not be complete.
const MORE: &str = "There may be more: this project has too many tokens to list.";

fn fate(end_tokens: bool) -> &'static str {
    if end_tokens { "are deleted, too." } else { "keep working." }
}

fn counted(created: &MemberTokens) -> String {
    let at_least = if created.more { "at least " } else { "" };
    match created.tokens.len() {
        1 => format!("{at_least}1 token"),
        count => format!("{at_least}{count} tokens"),
    }
}

fn table(tokens: &[LeftToken]) {
    output::table(
        &["id", "description"],
        tokens.iter().map(|token| vec![token.id.clone(), token.description.clone()]),
    );
}
