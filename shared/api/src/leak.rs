//! The request of a leak report.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// Strings that were found in public, and may be tokens.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeakReport {
    /// The strings; those that are not tokens are ignored.
    #[serde(default, deserialize_with = "lenient::strings", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_items = 100))]
    pub tokens: Option<Vec<String>>,
}

/// One string that GitHub found, in the fields of its partner program.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct GitHubMatch {
    /// The string.
    pub token: String,
    /// Where it was found; may be empty.
    #[serde(default)]
    pub url: Option<String>,
    /// The type of that place, such as `commit`.
    #[serde(default)]
    pub source: Option<String>,
}
