//! The projects that a session gives access to.

use jeton_core::{Error, id::ProjectId, member::Membership};

use crate::{console::session::ConsoleSession, http::ApiRequest};

/// The projects of a session.
pub(super) struct OwnProjects {
    /// The projects that the session gives access to.
    pub(super) open: Vec<ProjectId>,
    /// Whether the member has joined others since, which need a new sign-in.
    pub(super) joined_since: bool,
}

/// Errors: [`Error::SignedOut`] for a session whose memberships have all ended.
pub(super) async fn own_projects(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
) -> Result<OwnProjects, Error> {
    let store = &request.app.store;
    let mut projects = OwnProjects { open: Vec::new(), joined_since: false };
    for id in store.projects_of(&signed_in.session.email).await? {
        match store.membership(id, &signed_in.session.email).await? {
            Some(Membership::Member(member)) if !signed_in.session.is_of(&member) => {
                projects.joined_since = true;
            }
            _ => projects.open.push(id),
        }
    }
    if projects.open.is_empty() && projects.joined_since { Err(Error::SignedOut) } else { Ok(projects) }
}
