//! What the holder of a share's link sends and receives.

use serde::{Deserialize, Serialize};
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
    #[schema(required)]
    pub secret: Option<String>,
    /// The six digits. Without them the answer only tells what is shared.
    #[serde(default, deserialize_with = "lenient::string")]
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
    /// Who shares it.
    pub sharer: String,
    /// The project.
    pub project: PickUpProject,
    /// Until when the share is open.
    pub open_until: String,
    /// When the token ends, if it does.
    #[schema(required)]
    pub expires: Option<String>,
    /// Whether it reaches all buckets and components.
    pub can_manage_buckets: bool,
    /// Access to single buckets.
    #[schema(value_type = BucketPermissionsSchema)]
    pub bucket_permissions: BucketPermissions,
    /// Components it may run.
    pub component_access: Vec<String>,
    /// What it may do, in plain sentences.
    pub may: Vec<String>,
}

/// The project that a share belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PickUpProject {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
}
