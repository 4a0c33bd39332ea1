//! Which rights of a token its questions needed.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use jeton_core::permission::{Capabilities, Capability};
use serde::{Deserialize, Serialize};

use crate::{Answer, Changes, Client, Error, client, token::body};

/// What the recorded questions of a token say about its rights.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// How many questions were looked at.
    pub questions: u64,
    /// When the last of them was asked.
    pub last_asked: Option<String>,
    /// How many of them its rights refuse.
    pub refused: u64,
    /// What was asked for and is allowed.
    pub used: Vec<UsedRight>,
    /// What it has and was never needed.
    pub unused: Vec<Right>,
    /// The narrowest rights that answer every question the same.
    pub narrowest: Narrowest,
    /// What the proposed rights would do, when some were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
    /// Where to go on; none when all of the history was looked at.
    #[serde(default, skip_serializing)]
    pub next: Option<String>,
}

/// One right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Right {
    /// In words, such as `write bucket in.c-main`.
    pub right: String,
    /// The bucket, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// `read`, `write` or `manage`, with a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// The component, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The word of the capability, if it is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
}

/// A right with how often it was needed.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct UsedRight {
    /// The right.
    #[serde(flatten)]
    pub right: Right,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Option<String>,
}

/// Rights, as create and update take them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Narrowest {
    /// `read` or `write` by bucket.
    pub bucket_permissions: BTreeMap<String, String>,
    /// Components it may run.
    pub component_access: BTreeSet<String>,
    /// What it may do beside single buckets and components.
    #[serde(flatten)]
    pub capabilities: Capabilities,
}

/// What other rights would have answered.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// How many questions they would have refused that are allowed now.
    pub would_refuse: u64,
    /// When the last of these was asked.
    pub last_refused: Option<String>,
    /// What these would have missed.
    pub missing: Vec<UsedRight>,
    /// How many questions they would have allowed that are refused now.
    pub would_allow: u64,
    /// When the last of these was asked.
    pub last_allowed: Option<String>,
}

impl Client {
    /// What the whole history of a token says about its rights; with changes, what these would have
    /// refused. A long history is asked for in parts: `seen` is told how many questions there were so far.
    pub async fn advice(
        &self,
        id: &str,
        changes: Option<&Changes>,
        mut seen: impl FnMut(u64),
    ) -> Result<Advice, Error> {
        let mut all: Option<Advice> = None;
        loop {
            let next = all.as_ref().and_then(|advice| advice.next.clone());
            let query = client::query(&[("maxId", next)]);
            let path = format!("/v2/storage/tokens/{}/advice{query}", client::segment(id)?);
            let part: Answer<Advice> = match changes {
                None => self.get(&path).await?,
                Some(changes) => self.send(Method::POST, &path, Some(&body(changes))).await?,
            };
            let advice = match all {
                None => part.value,
                Some(newer) => newer.and(part.value),
            };
            seen(advice.questions);
            if advice.next.is_none() {
                return Ok(advice);
            }
            all = Some(advice);
        }
    }
}

impl Advice {
    /// The advice of a history whose older part is the other one.
    fn and(mut self, older: Self) -> Self {
        self.questions += older.questions;
        self.refused += older.refused;
        // The newer part has the later times, which order as text.
        self.last_asked = self.last_asked.max(older.last_asked);
        self.used = added(self.used, older.used);
        // What neither part needed.
        let unused: BTreeSet<_> = older.unused.into_iter().collect();
        self.unused.retain(|right| unused.contains(right));
        self.narrowest = self.narrowest.and(older.narrowest);
        if let (Some(newer), Some(older)) = (&mut self.dry_run, older.dry_run) {
            newer.would_refuse += older.would_refuse;
            newer.would_allow += older.would_allow;
            newer.last_refused = newer.last_refused.take().max(older.last_refused);
            newer.last_allowed = newer.last_allowed.take().max(older.last_allowed);
            newer.missing = added(std::mem::take(&mut newer.missing), older.missing);
        }
        self.next = older.next;
        self
    }
}

fn added(newer: Vec<UsedRight>, older: Vec<UsedRight>) -> Vec<UsedRight> {
    let mut all: BTreeMap<Right, UsedRight> = BTreeMap::new();
    for used in newer.into_iter().chain(older) {
        match all.get_mut(&used.right) {
            Some(known) => {
                known.count += used.count;
                known.last = known.last.take().max(used.last);
            }
            None => {
                all.insert(used.right.clone(), used);
            }
        }
    }
    all.into_values().collect()
}

impl Narrowest {
    /// What both need together.
    fn and(mut self, other: Self) -> Self {
        for (bucket, access) in other.bucket_permissions {
            let needed = self.bucket_permissions.entry(bucket).or_insert_with(|| access.clone());
            if access == "write" {
                *needed = access;
            }
        }
        self.component_access.extend(other.component_access);
        self.capabilities = self.capabilities.union(other.capabilities);
        if self.capabilities.contains(Capability::ManageBuckets) {
            self.bucket_permissions.clear();
            self.component_access.clear();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn advice(json: serde_json::Value) -> Advice {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn parts_of_a_history_add_up() {
        let newer = advice(json!({
            "questions": 2, "lastAsked": "2026-01-15T12:00:00+0000", "refused": 1,
            "used": [{"right": "read bucket in.a", "bucket": "in.a", "access": "read", "count": 1, "last": "2026-01-15T12:00:00+0000"}],
            "unused": [{"right": "write bucket in.a", "bucket": "in.a", "access": "write"},
                       {"right": "manage buckets", "capability": "manageBuckets"}],
            "narrowest": {"bucketPermissions": {"in.a": "read"}, "componentAccess": [], "canManageTokens": false},
            "next": "x",
        }));
        let older = advice(json!({
            "questions": 3, "lastAsked": "2026-01-14T12:00:00+0000", "refused": 0,
            "used": [{"right": "read bucket in.a", "bucket": "in.a", "access": "read", "count": 1, "last": "2026-01-14T12:00:00+0000"},
                     {"right": "write bucket in.a", "bucket": "in.a", "access": "write", "count": 2, "last": "2026-01-13T12:00:00+0000"}],
            "unused": [{"right": "manage buckets", "capability": "manageBuckets"}],
            "narrowest": {"bucketPermissions": {"in.a": "write"}, "componentAccess": ["c"], "canManageTokens": true},
            "next": null,
        }));
        let all = newer.and(older);
        assert_eq!((all.questions, all.refused, all.next), (5, 1, None));
        assert_eq!(all.last_asked.as_deref(), Some("2026-01-15T12:00:00+0000"));
        let used: Vec<_> = all.used.iter().map(|used| (used.right.right.as_str(), used.count)).collect();
        assert_eq!(used, [("read bucket in.a", 2), ("write bucket in.a", 2)]);
        assert_eq!(all.unused.len(), 1);
        assert_eq!(all.narrowest.bucket_permissions["in.a"], "write");
        assert!(
            all.narrowest.capabilities.contains(Capability::ManageTokens)
                && all.narrowest.component_access.contains("c")
        );
    }
}
