//! Projects, members, and the storage tokens that only a manage token can make.

mod invite;
mod join;
mod projects;
mod remove;
mod tokens;

pub use invite::{invite, send, sent_before};
pub use join::{Joining, invitation_stands, join, refuse_invitation, requires_open};
pub use projects::{create_project, insert as insert_project, members, project, verify};
pub use remove::{remove, take_out};
pub use tokens::{create_token, create_token_again};

use jeton_core::{
    Error,
    id::{MemberId, ProjectId},
    manage::ManageToken,
    occasion::Actor,
    project::Project,
    share::{Sender, SentBy},
    store::Write,
};

use crate::http::ApiRequest;

/// Who manages the members of a project.
#[derive(Debug, Clone)]
pub struct By {
    /// As the author of events.
    pub actor: Actor,
    /// As the sender of invitations.
    pub sender: Sender,
    /// What must still hold of them when a change is stored, and who they are; none for a manage token.
    pub member: Option<(MemberId, Write)>,
}

impl From<&ManageToken> for By {
    fn from(manager: &ManageToken) -> Self {
        let sender =
            Sender { by: SentBy::Manage(manager.id), name: manager.description.clone(), email: None };
        Self { actor: actor(manager), sender, member: None }
    }
}

/// The manage token as the author of events.
fn actor(manager: &ManageToken) -> Actor {
    Actor::Manage { id: manager.id, description: manager.description.clone() }
}

/// The project in the path. Errors: [`Error::NoRoute`], [`Error::NotFound`].
async fn project_in_path(request: &ApiRequest) -> Result<Project, Error> {
    let id: ProjectId = request.id("project")?;
    request.app.store.project(id).await?.ok_or(Error::NotFound("project"))
}
