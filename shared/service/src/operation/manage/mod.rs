//! Projects, members, and the storage tokens that only a manage token can make.

mod invite;
mod join;
mod projects;
mod remove;
mod tokens;

pub use invite::invite;
pub use join::{Joining, invitation_stands, join, refuse_invitation};
pub use projects::{create_project, insert as insert_project, members, project, verify};
pub use remove::remove;
pub use tokens::create_token;

use jeton_core::{Error, id::ProjectId, manage::ManageToken, occasion::Actor, project::Project};

use crate::http::ApiRequest;

/// The manage token as the author of events.
fn actor(manager: &ManageToken) -> Actor {
    Actor::Manage { id: manager.id, description: manager.description.clone() }
}

/// The project in the path. Errors: [`Error::NoRoute`], [`Error::NotFound`].
async fn project_in_path(request: &ApiRequest) -> Result<Project, Error> {
    let id: ProjectId = request.id("project")?;
    request.app.store.project(id).await?.ok_or(Error::NotFound("project"))
}
