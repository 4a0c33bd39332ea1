//! A check and how it ended.

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Ok,
    /// It works, and may not be meant.
    Warning,
    /// It does not work.
    Failure,
}

/// A check.
#[derive(Debug)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// How it ended.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Check {
    /// A check without findings.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, found: found.into(), advice: None }
    }

    /// A finding, with what to do about it.
    pub fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, level: Level::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    /// What does not work, with what to do about it.
    pub fn failure(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, level: Level::Failure, found: found.into(), advice: Some(advice.into()) }
    }
}
