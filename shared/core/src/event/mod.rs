//! Events: the audit log of tokens, members and projects. Kept for 6 months.

pub(crate) mod context;
mod counted;
mod denied;
pub mod names;
mod placeholder;
mod query;
mod revocation;
mod size;
mod uuid;
mod written;

pub use context::Context;
pub use counted::CountedEvent;
pub use query::{
    EXAMPLES as QUERY_EXAMPLES, MAX_DEPTH, MAX_QUERY_BYTES, MAX_TERMS, Query, QueryError,
    fields as query_fields,
};
pub use uuid::{UuidSequence, day_of, first_uuid_at, last_uuid_before, moment_of};
pub use written::WrittenEvent;

use ::uuid::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

/// The bytes of stored events that one read of a feed requests. Small JSON events take up to eighty times as much in memory,
/// so this bounds the memory of a request.
pub const PAGE_BYTES: usize = 256 << 10;

/// The branch of every event: there is only the default branch.
pub const DEFAULT_BRANCH: u32 = 1;

/// An event: an immutable entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// A UUID of version 7, monotonic within a process. Events are ordered by it.
    pub uuid: Uuid,
    /// The project; `None` for an event of a manage token outside any project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The name, such as `storage.tokenCreated`.
    pub event: String,
    /// The component that reported it; `storage` for Jeton's own events.
    pub component: String,
    /// What happened, as a sentence.
    pub message: String,
    /// A longer description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The severity.
    pub r#type: EventType,
    /// The run id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The time of the event.
    pub created: Timestamp,
    /// The configuration id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_id: Option<String>,
    /// The object of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// The source of the call.
    #[serde(default)]
    pub context: Context,
    /// The parameters of the operation.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// The results of the operation.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub results: Map<String, Value>,
    /// The duration of the operation.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub performance: Map<String, Value>,
    /// The actor.
    pub by: Author,
    /// The token that the event is about, if it is not the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<TokenId>,
    /// The manage token that the event is about, if it is not the actor. Only outside projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_manage: Option<ManageTokenId>,
    /// The origin.
    pub origin: Origin,
    /// Whether the event of a question is also in the project's feed: only the first denied one of a minute is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_project_feed: bool,
}

/// The actor of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The token; `None` if the actor is not a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The description of the token, or the name of another actor.
    pub name: String,
    /// The copy that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyId>,
    /// The manage token. Only outside projects; within projects, `params` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manage: Option<ManageTokenId>,
}

/// The object of an event.
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

/// The severity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventType {
    /// Information.
    Info,
    /// Success.
    Success,
    /// A warning.
    Warn,
    /// An error.
    Error,
}

/// The origin of an event. Set by Jeton, never by a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Jeton made a change or denied a call.
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

/// A feed: a list of events in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Feed {
    /// The events by or about a token.
    Token(ProjectId, TokenId),
    /// The changes, denied calls and posted events of a project. Questions are in the feed of their token; only the first
    /// denied one of a minute is here, too.
    Project(ProjectId),
    /// The events about an object: project, type, id.
    Object(ProjectId, String, String),
    /// The events by or about a manage token.
    Manage(ManageTokenId),
}

/// Which fields of the events of a range are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFields {
    /// All of them.
    All,
    /// Those of [`CountedEvent`]; the others are empty.
    ForCounting,
}

/// A range of a feed to read. Pages are in uuid order.
#[derive(Debug, Clone, Copy)]
pub struct EventRange {
    /// Only events after this uuid (exclusive).
    pub after: Option<Uuid>,
    /// Only events before this uuid (exclusive).
    pub before: Option<Uuid>,
    /// The order.
    pub order: Order,
    /// The most events.
    pub limit: usize,
    /// The most stored bytes: no further event is read once this is reached. At least one event is read.
    pub bytes: usize,
    /// Which fields are read.
    pub fields: EventFields,
}

impl EventRange {
    /// All of a feed, at most so many events at a time and no more than fit a page.
    pub fn all(order: Order, limit: usize) -> Self {
        Self { after: None, before: None, order, limit, bytes: PAGE_BYTES, fields: EventFields::All }
    }
}

/// A page of a feed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventPage {
    /// The events, in the requested order.
    pub events: Vec<Event>,
    /// The uuids of events that cannot be read.
    pub unreadable: Vec<Uuid>,
    /// The stored size of the page, in bytes.
    pub bytes: usize,
    /// Whether there may be another page.
    pub more: bool,
}

/// The order of a list of events or of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    Descending,
    /// Oldest first.
    Ascending,
}

impl Event {
    /// The feeds of this event, without duplicates.
    ///
    /// An event about a token is in the feed of that token; other objects have a feed of their own. Events of a project are
    /// never in the feed of a manage token, so that an imported project cannot add to it.
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

    /// A copy of this event for the history of the calling manage token, with its own uuid.
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
