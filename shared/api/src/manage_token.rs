//! Manage tokens in the manage API, and the requests about them.

use std::borrow::Cow;

use jeton_core::{
    Error,
    id::ManageTokenId,
    manage::{ManageToken, Update},
    secret::PlainSecret,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{lenient, patch::Patch, settings::lifetime, text, unknown};

/// A new manage token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateManageToken {
    /// What it is for, at most 255 characters; `Created by …` when absent or empty.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 255))]
    pub description: Option<String>,
    /// Lifetime in whole seconds, at least 1. It ends no later than the manage token that creates it.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 3_153_600_000_i64))]
    pub expires_in: Option<i64>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// An update of a manage token: the fields present are replaced, all others stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UpdateManageToken {
    /// What it is for, 1 to 255 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 255))]
    pub description: Option<String>,
    /// Disable or enable it: a disabled manage token is not accepted.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// Rejected: it cannot be changed.
    #[serde(default, deserialize_with = "lenient::patch_seconds", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub expires_in: Patch<i64>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// The options of the refresh of a manage token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefreshManageToken {
    /// For how many seconds the old secret stays valid, at most 604800; 0 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 604_800))]
    pub grace_period: Option<i64>,
    /// Unknown fields: ignored, unless one is a known field in another spelling or would limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// The query of a list of manage tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListManageTokens {
    /// At most this many, from 1 to 10000.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 10_000))]
    pub limit: Option<i64>,
    /// Only manage tokens with greater ids.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([1-9][0-9]{0,7})?$"))]
    pub after_id: Option<String>,
}

/// A manage token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ManageToken))]
#[serde(rename_all = "camelCase")]
pub struct ManageTokenBody {
    /// Its id.
    pub id: u32,
    /// What it is for.
    pub description: String,
    /// When it was created.
    pub created: String,
    /// The start of the UTC day on which it last made a call.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last_used: Option<String>,
    /// When it expires, if it does.
    #[cfg_attr(feature = "schema", schema(required))]
    pub expires: Option<String>,
    /// Always false.
    pub is_session_token: bool,
    /// Whether it has expired.
    pub is_expired: bool,
    /// Whether it is disabled.
    pub is_disabled: bool,
    /// Always empty: a manage token allows all manage calls.
    pub scopes: Vec<String>,
    /// Always `super`: it belongs to no person.
    pub r#type: Cow<'static, str>,
    /// Who created it.
    pub creator: ManageTokenCreator,
    /// When its secret was last refreshed; `created` when it never was. Not in verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refreshed: Option<String>,
    /// Whether its secret was reported as leaked: a refresh makes it valid again. Not in verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_leaked: Option<bool>,
    /// Until when each replaced secret is valid. Not in verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_secrets_end: Option<Vec<String>>,
    /// The secret string, only in the answers of create and refresh.
    #[serde(default, with = "text::secret", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub token: Option<PlainSecret>,
}

/// The creator of a manage token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ManageTokenCreator {
    /// The manage token; 0 for the command line.
    pub id: u32,
    /// Its description at that time; `jeton` for the command line.
    pub name: String,
}

impl CreateManageToken {
    /// The lifetime asked for, in seconds. Errors: [`Error::MinimalExpiration`], [`Error::BadField`].
    pub fn lifetime(&self) -> Result<Option<u64>, Error> {
        unknown::reject(&self.unknown, &["description", "expiresIn"])?;
        lifetime(self.expires_in)
    }
}

impl UpdateManageToken {
    /// The update of this manage token. Errors: [`Error::BadField`] for fields that cannot be changed, and
    /// for `null` in place of an existing expiry.
    pub fn update(&self, before: &ManageToken) -> Result<Update, Error> {
        if self.expires_in.value().is_some() {
            return Err(Error::bad_field(
                "expiresIn",
                "expiresIn cannot be changed: create a new manage token",
            ));
        }
        unknown::reject(&self.unknown, &["description", "isDisabled"])?;
        let null = match self.expires_in {
            Patch::Clear => Some("expiresIn"),
            _ => (self.unknown.get("expires") == Some(&Value::Null)).then_some("expires"),
        };
        if let Some(field) = null.filter(|_| before.ends().is_some()) {
            let sentence =
                format!("{field} must not be null: the expiry of a manage token cannot be removed");
            return Err(Error::bad_field(field, sentence));
        }
        Ok(Update { description: self.description.clone(), disabled: self.is_disabled })
    }
}

impl RefreshManageToken {
    /// How many seconds the old secret stays valid. Errors: [`Error::BadField`].
    pub fn grace_seconds(&self) -> Result<u64, Error> {
        unknown::reject(&self.unknown, &["gracePeriod"])?;
        // A negative number is rejected like one that is too large.
        Ok(u64::try_from(self.grace_period.unwrap_or(0)).unwrap_or(u64::MAX))
    }
}

impl ListManageTokens {
    /// The limit of the list, and the id that it starts after. Errors: [`Error::BadField`].
    pub fn page(&self) -> Result<(usize, Option<ManageTokenId>), Error> {
        let limit = match self.limit {
            None => usize::MAX,
            Some(limit @ 1..=10_000) => usize::try_from(limit).unwrap_or(usize::MAX),
            Some(_) => return Err(Error::bad_field("limit", "limit must be from 1 to 10000")),
        };
        let after = self.after_id.as_deref().filter(|text| !text.is_empty()).map(str::parse).transpose();
        let after =
            after.map_err(|_| Error::bad_field("afterId", "afterId must be the id of a manage token"))?;
        Ok((limit, after))
    }
}

impl ManageTokenBody {
    /// The manage token in the form of verify.
    pub fn new(token: &ManageToken, now: Timestamp) -> Self {
        let creator = token.creator.as_ref();
        Self {
            id: token.id.number(),
            description: token.description.clone(),
            created: token.created.to_string(),
            last_used: token.last_used.map(|day| day.start().to_string()),
            expires: token.ends().map(|at| at.to_string()),
            is_session_token: false,
            is_expired: token.ends().is_some_and(|end| now >= end),
            is_disabled: token.disabled,
            scopes: Vec::new(),
            r#type: "super".into(),
            creator: ManageTokenCreator {
                id: creator.map_or(0, |creator| creator.id.number()),
                name: creator.map_or_else(|| "jeton".to_owned(), |creator| creator.description.clone()),
            },
            refreshed: None,
            is_leaked: None,
            replaced_secrets_end: None,
            token: None,
        }
    }

    /// The same with the state of its secrets.
    pub fn detailed(token: &ManageToken, now: Timestamp) -> Self {
        let replaced = token.replaced.iter().filter(|old| now < old.ends);
        Self {
            refreshed: Some(token.refreshed.unwrap_or(token.created).to_string()),
            is_leaked: Some(token.leaked.is_some()),
            replaced_secrets_end: Some(replaced.map(|old| old.ends.to_string()).collect()),
            ..Self::new(token, now)
        }
    }

    /// Adds the secret string, which is shown once.
    #[must_use]
    pub fn with_secret(self, secret: &PlainSecret) -> Self {
        Self { token: Some(secret.clone()), ..self }
    }
}
