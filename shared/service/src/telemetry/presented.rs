//! The token of a request in the log.

use std::fmt;

use jeton_core::id::{ManageTokenId, ProjectId, TokenId};
use serde::{Serialize, Serializer};

/// The token of a request, by its ids. Formatted only if it is logged.
#[derive(Debug, Clone, Copy)]
pub enum Presented {
    /// A storage token.
    Storage(ProjectId, TokenId),
    /// A manage token.
    Manage(ManageTokenId),
}

impl fmt::Display for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(project, token) => write!(f, "{project}-{token}"),
            Self::Manage(id) => write!(f, "jtm-{id}"),
        }
    }
}

impl Serialize for Presented {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
