//! The error of the configuration.

use std::borrow::Cow;

/// What is wrong with the configuration, as a sentence for whoever starts the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct BadConfig {
    /// The variable.
    pub variable: Cow<'static, str>,
    /// What is wrong with it.
    pub problem: String,
}
