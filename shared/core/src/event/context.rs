//! Where a call came from.

use serde::{Deserialize, Serialize};

/// Where a call came from, each field at most 200 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The address, as the gateway or a configured proxy tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_addr: Option<String>,
    /// The `Referer` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_referer: Option<String>,
    /// The `User-Agent` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_user_agent: Option<String>,
    /// The version of the API that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
}
