//! Disabling, enabling and deleting many tokens.

use std::time::Duration;

use clap::Args;
use jeton_client::{ActOnTokens, Acted, ActedToken, Client, Error, TokenFilter};
use serde_json::Value;

use super::filter::Filter;
use crate::{
    connection::{Connection, confirm},
    failure::Failure,
    output,
};

/// The options of an action on many tokens.
#[derive(Debug, Args)]
pub struct Many {
    #[command(flatten)]
    filter: Filter,
    /// Print what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// An action, with its words.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// The name of the command, which is that of the API.
    pub name: &'static str,
    /// With a capital.
    pub verb: &'static str,
    /// What is done.
    pub done: &'static str,
    /// What it means for the holders.
    pub effect: &'static str,
}

/// Disabling.
pub const DISABLE: Action = Action {
    name: "disable",
    verb: "Disable",
    done: "disabled",
    effect: " All of their copies are refused until they are enabled.",
};

/// Enabling.
pub const ENABLE: Action = Action { name: "enable", verb: "Enable", done: "enabled", effect: "" };

/// Deleting.
pub const DELETE: Action = Action {
    name: "delete",
    verb: "Delete",
    done: "deleted",
    effect: " All of their copies end immediately.",
};

impl Many {
    /// The filter and whether it is a dry run; none if neither was given.
    fn given(self) -> Option<(TokenFilter, bool)> {
        let filter = self.filter.now();
        (!filter.is_empty() || self.dry_run).then_some((filter, self.dry_run))
    }

    /// Whether any of its options was given, which is an error beside an id.
    pub fn not_beside_an_id(self) -> Result<(), Failure> {
        match self.given() {
            None => Ok(()),
            Some(_) => Err(Failure::Missing(
                "pass the id of a token, or options that say which tokens, not both".to_owned(),
            )),
        }
    }

    /// Acts on all tokens that the options name, after a dry run and a question.
    pub async fn run(self, action: Action, yes: bool, connection: &Connection) -> Result<(), Failure> {
        let given = self.given().filter(|(filter, _)| !filter.is_empty());
        let (filter, dry_run) = given.ok_or_else(|| {
            let sentence = format!(
                "pass the id of a token, or say which ones: `jeton token {} --help` lists how",
                action.name
            );
            Failure::Missing(sentence)
        })?;
        let jeton = connection.storage()?;
        let would = all(&jeton, action, &filter, true).await?;
        if dry_run {
            return shown(action, &would, true, connection);
        }
        if would.changed == 0 {
            return shown(action, &would, false, connection);
        }
        let question = format!("{} {}?{}", action.verb, tokens(would.changed), action.effect);
        confirm(&question, yes)?;
        shown(action, &all(&jeton, action, &filter, false).await?, false, connection)
    }
}

/// Repeats the call until all tokens were looked at, and adds the answers up.
async fn all(jeton: &Client, action: Action, filter: &TokenFilter, dry_run: bool) -> Result<Acted, Failure> {
    let mut call = ActOnTokens {
        filter: Some(filter.clone()),
        action: Some(action.name.to_owned()),
        dry_run: Some(dry_run),
        ..ActOnTokens::default()
    };
    let mut sum = part_of(jeton, &call).await?;
    while let Some(next) = sum.next.take() {
        call.after = Some(next);
        let part = part_of(jeton, &call).await?;
        sum.changed += part.changed;
        sum.unchanged += part.unchanged;
        sum.failed += part.failed;
        sum.tokens.extend(part.tokens);
        sum.next = part.next;
    }
    Ok(sum)
}

/// One call. One that is too early for the rate limit of changes, which enabling has, is repeated as late as the answer says.
async fn part_of(jeton: &Client, call: &ActOnTokens) -> Result<Acted, Failure> {
    loop {
        match jeton.act_on_tokens(call).await {
            Err(Error::Rejected(rejection)) if rejection.code == "changes.tooMany" => {
                let seconds = rejection.retry_after.unwrap_or(1);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            answer => return Ok(answer?.value),
        }
    }
}

fn shown(action: Action, acted: &Acted, dry_run: bool, connection: &Connection) -> Result<(), Failure> {
    if connection.json {
        output::json(&serde_json::to_value(acted).unwrap_or(Value::Null));
    } else {
        let row = |token: &ActedToken| {
            let outcome = token.error.clone().unwrap_or_else(|| match token.outcome.as_str() {
                "changed" if dry_run => format!("would be {}", action.done),
                "changed" => action.done.to_owned(),
                _ => format!("is {} already", action.done),
            });
            vec![token.id.clone(), token.description.clone(), outcome]
        };
        output::table(&["id", "description", "outcome"], acted.tokens.iter().map(row));
    }
    let would = if dry_run { "would be " } else { "" };
    let and = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    eprintln!(
        "{} {would}{}{}{}.",
        tokens(acted.changed),
        action.done,
        and(acted.unchanged, "unchanged"),
        and(acted.failed, "failed")
    );
    if acted.failed == 0 || dry_run { Ok(()) } else { Err(Failure::NotChanged(acted.failed)) }
}

fn tokens(count: usize) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{count} tokens") }
}
