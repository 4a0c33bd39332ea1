//! The placeholder of an event that cannot be read.

use ::uuid::Uuid;
use serde_json::Map;

use super::{Author, Context, Event, Feed, Origin, moment_of, names::UNREADABLE};

impl Event {
    /// The placeholder that a feed shows for an event that cannot be read. Its time comes from its uuid.
    pub fn unreadable(feed: &Feed, uuid: Uuid) -> Self {
        let project = match feed {
            Feed::Token(project, _) | Feed::Project(project) | Feed::Object(project, ..) => Some(*project),
            Feed::Manage(_) => None,
        };
        Self {
            uuid,
            project,
            event: UNREADABLE.name.to_owned(),
            component: "storage".to_owned(),
            message: "(this event cannot be read)".to_owned(),
            description: String::new(),
            r#type: UNREADABLE.r#type,
            run_id: None,
            created: moment_of(uuid),
            configuration_id: None,
            object: None,
            context: Context::default(),
            params: Map::new(),
            results: Map::new(),
            performance: Map::new(),
            by: Author { token: None, name: "Jeton".to_owned(), copy: None, manage: None },
            about: None,
            about_manage: None,
            origin: Origin::System,
            in_project_feed: false,
        }
    }
}
