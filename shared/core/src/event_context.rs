//! The event context of a call: time, actor, source and run id.

use serde_json::{Map, Value};
use uuid::Uuid;

pub use crate::event::context::Context;
use crate::{
    event::{
        Author, Event, EventType, Object, Origin,
        names::{EventKind, MANAGE_TOKEN},
    },
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
    token::Token,
};

/// The context of a call that its event records.
#[derive(Debug, Clone)]
pub struct EventContext {
    /// The time of the call, read once per call.
    pub now: Timestamp,
    /// The uuid of its event.
    pub uuid: Uuid,
    /// The actor.
    pub actor: Actor,
    /// The source of the call.
    pub context: Context,
    /// The run id that the caller sent.
    pub run_id: Option<String>,
}

/// The actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A token of the project, presented as a copy or used by its member in the console.
    Token {
        /// The token.
        id: TokenId,
        /// Its description.
        name: String,
        /// The copy that was presented; `None` for a member in the console.
        copy: Option<CopyId>,
    },
    /// A manage token.
    Manage {
        /// The manage token.
        id: ManageTokenId,
        /// Its description.
        description: String,
    },
    /// The recipient of a share, by its link.
    Recipient,
    /// Jeton itself: the sweep, or the command that sets up a store.
    Jeton,
}

impl Actor {
    /// The token of the actor, if it is one.
    pub fn token(&self) -> Option<TokenId> {
        if let Self::Token { id, .. } = self { Some(*id) } else { None }
    }
}

impl EventContext {
    /// Makes an event in the history of `token`.
    pub fn event_about(
        &self,
        token: &Token,
        kind: EventKind,
        message: String,
        params: Map<String, Value>,
    ) -> Event {
        let mut event = self.event_in(token.project, kind, message, params);
        if event.by.token != Some(token.id) {
            event.about = Some(token.id);
        }
        event.object = Some(Object {
            r#type: Some("token".to_owned()),
            id: Some(token.id.to_string()),
            name: Some(token.identity.description.clone()),
        });
        event
    }

    /// Makes an event in the feed of a project.
    pub fn event_in(
        &self,
        project: ProjectId,
        kind: EventKind,
        message: String,
        params: Map<String, Value>,
    ) -> Event {
        self.of_kind(Some(project), kind, message, params)
    }

    /// Makes an event outside any project, in the history of the calling manage token.
    pub fn event_outside(&self, kind: EventKind, message: String, params: Map<String, Value>) -> Event {
        let mut event = self.of_kind(None, kind, message, params);
        "manage".clone_into(&mut event.component);
        if let Actor::Manage { id, .. } = &self.actor {
            event.by.manage = Some(*id);
        }
        event
    }

    fn of_kind(
        &self,
        project: Option<ProjectId>,
        kind: EventKind,
        message: String,
        params: Map<String, Value>,
    ) -> Event {
        let known = |name: &String| kind.params.iter().any(|param| param.name == name);
        debug_assert!(params.keys().all(known), "{} has no such params: {params:?}", kind.name);
        Event { r#type: kind.r#type, ..self.event_named(project, kind.name, message, params) }
    }

    /// Makes the event of a question or of a posted event, whose name the caller chose.
    pub fn event_named(
        &self,
        project: Option<ProjectId>,
        name: &str,
        message: String,
        mut params: Map<String, Value>,
    ) -> Event {
        let named = |name: &str| Author { token: None, name: name.to_owned(), copy: None, manage: None };
        let by = match &self.actor {
            Actor::Token { id, name, copy } => Author { token: Some(*id), copy: *copy, ..named(name) },
            Actor::Manage { id, description } => {
                params.insert(
                    MANAGE_TOKEN.name.to_owned(),
                    serde_json::json!({"id": id, "description": description}),
                );
                named(description)
            }
            Actor::Recipient => named("recipient of a share"),
            Actor::Jeton => named("jeton"),
        };
        Event {
            uuid: self.uuid,
            project,
            event: name.to_owned(),
            component: "storage".to_owned(),
            message,
            description: String::new(),
            r#type: EventType::Info,
            run_id: self.run_id.clone(),
            created: self.now,
            configuration_id: None,
            object: None,
            context: self.context.clone(),
            params,
            results: Map::new(),
            performance: Map::new(),
            by,
            about: None,
            about_manage: None,
            origin: Origin::System,
            in_project_feed: false,
        }
    }
}

#[cfg(test)]
pub mod testing;
