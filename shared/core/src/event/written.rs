//! An event in the form in which it is stored.

use uuid::Uuid;

use super::{Event, Feed};
use crate::{
    id::{ProjectId, TokenId},
    time::Timestamp,
};

/// An event in the form in which it is stored: its JSON, and by what a store finds it. It is written once, however many
/// look at it: who counts its bytes, and the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenEvent {
    /// Its uuid.
    pub uuid: Uuid,
    /// The project it happened in.
    pub project: Option<ProjectId>,
    /// When.
    pub created: Timestamp,
    /// The token that acted.
    pub by: Option<TokenId>,
    /// The token it was done to, when that is another.
    pub about: Option<TokenId>,
    /// The feeds it lies in, as [`Event::feeds`] tells them.
    pub feeds: Vec<Feed>,
    /// All of it, as JSON of an [`Event`].
    pub json: String,
}

impl WrittenEvent {
    /// Writes an event.
    ///
    /// Errors: when it cannot be JSON, as every event that can be made can.
    pub fn new(event: &Event) -> serde_json::Result<Self> {
        Ok(Self {
            uuid: event.uuid,
            project: event.project,
            created: event.created,
            by: event.by.token,
            about: event.about,
            feeds: event.feeds(),
            json: serde_json::to_string(event)?,
        })
    }
}
