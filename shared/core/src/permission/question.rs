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

/// The beginning of the reason of a denied answer.
const DENIED: &str = "This token may not ";

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
                format!("{DENIED}{self}: it may only read it.")
            }
            Self::Bucket(_, BucketAsk::Manage) => {
                format!("{DENIED}{self}: that takes {}.", Capability::ManageBuckets.row().flag)
            }
            _ => format!("{DENIED}{self}."),
        }
    }

    /// Whether the reason of a denied answer is that this was not allowed.
    pub fn is_denied_by(&self, reason: &str) -> bool {
        let rest = reason.strip_prefix(DENIED).and_then(|rest| rest.strip_prefix(self.to_string().as_str()));
        rest.is_some_and(|rest| rest == "." || rest.starts_with(": "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_denied_answer_names_exactly_what_was_denied() {
        let bucket = |id: &str, access| Ask::Bucket(BucketId::parse(id).unwrap(), access);
        let asks = [
            bucket("in.c-a", BucketAsk::Read),
            bucket("in.c-a", BucketAsk::Write),
            bucket("in.c-a", BucketAsk::Manage),
            bucket("in.c-ab", BucketAsk::Read),
            Ask::Component(ComponentId::parse("x").unwrap()),
            Ask::Component(ComponentId::parse("x.y").unwrap()),
            Ask::Capability(Capability::ManageTokens),
        ];
        let reading = Permissions {
            buckets: [(BucketId::parse("in.c-a").unwrap(), Access::Read)].into(),
            ..Permissions::default()
        };
        for rights in [Permissions::default(), reading] {
            for denied in asks.iter().filter(|ask| !ask.allowed(&rights)) {
                let question = Question::new("x", vec![denied.clone()]).unwrap();
                let reason = question.answer(&rights).reason;
                let named: Vec<_> = asks.iter().filter(|ask| ask.is_denied_by(&reason)).collect();
                assert_eq!(named, [denied], "{reason}");
            }
        }
        assert!(!asks.iter().any(|ask| ask.is_denied_by("This token may read bucket in.c-a.")));
    }
}
