//! Projects and members as the manage API shows them.

use std::collections::BTreeMap;

use jeton_core::{
    member::{Member, UnreadableMember},
    project::Project,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{lenient, schema, token::LimitBody};

/// A project to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateProject {
    /// Its name, 1 to 255 characters.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(required, value_type = String, min_length = 1, max_length = 255, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$")]
    pub name: Option<String>,
    /// What is not known here: ignored, unless it would grant or limit something.
    #[serde(flatten)]
    #[schema(ignore)]
    pub unknown: Map<String, Value>,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Project)]
#[expect(clippy::struct_excessive_bools, reason = "this is what clients decode")]
pub struct ProjectBody {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Always `production`.
    pub r#type: &'static str,
    /// Always `default`.
    pub region: &'static str,
    /// When it was made.
    pub created: String,
    /// Always null.
    #[schema(required)]
    pub expires: Option<String>,
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    pub features: [&'static str; 0],
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
    pub default_backend: &'static str,
    /// Limits by name.
    #[schema(value_type = BTreeMap<String, LimitBody>)]
    pub limits: BTreeMap<&'static str, LimitBody>,
    /// Always empty.
    #[schema(value_type = BTreeMap<String, LimitBody>)]
    pub metrics: BTreeMap<&'static str, LimitBody>,
    /// Always false.
    pub is_disabled: bool,
    /// The organization.
    pub organization: ProjectOrganization,
}

/// The organization of a project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectOrganization {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// Someone to be invited.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviteMember {
    /// Their e-mail address.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(required, value_type = schema::EmailAddress)]
    pub email: Option<String>,
    /// Their name; their e-mail address when absent.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(max_length = 255, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$")]
    pub name: Option<String>,
    /// `admin`, the only role there is.
    #[serde(default, deserialize_with = "lenient::string")]
    #[schema(pattern = "^admin$")]
    pub role: Option<String>,
    /// Refused: membership does not expire.
    #[serde(default, deserialize_with = "lenient::integer")]
    #[schema(ignore)]
    pub expiration_seconds: Option<i64>,
    /// What is not known here: ignored, unless it would grant or limit something.
    #[serde(flatten)]
    #[schema(ignore)]
    pub unknown: Map<String, Value>,
}

/// A member. A typed client refuses any other key, so there is none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberBody {
    /// Their id.
    pub id: u32,
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty for a member who cannot be read and whose address is lost.
    pub email: String,
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    pub features: [&'static str; 0],
    /// Always null.
    #[schema(required)]
    pub expires: Option<String>,
    /// When they joined.
    pub created: String,
    /// Always empty.
    pub reason: &'static str,
    /// Always `admin`.
    pub role: &'static str,
    /// Always `active`.
    pub status: &'static str,
    /// Always null.
    #[schema(required)]
    pub invitor: Option<String>,
    /// Always null.
    #[schema(required)]
    pub approver: Option<String>,
}

impl From<&Project> for ProjectBody {
    fn from(project: &Project) -> Self {
        Self {
            id: project.id.number(),
            name: project.name.clone(),
            r#type: "production",
            region: "default",
            created: project.created.to_string(),
            expires: None,
            features: [],
            data_size_bytes: 0,
            rows_count: 0,
            has_mysql: false,
            has_synapse: false,
            has_redshift: false,
            has_snowflake: false,
            has_exasol: false,
            has_teradata: false,
            default_backend: "jeton",
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
            features: [],
            expires: None,
            created: created.to_string(),
            reason: "",
            role: "admin",
            status: "active",
            invitor: None,
            approver: None,
        }
    }
}
