//! Projects and members in the manage API.

use std::{borrow::Cow, collections::BTreeMap};

use jeton_core::{
    member::{Member, Role, UnreadableMember},
    project::Project,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{lenient, token::LimitBody};

/// A new project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateProject {
    /// Its name, 1 to 255 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String, min_length = 1, max_length = 255))]
    pub name: Option<String>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Project))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct ProjectBody {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Always `production`.
    pub r#type: Cow<'static, str>,
    /// Always `default`.
    pub region: Cow<'static, str>,
    /// When it was created.
    pub created: String,
    /// Always null.
    #[cfg_attr(feature = "schema", schema(required))]
    pub expires: Option<String>,
    /// Always empty.
    pub features: Vec<String>,
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
    /// Always `jeton`.
    pub default_backend: Cow<'static, str>,
    /// Limits by name.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, LimitBody>))]
    pub limits: BTreeMap<Cow<'static, str>, LimitBody>,
    /// Always empty.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, LimitBody>))]
    pub metrics: BTreeMap<Cow<'static, str>, LimitBody>,
    /// Always false.
    pub is_disabled: bool,
    /// The organization.
    pub organization: ProjectOrganization,
}

/// The organization of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProjectOrganization {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A person to invite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InviteMember {
    /// Their e-mail address.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = crate::schema::EmailAddress))]
    pub email: Option<String>,
    /// Their name; their e-mail address when absent.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 255))]
    pub name: Option<String>,
    /// `admin`, also when absent, or `readOnly`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(admin|readOnly)$"))]
    pub role: Option<String>,
    /// Rejected: membership does not expire.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub expiration_seconds: Option<i64>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// A change of a member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UpdateMember {
    /// Their new role: `admin` or `readOnly`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String, pattern = "^(admin|readOnly)$"))]
    pub role: Option<String>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// A member.
// A typed client rejects any other key, so there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Member))]
pub struct MemberBody {
    /// Their id.
    pub id: u32,
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty for a member who cannot be read and whose address is lost.
    pub email: String,
    /// Always empty.
    pub features: Vec<String>,
    /// Always null.
    #[cfg_attr(feature = "schema", schema(required))]
    pub expires: Option<String>,
    /// When they joined.
    pub created: String,
    /// Always empty.
    pub reason: Cow<'static, str>,
    /// `admin` or `readOnly`.
    pub role: Cow<'static, str>,
    /// Always `active`.
    pub status: Cow<'static, str>,
    /// Always null.
    #[cfg_attr(feature = "schema", schema(required))]
    pub invitor: Option<String>,
    /// Always null.
    #[cfg_attr(feature = "schema", schema(required))]
    pub approver: Option<String>,
}

impl From<&Project> for ProjectBody {
    fn from(project: &Project) -> Self {
        Self {
            id: project.id.number(),
            name: project.name.clone(),
            r#type: "production".into(),
            region: "default".into(),
            created: project.created.to_string(),
            expires: None,
            features: Vec::new(),
            data_size_bytes: 0,
            rows_count: 0,
            has_mysql: false,
            has_synapse: false,
            has_redshift: false,
            has_snowflake: false,
            has_exasol: false,
            has_teradata: false,
            default_backend: "jeton".into(),
            limits: LimitBody::of_project(),
            metrics: BTreeMap::new(),
            is_disabled: false,
            organization: ProjectOrganization {
                id: project.organization,
                name: format!("Organization {}", project.organization),
            },
        }
    }
}

impl From<&Result<Member, UnreadableMember>> for MemberBody {
    fn from(member: &Result<Member, UnreadableMember>) -> Self {
        let (id, name, email, created) = match member {
            Ok(member) => (member.id, member.name.clone(), Some(&member.email), member.created),
            Err(unreadable) => {
                let name = UnreadableMember::NAME.to_owned();
                (unreadable.id, name, unreadable.email.as_ref(), Timestamp::from_millis(0))
            }
        };
        Self {
            id: id.number(),
            name,
            email: email.map(ToString::to_string).unwrap_or_default(),
            features: Vec::new(),
            expires: None,
            created: created.to_string(),
            reason: "".into(),
            role: member.as_ref().map_or(Role::default(), |member| member.role).as_str().into(),
            status: "active".into(),
            invitor: None,
            approver: None,
        }
    }
}
