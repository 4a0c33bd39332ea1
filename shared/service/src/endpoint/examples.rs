//! A real call of each endpoint of the API, for its description.
//!
//! The file is made by a test, from calls to a server. Random values in it (ids, secrets, codes) are replaced by fixed ones.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::row::Endpoint;

/// A call and its answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// The path with its query.
    pub path: String,
    /// The header with the token of the caller, and a shortened token. `None` for a call that needs no token.
    pub credential: Option<(String, String)>,
    /// The body of the request, as indented JSON.
    pub request: Option<String>,
    /// What was answered.
    #[serde(flatten)]
    pub answered: Answered,
    /// What else may be answered, with another status or in another format.
    #[serde(default)]
    pub others: Vec<Answered>,
}

impl Example {
    /// All answers.
    pub fn answers(&self) -> impl Iterator<Item = &Answered> {
        std::iter::once(&self.answered).chain(&self.others)
    }
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The content type of the answer. `None` if it has no body.
    pub content_type: Option<String>,
    /// The body: indented JSON, or other text.
    pub answer: Option<String>,
}

static EXAMPLES: LazyLock<BTreeMap<String, Example>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

/// The example of an endpoint, if it has one. Pages and files have none.
pub fn of_endpoint(endpoint: &Endpoint) -> Option<&'static Example> {
    of_row(&format!("{} {}", endpoint.method, endpoint.path))
}

/// The example of a row of the table, such as `GET /v2/storage`.
pub fn of_row(row: &str) -> Option<&'static Example> {
    EXAMPLES.get(row)
}
