//! The token object.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use jeton_core::{
    id::{CopyId, TokenId},
    member::Role,
    permission::{Access, BucketId, Capabilities, ComponentId},
    secret::PlainSecret,
    time::Timestamp,
    token::{Copy, Creator, Identity, Kind, OpenShare, Token, VerifyItem},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text;

/// A token.
// Borrows its fields, because each verify builds one.
// A parsed one owns its fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Token))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct TokenBody<'a> {
    /// Its id, a decimal number.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "567890"))]
    pub id: TokenId,
    /// The secret string; only in the answer that creates it.
    #[serde(default, with = "text::secret", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub token: Option<PlainSecret>,
    /// What it is for.
    pub description: Cow<'a, str>,
    /// When it was created.
    #[serde(with = "text::time")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub created: Timestamp,
    /// When it was last refreshed; `created` at first.
    #[serde(with = "text::time")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub refreshed: Timestamp,
    /// Its URL.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub uri: Uri<'a>,
    /// Whether it is a member's master token.
    pub is_master_token: bool,
    /// `readOnly` on the token of a read-only member, which reads the whole project. Absent on others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "readOnly"))]
    pub role: Option<Cow<'static, str>>,
    /// Capabilities beside single buckets and components, each as a field of its own.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub capabilities: Capabilities,
    /// Always false: there are no protected branches.
    pub can_manage_protected_default_branch: bool,
    /// When it expires, if it does.
    #[serde(with = "text::time_or_null")]
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>))]
    pub expires: Option<Timestamp>,
    /// Whether it has expired.
    pub is_expired: bool,
    /// Whether it is disabled.
    pub is_disabled: bool,
    /// Always 0: there is no daily limit.
    pub daily_capacity: u32,
    /// The token that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator_token: Option<CreatorBody<'a>>,
    /// Access to single buckets. An empty list when there is none.
    #[cfg_attr(feature = "schema", schema(value_type = BucketPermissionsSchema))]
    pub bucket_permissions: BucketPermissions<'a>,
    /// Components it may run. Absent when there is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, value_type = Vec<String>))]
    pub component_access: Cow<'a, BTreeSet<ComponentId>>,
    /// The member, on master tokens. The token of a read-only member has none.
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
    /// Its pending shares; only in detail and list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<OpenShareBody>>,
    /// The last UTC day on which it was used; only in detail and list, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// Constant words of an answer.
pub type Words = Cow<'static, [Cow<'static, str>]>;

/// The token that created another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CreatorToken))]
pub struct CreatorBody<'a> {
    /// Its id.
    pub id: u64,
    /// Its description at that time.
    pub description: Cow<'a, str>,
}

/// The member of a master token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Admin))]
#[serde(rename_all = "camelCase")]
pub struct AdminBody<'a> {
    /// The member.
    pub id: u32,
    /// Their name.
    pub name: Cow<'a, str>,
    /// Always `admin`.
    pub role: Cow<'static, str>,
    /// Always empty.
    pub features: Vec<String>,
    /// Always false.
    pub is_organization_member: bool,
    /// Always false.
    pub is_activated: bool,
}

/// The member behind a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AdminOwner))]
pub struct AdminOwnerBody<'a> {
    /// The member.
    pub id: u32,
    /// Their name.
    pub name: Cow<'a, str>,
    /// Their e-mail address.
    pub email: Cow<'a, str>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Organization))]
pub struct OrganizationBody {
    /// Its id, a decimal number.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub id: u64,
}

/// The project of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Owner))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct OwnerBody<'a> {
    /// The project.
    pub id: u32,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Always `production`.
    pub r#type: Cow<'static, str>,
    /// Always `default`.
    pub region: Cow<'static, str>,
    /// When it was created.
    #[serde(with = "text::time")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub created: Timestamp,
    /// Always null.
    #[cfg_attr(feature = "schema", schema(required))]
    pub expires: Option<String>,
    /// `hide-decrypted-token` tells clients that secrets cannot be read again.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub features: Words,
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
    pub default_backend: Cow<'static, str>,
    /// Always `jeton` alone.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub assigned_backends: Words,
    /// Always `aws`.
    pub file_storage_provider: Cow<'static, str>,
    /// Always false.
    pub is_disabled: bool,
    /// Limits of the project by name.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, LimitBody>))]
    pub limits: BTreeMap<Cow<'static, str>, LimitBody>,
    /// Always empty.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, LimitBody>))]
    pub metrics: BTreeMap<Cow<'static, str>, LimitBody>,
}

const FEATURES: &[Cow<'static, str>] = &[Cow::Borrowed("hide-decrypted-token")];
const BACKENDS: &[Cow<'static, str>] = &[Cow::Borrowed("jeton")];

/// A limit of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Limit))]
pub struct LimitBody {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: u32,
}

impl LimitBody {
    /// The limits of every project: clients expect at least one. Member ids are below 2^24.
    pub fn of_project() -> BTreeMap<Cow<'static, str>, Self> {
        let name = Cow::Borrowed("kbc.adminsCount");
        [(name.clone(), Self { name, value: (1 << 24) - 1 })].into()
    }
}

/// A copy of a token, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Copy))]
pub struct CopyBody {
    /// Its number among the token's copies.
    pub id: String,
    /// When it was created.
    pub created: String,
    /// `create`, `share` or `refresh`.
    pub via: Cow<'static, str>,
    /// The e-mail address of who picked it up, if it was shared.
    #[cfg_attr(feature = "schema", schema(required))]
    pub recipient: Option<String>,
    /// When it expires, if it does: with the token, or before.
    #[cfg_attr(feature = "schema", schema(required))]
    pub expires: Option<String>,
    /// Whether it made this call; absent if not. Only in detail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub current: bool,
}

/// A pending share of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OpenShare))]
pub struct OpenShareBody {
    /// Its id.
    pub id: String,
    /// The e-mail address of its recipient.
    pub recipient: String,
    /// When it was created.
    pub created: String,
    /// When it expires: with the token, or before.
    pub expires: String,
}

/// Access to single buckets, as PHP writes a map: `[]` when there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketPermissions<'a> {
    /// `[]` when empty: the form of the storage API.
    ListWhenEmpty(Cow<'a, BTreeMap<BucketId, Access>>),
    /// `{}` when empty: the form that the typed client of the manage API parses.
    AlwaysMap(Cow<'a, BTreeMap<BucketId, Access>>),
}

/// The URL of a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Uri<'a> {
    /// At this service.
    Of {
        /// The base URL of the service.
        public_url: &'a str,
        /// The token.
        id: TokenId,
    },
    /// As in a parsed answer.
    Read(String),
}

/// Access to single buckets; an empty list when there is none.
#[cfg(feature = "schema")]
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = BucketPermissions)]
pub enum BucketPermissionsSchema {
    /// `read` or `write` by bucket.
    Some(BTreeMap<String, String>),
    /// No bucket.
    None(Vec<String>),
}

impl<'a> TokenBody<'a> {
    /// The fields of every answer.
    pub fn new(id: TokenId, identity: &'a Identity, public_url: &'a str, now: Timestamp) -> Self {
        let permissions = &identity.permissions;
        let admin = match (&identity.kind, &identity.member) {
            (Kind::Master(id), Some(member)) => Some(AdminBody {
                id: id.number(),
                name: Cow::Borrowed(&member.name),
                role: "admin".into(),
                features: Vec::new(),
                is_organization_member: false,
                is_activated: false,
            }),
            _ => None,
        };
        Self {
            id,
            token: None,
            description: Cow::Borrowed(&identity.description),
            created: identity.created,
            refreshed: identity.refreshed,
            uri: Uri::Of { public_url, id },
            is_master_token: identity.is_master(),
            role: matches!(identity.kind, Kind::Reader(_)).then(|| Role::ReadOnly.as_str().into()),
            capabilities: permissions.capabilities,
            can_manage_protected_default_branch: false,
            expires: identity.expires,
            is_expired: identity.is_expired(now),
            is_disabled: identity.disabled,
            daily_capacity: 0,
            creator_token: identity.creator.as_ref().map(CreatorBody::from),
            bucket_permissions: BucketPermissions::ListWhenEmpty(Cow::Borrowed(&permissions.buckets)),
            component_access: Cow::Borrowed(&permissions.components),
            admin,
            owner: None,
            organization: None,
            admin_owner: None,
            copies: None,
            shares: None,
            last_used: None,
        }
    }

    /// The answer of verify: nothing in it depends on time.
    pub fn verified(item: &'a VerifyItem, public_url: &'a str, now: Timestamp) -> Self {
        Self::new(item.id, &item.identity, public_url, now).with_owner(item.project.number(), &item.identity)
    }

    /// An entry of a list.
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

    /// The answer of detail, to a call by this copy of the token, if it is by one.
    pub fn detailed(token: &'a Token, by: Option<CopyId>, public_url: &'a str, now: Timestamp) -> Self {
        let mut body =
            Self::listed(token, public_url, now).with_owner(token.project.number(), &token.identity);
        let by = by.map(|copy| copy.to_string());
        for copy in body.copies.iter_mut().flatten() {
            copy.current = by.as_ref() == Some(&copy.id);
        }
        body
    }

    /// The same with the secret, in the one answer that shows it.
    #[must_use]
    pub fn with_secret(self, secret: &PlainSecret) -> Self {
        Self { token: Some(secret.clone()), ..self }
    }

    fn with_owner(self, project: u32, identity: &'a Identity) -> Self {
        let owner = &identity.owner;
        Self {
            owner: Some(OwnerBody {
                id: project,
                name: Cow::Borrowed(&owner.name),
                r#type: "production".into(),
                region: "default".into(),
                created: owner.created,
                expires: None,
                features: Cow::Borrowed(FEATURES),
                data_size_bytes: 0,
                rows_count: 0,
                has_mysql: false,
                has_synapse: false,
                has_redshift: false,
                has_snowflake: false,
                has_exasol: false,
                has_teradata: false,
                has_bigquery: false,
                default_backend: "jeton".into(),
                assigned_backends: Cow::Borrowed(BACKENDS),
                file_storage_provider: "aws".into(),
                is_disabled: false,
                limits: LimitBody::of_project(),
                metrics: BTreeMap::new(),
            }),
            organization: Some(OrganizationBody { id: owner.organization }),
            admin_owner: identity.member.as_ref().map(|member| AdminOwnerBody {
                id: member.id.number(),
                name: Cow::Borrowed(&member.name),
                email: Cow::Borrowed(member.email.as_str()),
            }),
            ..self
        }
    }
}

impl<'a> From<&'a Creator> for CreatorBody<'a> {
    fn from(creator: &'a Creator) -> Self {
        Self { id: creator.id.number(), description: Cow::Borrowed(&creator.description) }
    }
}

impl CopyBody {
    fn of(token: &Token, copy: &Copy) -> Self {
        Self {
            id: copy.id.to_string(),
            created: copy.created.to_string(),
            via: copy.via.name().into(),
            recipient: copy.recipient.as_ref().map(ToString::to_string),
            expires: token.end_of(copy).map(|at| at.to_string()),
            current: false,
        }
    }
}

impl OpenShareBody {
    /// A pending share of this token.
    pub fn of(token: &Token, share: &OpenShare) -> Self {
        Self {
            id: share.id.to_string(),
            recipient: share.recipient.to_string(),
            created: share.created.to_string(),
            expires: share.end(token).to_string(),
        }
    }
}

impl Serialize for Uri<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of { public_url, id } => {
                serializer.collect_str(&format_args!("{public_url}/v2/storage/tokens/{id}"))
            }
            Self::Read(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Uri<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Read)
    }
}

impl Serialize for BucketPermissions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ListWhenEmpty(buckets) if buckets.is_empty() => [(); 0].serialize(serializer),
            Self::ListWhenEmpty(buckets) | Self::AlwaysMap(buckets) => buckets.serialize(serializer),
        }
    }
}

/// A parsed one is of the kind that is a list when empty.
impl<'de> Deserialize<'de> for BucketPermissions<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Map(BTreeMap<BucketId, Access>),
            Empty([BucketId; 0]),
        }
        let buckets = match Either::deserialize(deserializer)? {
            Either::Map(map) => map,
            Either::Empty(_) => BTreeMap::new(),
        };
        Ok(Self::ListWhenEmpty(Cow::Owned(buckets)))
    }
}

impl Deref for BucketPermissions<'_> {
    type Target = BTreeMap<BucketId, Access>;

    fn deref(&self) -> &BTreeMap<BucketId, Access> {
        match self {
            Self::ListWhenEmpty(buckets) | Self::AlwaysMap(buckets) => buckets,
        }
    }
}
