//! The rights of a token: buckets, components and capabilities.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{Capabilities, Capability};
use crate::{role::Role, secret};

/// The maximum size of all bucket and component rights, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Why requested permissions are invalid, as a message for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPermissions(pub String);

/// The rights of a token. The default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Permissions {
    /// The buckets, with the access to each. Empty if [`Capability::ManageBuckets`] grants all.
    pub buckets: BTreeMap<BucketId, Access>,
    /// Components the token may run.
    pub components: BTreeSet<ComponentId>,
    /// The capabilities.
    pub capabilities: Capabilities,
}

/// The access to a bucket. Write access includes read access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read.
    Read,
    /// Write and read.
    Write,
}

/// The id of a bucket: a stage, a dot and a name, such as `in.c-main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BucketId(String);

/// The id of a component, such as `keboola.ex-db-mysql`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComponentId(String);

impl Permissions {
    /// All rights: those of a master token.
    pub fn everything() -> Self {
        Self { capabilities: Capabilities::ALL, ..Self::default() }
    }

    /// The rights of the own token of a member.
    pub fn of_member(role: Role) -> Self {
        match role {
            Role::Admin => Self::everything(),
            Role::ReadOnly => Self::default(),
        }
    }

    /// Whether the token has this capability.
    pub const fn has(&self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Normalizes the rights and checks their size.
    ///
    /// With [`Capability::ManageBuckets`] single buckets have no effect, so they are dropped.
    pub fn normalised(mut self) -> Result<Self, InvalidPermissions> {
        let bytes: usize = self.buckets.keys().map(|bucket| bucket.0.len() + 8).sum::<usize>()
            + self.components.iter().map(|component| component.0.len() + 2).sum::<usize>();
        if bytes > MAX_BYTES {
            return Err(InvalidPermissions(format!(
                "bucketPermissions and componentAccess take {bytes} bytes together; at most {MAX_BYTES} are allowed"
            )));
        }
        if self.has(Capability::ManageBuckets) {
            self.buckets.clear();
        }
        Ok(self)
    }

    /// Whether `self` includes all rights of `other`.
    pub fn cover(&self, other: &Self) -> bool {
        other.capabilities.is_subset(self.capabilities)
            && other.buckets.iter().all(|(bucket, access)| self.bucket(bucket) >= Some(*access))
            && other.components.iter().all(|component| self.component(component))
    }

    /// The access to a bucket; `None` without access.
    pub fn bucket(&self, bucket: &BucketId) -> Option<Access> {
        if self.has(Capability::ManageBuckets) {
            Some(Access::Write)
        } else {
            self.buckets.get(bucket).copied()
        }
    }

    /// Whether the token may run a component.
    pub fn component(&self, component: &ComponentId) -> bool {
        self.has(Capability::ManageBuckets) || self.components.contains(component)
    }
}

impl Access {
    /// The wire value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Parses the wire value.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            _ => None,
        }
    }
}

impl BucketId {
    /// What [`BucketId::parse`] accepts, as a regular expression for browsers.
    pub const PATTERN: &str = r"(in|out|sys)\.[0-9A-Za-z_\-]{1,96}";

    /// Parses `(in|out|sys).{1 to 96 letters, digits, _ or -}`. A typed client rejects a whole list of tokens with any other key.
    pub fn parse(text: &str) -> Result<Self, InvalidPermissions> {
        let valid = text.split_once('.').is_some_and(|(stage, name)| {
            matches!(stage, "in" | "out" | "sys")
                && (1..=96).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPermissions(format!(
                "Bucket id {:?} is not valid: it must be in, out or sys, a dot, and 1 to 96 letters, digits, _ or -",
                Shortened(text)
            )))
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ComponentId {
    /// What [`ComponentId::parse`] accepts, as a regular expression for browsers.
    pub const PATTERN: &str = r"[0-9A-Za-z][0-9A-Za-z._\-]{0,127}";

    /// Parses 1 to 128 letters, digits, dots, dashes and underscores, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, InvalidPermissions> {
        let valid = (1..=128).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPermissions(format!(
                "Component id {:?} is not valid: it must be 1 to 128 letters, digits, dots, dashes or underscores",
                Shortened(text)
            )))
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Quotes at most 100 characters of a client's text in an error message.
pub struct Shortened<'a>(pub &'a str);

impl fmt::Debug for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Masked before it is cut, because half of a secret is also secret.
        let quoted: String = secret::masked(self.0).chars().take(100).collect();
        write!(f, "{quoted:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_bucket(bucket: &str, access: Access) -> Permissions {
        Permissions { buckets: [(BucketId::parse(bucket).unwrap(), access)].into(), ..Permissions::default() }
    }

    fn with(capability: Capability) -> Permissions {
        Permissions { capabilities: Capabilities::of(capability), ..Permissions::default() }
    }

    #[test]
    fn bucket_ids_follow_the_rule_of_the_typed_client() {
        for good in ["in.c-main", "out.x", "sys.c-a_B-9"] {
            assert!(BucketId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "in.",
            "inc-main",
            "foo.c-x",
            "in.c.x",
            "in.c x",
            "in.ž",
            "*",
            &format!("in.{}", "a".repeat(97)),
        ] {
            assert!(BucketId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn writing_covers_reading_and_managing_buckets_covers_both() {
        let (read, write) = (with_bucket("in.a", Access::Read), with_bucket("in.a", Access::Write));
        assert!(write.cover(&read) && !read.cover(&write));
        assert!(!with_bucket("in.b", Access::Write).cover(&read));
        let all_buckets = with(Capability::ManageBuckets);
        assert!(all_buckets.cover(&write) && !write.cover(&all_buckets));
        assert!(!all_buckets.cover(&with(Capability::ManageTokens)));
    }

    #[test]
    fn buckets_beside_manage_buckets_are_dropped() {
        let both = Permissions {
            buckets: with_bucket("in.a", Access::Read).buckets,
            ..with(Capability::ManageBuckets)
        };
        assert!(both.normalised().unwrap().buckets.is_empty());
    }

    #[test]
    fn permissions_have_a_size_limit() {
        let buckets =
            (0..2000).map(|n| (BucketId::parse(&format!("in.c-{n}")).unwrap(), Access::Read)).collect();
        assert!(Permissions { buckets, ..Permissions::default() }.normalised().is_err());
    }
}
