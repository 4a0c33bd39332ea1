//! Setup by someone with access to the store: projects, members and manage tokens.
//!
//! Not reachable over HTTP; `jeton init` and the first start of `jeton serve` call it, also on an empty store.

use jeton_core::{
    Error,
    email::Email,
    event_context::Actor,
    id::{ManageTokenId, NewTokenIds, ProjectId},
    manage::{Created, ManageToken},
    member::{Member, Membership, Role},
    project::Project,
    secret::{PlainSecret, redacted},
    share::Invitee,
    store::{Commit, Write},
    token::Token,
};

use super::manage::{self, Joining};
use crate::{
    app::App,
    clock::entropy,
    retry::{Attempts, RetryPolicy},
};

/// Creates a project.
pub async fn project(app: &App, name: &str, organization: u64) -> Result<Project, Error> {
    app.store.set_up().await?;
    let event_context = app.event_context(app.clock.now(), Actor::Jeton);
    manage::insert_project(app, redacted(name).into_owned(), organization, &event_context, |_| ()).await
}

/// Makes someone an admin of a project at once, without an invitation. The secret of their master token
/// is to be shown once.
///
/// Errors: [`Error::NotFound`], [`Error::Conflict`] for someone who is a member already.
pub async fn member(
    app: &App,
    project: ProjectId,
    email: &Email,
    name: &str,
) -> Result<(Member, Token, PlainSecret), Error> {
    member_with_role(app, project, email, name, Role::Admin).await
}

/// The same with a role, which decides what the returned token may do.
pub async fn member_with_role(
    app: &App,
    project: ProjectId,
    email: &Email,
    name: &str,
    role: Role,
) -> Result<(Member, Token, PlainSecret), Error> {
    let project = app.store.project(project).await?.ok_or(Error::NotFound("project"))?;
    let attempts = Attempts::new(RetryPolicy::Backoff);
    let mut ids = NewTokenIds::new(app.clock.now());
    loop {
        if let Some(Membership::Member(_) | Membership::Unreadable(_)) =
            app.store.membership(project.id, email).await?
        {
            return Err(Error::Conflict("this e-mail address belongs to a member of the project already"));
        }
        let event_context = app.event_context(app.clock.now(), Actor::Jeton);
        let Joining { member, master, secret, events } = Joining::new(
            app,
            &project,
            (email.clone(), Invitee { name: redacted(name).into_owned(), role }),
            &mut ids,
            &event_context,
            &mut entropy(),
        )?;
        let writes = vec![
            Write::InsertMember { member: member.clone(), invitation: None },
            Write::InsertToken(master.clone()),
            Write::RequireOpen(project.id),
        ];
        if app.try_commit(&attempts, &Commit { writes, events }).await? {
            return Ok((member, master, secret));
        }
    }
}

/// Creates a manage token. The secret is to be shown once.
pub async fn manage_token(app: &App, description: &str) -> Result<(ManageToken, PlainSecret), Error> {
    app.store.set_up().await?;
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let event_context = app.event_context(app.clock.now(), Actor::Jeton);
        let id = ManageTokenId::random(&mut entropy());
        let Created { change, secret } =
            ManageToken::create(id, &redacted(description), None, None, &event_context, &mut entropy())?;
        let writes = vec![Write::InsertManageToken(change.token.clone())];
        if app.try_commit(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            return Ok((change.token, secret));
        }
    }
}
