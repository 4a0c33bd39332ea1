//! The forms of the console.

use std::collections::BTreeSet;

use jeton_api::{event::ListEvents, lenient, token_action::MAX_TOKENS, token_request::RefreshToken};
use jeton_core::{Error, event::Event, id::TokenId, time::Timestamp, token::Overlap};
use serde::Deserialize;

use super::{action_run::RunForm, expiry, token_list::ListQuery};

/// The query of the form of a new token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewTokenQuery {
    /// A purpose to start from.
    #[serde(deserialize_with = "lenient::string")]
    pub purpose: Option<String>,
    /// A token to start from, by its id or description.
    #[serde(deserialize_with = "lenient::string")]
    pub like: Option<String>,
    /// The purpose of the form whose fields are in the address.
    #[serde(deserialize_with = "lenient::string")]
    pub was: Option<String>,
}

/// The query of the usage of a token, and what is beside the rights in its forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UsageQuery {
    /// The range: a name of [`RANGES`](super::usage_range::RANGES).
    #[serde(deserialize_with = "lenient::string")]
    pub range: Option<String>,
    /// Another range, in place of that one.
    #[serde(deserialize_with = "lenient::string")]
    pub another: Option<String>,
    /// Set if rights are in the address.
    #[serde(deserialize_with = "lenient::string")]
    pub tried: Option<String>,
    /// What the rights are for, if not for a dry run.
    #[serde(deserialize_with = "lenient::string")]
    pub then: Option<String>,
}

/// The form of a refresh: what happens to older copies.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RefreshForm {
    /// `end` for immediately, a number of seconds, or `used` for until the new secret is first used.
    #[serde(deserialize_with = "lenient::string")]
    pub old: Option<String>,
    /// The field of the API, if `old` is absent.
    #[serde(deserialize_with = "lenient::seconds")]
    pub grace_period: Option<i64>,
    /// The field of the API, if `old` is absent.
    #[serde(deserialize_with = "lenient::boolean")]
    pub keep_old_until_used: Option<bool>,
}

impl RefreshForm {
    /// What happens to the older copies. Errors: [`Error::BadField`] for no choice, and for more than one.
    pub fn overlap(&self) -> Result<Overlap, Error> {
        let api = RefreshToken {
            grace_period: self.grace_period,
            keep_old_until_used: self.keep_old_until_used,
            ..RefreshToken::default()
        };
        let Some(old) = self.old.as_deref() else { return api.overlap() };
        if self.grace_period.is_some() || self.keep_old_until_used.is_some() {
            return Err(Error::bad_field("old", "Choose once what happens to existing copies."));
        }
        match (old, old.parse::<u64>()) {
            ("end", _) => Ok(Overlap::default()),
            ("used", _) => Ok(Overlap { until_used: true, ..Overlap::default() }),
            (_, Ok(grace_seconds @ 1..)) => Ok(Overlap { grace_seconds, until_used: false }),
            _ => Err(Error::bad_field("old", "Choose what happens to existing copies.")),
        }
    }
}

/// The form of a new expiry.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ExtendForm {
    /// An extension of [`expiry::EXTENSIONS`], or [`expiry::DATE`].
    #[serde(deserialize_with = "lenient::string")]
    pub by: Option<String>,
    /// The last day in UTC, with the choice of a date.
    #[serde(deserialize_with = "lenient::string")]
    pub until: Option<String>,
    /// The expiry that the form started from, or [`expiry::NEVER`].
    #[serde(deserialize_with = "lenient::string")]
    pub from: Option<String>,
    /// When the form was shown: a token without an expiry is extended from then, as the form says.
    #[serde(deserialize_with = "lenient::string")]
    pub at: Option<String>,
    /// The new expiry, to confirm one before the present one.
    #[serde(deserialize_with = "lenient::string")]
    pub earlier: Option<String>,
}

impl ExtendForm {
    /// The expiry that the form started from; `None` for never.
    pub fn started_from(&self) -> Option<String> {
        self.from.clone().filter(|from| from != expiry::NEVER)
    }

    /// The chosen date, if it is before the present expiry.
    pub fn earlier_end(&self, present: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        self.end(now).ok().filter(|end| present.is_some_and(|present| *end < present))
    }

    /// The new expiry. Errors: [`Error::BadField`] for no choice, an invalid date, and a date beside another choice.
    pub fn end(&self, now: Timestamp) -> Result<Timestamp, Error> {
        let by = self.by.as_deref().unwrap_or_default();
        let until = self.until.as_deref().unwrap_or_default();
        if by == expiry::DATE {
            return expiry::end_of(until, now);
        }
        if !until.is_empty() {
            let message = "Choose “On this date” for this date, or remove it.";
            return Err(Error::bad_field("until", message));
        }
        let offered = expiry::EXTENSIONS.iter().find(|(value, ..)| *value == by);
        let (.., seconds) = offered.ok_or_else(|| Error::bad_field("by", "Choose a new expiry."))?;
        let time = |text: Option<String>| text.map(|text| text.parse::<Timestamp>()).transpose();
        let reload = |_| Error::bad_field("from", "Please reload the page.");
        let from = time(self.started_from()).map_err(reload)?;
        let shown = time(self.at.clone()).map_err(reload)?;
        Ok(expiry::extended(from, *seconds, shown.unwrap_or(now)))
    }
}

/// The form of a share.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShareForm {
    /// The recipient.
    #[serde(deserialize_with = "lenient::string")]
    pub recipient_email: Option<String>,
    /// The message.
    #[serde(deserialize_with = "lenient::string")]
    pub message: Option<String>,
    /// The lifetime of the link, in seconds.
    #[serde(deserialize_with = "lenient::string")]
    pub expires_in: Option<String>,
    /// Set if the code is not mailed.
    #[serde(deserialize_with = "lenient::string")]
    pub separate_code: Option<String>,
}

/// The query and the form of an action on several tokens.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActionForm {
    /// The action, as in the API.
    #[serde(deserialize_with = "lenient::string")]
    pub action: Option<String>,
    /// The ids of the tokens.
    #[serde(deserialize_with = "lenient::strings")]
    pub tokens: Option<Vec<String>>,
    /// What was confirmed, and how far it is, if the action is for all tokens of the list.
    #[serde(flatten)]
    pub run: RunForm,
    /// Set if the action is for all tokens of the list.
    #[serde(deserialize_with = "lenient::string")]
    pub all: Option<String>,
    /// Where the step of all tokens begins.
    #[serde(deserialize_with = "lenient::string")]
    pub after: Option<String>,
    /// The list that the tokens were selected in.
    #[serde(flatten)]
    pub list: ListQuery,
}

impl ActionForm {
    /// The tokens: at least one, and at most [`MAX_TOKENS`]. Errors: [`Error::BadField`].
    pub fn tokens(&self) -> Result<BTreeSet<TokenId>, Error> {
        let ids = self.tokens.iter().flatten().map(|id| id.parse::<TokenId>());
        let ids = ids.collect::<Result<BTreeSet<_>, _>>();
        let ids = ids.map_err(|_| Error::bad_field("tokens", "tokens must be ids of tokens"))?;
        if ids.is_empty() || ids.len() > MAX_TOKENS {
            let message = format!("Select at least one token, and at most {MAX_TOKENS}");
            return Err(Error::bad_field("tokens", message));
        }
        Ok(ids)
    }

    /// Whether the action is for all tokens of the list.
    pub fn all(&self) -> bool {
        self.all.as_deref().is_some_and(|all| !all.is_empty())
    }

    /// Where the step begins.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref().filter(|after| !after.is_empty())
    }
}

/// The query of a history or an export.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryQuery {
    /// A query, or words of the message.
    #[serde(deserialize_with = "lenient::string")]
    pub q: Option<String>,
    /// Only events of this name.
    #[serde(deserialize_with = "lenient::string")]
    pub event: Option<String>,
    /// `info`, `success`, `warn` or `error`.
    #[serde(deserialize_with = "lenient::string")]
    pub r#type: Option<String>,
    /// Only events at or after this time.
    #[serde(deserialize_with = "lenient::string")]
    pub from: Option<String>,
    /// Only events before this time.
    #[serde(deserialize_with = "lenient::string")]
    pub to: Option<String>,
    /// Only events before this one.
    #[serde(deserialize_with = "lenient::string")]
    pub max_id: Option<String>,
    /// `csv` or `ndjson`.
    #[serde(deserialize_with = "lenient::string")]
    pub format: Option<String>,
}

impl HistoryQuery {
    /// Whether an event matches the name and the type.
    pub fn matches(&self, event: &Event) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == is)
        };
        same(&self.event, &event.event) && same(&self.r#type, event.r#type.as_str())
    }

    /// The other filters, as a query of the API.
    pub fn list(&self, limit: Option<i64>) -> ListEvents {
        ListEvents {
            limit,
            max_id: self.max_id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            q: self.q.clone().filter(|text| !text.trim().is_empty()),
            ..ListEvents::default()
        }
    }
}
