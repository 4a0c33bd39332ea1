//! Requests and answers of a pick-up.

use std::borrow::Cow;

use jeton_core::{secret::PlainSecret, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{lenient, text, token::BucketPermissions};

/// The secret of a link, with the code once the recipient has typed it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PickUp {
    /// The fragment of the link, after `#`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String))]
    pub secret: Option<String>,
    /// The six-digit code. Without it, the answer only describes the share.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([0-9]{6})?$"))]
    pub code: Option<String>,
}

/// A share or an invitation, as the holder of its link sees it. The answer to the right code has `token`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PickUpBody {
    /// The secret string; only after the right code, and only once.
    #[serde(default, with = "text::secret", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub token: Option<PlainSecret>,
    /// `open`, or `pickedUp` in the answer that returns the copy.
    pub state: Cow<'static, str>,
    /// `token` for a copy of a token, `membership` for an invitation to a project.
    pub kind: Cow<'static, str>,
    /// What the token is for.
    pub description: String,
    /// The sender: the name of the member behind the token, or else `Another API token` or `A manage token`.
    /// The description of a token is not a name.
    pub sharer: String,
    /// Whether that is a person.
    #[serde(skip)]
    pub by_person: bool,
    /// Whether it is a membership that only reads.
    #[serde(skip)]
    pub reads_only: bool,
    /// The token that shares it, by its description; null when it is the master token of that person, or a manage token.
    #[serde(rename = "sharerToken")]
    #[cfg_attr(feature = "schema", schema(required))]
    pub by_token: Option<String>,
    /// The project.
    pub project: PickUpProject,
    /// When the share expires.
    #[serde(with = "text::time")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub open_until: Timestamp,
    /// When the copy expires, if it does: with the token, or before.
    #[serde(with = "text::time_or_null")]
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>))]
    pub expires: Option<Timestamp>,
    /// Whether it has access to all buckets and components.
    pub can_manage_buckets: bool,
    /// Access to single buckets.
    #[cfg_attr(feature = "schema", schema(value_type = crate::token::BucketPermissionsSchema))]
    pub bucket_permissions: BucketPermissions<'static>,
    /// Components it may run.
    pub component_access: Vec<String>,
    /// Its rights, in plain sentences.
    pub may: Vec<String>,
}

/// The project of a share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PickUpProject {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
}
