//! Invitations that have not been accepted yet: listing them, taking one back, and sending one again.

use jeton_core::{
    Error,
    email::Email,
    event::names,
    member::Member,
    project::Project,
    share::{Offer, Share, State},
    store::{Commit, Write},
};
use serde_json::{Map, json};

use super::{By, invite::send_to, project_in_path};
use crate::{
    app::Outcome,
    authenticate::Manager,
    http::{ApiRequest, Reply},
    retry::Priority,
    wire::invitation::{InvitationBody, number},
};

/// `GET /manage/projects/{project}/invitations`
pub async fn invitations(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let members = request.app.store.members(project.id).await?;
    let pending = pending(request, &project).await?;
    Ok(Reply::ok(&pending.iter().map(|share| InvitationBody::of(share, &members)).collect::<Vec<_>>()))
}

/// `GET /manage/projects/{project}/invitations/{invitation}`
pub async fn invitation(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let share = named(request, &project).await?;
    let members: Vec<Member> = request.app.store.members(project.id).await?;
    Ok(Reply::ok(&InvitationBody::of(&share, &members)))
}

/// `DELETE /manage/projects/{project}/invitations/{invitation}`
pub async fn withdraw_invitation(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    take_back(request, &project, &By::from(manager)).await?;
    Ok(Reply::no_content())
}

/// `POST /manage/projects/{project}/invitations/{invitation}/send`: a new link and a new code, in place of the older
/// ones, whose secrets are not kept.
pub async fn send_invitation(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    send_again(request, &project, &By::from(manager)).await?;
    Ok(Reply::no_content())
}

/// Invitations that can be accepted now, the latest last.
pub async fn pending(request: &ApiRequest, project: &Project) -> Result<Vec<Share>, Error> {
    let mut pending = request.app.store.invitations(project.id, request.now).await?;
    pending.sort_by(|a, b| (a.created, a.id.as_str()).cmp(&(b.created, b.id.as_str())));
    Ok(pending)
}

/// The invitation in the path, by its number.
async fn named(request: &ApiRequest, project: &Project) -> Result<Share, Error> {
    let asked: u32 = request.id("invitation")?;
    if request.text("invitation") != asked.to_string() || !(1..1 << 24).contains(&asked) {
        return Err(Error::NoRoute);
    }
    let mut found = pending(request, project).await?.into_iter().filter(|share| number(share) == asked);
    match (found.next(), found.next()) {
        (Some(share), None) => Ok(share),
        (None, _) => Err(Error::NotFound("invitation")),
        (Some(_), Some(_)) => Err(Error::Conflict(
            "two invitations of this project have this id: take one back by its e-mail address, below users",
        )),
    }
}

/// Takes the invitation in the path back, and gives it. It takes rights away, so it tries until it has come to its end.
pub async fn take_back(request: &ApiRequest, project: &Project, by: &By<'_>) -> Result<Share, Error> {
    request.attempts.go_on(Priority::Urgent);
    loop {
        let share = named(request, project).await?;
        let params = Map::from_iter([("recipientEmail".to_owned(), json!(share.recipient))]);
        let message = format!("Withdrew the invitation of {}", share.recipient);
        let occasion = request.occasion(by.actor.clone());
        let event = occasion.event_in(project.id, names::INVITATION_WITHDRAWN, message, params);
        let writes = vec![
            Write::RemoveInvitation(project.id, share.recipient.clone(), share.id.clone()),
            Write::EndShare(share.ended(State::Withdrawn(request.now))),
            Write::RequireOpen(project.id),
        ];
        let mut commit = Commit { writes, events: vec![event] };
        by.sign(request, &mut commit)?;
        match request.app.commit_by(&request.attempts, &commit).await? {
            Outcome::Stored => return Ok(share),
            Outcome::Lost(_) => request.attempts.lost().await?,
        }
    }
}

/// Sends the invitation in the path again, to the same address, and gives that.
pub async fn send_again(request: &ApiRequest, project: &Project, by: &By<'_>) -> Result<Email, Error> {
    let share = named(request, project).await?;
    let Offer::Membership(name) = share.offer.clone() else { return Err(Error::NotFound("invitation")) };
    send_to(request, project, by, share.recipient.clone(), name, Some(&share)).await
}
