//! The part of a stored event that counting needs, which is read in less time than all of it.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Author, Context, Event, EventType, Origin};
use crate::{
    id::{ProjectId, TokenId},
    time::Timestamp,
};

/// A stored event without its texts, its context, its object and its run. Most of the time of reading an event goes into these.
#[derive(Debug, Deserialize)]
pub struct CountedEvent {
    uuid: Uuid,
    #[serde(default)]
    project: Option<ProjectId>,
    event: String,
    r#type: EventType,
    created: Timestamp,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    results: Map<String, Value>,
    by: Author,
    #[serde(default)]
    about: Option<TokenId>,
    origin: Origin,
}

impl From<CountedEvent> for Event {
    fn from(counted: CountedEvent) -> Self {
        let CountedEvent { uuid, project, event, r#type, created, params, results, by, about, origin } =
            counted;
        Self {
            uuid,
            project,
            event,
            component: String::new(),
            message: String::new(),
            description: String::new(),
            r#type,
            run_id: None,
            created,
            configuration_id: None,
            object: None,
            context: Context::default(),
            params,
            results,
            performance: Map::new(),
            by,
            about,
            about_manage: None,
            origin,
            in_project_feed: false,
        }
    }
}
