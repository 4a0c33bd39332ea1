//! Members: people in a project.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    email::Email,
    id::{MemberId, ProjectId, TokenId},
    share::ShareId,
    time::Timestamp,
};

/// A person in a project, known by e-mail. Has exactly one master token, made when they join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The project.
    pub project: ProjectId,
    /// The member's id, unique within the project.
    pub id: MemberId,
    /// Their e-mail address, which also describes their master token.
    pub email: Email,
    /// Their name; their e-mail address when none was given.
    pub name: String,
    /// When they joined.
    pub created: Timestamp,
    /// Their master token.
    pub master: TokenId,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What a token keeps of the member behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberCard {
    /// The member's id.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: Email,
}

/// A member whose record cannot be read. They can be removed, and their master token with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableMember {
    /// The project.
    pub project: ProjectId,
    /// The member's id.
    pub id: MemberId,
    /// Their address, in lower case, if what keeps it beside the record can be read.
    pub email: Option<Email>,
}

/// What an e-mail address is to a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// A member.
    Member(Member),
    /// A member whose record cannot be read.
    Unreadable(UnreadableMember),
    /// Invited by this share, and not yet joined.
    Invited(ShareId),
}

impl Member {
    /// What a token keeps of this member.
    pub fn card(&self) -> MemberCard {
        MemberCard { id: self.id, name: self.name.clone(), email: self.email.clone() }
    }
}

impl UnreadableMember {
    /// How lists name a member whose own name cannot be read.
    pub const NAME: &str = "(this member cannot be read)";

    /// How to call them: by their address, if it is known.
    pub fn called(&self) -> String {
        self.email.as_ref().map_or_else(|| Self::NAME.to_owned(), ToString::to_string)
    }
}
