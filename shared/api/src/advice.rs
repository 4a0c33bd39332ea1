//! Advice: which rights of a token were used, by its history.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jeton_core::{
    permission::{
        Access, Advice, Ask, BucketId, Capabilities, Capability, ComponentId, Permissions, Usage,
        advice::Seen, question::BucketAsk, usage::Calls,
    },
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::lenient;

/// What the recorded questions of a token say about its present rights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Advice))]
#[serde(rename_all = "camelCase")]
pub struct AdviceBody {
    /// How many questions were read, with the changes of other tokens, which count as uses of rights.
    pub questions: u64,
    /// When the last of them was asked.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last_asked: Option<String>,
    /// How many of them its present rights deny.
    pub refused: u64,
    /// The rights that were asked for and are allowed.
    pub used: Vec<UsedRight>,
    /// The rights that were never needed.
    pub unused: Vec<RightBody>,
    /// The narrowest rights that answer every question the same.
    pub narrowest: Narrowest,
    /// The calls, as they were answered then.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub usage: UsageBody,
    /// What the proposed rights would change, if any were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
    /// The `maxId` of the next, older part; null at the end. The numbers of all parts add up, and so do the
    /// rights used.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next: Option<String>,
}

/// A right.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Right))]
pub struct RightBody {
    /// In words, such as `write bucket in.c-main`.
    pub right: String,
    /// The bucket, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// `read`, `write` or `manage`, with a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Cow<'static, str>>,
    /// The component, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The name of the capability, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<Cow<'static, str>>,
}

/// A right, and how often it was needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UsedRight {
    /// The right.
    #[serde(flatten)]
    pub right: RightBody,
    /// How often.
    pub count: u64,
    /// When last.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last: Option<String>,
}

/// Rights, in the fields of create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Narrowest {
    /// `read` or `write` by bucket.
    #[cfg_attr(feature = "schema", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub bucket_permissions: BTreeMap<BucketId, Access>,
    /// Components it may run.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub component_access: BTreeSet<ComponentId>,
    /// Capabilities beside single buckets and components, each as a field of its own.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub capabilities: Capabilities,
}

/// The same questions, answered by other rights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// How many questions that are allowed now they would have denied.
    pub would_refuse: u64,
    /// When the last of these was asked.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last_refused: Option<String>,
    /// The rights that these would have needed.
    pub missing: Vec<UsedRight>,
    /// How many questions that are denied now they would have allowed.
    pub would_allow: u64,
    /// When the last of these was asked.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last_allowed: Option<String>,
}

/// The calls of a token that left an event, as they were answered then: questions, and denied calls of Jeton.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Usage))]
#[serde(rename_all = "camelCase")]
pub struct UsageBody {
    /// How many were allowed.
    pub allowed: u64,
    /// How many were denied.
    pub denied: u64,
    /// The rights that denied questions lacked, by the reasons of their answers.
    pub denied_rights: Vec<UsedRight>,
    /// The functions of Jeton that were called without the right to.
    pub denied_functions: Vec<DeniedFunction>,
    /// The calls by hour or day, oldest first, without those that have none; if `resolution` was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Vec<CallsBody>>,
}

/// A function that was called without the right to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeniedFunction {
    /// The function, such as `create`.
    pub function: String,
    /// How often.
    pub count: u64,
    /// When last.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last: Option<String>,
}

/// The calls of an hour or a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Calls))]
pub struct CallsBody {
    /// Its start.
    pub start: String,
    /// How many were allowed.
    pub allowed: u64,
    /// How many were denied.
    pub denied: u64,
}

/// Which events to count, and where to continue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AdviceQuery {
    /// Only events before this one.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(pattern = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")
    )]
    pub max_id: Option<String>,
    /// Only events at or after this time: RFC 3339, or a day, which is its midnight in UTC.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[ +-][0-9]{2}:?[0-9]{2}))?)?$"
        )
    )]
    pub from: Option<String>,
    /// Only events before this time.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[ +-][0-9]{2}:?[0-9]{2}))?)?$"
        )
    )]
    pub to: Option<String>,
    /// `hour` or `day`, in UTC: the steps of `series`, which is left out when absent.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(hour|day)?$"))]
    pub resolution: Option<String>,
}

impl AdviceBody {
    /// Builds the answer. It has a series if the usage was counted by hour or day.
    pub fn new(advice: &Advice, usage: &Usage, dry_run: bool, next: Option<Uuid>) -> Self {
        let time = |seen: Seen| seen.last.map(|at| at.to_string());
        Self {
            questions: advice.questions.count,
            last_asked: time(advice.questions),
            refused: advice.denied.count,
            used: counted(advice.used.iter()),
            unused: advice.unused().iter().map(RightBody::from).collect(),
            narrowest: Narrowest::from(advice.narrowest()),
            usage: UsageBody::from(usage),
            dry_run: dry_run.then(|| DryRun {
                would_refuse: advice.would_deny.count,
                last_refused: time(advice.would_deny),
                missing: counted(advice.missing.iter()),
                would_allow: advice.would_allow.count,
                last_allowed: time(advice.would_allow),
            }),
            next: next.map(|uuid| uuid.to_string()),
        }
    }
}

fn counted<'a>(tally: impl Iterator<Item = (&'a Ask, Seen)>) -> Vec<UsedRight> {
    let used = |(ask, seen): (&Ask, Seen)| UsedRight {
        right: RightBody::from(ask),
        count: seen.count,
        last: seen.last.map(|at| at.to_string()),
    };
    tally.map(used).collect()
}

impl From<&Usage> for UsageBody {
    fn from(usage: &Usage) -> Self {
        let denials = &usage.denials;
        let function = |(function, seen): (&String, &Seen)| DeniedFunction {
            function: function.clone(),
            count: seen.count,
            last: seen.last.map(|at| at.to_string()),
        };
        let calls = |(start, calls): (&Timestamp, &Calls)| CallsBody {
            start: start.to_string(),
            allowed: calls.allowed,
            denied: calls.denied,
        };
        Self {
            allowed: usage.calls.allowed,
            denied: usage.calls.denied,
            denied_rights: counted(denials.rights.iter().map(|(ask, seen)| (ask, *seen))),
            denied_functions: denials.functions.iter().map(function).collect(),
            series: usage.has_series().then(|| usage.series.iter().map(calls).collect()),
        }
    }
}

impl UsageBody {
    /// Adds the usage of an older part of the history.
    #[must_use]
    fn and(mut self, older: Self) -> Self {
        self.allowed = self.allowed.saturating_add(older.allowed);
        self.denied = self.denied.saturating_add(older.denied);
        self.denied_rights = added(self.denied_rights, older.denied_rights);
        let mut functions: BTreeMap<String, DeniedFunction> = BTreeMap::new();
        for denied in self.denied_functions.into_iter().chain(older.denied_functions) {
            match functions.get_mut(&denied.function) {
                Some(known) => {
                    known.count = known.count.saturating_add(denied.count);
                    known.last = known.last.take().max(denied.last);
                }
                None => drop(functions.insert(denied.function.clone(), denied)),
            }
        }
        self.denied_functions = functions.into_values().collect();
        if let (Some(newer), Some(older)) = (&mut self.series, older.series) {
            let mut all: BTreeMap<String, CallsBody> = BTreeMap::new();
            for calls in std::mem::take(newer).into_iter().chain(older) {
                let known = all.entry(calls.start.clone()).or_insert_with(|| CallsBody {
                    start: calls.start.clone(),
                    allowed: 0,
                    denied: 0,
                });
                known.allowed = known.allowed.saturating_add(calls.allowed);
                known.denied = known.denied.saturating_add(calls.denied);
            }
            *newer = all.into_values().collect();
        }
        self
    }
}

impl From<&Ask> for RightBody {
    fn from(ask: &Ask) -> Self {
        let right = ask.to_string();
        match ask {
            Ask::Bucket(bucket, access) => Self {
                right,
                bucket: Some(bucket.to_string()),
                access: Some(Cow::Borrowed(match access {
                    BucketAsk::Read => "read",
                    BucketAsk::Write => "write",
                    BucketAsk::Manage => "manage",
                })),
                ..Self::default()
            },
            Ask::Component(component) => {
                Self { right, component: Some(component.to_string()), ..Self::default() }
            }
            Ask::Capability(capability) => {
                Self { right, capability: Some(capability.row().word.into()), ..Self::default() }
            }
        }
    }
}

impl From<Permissions> for Narrowest {
    fn from(rights: Permissions) -> Self {
        Self {
            component_access: rights.components,
            bucket_permissions: rights.buckets,
            capabilities: rights.capabilities,
        }
    }
}

impl AdviceBody {
    /// Merges with the advice of an older part of the history.
    #[must_use]
    pub fn and(mut self, older: Self) -> Self {
        self.questions += older.questions;
        self.refused += older.refused;
        // The newer part has the later times, which sort as text.
        self.last_asked = self.last_asked.max(older.last_asked);
        self.used = added(self.used, older.used);
        // The rights that neither part needed.
        let unused: BTreeSet<_> = older.unused.into_iter().collect();
        self.unused.retain(|right| unused.contains(right));
        self.narrowest = self.narrowest.and(older.narrowest);
        self.usage = self.usage.and(older.usage);
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
    let mut all: BTreeMap<RightBody, UsedRight> = BTreeMap::new();
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
    /// The rights that both need together.
    fn and(mut self, other: Self) -> Self {
        for (bucket, access) in other.bucket_permissions {
            let needed = self.bucket_permissions.entry(bucket).or_insert(access);
            *needed = access.max(*needed);
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

    fn advice(json: serde_json::Value) -> AdviceBody {
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
            "usage": {"allowed": 1, "denied": 1,
                      "deniedRights": [{"right": "manage tokens", "capability": "manageTokens", "count": 1, "last": "2026-01-15T12:00:00+0000"}],
                      "deniedFunctions": [{"function": "create", "count": 2, "last": "2026-01-15T12:00:00+0000"}],
                      "series": [{"start": "2026-01-15T00:00:00+0000", "allowed": 1, "denied": 1}]},
            "next": "x",
        }));
        let older = advice(json!({
            "questions": 3, "lastAsked": "2026-01-14T12:00:00+0000", "refused": 0,
            "used": [{"right": "read bucket in.a", "bucket": "in.a", "access": "read", "count": 1, "last": "2026-01-14T12:00:00+0000"},
                     {"right": "write bucket in.a", "bucket": "in.a", "access": "write", "count": 2, "last": "2026-01-13T12:00:00+0000"}],
            "unused": [{"right": "manage buckets", "capability": "manageBuckets"}],
            "narrowest": {"bucketPermissions": {"in.a": "write"}, "componentAccess": ["c"], "canManageTokens": true},
            "usage": {"allowed": 3, "denied": 2,
                      "deniedRights": [{"right": "manage tokens", "capability": "manageTokens", "count": 2, "last": "2026-01-14T12:00:00+0000"}],
                      "deniedFunctions": [{"function": "create", "count": 1, "last": "2026-01-14T12:00:00+0000"}],
                      "series": [{"start": "2026-01-14T00:00:00+0000", "allowed": 2, "denied": 2},
                                 {"start": "2026-01-15T00:00:00+0000", "allowed": 1, "denied": 0}]},
            "next": null,
        }));
        let all = newer.and(older);
        assert_eq!((all.questions, all.refused, all.next), (5, 1, None));
        assert_eq!(all.last_asked.as_deref(), Some("2026-01-15T12:00:00+0000"));
        let used: Vec<_> = all.used.iter().map(|used| (used.right.right.as_str(), used.count)).collect();
        assert_eq!(used, [("read bucket in.a", 2), ("write bucket in.a", 2)]);
        assert_eq!(all.unused.len(), 1);
        let usage = &all.usage;
        assert_eq!((usage.allowed, usage.denied), (4, 3));
        assert_eq!((usage.denied_rights[0].count, usage.denied_functions[0].count), (3, 3));
        assert_eq!(usage.denied_functions[0].last.as_deref(), Some("2026-01-15T12:00:00+0000"));
        let series = usage.series.iter().flatten().map(|calls| (calls.allowed, calls.denied));
        assert_eq!(series.collect::<Vec<_>>(), [(2, 2), (2, 1)]);
        assert_eq!(all.narrowest.bucket_permissions.values().collect::<Vec<_>>(), [&Access::Write]);
        assert!(
            all.narrowest.capabilities.contains(Capability::ManageTokens)
                && all.narrowest.component_access.iter().any(|component| component.as_str() == "c")
        );
    }
}
