//! Projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{id::ProjectId, text::turns_direction, time::Timestamp};

/// A project: tokens, members and events belong to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Its organization, a decimal number.
    pub organization: u64,
    /// When it was made.
    pub created: Timestamp,
    /// When it was closed: it is moving to another store, or comes from one or from a backup. A closed project refuses all of its
    /// tokens, and nobody joins or leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The part of the project that every token stores, so that verify needs no second read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The name of the project.
    pub name: String,
    /// The organization of the project.
    pub organization: u64,
    /// When it was made.
    pub created: Timestamp,
}

impl Project {
    /// The part of the project that a token stores.
    pub fn owner(&self) -> Owner {
        Owner { name: self.name.clone(), organization: self.organization, created: self.created }
    }
}

/// Validates the name of a project or of a member: 1 to 255 characters, without control characters and characters that
/// change the direction of writing.
pub fn valid_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=255).contains(&length) && !name.chars().any(|c| c.is_control() || turns_direction(c))
}
