//! Disabling, enabling and deleting one token or many.

use std::collections::HashSet;

use clap::Args;
use jeton_client::{ActOnTokens, Acted, ActedToken, Client, Token, TokenFilter};
use serde_json::Value;

use super::{
    filter::Filter,
    parts::{self, Progress},
};
use crate::{
    at_signal::AtSignal,
    complete,
    connection::{Connection, confirm},
    failure::Failure,
    id,
    output::{self, spinner},
    prompt,
};

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
    /// Print which tokens the options say and would be changed, and change nothing; not beside an id
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
        let why = match self.given() {
            None => return Ok(()),
            Some((filter, _)) if filter.is_empty() => {
                "--dry-run is for options that say which tokens: an id names one, and is asked about before anything is changed"
            }
            Some(_) => "pass the id of a token, or options that say which tokens, not both",
        };
        Err(Failure::Missing(why.to_owned()))
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
        let progress = Progress { bar: spinner("tokens found"), at_signal: None, done: action.done, of: 0 };
        let mut would = nothing(action, true);
        let dry = ActOnTokens { filter: Some(filter), dry_run: Some(true), ..ActOnTokens::default() };
        parts::all(&jeton, action.name, dry, &mut would, &progress).await?;
        progress.bar.finish_and_clear();
        if dry_run || would.changed == 0 {
            // Where there is nothing to do, the sum of the dry run is that of the action.
            would.dry_run = dry_run;
            return shown(action, &would, dry_run, connection);
        }
        let (meant, others): (Vec<_>, Vec<_>) =
            would.tokens.into_iter().partition(|token| token.outcome == "changed");
        if !yes && prompt::can_ask() {
            prompt::list_few(meant.iter().map(|token| (token.id.as_str(), token.description.as_str())));
        }
        let question = format!("{} {}?{}", action.verb, tokens(meant.len()), action.effect);
        confirm(&question, yes)?;
        let of = meant.len();
        let bar = output::bar(action.done_tokens, u64::try_from(of).unwrap_or(u64::MAX));
        let at_signal = Some(AtSignal::new(|| None));
        let progress = Progress { bar, at_signal, done: action.done, of };
        let mut acted = nothing(action, false);
        let outcome = parts::exactly(&jeton, action.name, &meant, &mut acted, &progress).await;
        progress.bar.finish_and_clear();
        drop(progress);
        let (done, stopped) = match outcome {
            Ok(()) => (meant.len(), None),
            Err(stopped) if acted.tokens.is_empty() => return Err(stopped.failure),
            Err(stopped) => (stopped.done, Some(stopped)),
        };
        let is_told: HashSet<_> = acted.tokens.iter().map(|token| token.id.clone()).collect();
        let untold = |tokens: &[ActedToken]| {
            tokens.iter().filter(|token| !is_told.contains(&token.id)).cloned().collect::<Vec<_>>()
        };
        // What the dry run has found nothing to do for, and those that it has found to fail.
        acted.unchanged += would.unchanged;
        acted.failed += would.failed;
        acted.tokens.extend(others);
        let gone = untold(&meant[..done]).len();
        if gone > 0 {
            eprintln!(
                "{} gone since the question.",
                if gone == 1 { "1 token is".to_owned() } else { format!("{gone} tokens are") }
            );
        }
        let Some(stopped) = stopped else { return shown(action, &acted, false, connection) };
        let (unclear, unreached) = meant[done..].split_at(stopped.asked - done);
        for (tokens, why) in [(unclear, UNCLEAR), (unreached, UNREACHED)] {
            let failed =
                |token| ActedToken { outcome: "failed".to_owned(), error: Some(why.to_owned()), ..token };
            acted.tokens.extend(untold(tokens).into_iter().map(failed));
        }
        acted.failed = acted.tokens.iter().filter(|token| token.outcome == "failed").count();
        acted.next = None;
        // The reason of the end is told, and not how many tokens failed.
        let _ = shown(action, &acted, false, connection);
        eprintln!("That is not all of them: run the command again for the rest.");
        Err(stopped.failure)
    }
}

/// What is said of a token of a call without an answer.
const UNCLEAR: &str = "no answer says whether it is changed";

/// What is said of a token after that call.
const UNREACHED: &str = "not reached";

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
    let because = |why: &str| acted.tokens.iter().filter(|token| token.error.as_deref() == Some(why)).count();
    let (unclear, unreached) = (because(UNCLEAR), because(UNREACHED));
    let and = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    eprintln!(
        "{} {would}{}{}{}{}{}.",
        tokens(acted.changed),
        action.done,
        and(acted.unchanged, "unchanged"),
        and(acted.failed.saturating_sub(unclear + unreached), "failed"),
        and(unclear, "unknown"),
        and(unreached, "not reached")
    );
    if acted.failed == 0 || dry_run { Ok(()) } else { Err(Failure::NotChanged(acted.failed)) }
}

fn tokens(count: usize) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{count} tokens") }
}
