//! The plan of an action on many tokens: what a call with an `Idempotency-Key` acts on, however often it is sent.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{ProjectId, TokenId};

/// The plan, in the idempotency record of the call. It is stored before the first token is changed; whether one was changed by the call is a
/// record of its own, in the commit of that change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionPlan {
    /// The project.
    pub project: ProjectId,
    /// The tokens of the answer, in the order of creation.
    pub tokens: Vec<TokenId>,
    /// Those of them that there was nothing to do for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unchanged: BTreeSet<TokenId>,
    /// The cursor to go on after, if there may be more tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether it takes rights away. Then it is stored even on a full disk.
    pub revokes: bool,
}

/// Where a call with a plan ended otherwise than its plan says, as it was answered. A repeated call ends there, too: what comes after is for the
/// call that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionEnd {
    /// The tokens beside those of the plan that there was nothing to do for, since other calls came first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unchanged: BTreeSet<TokenId>,
    /// How many tokens of the plan were answered.
    pub answered: usize,
    /// The cursor to go on after, if there may be more tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the action takes rights away, as [`ActionPlan::revokes`].
    pub revokes: bool,
}
