//! Events: what a token did, and what was done to it. Kept 6 months.

pub(crate) mod context;
pub mod names;
mod phrases;
mod placeholder;
mod query;
mod revocation;
mod size;
mod uuid;
mod written;

pub use context::Context;
pub use query::{MAX_TERMS, Query, QueryError};
pub use uuid::{UuidSequence, day_of, first_uuid_at, moment_of};
pub use written::WrittenEvent;

use ::uuid::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

/// How many bytes of stored events one read of a long feed asks for. Small events of arrays and objects take up to
/// eighty times as much in memory as in the store, so this bounds what one request holds.
pub const PAGE_BYTES: usize = 256 << 10;

/// The branch that every event belongs to: there is only the default one.
pub const DEFAULT_BRANCH: u32 = 1;

/// One thing a token did, or that was done to it. Never changed once stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Version 7, monotonic within a process; the order of events is the order of these.
    pub uuid: Uuid,
    /// The project it happened in; none for what belongs to the history of manage tokens alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Its name, such as `storage.tokenCreated`.
    pub event: String,
    /// The component that reports it; `storage` for Jeton's own.
    pub component: String,
    /// What happened, as a sentence.
    pub message: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How serious it is.
    pub r#type: EventType,
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// When.
    pub created: Timestamp,
    /// The configuration it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_id: Option<String>,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// Where the call came from.
    #[serde(default)]
    pub context: Context,
    /// What was asked.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub results: Map<String, Value>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub performance: Map<String, Value>,
    /// Who did it.
    pub by: Author,
    /// The token it was done to, when that is another than the one that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<TokenId>,
    /// The manage token it was done to, when that is another than the one that did it. Only outside projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_manage: Option<ManageTokenId>,
    /// How it came to be.
    pub origin: Origin,
    /// Whether these questions are in the feed of the project, too: the first of a minute that were answered no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_project_feed: bool,
}

/// Who did what an event tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The token that acted; none for what happens outside any token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Its description, or who else it was.
    pub name: String,
    /// The copy that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyId>,
    /// The manage token that acted. Only outside projects: there, `params` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manage: Option<ManageTokenId>,
}

/// What an event was done to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Object {
    /// The kind of object, such as `bucket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How serious an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventType {
    /// Something happened.
    Info,
    /// Something succeeded.
    Success,
    /// Something may be wrong.
    Warn,
    /// Something failed.
    Error,
}

/// How an event came to be. Set by Jeton, whatever a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Jeton changed or refused something.
    System,
    /// A question was answered.
    Question,
    /// A client posted it.
    Posted,
}

impl EventType {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Info, Self::Success, Self::Warn, Self::Error].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A list of events, as the store keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// By or about one token.
    Token(ProjectId, TokenId),
    /// Changes, refusals and posted events of a project; questions are with their token, and only the first of a
    /// minute that were answered no are here, too.
    Project(ProjectId),
    /// Events whose object this is: project, type, id.
    Object(ProjectId, String, String),
    /// By or about one manage token.
    Manage(ManageTokenId),
}

/// Which part of a feed to read. Paging is by uuid order.
#[derive(Debug, Clone, Copy)]
pub struct EventRange {
    /// Only events after this uuid (exclusive).
    pub after: Option<Uuid>,
    /// Only events before this uuid (exclusive).
    pub before: Option<Uuid>,
    /// The order.
    pub order: Order,
    /// At most this many.
    pub limit: usize,
    /// No further event once those read so far take as many bytes where they are stored. One is read in any case.
    pub bytes: usize,
}

impl EventRange {
    /// All of a feed, at most so many events at a time and no more than fit a page.
    pub fn all(order: Order, limit: usize) -> Self {
        Self { after: None, before: None, order, limit, bytes: PAGE_BYTES }
    }
}

/// A part of a feed, as the store has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventPage {
    /// The events, in the order that was asked for.
    pub events: Vec<Event>,
    /// Those of which nothing can be read but that they are there.
    pub unreadable: Vec<Uuid>,
    /// What all of them take where they are stored, in bytes.
    pub bytes: usize,
    /// Whether the range may hold more behind the last of them.
    pub more: bool,
}

/// The order of a list of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    Descending,
    /// Oldest first.
    Ascending,
}

impl Event {
    /// The feeds this event lies in, without repetition.
    ///
    /// Events about tokens are found with their token; other objects have a feed of their own. No event of a
    /// project is in the feed of a manage token, so that nothing that comes with a project gets there.
    pub fn feeds(&self) -> Vec<Feed> {
        let Some(project) = self.project else {
            return self.by.manage.into_iter().chain(self.about_manage).map(Feed::Manage).collect();
        };
        let mut feeds: Vec<Feed> =
            self.by.token.iter().chain(&self.about).map(|token| Feed::Token(project, *token)).collect();
        if self.origin != Origin::Question || self.in_project_feed {
            feeds.push(Feed::Project(project));
        }
        if let Some(Object { r#type: Some(kind), id: Some(id), .. }) = &self.object
            && kind != "token"
        {
            feeds.push(Feed::Object(project, kind.clone(), id.clone()));
        }
        feeds
    }

    /// The same event for the history of the manage token that made the call. `uuid` is its own.
    #[must_use]
    pub fn for_history_of(&self, manager: ManageTokenId, uuid: Uuid) -> Self {
        let mut event = Self { uuid, project: None, about: None, ..self.clone() };
        event.by.manage = Some(manager);
        if let Some(project) = self.project {
            event.params.insert("project".to_owned(), project.number().into());
        }
        event
    }
}
