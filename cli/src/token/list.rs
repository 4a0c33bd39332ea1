//! `jeton token list`: lists tokens.

use clap::Args;
use jeton_client::{ListTokens, TokenInfo};
use jeton_core::token::SortBy;
use serde_json::Value;

use super::{filter::Filter, rights, show};
use crate::{
    complete,
    connection::Connection,
    failure::Failure,
    output::{self, Style},
};

/// Lists tokens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token list
  jeton token list --wide                               all rights of each, also on a terminal
  jeton token list --json | jq -r '.[].id'
  jeton token list --unused-for 90d --never-expires     what nobody may need any more
  jeton token list --bucket in.c-main --sort last-used")]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    /// What the list is by: created, last-used, expires, description, creator or rights; with a minus before it, such as -last-used, the
    /// greatest first
    #[arg(long, value_name = "FIELD", value_parser = sort, allow_hyphen_values = true, add = complete::orders())]
    sort: Option<String>,
}

/// Parses what a list is by, in the words of the command line.
fn sort(text: &str) -> Result<String, String> {
    let (minus, name) = text.strip_prefix('-').map_or(("", text), |name| ("-", name));
    let word = SortBy::words().find(|word| dashed(word) == name);
    word.map(|word| format!("{minus}{word}"))
        .ok_or_else(|| format!("{}, or one of them with a minus before it", dashed(&SortBy::listed())))
}

/// The orders of a list, with what they mean.
pub fn orders() -> impl Iterator<Item = (String, &'static str)> {
    SortBy::words().flat_map(|word| {
        let name = dashed(word);
        [(name.clone(), "the smallest first"), (format!("-{name}"), "the greatest first")]
    })
}

/// Names of the API in those of the command line: `last-used` for `lastUsed`.
fn dashed(name: &str) -> String {
    let dashed = |letter: char| {
        let dash = letter.is_ascii_uppercase().then_some('-');
        dash.into_iter().chain([letter.to_ascii_lowercase()])
    };
    name.chars().flat_map(dashed).collect()
}

impl List {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        // With an order there are cursors, which lead on also where tokens are large.
        let sort = self.sort.or_else(|| Some("created".to_owned()));
        let list = ListTokens { sort, ..ListTokens::default() };
        let mut page = jeton.find_tokens(&list, &self.filter.now()).await?;
        let (mut tokens, mut json) = (Vec::new(), Vec::new());
        let bar = output::spinner("tokens read");
        loop {
            json.extend(page.json.as_array().cloned().unwrap_or_default());
            tokens.extend(page.value);
            bar.set_position(u64::try_from(tokens.len()).unwrap_or(u64::MAX));
            match page.next {
                Some(next) => page = jeton.more_tokens(&next).await?,
                None => break,
            }
        }
        bar.finish_and_clear();
        if connection.format.json {
            output::json(&Value::Array(json));
            return Ok(());
        }
        let rows: Vec<_> = tokens.iter().map(row).collect();
        if output::is_shortened(&HEADING, &rows) {
            // The kind is among the rights then, unless it is the usual one.
            let heading = ["id", "description", "may", "expires", "last used"];
            output::styled_table(&heading, rows.into_iter().map(without_kind));
        } else {
            output::styled_table(&HEADING, rows);
        }
        Ok(())
    }
}

/// The columns of the list.
const HEADING: [&str; 6] = ["id", "description", "kind", "may", "expires", "last used"];

fn row(token: &TokenInfo) -> (Style, Vec<String>) {
    let last_used = token.last_used.clone().unwrap_or_else(|| "never".to_owned());
    let may = if output::is_narrow() { rights::brief(token) } else { rights::summary(token) };
    let is_over = token.is_disabled || token.is_expired;
    let row = vec![
        token.id.to_string(),
        token.description.to_string(),
        rights::kind(token).to_owned(),
        may,
        if token.is_disabled { "disabled".to_owned() } else { show::expires(token) },
        last_used,
    ];
    (if is_over { Style::Dim } else { Style::Plain }, row)
}

fn without_kind((style, mut row): (Style, Vec<String>)) -> (Style, Vec<String>) {
    let kind = row.remove(2);
    if kind != rights::LIMITED {
        row[2] = format!("{kind}: {}", row[2]);
    }
    (style, row)
}
