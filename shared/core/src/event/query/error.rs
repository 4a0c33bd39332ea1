//! Errors of queries.

/// Why a query does not parse, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} (at character {at})")]
pub struct QueryError {
    why: String,
    /// The first character is 1.
    pub(super) at: usize,
}

impl QueryError {
    pub(super) fn new(why: impl Into<String>, at: usize) -> Self {
        Self { why: why.into(), at }
    }

    /// The same error with more words.
    pub(super) fn with(self, more: &str) -> Self {
        Self { why: self.why + more, ..self }
    }
}
