//! Roles of members.

use serde::{Deserialize, Serialize};

/// What a member may do in their project. [`crate::token::Kind`] of their own token says the same, and decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Everything.
    #[default]
    Admin,
    /// Sees everything except secrets, and changes nothing.
    ReadOnly,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 2] = [Self::Admin, Self::ReadOnly];

    /// The wire value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ReadOnly => "readOnly",
        }
    }

    /// The role in words: `an admin`, `a read-only member`.
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Admin => "an admin",
            Self::ReadOnly => "a read-only member",
        }
    }

    /// Parses the wire value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether it is [`Self::Admin`].
    pub fn is_admin(&self) -> bool {
        *self == Self::Admin
    }
}
