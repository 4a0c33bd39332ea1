//! Members of projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    email::Email,
    id::{MemberId, ProjectId, TokenId},
    share::ShareId,
    time::Timestamp,
};

pub use crate::role::Role;

/// A member: a person in a project, identified by e-mail address, with one master token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The project.
    pub project: ProjectId,
    /// The member's id, unique within the project.
    pub id: MemberId,
    /// Their e-mail address, which is also the description of their master token.
    pub email: Email,
    /// Their name, or their e-mail address if none was given.
    pub name: String,
    /// When they joined.
    pub created: Timestamp,
    /// What they may do. Records of earlier builds have none: their members are admins.
    #[serde(default, skip_serializing_if = "Role::is_admin")]
    pub role: Role,
    /// Their own token: the master token of an admin, or that of a read-only member.
    pub master: TokenId,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The member of a token, as stored with the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberCard {
    /// The member's id.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Email,
}

/// A member whose record cannot be read. They can be removed with their master token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableMember {
    /// The project.
    pub project: ProjectId,
    /// The member's id.
    pub id: MemberId,
    /// Their address in lower case, if its index entry can be read.
    pub email: Option<Email>,
}

/// The relation of an e-mail address to a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// A member.
    Member(Member),
    /// A member whose record cannot be read.
    Unreadable(UnreadableMember),
    /// Invited by this share, and not a member yet.
    Invited(ShareId),
}

impl Member {
    /// The part of the member that a token stores.
    pub fn card(&self) -> MemberCard {
        MemberCard { id: self.id, name: self.name.clone(), email: self.email.clone() }
    }
}

impl UnreadableMember {
    /// The name in lists of a member whose record cannot be read.
    pub const NAME: &str = "(this member cannot be read)";

    /// Their name in messages: their address, if it is known.
    pub fn called(&self) -> String {
        self.email.as_ref().map_or_else(|| Self::NAME.to_owned(), ToString::to_string)
    }
}
