//! Projects, members, and the storage tokens that need a manage token to create.

mod invitations;
mod invite;
mod inviter;
mod join;
mod left_behind;
mod manage_tokens;
mod member_tokens;
mod membership;
mod projects;
mod remove;
mod role;
mod tokens;

pub use invitations::{
    ended, invitation, invitations, pending, send_again, send_invitation, take_back, withdraw_invitation,
};
pub use invite::{invite, role_of, send, sent_before};
pub use inviter::{manage_token_unchanged, requires_open};
pub use join::{Joining, join};
pub use left_behind::LeftBehind;
pub use manage_tokens::{
    create_manage_token, create_manage_token_again, delete_manage_token, list_manage_tokens, manage_token,
    manage_token_event, manage_token_events, manage_token_events_export, refresh_manage_token,
    refresh_manage_token_again, update_manage_token, verify,
};
pub use member_tokens::member_tokens;
pub use projects::{create_project, insert as insert_project, members, project};
pub use remove::{Removed, remove, remove_from_project};
pub use role::{set_role, update_member};
pub use tokens::{create_token, create_token_again};

use jeton_core::{
    Error,
    event_context::Actor,
    id::{MemberId, ProjectId},
    project::Project,
    share::{Sender, SentBy},
    store::Commit,
    time::Timestamp,
};

use crate::{
    authenticate::{Bearer, Manager},
    http::ApiRequest,
};

/// The caller who manages the members of a project.
#[derive(Debug)]
pub struct MembershipActor<'a> {
    /// As the author of events.
    pub actor: Actor,
    /// As the sender of invitations.
    pub sender: Sender,
    /// The caller.
    pub caller: ManagedBy<'a>,
}

/// Who manages members: a member or a manage token.
#[derive(Debug)]
pub enum ManagedBy<'a> {
    /// A signed-in member, by their master token.
    Member(MemberId, &'a Bearer),
    /// A manage token.
    Manager(&'a Manager),
}

impl<'a> From<&'a Manager> for MembershipActor<'a> {
    fn from(manager: &'a Manager) -> Self {
        let name = manager.token.description.clone();
        let sender = Sender {
            by: SentBy::Manage(manager.token.id),
            name,
            email: None,
            credential: None,
            version: None,
            secret: Some(manager.secret),
            token: None,
        };
        Self { actor: manager.actor(), sender, caller: ManagedBy::Manager(manager) }
    }
}

impl MembershipActor<'_> {
    /// Whether it is a member who is an admin. A read-only member only leaves.
    fn is_admin(&self) -> bool {
        matches!(&self.caller, ManagedBy::Member(_, bearer) if bearer.item.identity.is_master())
    }

    /// When the caller ends, if ever: the invitations that they send end no later.
    fn ends(&self) -> Option<Timestamp> {
        match &self.caller {
            ManagedBy::Member(_, bearer) => bearer.ends(),
            ManagedBy::Manager(manager) => manager.ends(),
        }
    }

    /// Checks the event quota of the caller. Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
    async fn may_cause_events(&self, request: &ApiRequest) -> Result<(), Error> {
        match &self.caller {
            ManagedBy::Member(_, bearer) => bearer.may_cause_events(&request.app, request.now).await,
            ManagedBy::Manager(manager) => manager.may_cause_events(&request.app, request.now).await,
        }
    }

    /// Adds the condition to a commit that the caller is unchanged.
    fn sign(&self, request: &ApiRequest, commit: &mut Commit) -> Result<(), Error> {
        match &self.caller {
            ManagedBy::Member(_, bearer) => bearer.sign(commit),
            ManagedBy::Manager(manager) => {
                manager.sign(&request.app, request.now, commit);
                Ok(())
            }
        }
    }
}

/// The project in the path. Errors: [`Error::NoRoute`], [`Error::NotFound`].
async fn project_in_path(request: &ApiRequest) -> Result<Project, Error> {
    let id: ProjectId = request.id("project")?;
    request.app.store.project(id).await?.ok_or(Error::NotFound("project"))
}
