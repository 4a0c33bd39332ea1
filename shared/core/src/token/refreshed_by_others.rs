//! Who has refreshed a token but itself.

use serde::{Deserialize, Serialize};

/// Which generations of a token others than itself began last; 0 when they began none.
///
/// Of several refreshes at the same time one wins, but a token that keeps refreshing itself wins against nobody who
/// refreshes it to stop that, nor does a manager against a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefreshedByOthers {
    /// By a master token.
    #[serde(default)]
    pub master: u32,
    /// By another token that manages tokens.
    #[serde(default)]
    pub manager: u32,
}

impl RefreshedByOthers {
    /// Whether there were none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
