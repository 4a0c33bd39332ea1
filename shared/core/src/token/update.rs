//! The update of a token: description, rights, expiry, or whether it is disabled.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;
use serde_json::{Map, json};

use super::{Change, DisabledBy, Identity, Token, checked_description};
use crate::{
    error::Error,
    event::names,
    event_context::EventContext,
    permission::{Access, BucketId, Capabilities, CapabilityPatch, ComponentId, Permissions, Rank},
    time::Timestamp,
};

/// An update. Fields that are `None` stay unchanged.
///
/// Capabilities outside [`Capabilities::EDITABLE`] stay unchanged, too.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The new description.
    pub description: Option<String>,
    /// The new bucket rights, which replace all old ones.
    pub buckets: Option<BTreeMap<BucketId, Access>>,
    /// The new component rights, which replace all old ones.
    pub components: Option<BTreeSet<ComponentId>>,
    /// The changes of capabilities.
    pub capabilities: CapabilityPatch,
    /// The new expiry.
    pub expires: Option<Timestamp>,
    /// Whether it is disabled. All copies of a disabled token are refused until it is enabled.
    pub disabled: Option<bool>,
}

/// What of a token an update replaces, but for its end and whether it is switched off: what the form of an edit shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Editable {
    /// The description.
    pub description: String,
    /// What it may do.
    pub permissions: Permissions,
}

impl From<&Identity> for Editable {
    fn from(identity: &Identity) -> Self {
        Self { description: identity.description.clone(), permissions: (*identity.permissions).clone() }
    }
}

impl Update {
    /// What is shown of a token afterwards, with a description as it was typed. Errors: [`Error::InvalidPermissions`].
    pub fn applied_to(&self, before: &Editable) -> Result<Editable, Error> {
        Ok(Editable {
            description: self.description.clone().unwrap_or_else(|| before.description.clone()),
            permissions: self.rights_after(&before.permissions)?,
        })
    }

    /// The new expiry, if it differs from the current one. Expiries are shown in seconds, so two within one second are equal.
    pub fn new_end(&self, before: Option<Timestamp>) -> Option<Timestamp> {
        let shown = |end: Timestamp| end.millis() / 1000;
        self.expires.filter(|end| before.map(shown) != Some(shown(*end)))
    }

    /// The resulting rights of a token with these rights.
    pub fn rights_after(&self, before: &Permissions) -> Result<Permissions, Error> {
        let mut after = before.clone();
        if let Some(buckets) = &self.buckets {
            after.buckets.clone_from(buckets);
        }
        if let Some(components) = &self.components {
            after.components.clone_from(components);
        }
        after.capabilities = self.capabilities.only(Capabilities::EDITABLE).applied_to(before.capabilities);
        Ok(after.normalised()?)
    }

    /// Whether it is a revocation: it takes something away and grants nothing.
    pub fn takes_away(&self, identity: &Identity) -> Result<bool, Error> {
        let (before, after) = (&identity.permissions, self.rights_after(&identity.permissions)?);
        let switched = self.disabled.filter(|disabled| *disabled != identity.disabled);
        let end = self.new_end(identity.expires);
        let is_earlier = end.is_some_and(|end| identity.expires.is_none_or(|before| end < before));
        let narrows = before.cover(&after) && (after != **before || is_earlier);
        Ok(switched == Some(true) || (switched.is_none() && end.is_some() == is_earlier && narrows))
    }
}

impl Token {
    /// Applies an update; `None` if it changes nothing. It applies to all copies and pending shares.
    ///
    /// A token that a master token disabled can only be enabled by a master token. So when a master token disables one that is
    /// disabled already, this is recorded.
    /// Errors: [`Error::BadField`]; [`Error::InvalidPermissions`]; [`Error::Forbidden`] for enabling a token that a master token
    /// disabled; [`Error::ProjectClosed`] for enabling a token that is disabled with its project; [`Error::Conflict`] for a new
    /// expiry of an expired token.
    pub fn update(
        &self,
        update: &Update,
        by: Rank,
        event_context: &EventContext,
    ) -> Result<Option<Change>, Error> {
        let mut token = self.next_version(event_context.now);
        let mut params = Map::new();
        let description = update.description.as_deref().map(checked_description).transpose()?;
        if let Some(description) = description.filter(|text| !text.is_empty()) {
            token.identity.description = description;
        }
        if token.identity.description != self.identity.description {
            params.insert("description".to_owned(), json!(token.identity.description));
            params.insert("descriptionBefore".to_owned(), json!(self.identity.description));
        }
        token.identity.permissions = Arc::new(update.rights_after(&self.identity.permissions)?);
        if token.identity.permissions != self.identity.permissions {
            params.insert("permissions".to_owned(), json!(*token.identity.permissions));
            params.insert("permissionsBefore".to_owned(), json!(*self.identity.permissions));
        }
        if let Some(end) = update.new_end(self.identity.expires) {
            self.not_expired(event_context.now)?;
            if end <= event_context.now {
                return Err(Error::bad_field("expires", "expires must lie in the future"));
            }
            token.identity.expires = Some(end);
            // The new expiry has its own notices.
            (token.noticed, token.notices_from, token.was_due) = (None, None, self.due());
            params.insert("expires".to_owned(), json!(end.to_string()));
            let before = self.identity.expires.map(|end| end.to_string());
            params.insert("expiresBefore".to_owned(), json!(before));
        }
        let off_by_master = self.disabled_by.as_ref().is_some_and(|by| by.master);
        let is_master = by == Rank::Master;
        let is_a_switch = |disabled: &bool| {
            *disabled != self.identity.disabled || (*disabled && is_master && !off_by_master)
        };
        let switched = update.disabled.filter(is_a_switch);
        if let Some(disabled) = switched {
            if self.moving {
                return Err(Error::ProjectClosed);
            }
            if off_by_master && !is_master {
                return Err(Error::Forbidden("only a master token enables what a master token disabled"));
            }
            token.identity.disabled = disabled;
            token.disabled_by =
                disabled.then_some(DisabledBy { token: event_context.actor.token(), master: is_master });
            params.insert("isDisabled".to_owned(), json!(disabled));
        }
        if params.is_empty() {
            return Ok(None);
        }
        let (name, did) = match switched {
            None => (names::TOKEN_UPDATED, "Updated"),
            Some(true) => (names::TOKEN_DISABLED, "Disabled"),
            Some(false) => (names::TOKEN_ENABLED, "Enabled"),
        };
        let message = format!("{did} token {}", token.identity.description);
        let event = event_context.event_about(&token, name, message, params);
        Ok(Some(Change { token, event }))
    }
}
