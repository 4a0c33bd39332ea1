//! What a reporter of leaked tokens sends.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// Strings that were found in public, and may be tokens.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeakReport {
    /// The strings; what is no token is passed over.
    #[serde(default, deserialize_with = "lenient::strings", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_items = 100))]
    pub tokens: Option<Vec<String>>,
}

/// One string that GitHub found, in the words of its partner program.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct GitHubMatch {
    /// The string.
    pub token: String,
    /// Where it was found; may be empty.
    #[serde(default)]
    pub url: Option<String>,
    /// What kind of place that is, such as `commit`.
    #[serde(default)]
    pub source: Option<String>,
}
