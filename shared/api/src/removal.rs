//! The removal of a member.

use jeton_core::{permission::Capability, token::Token};
use serde::{Deserialize, Serialize};

use crate::lenient;

/// The request to remove a member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoveMember {
    /// Whether their created tokens are deleted too. If present, true or false, the answer is 200 with these
    /// tokens; else it is 204.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub end_tokens: Option<bool>,
}

/// The removed member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RemovedMember))]
pub struct RemovedMemberBody {
    /// The tokens that they created, in the order of their ids.
    pub tokens: Vec<LeftToken>,
    /// Whether there are more, or may be: a project of more than 100,000 tokens is not searched to its end.
    pub more: bool,
}

/// The tokens that a member created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MemberTokens))]
pub struct MemberTokensBody {
    /// The tokens, in the order of their ids.
    pub tokens: Vec<LeftToken>,
    /// Whether there are more, or may be: a project of more than 100,000 tokens is not searched to its end.
    pub more: bool,
}

/// A token that a member created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeftToken {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// Whether it can manage tokens.
    pub can_manage_tokens: bool,
    /// Whether it was deleted with the member, who was removed. Otherwise it stays valid.
    pub ended: bool,
}

impl LeftToken {
    /// A token, and whether it was deleted.
    pub fn of(token: &Token, ended: bool) -> Self {
        Self {
            id: token.id.to_string(),
            description: token.identity.description.clone(),
            can_manage_tokens: token.identity.permissions.has(Capability::ManageTokens),
            ended,
        }
    }
}
