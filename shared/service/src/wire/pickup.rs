//! What the holder of a share's link sends and receives.

use jeton_core::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::{
    lenient,
    token::{BucketPermissions, BucketPermissionsSchema},
};

/// The secret of a link, with the code once the recipient has typed it.
#[derive(Default, Deserialize, ToSchema)]
pub struct PickUp {
    /// The part of the link after `#`.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(required, value_type = String)]
    pub secret: Option<String>,
    /// The six digits. Without them the answer only tells what is shared.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(pattern = "^([0-9]{6})?$")]
    pub code: Option<String>,
}

/// What is shared: the answer to a secret without a code, and, with `token`, the one answer that
/// hands the copy over.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PickUpBody {
    /// The secret string; only once the code was right, and only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `open`, or `pickedUp` in the answer that hands the copy over.
    pub state: &'static str,
    /// `token` for a copy of a token, `membership` for an invitation to a project.
    pub kind: &'static str,
    /// What the token is for.
    pub description: String,
    /// Who shares it: the member behind the token that does, by name, or else `Another API token` or `A manage token`. What a
    /// token is called is nobody's name.
    pub sharer: String,
    /// Whether that is a person.
    #[serde(skip)]
    pub by_person: bool,
    /// The token that shares it, by its description; null when it is the master token of that person, or a manage token.
    #[serde(rename = "sharerToken")]
    #[schema(required)]
    pub by_token: Option<String>,
    /// The project.
    pub project: PickUpProject,
    /// Until when the share is open.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub open_until: Timestamp,
    /// When the copy ends, if it does: with the token, or before.
    #[serde(serialize_with = "as_text_or_null")]
    #[schema(required, value_type = Option<String>)]
    pub expires: Option<Timestamp>,
    /// Whether it reaches all buckets and components.
    pub can_manage_buckets: bool,
    /// Access to single buckets.
    #[schema(value_type = BucketPermissionsSchema)]
    pub bucket_permissions: BucketPermissions<'static>,
    /// Components it may run.
    pub component_access: Vec<String>,
    /// What it may do, in plain sentences.
    pub may: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over like this")]
fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[expect(clippy::ref_option, reason = "serde hands a field over like this")]
fn as_text_or_null<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(serializer)
}

/// The project that a share belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PickUpProject {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
}
