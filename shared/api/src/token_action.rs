//! Actions on many tokens: all that a filter finds, or those of these ids.

use std::collections::BTreeSet;

use jeton_core::{Error, id::TokenId, token::Filter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{lenient, token_filter::TokenFilter, unknown};

/// The most tokens of one call.
pub const MAX_TOKENS: usize = 100;

/// The request to disable, enable or delete tokens: all that a filter finds, or those of these ids. Master tokens and the caller itself are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActOnTokens {
    /// Which tokens: with one field at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required = false, value_type = TokenFilter))]
    pub filter: Option<TokenFilter>,
    /// Their ids, in place of a filter. Tokens that are not there any more are left out.
    #[serde(default, deserialize_with = "lenient::strings", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_items = 100))]
    pub tokens: Option<Vec<String>>,
    /// `disable`, `enable` or `delete`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String, pattern = "^(disable|enable|delete)$"))]
    pub action: Option<String>,
    /// Only answer what would be changed, and change nothing.
    #[serde(default, deserialize_with = "lenient::decision", skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Continue at the `next` of an answer.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([0-9a-f]{2})*$"))]
    pub after: Option<String>,
    /// Unknown fields: rejected, since one may be a filter or `dryRun` in another spelling.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Disable.
    Disable,
    /// Enable.
    Enable,
    /// Delete.
    Delete,
}

/// The actions, and their names in requests.
const WORDS: [(Action, &str); 3] =
    [(Action::Disable, "disable"), (Action::Enable, "enable"), (Action::Delete, "delete")];

impl Action {
    /// The action of this name.
    pub fn of(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, named)| *named == word).map(|(action, _)| *action)
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(action, _)| *action == self).map_or("", |(_, word)| word)
    }
}

/// The tokens of an action.
#[derive(Debug, Clone)]
pub enum Which {
    /// All that a filter finds.
    Found(Box<Filter>),
    /// Those of these ids: at least one, and at most [`MAX_TOKENS`].
    Named(BTreeSet<TokenId>),
}

impl ActOnTokens {
    /// The action and its tokens. Errors: [`Error::BadField`].
    pub fn parsed(&self) -> Result<(Action, Which), Error> {
        let unknown = |prefix: &str, fields: &Map<String, Value>| {
            unknown::reject_all(
                prefix,
                fields,
                "is not a field here, and is not ignored in an action on tokens",
            )
        };
        unknown("", &self.unknown)?;
        let action = self.action.as_deref().and_then(Action::of);
        let action =
            action.ok_or_else(|| Error::bad_field("action", "action must be disable, enable or delete"))?;
        if let Some(tokens) = &self.tokens {
            return Ok((action, Which::Named(self.named(tokens)?)));
        }
        let filter = self.filter.clone().unwrap_or_default();
        unknown("filter.", &filter.unknown)?;
        Ok((action, Which::Found(Box::new(filter.for_action()?))))
    }

    fn named(&self, tokens: &[String]) -> Result<BTreeSet<TokenId>, Error> {
        let bad = |sentence: String| Error::bad_field("tokens", sentence);
        if self.filter.is_some() {
            return Err(bad("tokens are named by tokens or by filter, not by both".to_owned()));
        }
        if tokens.is_empty() || tokens.len() > MAX_TOKENS {
            return Err(bad(format!("tokens must have at least one id, and at most {MAX_TOKENS}")));
        }
        let ids: Result<_, _> = tokens.iter().map(|token| token.parse()).collect();
        ids.map_err(|_| bad("tokens must be ids of tokens".to_owned()))
    }
}

/// What an action did, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ActedOnTokens))]
#[serde(rename_all = "camelCase")]
pub struct ActedBody {
    /// The action.
    pub action: String,
    /// Whether nothing was changed, since it was asked what would be.
    pub dry_run: bool,
    /// How many tokens this call changed, also when it was sent before with the same `Idempotency-Key`, or would change.
    pub changed: usize,
    /// How many there was nothing to do for.
    pub unchanged: usize,
    /// How many it could not change.
    pub failed: usize,
    /// The tokens, in the order of creation.
    pub tokens: Vec<ActedToken>,
    /// Send the call again with this as `after`, since there may be more tokens.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next: Option<String>,
}

/// A token of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActedToken {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// `changed`, `unchanged` or `failed`.
    pub outcome: String,
    /// The code of the error, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The error, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ActedToken {
    /// A token with its outcome.
    pub fn of(id: TokenId, description: String, outcome: &str) -> Self {
        Self { id: id.to_string(), description, outcome: outcome.to_owned(), code: None, error: None }
    }
}
