//! The token object.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use jeton_core::{
    id::TokenId,
    permission::{Access, BucketId, Capabilities, ComponentId},
    time::Timestamp,
    token::{Copy, Identity, Kind, OpenShare, Token, VerifyItem, Via},
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use utoipa::ToSchema;

/// A token. It borrows whatever the token has: each verify makes one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Token)]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct TokenBody<'a> {
    /// Its id, a decimal number.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, example = "567890")]
    pub id: TokenId,
    /// The secret string; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What it is for.
    pub description: &'a str,
    /// When it was made.
    #[serde(serialize_with = "at")]
    #[schema(value_type = String)]
    pub created: Timestamp,
    /// When it was last refreshed; `created` at first.
    #[serde(serialize_with = "at")]
    #[schema(value_type = String)]
    pub refreshed: Timestamp,
    /// Where it is found.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    pub uri: Uri<'a>,
    /// Whether it is a member's master token.
    pub is_master_token: bool,
    /// What it may do beside single buckets and components, each as a field of its own.
    #[serde(flatten)]
    #[schema(ignore)]
    pub capabilities: Capabilities,
    /// Always false: there are no protected branches.
    pub can_manage_protected_default_branch: bool,
    /// When it ends, if it does.
    #[serde(serialize_with = "at_if_any")]
    #[schema(required, value_type = Option<String>)]
    pub expires: Option<Timestamp>,
    /// Whether its time is over.
    pub is_expired: bool,
    /// Whether it is switched off.
    pub is_disabled: bool,
    /// Always 0: there is no daily limit.
    pub daily_capacity: u32,
    /// The token that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator_token: Option<CreatorBody<'a>>,
    /// Access to single buckets. An empty list when there is none.
    #[schema(value_type = BucketPermissionsSchema)]
    pub bucket_permissions: BucketPermissions<'a>,
    /// Components it may run. Absent when there is none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(required = false, value_type = Vec<String>)]
    pub component_access: &'a BTreeSet<ComponentId>,
    /// The member, on master tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminBody<'a>>,
    /// The project; only in detail and verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerBody<'a>>,
    /// The organization of the project; only in detail and verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationBody>,
    /// The member behind the token; only in detail and verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_owner: Option<AdminOwnerBody<'a>>,
    /// Its copies, never their secrets; only in detail and list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<Vec<CopyBody>>,
    /// Its open shares; only in detail and list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<OpenShareBody>>,
    /// The last UTC day on which it was used; only in detail and list, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// The token that created another.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CreatorToken)]
pub struct CreatorBody<'a> {
    /// Its id.
    pub id: u64,
    /// Its description at that time.
    pub description: &'a str,
}

/// The member of a master token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Admin)]
pub struct AdminBody<'a> {
    /// The member.
    pub id: u32,
    /// Their name.
    pub name: &'a str,
    /// Always `admin`.
    pub role: &'static str,
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    pub features: [&'static str; 0],
    /// Always false.
    pub is_organization_member: bool,
    /// Always false.
    pub is_activated: bool,
}

/// The member behind a token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AdminOwner)]
pub struct AdminOwnerBody<'a> {
    /// The member.
    pub id: u32,
    /// Their name.
    pub name: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
}

/// An organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationBody {
    /// Its id, a decimal number.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    pub id: u64,
}

/// The project of a token, with what clients of the Storage API expect of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Owner)]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct OwnerBody<'a> {
    /// The project.
    pub id: u32,
    /// Its name.
    pub name: &'a str,
    /// Always `production`.
    pub r#type: &'static str,
    /// Always `default`.
    pub region: &'static str,
    /// When it was made.
    #[serde(serialize_with = "at")]
    #[schema(value_type = String)]
    pub created: Timestamp,
    /// Always null.
    #[schema(required)]
    pub expires: Option<String>,
    /// `hide-decrypted-token` tells clients that secrets cannot be read again.
    #[schema(value_type = Vec<String>)]
    pub features: [&'static str; 1],
    /// Always 0.
    pub data_size_bytes: u64,
    /// Always 0.
    pub rows_count: u64,
    /// Always false.
    pub has_mysql: bool,
    /// Always false.
    pub has_synapse: bool,
    /// Always false.
    pub has_redshift: bool,
    /// Always false.
    pub has_snowflake: bool,
    /// Always false.
    pub has_exasol: bool,
    /// Always false.
    pub has_teradata: bool,
    /// Always false.
    pub has_bigquery: bool,
    /// Always `jeton`.
    pub default_backend: &'static str,
    /// Always `jeton` alone.
    #[schema(value_type = Vec<String>)]
    pub assigned_backends: [&'static str; 1],
    /// Always `aws`.
    pub file_storage_provider: &'static str,
    /// Always false.
    pub is_disabled: bool,
    /// Limits of the project by name.
    #[schema(value_type = BTreeMap<String, LimitBody>)]
    pub limits: BTreeMap<&'static str, LimitBody>,
    /// Always empty.
    #[schema(value_type = BTreeMap<String, LimitBody>)]
    pub metrics: BTreeMap<&'static str, LimitBody>,
}

/// A limit of a project.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Limit)]
pub struct LimitBody {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: u32,
}

impl LimitBody {
    /// The limits of every project: clients expect at least one. Member ids lie below 2^24.
    pub fn of_project() -> BTreeMap<&'static str, Self> {
        [("kbc.adminsCount", Self { name: "kbc.adminsCount", value: (1 << 24) - 1 })].into()
    }
}

/// A copy of a token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Copy)]
pub struct CopyBody {
    /// Its number among the token's copies.
    pub id: String,
    /// When it was made.
    pub created: String,
    /// `create`, `share` or `refresh`.
    pub via: &'static str,
    /// Who picked it up, if it was shared.
    #[schema(required)]
    pub recipient: Option<String>,
    /// When it ends, if it does: with the token, or before.
    #[schema(required)]
    pub expires: Option<String>,
}

/// An open share of a token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OpenShare)]
pub struct OpenShareBody {
    /// Its id.
    pub id: String,
    /// Who may pick it up.
    pub recipient: String,
    /// When it was made.
    pub created: String,
    /// When it closes by itself: with the token, or before.
    pub expires: String,
}

/// Access to single buckets, written as PHP writes a map: `[]` when there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketPermissions<'a> {
    /// `[]` when empty: what the storage API answers.
    ListWhenEmpty(Cow<'a, BTreeMap<BucketId, Access>>),
    /// `{}` when empty: what the typed client of the manage API decodes.
    AlwaysMap(Cow<'a, BTreeMap<BucketId, Access>>),
}

/// Where a token is found.
#[derive(Debug, Clone, Copy)]
pub struct Uri<'a> {
    public_url: &'a str,
    id: TokenId,
}

/// Access to single buckets; an empty list when there is none.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = BucketPermissions)]
pub enum BucketPermissionsSchema {
    /// `read` or `write` by bucket.
    Some(BTreeMap<String, String>),
    /// No bucket at all.
    None(Vec<String>),
}

impl<'a> TokenBody<'a> {
    /// What every answer tells of a token.
    pub fn new(id: TokenId, identity: &'a Identity, public_url: &'a str, now: Timestamp) -> Self {
        let permissions = &identity.permissions;
        let admin = match (&identity.kind, &identity.member) {
            (Kind::Master(id), Some(member)) => Some(AdminBody {
                id: id.number(),
                name: &member.name,
                role: "admin",
                features: [],
                is_organization_member: false,
                is_activated: false,
            }),
            _ => None,
        };
        Self {
            id,
            token: None,
            description: &identity.description,
            created: identity.created,
            refreshed: identity.refreshed,
            uri: Uri { public_url, id },
            is_master_token: identity.is_master(),
            capabilities: permissions.capabilities,
            can_manage_protected_default_branch: false,
            expires: identity.expires,
            is_expired: identity.is_expired(now),
            is_disabled: identity.disabled,
            daily_capacity: 0,
            creator_token: identity
                .creator
                .as_ref()
                .map(|creator| CreatorBody { id: creator.id.number(), description: &creator.description }),
            bucket_permissions: BucketPermissions::ListWhenEmpty(Cow::Borrowed(&permissions.buckets)),
            component_access: &permissions.components,
            admin,
            owner: None,
            organization: None,
            admin_owner: None,
            copies: None,
            shares: None,
            last_used: None,
        }
    }

    /// What verify answers: nothing in it depends on time.
    pub fn verified(item: &'a VerifyItem, public_url: &'a str, now: Timestamp) -> Self {
        Self::new(item.id, &item.identity, public_url, now).with_owner(item.project.number(), &item.identity)
    }

    /// What a list shows.
    pub fn listed(token: &'a Token, public_url: &'a str, now: Timestamp) -> Self {
        let live = token.copies.iter().filter(|copy| copy.is_live(now));
        let open = token.shares.iter().filter(|share| share.is_open(now));
        Self {
            copies: Some(live.map(|copy| CopyBody::of(token, copy)).collect()),
            shares: Some(open.map(|share| OpenShareBody::of(token, share)).collect()),
            last_used: token.last_used.map(|day| day.to_string()),
            ..Self::new(token.id, &token.identity, public_url, now)
        }
    }

    /// What detail answers.
    pub fn detailed(token: &'a Token, public_url: &'a str, now: Timestamp) -> Self {
        Self::listed(token, public_url, now).with_owner(token.project.number(), &token.identity)
    }

    /// The same with the secret: the one answer that carries it.
    #[must_use]
    pub fn with_secret(self, secret: &jeton_core::secret::PlainSecret) -> Self {
        Self { token: Some(secret.expose().to_owned()), ..self }
    }

    fn with_owner(self, project: u32, identity: &'a Identity) -> Self {
        let owner = &identity.owner;
        Self {
            owner: Some(OwnerBody {
                id: project,
                name: &owner.name,
                r#type: "production",
                region: "default",
                created: owner.created,
                expires: None,
                features: ["hide-decrypted-token"],
                data_size_bytes: 0,
                rows_count: 0,
                has_mysql: false,
                has_synapse: false,
                has_redshift: false,
                has_snowflake: false,
                has_exasol: false,
                has_teradata: false,
                has_bigquery: false,
                default_backend: "jeton",
                assigned_backends: ["jeton"],
                file_storage_provider: "aws",
                is_disabled: false,
                limits: LimitBody::of_project(),
                metrics: BTreeMap::new(),
            }),
            organization: Some(OrganizationBody { id: owner.organization }),
            admin_owner: identity.member.as_ref().map(|member| AdminOwnerBody {
                id: member.id.number(),
                name: &member.name,
                email: member.email.as_str(),
            }),
            ..self
        }
    }
}

impl CopyBody {
    fn of(token: &Token, copy: &Copy) -> Self {
        Self {
            id: copy.id.to_string(),
            created: copy.created.to_string(),
            via: match copy.via {
                Via::Create => "create",
                Via::Share => "share",
                Via::Refresh => "refresh",
            },
            recipient: copy.recipient.as_ref().map(ToString::to_string),
            expires: token.end_of(copy).map(|at| at.to_string()),
        }
    }
}

impl OpenShareBody {
    /// An open share of this token.
    pub fn of(token: &Token, share: &OpenShare) -> Self {
        Self {
            id: share.id.to_string(),
            recipient: share.recipient.to_string(),
            created: share.created.to_string(),
            expires: share.end(token).to_string(),
        }
    }
}

impl Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { public_url, id } = self;
        write!(f, "{public_url}/v2/storage/tokens/{id}")
    }
}

/// Writes a time as text.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn at<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(time.wire().as_str())
}

/// The same of a time that may not be.
#[expect(clippy::ref_option, reason = "serde gives references")]
fn at_if_any<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => at(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// Writes a value as text.
fn shown<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Serialize for BucketPermissions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets = match self {
            Self::ListWhenEmpty(buckets) if buckets.is_empty() => return [(); 0].serialize(serializer),
            Self::ListWhenEmpty(buckets) | Self::AlwaysMap(buckets) => buckets,
        };
        let mut map = serializer.serialize_map(Some(buckets.len()))?;
        for (bucket, access) in buckets.iter() {
            map.serialize_entry(bucket, access)?;
        }
        map.end()
    }
}
