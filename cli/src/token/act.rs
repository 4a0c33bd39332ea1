//! Disabling, enabling and deleting one token or many.

use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use jeton_client::{ActOnTokens, Acted, ActedToken, Client, Error, MAX_TOKENS, Token, TokenFilter};
use serde_json::Value;

use super::filter::Filter;
use crate::{
    complete,
    connection::{Connection, confirm},
    failure::Failure,
    id,
    output::{self, spinner},
    prompt,
};

/// The longest wait for the rate limit of changes, in all for one call.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The tokens of an action: one by its id, or all that options name.
#[derive(Debug, Args)]
pub struct Target {
    /// The id of the token
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
    #[command(flatten)]
    many: Many,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

/// The one token of an action.
pub struct One {
    /// A client that may act on it.
    pub jeton: Client,
    /// The token.
    pub token: Token,
    /// Whether nobody is asked.
    pub yes: bool,
}

/// The options of an action on many tokens.
#[derive(Debug, Args)]
struct Many {
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
    /// The same of tokens.
    done_tokens: &'static str,
    /// What it means for the holders.
    pub effect: &'static str,
}

/// Disabling.
pub const DISABLE: Action = Action {
    name: "disable",
    verb: "Disable",
    done: "disabled",
    done_tokens: "tokens disabled",
    effect: " All of their copies are refused until they are enabled.",
};

/// Enabling.
pub const ENABLE: Action =
    Action { name: "enable", verb: "Enable", done: "enabled", done_tokens: "tokens enabled", effect: "" };

/// Deleting.
pub const DELETE: Action = Action {
    name: "delete",
    verb: "Delete",
    done: "deleted",
    done_tokens: "tokens deleted",
    effect: " All of their copies end immediately.",
};

impl Target {
    /// The token that the id names. Without an id, acts on all tokens that the options name, and returns none.
    pub async fn one(self, action: Action, connection: &Connection) -> Result<Option<One>, Failure> {
        let Some(id) = self.id else {
            self.many.run(action, self.yes, connection).await?;
            return Ok(None);
        };
        self.many.not_beside_an_id()?;
        let jeton = connection.storage()?;
        let token = jeton.token(&id).await?.value;
        Ok(Some(One { jeton, token, yes: self.yes }))
    }
}

impl Many {
    /// The filter and whether it is a dry run; none if neither was given.
    fn given(self) -> Option<(TokenFilter, bool)> {
        let filter = self.filter.now();
        (!filter.is_empty() || self.dry_run).then_some((filter, self.dry_run))
    }

    /// Whether any of its options was given, which is an error beside an id.
    fn not_beside_an_id(self) -> Result<(), Failure> {
        match self.given() {
            None => Ok(()),
            Some(_) => Err(Failure::Missing(
                "pass the id of a token, or options that say which tokens, not both".to_owned(),
            )),
        }
    }

    /// Acts on the tokens that a dry run of the options has found, after a question that lists them, and on no others: a token that is
    /// created meanwhile is not among them.
    async fn run(self, action: Action, yes: bool, connection: &Connection) -> Result<(), Failure> {
        let given = self.given().filter(|(filter, _)| !filter.is_empty());
        let (filter, dry_run) = given.ok_or_else(|| {
            let sentence = format!(
                "pass the id of a token, or say which ones: `jeton token {} --help` lists how",
                action.name
            );
            Failure::Missing(sentence)
        })?;
        let jeton = connection.storage()?;
        let bar = spinner("tokens found");
        let mut would = nothing(action, true);
        let dry = ActOnTokens { filter: Some(filter), dry_run: Some(true), ..ActOnTokens::default() };
        all(&jeton, action, dry, &mut would, &bar).await?;
        bar.finish_and_clear();
        if dry_run || would.changed == 0 {
            return shown(action, &would, dry_run, connection);
        }
        let (meant, others): (Vec<_>, Vec<_>) =
            would.tokens.into_iter().partition(|token| token.outcome == "changed");
        if !yes && prompt::can_ask() {
            prompt::list_few(meant.iter().map(|token| (token.id.as_str(), token.description.as_str())));
        }
        let question = format!("{} {}?{}", action.verb, tokens(meant.len()), action.effect);
        confirm(&question, yes)?;
        let bar = output::bar(action.done_tokens, u64::try_from(meant.len()).unwrap_or(u64::MAX));
        let mut acted = nothing(action, false);
        let outcome = exactly(&jeton, action, &meant, &mut acted, &bar).await;
        bar.finish_and_clear();
        let Err(failure) = outcome else {
            // What the dry run has found nothing to do for, and those that it has found to fail.
            let gone = meant.len().saturating_sub(acted.tokens.len());
            acted.unchanged += would.unchanged;
            acted.failed += would.failed;
            acted.tokens.extend(others);
            if gone > 0 {
                eprintln!(
                    "{} gone since the question.",
                    if gone == 1 { "1 token is".to_owned() } else { format!("{gone} tokens are") }
                );
            }
            return shown(action, &acted, false, connection);
        };
        if !acted.tokens.is_empty() {
            // The reason of the end is told, and not how many tokens failed.
            let _ = shown(action, &acted, false, connection);
            eprintln!("That is not all of them: run the command again for the rest.");
        }
        Err(failure)
    }
}

/// The sum of no answers.
fn nothing(action: Action, dry_run: bool) -> Acted {
    Acted {
        action: action.name.to_owned(),
        dry_run,
        changed: 0,
        unchanged: 0,
        failed: 0,
        tokens: Vec::new(),
        next: None,
    }
}

/// Acts on exactly these tokens, as many in one call as it takes.
async fn exactly(
    jeton: &Client,
    action: Action,
    tokens: &[ActedToken],
    sum: &mut Acted,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    for part in tokens.chunks(MAX_TOKENS) {
        let ids = part.iter().map(|token| token.id.clone()).collect();
        all(jeton, action, ActOnTokens { tokens: Some(ids), ..ActOnTokens::default() }, sum, bar).await?;
    }
    Ok(())
}

/// Repeats the call until all of its tokens were looked at, and adds the answers up. If one fails, those of before are in the sum.
async fn all(
    jeton: &Client,
    action: Action,
    mut call: ActOnTokens,
    sum: &mut Acted,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    call.action = Some(action.name.to_owned());
    loop {
        let part = part_of(jeton, &call, bar).await?;
        sum.changed += part.changed;
        sum.unchanged += part.unchanged;
        sum.failed += part.failed;
        sum.tokens.extend(part.tokens);
        sum.next.clone_from(&part.next);
        bar.set_position(u64::try_from(sum.tokens.len()).unwrap_or(u64::MAX));
        if part.next.is_none() {
            return Ok(());
        }
        call.after = part.next;
    }
}

/// One call. One that is too early for the rate limit of changes, which enabling has, is repeated as late as the answer says, for
/// [`LONGEST_WAIT`] at most.
async fn part_of(jeton: &Client, call: &ActOnTokens, bar: &ProgressBar) -> Result<Acted, Failure> {
    let mut left = LONGEST_WAIT;
    loop {
        let rejection = match jeton.act_on_tokens(call).await {
            Err(Error::Rejected(rejection)) if rejection.code == "changes.tooMany" => rejection,
            answer => return Ok(answer?.value),
        };
        let wait = Duration::from_secs(rejection.retry_after.unwrap_or(1));
        // One that says 0 again and again ends, too.
        let Some(rest) = left.checked_sub(wait.max(Duration::from_secs(1))) else {
            return Err(Error::Rejected(rejection).into());
        };
        left = rest;
        bar.suspend(|| eprintln!("{} The next call is in {} s.", rejection.message, wait.as_secs()));
        tokio::time::sleep(wait).await;
    }
}

fn shown(action: Action, acted: &Acted, dry_run: bool, connection: &Connection) -> Result<(), Failure> {
    if connection.format.json {
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
