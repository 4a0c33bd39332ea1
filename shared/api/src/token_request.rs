//! Requests about tokens, besides their settings.

use jeton_core::{Error, token::Overlap};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{lenient, unknown};

/// The options of a refresh.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefreshToken {
    /// For how many seconds older copies can still verify, at most 604800; 0 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 604_800))]
    pub grace_period: Option<i64>,
    /// Keep older copies until the new one is first used, for seven days or the grace period at most.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub keep_old_until_used: Option<bool>,
    /// Unknown fields: ignored, unless one is a known field in another spelling or would limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

impl RefreshToken {
    /// When older copies end. Errors: [`Error::BadField`] if they are to end at once and to be kept.
    pub fn overlap(&self) -> Result<Overlap, Error> {
        unknown::reject(&self.unknown, &["gracePeriod", "keepOldUntilUsed"])?;
        let until_used = self.keep_old_until_used.unwrap_or_default();
        if until_used && self.grace_period == Some(0) {
            return Err(Error::bad_field(
                "gracePeriod",
                "gracePeriod 0 and keepOldUntilUsed contradict each other: send one of them",
            ));
        }
        // A negative number is rejected like one that is too large.
        let grace_seconds = u64::try_from(self.grace_period.unwrap_or(0)).unwrap_or(u64::MAX);
        Ok(Overlap { grace_seconds, until_used })
    }
}

/// The request to send a pending share again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendShare {
    /// A message for the recipient, at most 1,000 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 1000, pattern = r"^[^\u0000]*$"))]
    pub message: Option<String>,
    /// How long the share is open from now on, in seconds, at most 604800; 86400 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 604_800))]
    pub expires_in: Option<i64>,
    /// Return the code to the caller instead of mailing it.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub separate_code: Option<bool>,
}

/// The request to share a token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ShareToken {
    /// One e-mail address.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = crate::schema::EmailAddress))]
    pub recipient_email: Option<String>,
    /// A message for the recipient, at most 1,000 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 1000, pattern = r"^[^\u0000]*$"))]
    pub message: Option<String>,
    /// How long the share is open, in seconds, at most 604800; 86400 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 604_800))]
    pub expires_in: Option<i64>,
    /// Return the code to the sharer instead of mailing it.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub separate_code: Option<bool>,
    /// Unknown fields: ignored, unless one is a known field in another spelling or would limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// The code of a share, if the caller asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SeparateCode {
    /// Six digits, for the sharer to pass on.
    pub code: String,
}

/// The query of a list of tokens, beside its filter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListTokens {
    /// At most this many, from 1 to 10000.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 10_000))]
    pub limit: Option<i64>,
    /// Only tokens with greater ids, in the order of creation.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([1-9][0-9]{0,13})?$"))]
    pub after_id: Option<String>,
    /// What the list is by: `created`, `lastUsed`, `expires`, `description`, `creator` or `rights`; with a minus before it, such as
    /// `-lastUsed`, the greatest first. `created` when absent.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(pattern = "^(-?(created|lastUsed|expires|description|creator|rights))?$")
    )]
    pub sort: Option<String>,
    /// Continue where the list before ended: from its `Link` header.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([0-9a-f]{2})*$"))]
    pub after: Option<String>,
    /// Answer how many tokens match, on all pages, in the header `X-Total-Count`.
    #[serde(default, deserialize_with = "lenient::choice", skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
}
