//! Pending invitations: listing, withdrawing and resending them.

use std::collections::BTreeSet;

use jeton_api::invitation::{InvitationBody, Pending, number};
use jeton_core::{
    Error,
    email::Email,
    event::names,
    member::Member,
    project::Project,
    share::{Offer, State},
    store::{Commit, Write},
};
use serde_json::{Map, json};

use super::{MembershipActor, invite::send_to, inviter::Senders, project_in_path};
use crate::{
    authenticate::Manager,
    http::{ApiRequest, Reply},
    retry::RetryPolicy,
};

/// `GET /manage/projects/{project}/invitations`
pub async fn invitations(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let members = readable(request, &project).await?;
    let mut pending = pending(request, &project).await?;
    let ended = ended(request, &pending).await?;
    pending.retain(|pending| !ended.contains(&number(pending)));
    Ok(Reply::ok(&pending.iter().map(|pending| InvitationBody::of(pending, &members)).collect::<Vec<_>>()))
}

/// `GET /manage/projects/{project}/invitations/{invitation}`
pub async fn invitation(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let pending = named(request, &project).await?;
    if !ended(request, std::slice::from_ref(&pending)).await?.is_empty() {
        return Err(Error::NotFound("invitation"));
    }
    Ok(Reply::ok(&InvitationBody::of(&pending, &readable(request, &project).await?)))
}

/// `DELETE /manage/projects/{project}/invitations/{invitation}`
pub async fn withdraw_invitation(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    take_back(request, &project, &MembershipActor::from(manager)).await?;
    Ok(Reply::no_content())
}

/// `POST /manage/projects/{project}/invitations/{invitation}/send`: resends the invitation with a new link and a new
/// code, since the secrets of the older ones are not kept.
pub async fn send_invitation(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    send_again(request, &project, &MembershipActor::from(manager)).await?;
    Ok(Reply::no_content())
}

/// The invitations that nobody has accepted or withdrawn, the latest last. Those that cannot be read come first, and some may have
/// [`ended`].
pub async fn pending(request: &ApiRequest, project: &Project) -> Result<Vec<Pending>, Error> {
    let mut pending = request.app.store.invitations(project.id, request.now).await?;
    let place = |pending: &Pending| match pending {
        Ok(share) => (Some(share.created), share.id.clone()),
        Err(unreadable) => (None, unreadable.id.clone()),
    };
    pending.sort_by_key(place);
    Ok(pending)
}

/// The numbers of those that have ended with the admin or the manage token that sent them. Sent again, by another, they can be accepted.
pub async fn ended(request: &ApiRequest, pending: &[Pending]) -> Result<BTreeSet<u32>, Error> {
    let (mut senders, mut ended) = (Senders::default(), BTreeSet::new());
    for pending in pending {
        if let Ok(share) = pending
            && senders.have_ended(request, share).await?
        {
            ended.insert(number(pending));
        }
    }
    Ok(ended)
}

/// The members that can be read, for the names of inviters.
async fn readable(request: &ApiRequest, project: &Project) -> Result<Vec<Member>, Error> {
    let members = request.app.store.found_members(project.id).await?;
    Ok(members.into_iter().flatten().collect())
}

/// The invitation in the path, by its number.
async fn named(request: &ApiRequest, project: &Project) -> Result<Pending, Error> {
    let asked: u32 = request.id("invitation")?;
    if request.text("invitation") != asked.to_string() || !(1..1 << 24).contains(&asked) {
        return Err(Error::NoRoute);
    }
    let mut found = pending(request, project).await?.into_iter().filter(|pending| number(pending) == asked);
    match (found.next(), found.next()) {
        (Some(pending), None) => Ok(pending),
        (None, _) => Err(Error::NotFound("invitation")),
        (Some(_), Some(_)) => Err(Error::Conflict(
            "two invitations of this project have this id: withdraw one by its e-mail address",
        )),
    }
}

/// Withdraws the invitation in the path, and returns its address. It retries until done, because it takes rights away.
pub async fn take_back(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
) -> Result<Email, Error> {
    request.attempts.set_policy(RetryPolicy::Immediate);
    loop {
        let (id, recipient, end) = match named(request, project).await? {
            Ok(share) => {
                let end = Write::EndShare(share.ended(State::Withdrawn(request.now)));
                (share.id, share.recipient, end)
            }
            Err(unreadable) => {
                let end = Write::RemoveUnreadableShare(unreadable.id.clone());
                (unreadable.id, unreadable.recipient, end)
            }
        };
        let params = Map::from_iter([("recipientEmail".to_owned(), json!(recipient))]);
        let message = format!("Withdrew the invitation of {recipient}");
        let event_context = request.event_context(by.actor.clone());
        let event = event_context.event_in(project.id, names::INVITATION_WITHDRAWN, message, params);
        let writes = vec![
            Write::RemoveInvitation(project.id, recipient.clone(), id),
            end,
            Write::RequireOpen(project.id),
        ];
        let mut commit = Commit { writes, events: vec![event] };
        by.sign(request, &mut commit)?;
        if request.app.try_commit(&request.attempts, &commit).await? {
            return Ok(recipient);
        }
    }
}

/// Sends the invitation in the path again, to the same address, and returns that.
pub async fn send_again(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
) -> Result<Email, Error> {
    let share = named(request, project).await?.map_err(|unreadable| {
        Error::Unavailable(format!(
            "invitation {} cannot be read: withdraw it, and send another",
            unreadable.id
        ))
    })?;
    let Offer::Membership(invitee) = share.offer.clone() else { return Err(Error::NotFound("invitation")) };
    send_to(request, project, by, share.recipient.clone(), invitee, Some(&share)).await
}
