//! Transitions of a manage token: create, update, refresh, delete, leak report.

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{Creator, MAX_REPLACED, ManageToken, Presented, Replaced};
use crate::{
    error::Error,
    event::{
        Event,
        names::{self, EventKind},
    },
    event_context::{Actor, EventContext},
    id::ManageTokenId,
    project::valid_name,
    secret::{self, Label, PlainSecret, SecretHash},
    text::trimmed,
    time::Timestamp,
    token::{MAX_GRACE_SECONDS, earliest},
};

/// A new state of a manage token, with its event.
#[derive(Debug, Clone)]
pub struct ManageChange {
    /// The state to store.
    pub token: ManageToken,
    /// The event to store with it.
    pub event: Event,
}

/// A new manage token and its secret.
#[derive(Debug, Clone)]
pub struct Created {
    /// The manage token and its event.
    pub change: ManageChange,
    /// The secret, which is shown once.
    pub secret: PlainSecret,
}

/// A refreshed manage token and its new secret.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The new state and its event.
    pub change: ManageChange,
    /// The new secret, which is shown once.
    pub secret: PlainSecret,
}

/// An update of a manage token. Fields that are `None` stay unchanged.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The new description, 1 to 255 characters.
    pub description: Option<String>,
    /// Whether it is disabled.
    pub disabled: Option<bool>,
}

impl ManageToken {
    /// Creates a manage token that expires at `expires`, but no later than the manage token that creates it.
    ///
    /// Errors: [`Error::BadField`] for the description.
    pub fn create(
        id: ManageTokenId,
        description: &str,
        expires: Option<Timestamp>,
        creator: Option<&Self>,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<Created, Error> {
        let secret = secret::mint_manage_token(id, rng);
        let expires = earliest([expires, creator.and_then(Self::ends)]);
        let token = Self {
            id,
            hash: SecretHash::of(Label::ManageToken, &[secret.expose()]),
            description: checked_description(description)?,
            created: event_context.now,
            expires,
            version: 1,
            generation: 0,
            refreshed_by_others: 0,
            secret_ends: None,
            refreshed: None,
            disabled: false,
            leaked: None,
            replaced: Vec::new(),
            creator: creator
                .map(|creator| Creator { id: creator.id, description: creator.description.clone() }),
            last_used: None,
            is_placeholder: false,
            unknown: Map::new(),
        };
        let mut params = Map::new();
        if let Some(end) = token.expires {
            params.insert("expires".to_owned(), json!(end.to_string()));
        }
        let message = format!("Created manage token {}", token.description);
        let event = event_context.event_of_manage_token(&token, names::MANAGE_TOKEN_CREATED, message, params);
        Ok(Created { change: ManageChange { token, event }, secret })
    }

    /// Applies an update; `None` if it changes nothing. `by` is the calling manage token: it cannot enable one that expires
    /// later than itself.
    ///
    /// Errors: [`Error::BadField`], [`Error::Forbidden`], [`Error::Unavailable`] when its record cannot be read.
    pub fn update(
        &self,
        update: &Update,
        by: Option<&Self>,
        event_context: &EventContext,
    ) -> Result<Option<ManageChange>, Error> {
        self.requires_record()?;
        let mut token = self.next_version(event_context.now);
        let mut params = Map::new();
        if let Some(description) = update.description.as_deref().filter(|text| *text != self.description) {
            token.description = checked_description(description)?;
            params.insert("description".to_owned(), json!(token.description));
            params.insert("descriptionBefore".to_owned(), json!(self.description));
        }
        let switched = update.disabled.filter(|disabled| *disabled != self.disabled);
        if let Some(disabled) = switched {
            let sooner = |end: Timestamp| self.ends().is_none_or(|own| end < own);
            if !disabled && by.and_then(Self::ends).is_some_and(sooner) {
                return Err(Error::Forbidden(
                    "a manage token cannot enable one that expires later than itself",
                ));
            }
            token.disabled = disabled;
            params.insert("isDisabled".to_owned(), json!(disabled));
        }
        if params.is_empty() {
            return Ok(None);
        }
        let (name, did) = match switched {
            None => (names::MANAGE_TOKEN_UPDATED, "Updated"),
            Some(true) => (names::MANAGE_TOKEN_DISABLED, "Disabled"),
            Some(false) => (names::MANAGE_TOKEN_ENABLED, "Enabled"),
        };
        let message = format!("{did} manage token {}", token.description);
        let event = event_context.event_of_manage_token(&token, name, message, params);
        Ok(Some(ManageChange { token, event }))
    }

    /// Replaces the secret. The old one keeps working for `grace_seconds`; an earlier end is never postponed. The new secret
    /// ends with `by`, the calling manage token, unless that is this one.
    ///
    /// Errors: [`Error::BadField`] for the grace period, [`Error::Conflict`] for a manage token that has expired or
    /// is disabled, and when too many replaced secrets still work, [`Error::Unavailable`] when its record cannot be read.
    pub fn refresh(
        &self,
        grace_seconds: u64,
        by: Option<&Self>,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<Refreshed, Error> {
        self.requires_record()?;
        if grace_seconds > MAX_GRACE_SECONDS {
            let sentence = format!("gracePeriod must be from 0 to {MAX_GRACE_SECONDS} seconds");
            return Err(Error::bad_field("gracePeriod", sentence));
        }
        let now = event_context.now;
        if self.is_expired(now) {
            return Err(Error::Conflict("this manage token has expired: create a new one"));
        }
        if self.disabled {
            return Err(Error::Conflict("this manage token is disabled: enable it first"));
        }
        let mut token = self.next_version(now);
        if grace_seconds == 0 {
            token.replaced.clear();
        } else {
            let end = now.plus_seconds(grace_seconds);
            token.replaced.iter_mut().for_each(|old| old.ends = old.ends.min(end));
            if self.leaked.is_none() {
                let ends = self.secret_ends.map_or(end, |earlier| earlier.min(end));
                token.replaced.push(Replaced { hash: self.hash, ends });
            }
            if token.replaced.len() > MAX_REPLACED {
                return Err(Error::Conflict(
                    "15 replaced secrets of this manage token still work: refresh it without gracePeriod",
                ));
            }
        }
        let secret = secret::mint_manage_token(token.id, rng);
        token.hash = SecretHash::of(Label::ManageToken, &[secret.expose()]);
        token.generation += 1;
        token.leaked = None;
        token.refreshed = Some(now);
        let other = by.filter(|by| by.id != self.id);
        // A manage token that refreshes itself keeps the end of its secret.
        let ends = if other.is_some() { other.and_then(Self::ends) } else { self.secret_ends };
        token.secret_ends = ends.filter(|end| self.expires.is_none_or(|expires| *end < expires));
        if other.is_some() {
            token.refreshed_by_others = token.generation;
        }
        let mut params = Map::from_iter([("gracePeriod".to_owned(), json!(grace_seconds))]);
        params.extend(token.secret_ends.map(|end| ("expires".to_owned(), json!(end.to_string()))));
        let message = format!("Refreshed manage token {}", token.description);
        let event =
            event_context.event_of_manage_token(&token, names::MANAGE_TOKEN_REFRESHED, message, params);
        Ok(Refreshed { change: ManageChange { token, event }, secret })
    }

    /// The event of the deletion.
    pub fn deleted_event(&self, event_context: &EventContext) -> Event {
        let message = format!("Deleted manage token {}", self.description);
        event_context.event_of_manage_token(self, names::MANAGE_TOKEN_DELETED, message, Map::new())
    }

    /// Ends the secret that was leaked; `None` if it is not valid any more. Other secrets stay valid. `found` is where it was
    /// found, if the report says so.
    pub fn leaked(
        &self,
        string: &str,
        found: Option<&str>,
        event_context: &EventContext,
    ) -> Option<ManageChange> {
        let mut token = self.next_version(event_context.now);
        let which = match self.opened_by(string, event_context.now)? {
            Presented::Current => {
                token.leaked = Some(event_context.now);
                token.generation += 1;
                "current"
            }
            Presented::Replaced => {
                let hash = SecretHash::of(Label::ManageToken, &[string]);
                token.replaced.retain(|old| !old.hash.matches(&hash));
                "replaced"
            }
        };
        let mut params = Map::from_iter([("leakedSecret".to_owned(), json!(which))]);
        params.extend(found.map(|found| ("found".to_owned(), json!(found))));
        let message = format!("A secret of manage token {} was found in public and ended", token.description);
        let event = event_context.event_of_manage_token(&token, names::MANAGE_TOKEN_LEAKED, message, params);
        Some(ManageChange { token, event })
    }
}

impl EventContext {
    /// Makes an event in the history of a manage token and of the calling one.
    fn event_of_manage_token(
        &self,
        about: &ManageToken,
        kind: EventKind,
        message: String,
        params: Map<String, Value>,
    ) -> Event {
        let mut event = self.event_outside(kind, message, params);
        let acting = match &self.actor {
            Actor::Manage { id, .. } => Some(*id),
            _ => None,
        };
        event.about_manage = Some(about.id).filter(|about| acting != Some(*about));
        event.object = Some(crate::event::Object {
            r#type: Some("manageToken".to_owned()),
            id: Some(about.id.to_string()),
            name: Some(about.description.clone()),
        });
        event
    }
}

fn checked_description(description: &str) -> Result<String, Error> {
    let description = trimmed(description);
    if valid_name(description) {
        Ok(description.to_owned())
    } else {
        let sentence = "description must have 1 to 255 characters, no control characters";
        Err(Error::bad_field("description", sentence))
    }
}
