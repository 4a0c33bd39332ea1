//! Accepting an invitation: one commit creates the member and the master token.

use jeton_core::{
    Error,
    email::Email,
    event::names,
    event_context::{Actor, EventContext},
    id::{MemberId, NewTokenIds},
    idempotency::CreatedResource,
    member::{Member, MemberCard, Role},
    project::Project,
    secret::PlainSecret,
    share::{Invitee, Offer, Share},
    store::{Commit, Write},
    token::{Identity, NewToken, Token},
};
use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::inviter::manage_token_unchanged;
use crate::{
    app::App,
    clock::entropy,
    http::ApiRequest,
    operation::{
        offer::{
            availability::{ENDED, is_pending},
            redeem::{taken, try_take, used_or},
        },
        share_sender::sender_unchanged,
    },
    retry::{Attempts, RetryPolicy},
};

/// A joining member, before anything is stored.
pub struct Joining {
    /// The member.
    pub member: Member,
    /// Their own token.
    pub master: Token,
    /// The string of its first copy.
    pub secret: PlainSecret,
    /// The events.
    pub events: Vec<jeton_core::event::Event>,
}

impl Joining {
    /// Creates the member and their own token, with the next of these ids.
    pub fn new(
        app: &App,
        project: &Project,
        (email, Invitee { name, role }): (Email, Invitee),
        ids: &mut NewTokenIds,
        event_context: &EventContext,
        secrets: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let id = MemberId::random(&mut entropy());
        let card = MemberCard { id, name: name.clone(), email: email.clone() };
        let new = NewToken::of_member(id, role, card, project.owner());
        let token = ids.draw(&mut entropy());
        let (change, secret) = new.create(project.id, token, event_context, secrets)?;
        let member = Member {
            project: project.id,
            id,
            email,
            name,
            created: event_context.now,
            role,
            master: change.token.id,
            unknown: Map::new(),
        };
        let params = Map::from_iter([
            ("email".to_owned(), json!(member.email)),
            ("member".to_owned(), json!(member.id)),
            ("role".to_owned(), json!(role)),
        ]);
        let message = format!("{} joined the project", member.email);
        let joined =
            app.with_new_event_id(event_context).event_in(project.id, names::MEMBER_JOINED, message, params);
        Ok(Self { member, master: change.token, secret, events: vec![change.event, joined] })
    }
}

/// Accepts an invitation.
pub async fn join(request: &ApiRequest, share: &Share) -> Result<(Identity, PlainSecret), Error> {
    let project = request.app.store.project(share.project).await?.ok_or(ENDED)?;
    let attempts = Attempts::new(RetryPolicy::Immediate);
    let mut ids = NewTokenIds::new(request.now);
    loop {
        if !is_pending(&request.app, share).await? {
            return Err(used_or(request, share, ENDED).await?);
        }
        let event_context = request.event_context(Actor::Recipient);
        let (invited, mut secrets) = ((share.recipient.clone(), invitee(share)), request.secrets());
        let Joining { member, master, secret, events } =
            Joining::new(&request.app, &project, invited, &mut ids, &event_context, &mut secrets)?;
        let mut writes = vec![
            Write::InsertMember { member, invitation: Some(share.id.clone()) },
            Write::InsertToken(master.clone()),
            taken(request, share),
            Write::RequireOpen(project.id),
        ];
        // An invitation of a removed member or manage token is not valid any more.
        writes.extend(sender_unchanged(request, share, None).await?);
        writes.extend(manage_token_unchanged(request, share).await?);
        writes.extend(request.idempotency_record(CreatedResource::Copy(project.id, master.id)));
        if try_take(request, &attempts, share, &Commit { writes, events }).await? {
            return Ok((master.identity, secret));
        }
    }
}

/// Who joins. A share that offers no membership makes no admin: it is not accepted here.
fn invitee(share: &Share) -> Invitee {
    match &share.offer {
        Offer::Membership(invitee) => invitee.clone(),
        Offer::Copy(_) | Offer::SignIn => Invitee { name: share.recipient.to_string(), role: Role::ReadOnly },
    }
}
