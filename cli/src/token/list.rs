//! `jeton token list`: lists tokens.

use clap::Args;
use jeton_client::Error;
use serde_json::Value;

use super::{rights, show};
use crate::{connection::Connection, failure::Failure, output};

/// Tokens per page.
const PAGE: u32 = 1000;

/// Lists tokens.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jeton token list\n  jeton token list --json | jq -r '.[].id'")]
pub struct List {
    /// Only tokens whose description contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl List {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let (mut tokens, mut json) = (Vec::new(), Vec::new());
        let mut after: Option<String> = None;
        let mut limit = PAGE;
        loop {
            let page = match jeton.tokens(Some(limit), after.as_deref()).await {
                // A page of large tokens can exceed the limit of an answer.
                Err(Error::Rejected(rejection)) if rejection.code == "answerTooLarge" && limit > 1 => {
                    limit /= 2;
                    continue;
                }
                page => page?,
            };
            let full = page.value.len() >= limit as usize;
            after = page.value.last().map(|token| token.id.to_string());
            json.extend(page.json.as_array().cloned().unwrap_or_default());
            tokens.extend(page.value);
            if !full {
                break;
            }
        }
        let wanted = |description: &str| {
            self.search.as_ref().is_none_or(|text| description.to_lowercase().contains(&text.to_lowercase()))
        };
        if connection.json {
            json.retain(|token| wanted(token["description"].as_str().unwrap_or_default()));
            output::json(&Value::Array(json));
            return Ok(());
        }
        let rows = tokens.iter().filter(|token| wanted(&token.description)).map(|token| {
            let last_used = token.last_used.clone().unwrap_or_else(|| "never".to_owned());
            let kind = rights::kind(token).to_owned();
            vec![
                token.id.to_string(),
                token.description.to_string(),
                kind,
                rights::summary(token),
                show::expires(token),
                last_used,
            ]
        });
        output::table(&["id", "description", "kind", "may", "expires", "last used"], rows);
        Ok(())
    }
}
