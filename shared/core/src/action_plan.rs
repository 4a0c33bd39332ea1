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
