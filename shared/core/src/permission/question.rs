//! Questions: whether a token may do something now.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::{Access, BucketId, Capability, ComponentId, Permissions};
use crate::event::names;

/// A question: an operation that a caller is about to run, and the rights that it needs.
///
/// The answer is yes if all of them are granted. [`Question::new`] rejects a question without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name of the operation, such as `storage.tableImported`, which becomes the name of the event.
    pub operation: String,
    /// The rights that are needed.
    pub asks: Vec<Ask>,
}

/// A right that is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// Access to a bucket.
    Bucket(BucketId, BucketAsk),
    /// Run a component.
    Component(ComponentId),
    /// A capability.
    Capability(Capability),
}

/// The access to a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BucketAsk {
    /// Read it.
    Read,
    /// Write it.
    Write,
    /// Create, change or drop it.
    Manage,
}

/// The answer to a question, with a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether all of it is allowed.
    pub allowed: bool,
    /// The reason.
    pub reason: String,
}

/// Why a question is invalid: the field and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadQuestion(pub &'static str, pub String);

impl Question {
    /// Validates the name of the operation and that at least one right is asked for.
    ///
    /// Names of Jeton's own events are rejected, so that nobody can forge history.
    pub fn new(operation: &str, asks: Vec<Ask>) -> Result<Self, BadQuestion> {
        let bad = |message: String| Err(BadQuestion("operation", message));
        if operation.is_empty() {
            return bad("operation must be set: it names what the caller is about to do".to_owned());
        }
        if operation.len() > 100 || !operation.bytes().all(|b| b.is_ascii_graphic()) {
            return bad("operation must be at most 100 printable ASCII characters without spaces".to_owned());
        }
        if names::is_own(operation) {
            return bad("operation must not be named like one of Jeton's own events".to_owned());
        }
        if asks.is_empty() {
            return Err(BadQuestion(
                "bucket",
                "a question must ask for a bucket, a component or a capability".to_owned(),
            ));
        }
        Ok(Self { operation: operation.to_owned(), asks })
    }

    /// Answers the question for these rights.
    pub fn answer(&self, rights: &Permissions) -> Answer {
        if let Some(denied) = self.asks.iter().find(|ask| !ask.allowed(rights)) {
            return Answer { allowed: false, reason: denied.denial(rights) };
        }
        let mut reason = String::with_capacity(96);
        reason.push_str("This token may ");
        for (place, ask) in self.asks.iter().enumerate() {
            if place > 0 {
                reason.push_str(" and ");
            }
            match ask {
                // The most common, without the formatter, which takes ten times as long.
                Ask::Bucket(bucket, access) => {
                    reason.push_str(access.verb());
                    reason.push_str(" bucket ");
                    reason.push_str(bucket.as_str());
                }
                // Writing to a string does not fail.
                _ => drop(write!(reason, "{ask}")),
            }
        }
        reason.push('.');
        Answer { allowed: true, reason }
    }
}

impl BucketAsk {
    const fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Manage => "manage",
        }
    }
}

impl Ask {
    /// Whether the rights include it.
    pub fn allowed(&self, rights: &Permissions) -> bool {
        match self {
            Self::Bucket(bucket, BucketAsk::Read) => rights.bucket(bucket) >= Some(Access::Read),
            Self::Bucket(bucket, BucketAsk::Write) => rights.bucket(bucket) >= Some(Access::Write),
            Self::Bucket(_, BucketAsk::Manage) => rights.has(Capability::ManageBuckets),
            Self::Component(component) => rights.component(component),
            Self::Capability(capability) => rights.has(*capability),
        }
    }

    fn denial(&self, rights: &Permissions) -> String {
        match self {
            Self::Bucket(bucket, _) if rights.bucket(bucket) == Some(Access::Read) => {
                format!("This token may not {self}: it may only read it.")
            }
            Self::Bucket(_, BucketAsk::Manage) => {
                format!("This token may not {self}: that takes {}.", Capability::ManageBuckets.row().flag)
            }
            _ => format!("This token may not {self}."),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket, access) => write!(f, "{} bucket {bucket}", access.verb()),
            Self::Component(component) => write!(f, "run component {component}"),
            Self::Capability(capability) => capability.fmt(f),
        }
    }
}
