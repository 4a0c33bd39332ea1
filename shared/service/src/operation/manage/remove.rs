//! Removing a member.

use jeton_core::{
    Error,
    email::Email,
    event::names,
    id::MemberId,
    manage::ManageToken,
    member::{Member, Membership},
    project::Project,
    share::ShareId,
    store::{Commit, Write},
};
use serde_json::{Map, json};

use super::{actor, project_in_path};
use crate::{
    app::Outcome,
    http::{ApiRequest, Reply},
    retry::{Attempts, Priority},
};

/// `DELETE /manage/projects/{project}/users/{member}`, by id or e-mail address.
///
/// In one step the member is gone, with the master token and what it sent: a share is closed when
/// its sender's token no longer exists. Someone invited and not yet joined loses the invitation.
pub async fn remove(request: &ApiRequest, manager: &ManageToken) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let commit = match standing(request, &project).await? {
            Standing::Member(member) => removal(request, manager, member).await?,
            Standing::Invited(email, share) => withdrawal(request, manager, &project, email, share),
        };
        match request.app.commit(&commit).await? {
            Outcome::Stored => return Ok(Reply::no_content()),
            Outcome::Lost(_) => attempts.lost().await?,
        }
    }
}

enum Standing {
    Member(Member),
    Invited(Email, ShareId),
}

async fn standing(request: &ApiRequest, project: &Project) -> Result<Standing, Error> {
    let (store, text) = (&request.app.store, request.text("member"));
    let unknown = Error::NotFound("member");
    if let Some(email) = Email::parse(text) {
        return match store.membership(project.id, &email).await? {
            Some(Membership::Member(member)) => Ok(Standing::Member(member)),
            Some(Membership::Invited(share)) => Ok(Standing::Invited(email, share)),
            None => Err(unknown),
        };
    }
    let id: MemberId = request.id("member")?;
    store.member(project.id, id).await?.map(Standing::Member).ok_or(unknown)
}

async fn removal(request: &ApiRequest, manager: &ManageToken, member: Member) -> Result<Commit, Error> {
    let occasion = request.occasion(actor(manager));
    let params =
        Map::from_iter([("email".to_owned(), json!(member.email)), ("member".to_owned(), json!(member.id))]);
    let message = format!("Removed {} from the project", member.email);
    let removed = occasion.event_in(member.project, names::MEMBER_REMOVED, message, params);
    let master = request.app.store.token(member.project, member.master).await?;
    let mut commit = Commit { writes: vec![Write::RemoveMember(member)], events: vec![removed] };
    if let Some(master) = master {
        commit.events.push(master.deleted_event(&request.app.also(&occasion)));
        let tombstone = master.tombstone(request.now);
        commit.writes.push(Write::RemoveToken { token: master, tombstone });
    }
    Ok(commit)
}

fn withdrawal(
    request: &ApiRequest,
    manager: &ManageToken,
    project: &Project,
    email: Email,
    share: ShareId,
) -> Commit {
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(email))]);
    let message = format!("Withdrew the invitation of {email}");
    let occasion = request.occasion(actor(manager));
    let event = occasion.event_in(project.id, names::INVITATION_WITHDRAWN, message, params);
    Commit { writes: vec![Write::RemoveInvitation(project.id, email, share)], events: vec![event] }
}
