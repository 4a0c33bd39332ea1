//! Refreshes of a token by other tokens, which win over refreshes by itself.

use serde::{Deserialize, Serialize};

use crate::permission::Rank;

/// The latest generations that began with a refresh by another token; 0 for none.
///
/// Of several concurrent refreshes, one wins. A token that keeps refreshing itself must not win over another token that
/// refreshes it, nor a manager over a master token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefreshedByOthers {
    /// By a master token.
    #[serde(default)]
    pub master: u32,
    /// By another manager.
    #[serde(default)]
    pub manager: u32,
}

impl RefreshedByOthers {
    /// Notes that another token of this rank began a generation.
    pub(super) fn note(&mut self, by: Rank, generation: u32) {
        match by {
            Rank::Master => self.master = generation,
            Rank::Manager | Rank::Reader | Rank::Limited => self.manager = generation,
        }
    }

    /// Whether there was none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
