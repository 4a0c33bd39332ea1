//! The error of an invalid configuration.

use std::borrow::Cow;

/// An invalid variable, with a message for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct BadConfig {
    /// The variable.
    pub variable: Cow<'static, str>,
    /// What is wrong with it.
    pub problem: String,
}
