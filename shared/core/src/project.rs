//! Projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{id::ProjectId, text::turns_direction, time::Timestamp};

/// What tokens give access to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The organization it belongs to, a decimal number.
    pub organization: u64,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it is closed, because it moves to another store, or has just come from one or from a backup. Nobody joins
    /// or leaves a closed project, and none of its tokens is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What every token keeps of its project, so that a verify needs no second read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The name of the project.
    pub name: String,
    /// The organization it belongs to.
    pub organization: u64,
    /// When it was made.
    pub created: Timestamp,
}

impl Project {
    /// What a token of this project keeps of it.
    pub fn owner(&self) -> Owner {
        Owner { name: self.name.clone(), organization: self.organization, created: self.created }
    }
}

/// Accepts the name of a project or of a member: 1 to 255 characters, none of them a control character or one
/// that turns the direction of writing.
pub fn valid_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=255).contains(&length) && !name.chars().any(|c| c.is_control() || turns_direction(c))
}
