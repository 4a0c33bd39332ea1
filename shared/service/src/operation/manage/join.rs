//! Accepting an invitation: the member and the master token come into being in one step.

use jeton_core::{
    Error,
    event::names,
    event_context::{Actor, EventContext},
    id::{MemberId, TokenId},
    idempotency::CreatedResource,
    member::{Member, MemberCard, Membership},
    project::Project,
    secret::PlainSecret,
    share::{Closed, Offer, Share, State},
    store::{Commit, Write},
    token::{Identity, NewToken, Token},
};
use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::inviter::manage_token_unchanged;
use crate::{
    app::{App, Outcome},
    clock::entropy,
    http::ApiRequest,
    operation::{share_end::used_or, share_sender::sender_unchanged},
    retry::{Attempts, RetryPolicy},
};

/// A member who joins, before anything is stored.
pub struct Joining {
    /// The member.
    pub member: Member,
    /// Their master token.
    pub master: Token,
    /// The string of its first copy.
    pub secret: PlainSecret,
    /// What tells of it.
    pub events: Vec<jeton_core::event::Event>,
}

impl Joining {
    /// Makes the member and the master token.
    pub fn new(
        app: &App,
        project: &Project,
        email: jeton_core::email::Email,
        name: String,
        event_context: &EventContext,
        secrets: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let id = MemberId::random(&mut entropy());
        let card = MemberCard { id, name: name.clone(), email: email.clone() };
        let new = NewToken::master(id, card, project.owner());
        let token = TokenId::random(&mut entropy());
        let (change, secret) = new.create(project.id, token, event_context, secrets)?;
        let member = Member {
            project: project.id,
            id,
            email,
            name,
            created: event_context.now,
            master: change.token.id,
            unknown: Map::new(),
        };
        let params = Map::from_iter([
            ("email".to_owned(), json!(member.email)),
            ("member".to_owned(), json!(member.id)),
        ]);
        let message = format!("{} joined the project", member.email);
        let joined =
            app.with_new_event_id(event_context).event_in(project.id, names::MEMBER_JOINED, message, params);
        Ok(Self { member, master: change.token, secret, events: vec![change.event, joined] })
    }
}

/// Whether this is the standing invitation to its address.
pub async fn invitation_stands(request: &ApiRequest, share: &Share) -> Result<bool, Error> {
    let standing = request.app.store.membership(share.project, &share.recipient).await?;
    Ok(standing == Some(Membership::Invited(share.id.clone())))
}

/// Errors: [`Error::ProjectClosed`] while nobody joins the project of this invitation.
pub async fn requires_open(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    let project = request.app.store.project(share.project).await?;
    if project.is_some_and(|project| project.closed.is_some()) { Err(Error::ProjectClosed) } else { Ok(()) }
}

/// Accepts an invitation.
pub async fn join(request: &ApiRequest, share: &Share) -> Result<(Identity, PlainSecret), Error> {
    let ended = || Error::ShareClosed(Closed::Ended);
    let project = request.app.store.project(share.project).await?.ok_or_else(ended)?;
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        if !invitation_stands(request, share).await? {
            return Err(used_or(request, share, ended()).await?);
        }
        let event_context = request.event_context(Actor::Recipient);
        let (email, name, mut secrets) = (share.recipient.clone(), invitee(share), request.secrets());
        let Joining { member, master, secret, events } =
            Joining::new(&request.app, &project, email, name, &event_context, &mut secrets)?;
        let mut writes = vec![
            Write::InsertMember { member, invitation: Some(share.id.clone()) },
            Write::InsertToken(master.clone()),
            Write::EndShare(share.ended(State::Used(request.now))),
            Write::RequireOpen(project.id),
        ];
        // Whoever has been removed invites nobody any more, and no manage token that is gone.
        writes.extend(sender_unchanged(request, share, None).await?);
        writes.extend(manage_token_unchanged(request, share).await?);
        writes.extend(request.idempotency_record(CreatedResource::Copy(project.id, master.id)));
        match request.app.commit_by(&attempts, &Commit { writes, events }).await {
            Ok(Outcome::Stored) => return Ok((master.identity, secret)),
            Ok(Outcome::Conflict(Some(Write::EndShare(_)))) => {
                return Err(used_or(request, share, ended()).await?);
            }
            // The inviter is not what they were, which is for looking at them again.
            Ok(Outcome::Conflict(_)) | Err(Error::CallerChanged) => attempts.after_conflict().await?,
            Err(error) => return Err(error),
        }
    }
}

/// Remembers a wrong code at an invitation. The last one locks it.
pub async fn refuse_invitation(request: &ApiRequest, share: &Share, last: bool) -> Result<(), Error> {
    let event_context = request.event_context(Actor::Recipient);
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(share.recipient))]);
    if !last {
        let message = format!("Invitation of {}: wrong code", share.recipient);
        let event = event_context.event_in(share.project, names::INVITATION_REFUSED, message, params);
        return Ok(request.app.store.append(&event, 1).await?);
    }
    let message = format!("Invitation of {}: locked after too many wrong codes", share.recipient);
    let event = event_context.event_in(share.project, names::INVITATION_LOCKED, message, params);
    let writes = vec![Write::EndShare(share.ended(State::Locked(request.now)))];
    // When it has been accepted meanwhile there is nothing left to lock.
    request.app.commit(&Commit { writes, events: vec![event] }).await?;
    Ok(())
}

fn invitee(share: &Share) -> String {
    match &share.offer {
        Offer::Membership(name) => name.clone(),
        Offer::Copy(_) | Offer::SignIn => share.recipient.to_string(),
    }
}
