//! Kinds of tokens.

use std::fmt;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A storage token.
    Storage,
    /// A manage token.
    Manage,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Storage, Self::Manage];

    /// The variable that has a token of this kind.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Storage => "JETON_TOKEN",
            Self::Manage => "JETON_MANAGE_TOKEN",
        }
    }

    /// What the name of a file of such a token has behind the profile.
    pub fn file_end(self) -> &'static str {
        match self {
            Self::Storage => ".token",
            Self::Manage => ".manage-token",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Storage => "storage token",
            Self::Manage => "manage token",
        })
    }
}
