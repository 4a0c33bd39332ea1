//! What history says about the rights of a token.

use std::borrow::Cow;

use jeton_core::permission::{
    Advice, Ask, Capabilities, Capability, Permissions,
    advice::{Seen, Tally},
    question::BucketAsk,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{lenient, token::BucketPermissions};

/// What the recorded questions of a token say about its rights, as it has them now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Advice)]
pub struct AdviceBody {
    /// How many questions were looked at.
    pub questions: u64,
    /// When the last of them was asked.
    #[schema(required)]
    pub last_asked: Option<String>,
    /// How many of them its rights refuse.
    pub refused: u64,
    /// What was asked for and is allowed.
    pub used: Vec<UsedRight>,
    /// What it has and was never needed.
    pub unused: Vec<RightBody>,
    /// The narrowest rights that answer every question the same.
    pub narrowest: Narrowest,
    /// What the proposed rights would do, when some were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
    /// The `maxId` with which to ask for what lies further back; null when nothing does. Then the
    /// numbers of both answers add up, and so do the rights used.
    #[schema(required)]
    pub next: Option<String>,
}

/// One right.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Right)]
pub struct RightBody {
    /// In words, such as `write bucket in.c-main`.
    pub right: String,
    /// The bucket, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// `read`, `write` or `manage`, with a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<&'static str>,
    /// The component, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The word of the capability, if it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub capability: Option<Capability>,
}

/// A right with how often it was needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedRight {
    /// The right.
    #[serde(flatten)]
    pub right: RightBody,
    /// How often.
    pub count: u64,
    /// When last.
    #[schema(required)]
    pub last: Option<String>,
}

/// Rights, as create takes them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Narrowest {
    /// `read` or `write` by bucket.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub bucket_permissions: BucketPermissions<'static>,
    /// Components it may run.
    pub component_access: Vec<String>,
    /// What it may do beside single buckets and components, each as a field of its own.
    #[serde(flatten)]
    #[schema(ignore)]
    pub capabilities: Capabilities,
}

/// What other rights would have answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// How many questions they would have refused that are allowed now.
    pub would_refuse: u64,
    /// When the last of these was asked.
    #[schema(required)]
    pub last_refused: Option<String>,
    /// What these would have missed.
    pub missing: Vec<UsedRight>,
    /// How many questions they would have allowed that are refused now.
    pub would_allow: u64,
    /// When the last of these was asked.
    #[schema(required)]
    pub last_allowed: Option<String>,
}

/// Where to go on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceQuery {
    /// Only events before this one.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(pattern = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")]
    pub max_id: Option<String>,
}

impl AdviceBody {
    /// What is answered.
    pub fn new(advice: &Advice, dry_run: bool, next: Option<Uuid>) -> Self {
        let time = |seen: Seen| seen.last.map(|at| at.to_string());
        Self {
            questions: advice.questions.count,
            last_asked: time(advice.questions),
            refused: advice.refused.count,
            used: counted(&advice.used),
            unused: advice.unused().iter().map(RightBody::from).collect(),
            narrowest: Narrowest::from(advice.narrowest()),
            dry_run: dry_run.then(|| DryRun {
                would_refuse: advice.would_refuse.count,
                last_refused: time(advice.would_refuse),
                missing: counted(&advice.missing),
                would_allow: advice.would_allow.count,
                last_allowed: time(advice.would_allow),
            }),
            next: next.map(|uuid| uuid.to_string()),
        }
    }
}

fn counted(tally: &Tally) -> Vec<UsedRight> {
    let used = |(ask, seen): (&Ask, Seen)| UsedRight {
        right: RightBody::from(ask),
        count: seen.count,
        last: seen.last.map(|at| at.to_string()),
    };
    tally.iter().map(used).collect()
}

impl From<&Ask> for RightBody {
    fn from(ask: &Ask) -> Self {
        let right = ask.to_string();
        match ask {
            Ask::Bucket(bucket, access) => Self {
                right,
                bucket: Some(bucket.to_string()),
                access: Some(match access {
                    BucketAsk::Read => "read",
                    BucketAsk::Write => "write",
                    BucketAsk::Manage => "manage",
                }),
                ..Self::default()
            },
            Ask::Component(component) => {
                Self { right, component: Some(component.to_string()), ..Self::default() }
            }
            Ask::Capability(capability) => Self { right, capability: Some(*capability), ..Self::default() },
        }
    }
}

impl From<Permissions> for Narrowest {
    fn from(rights: Permissions) -> Self {
        Self {
            component_access: rights.components.iter().map(ToString::to_string).collect(),
            bucket_permissions: BucketPermissions::AlwaysMap(Cow::Owned(rights.buckets)),
            capabilities: rights.capabilities,
        }
    }
}
