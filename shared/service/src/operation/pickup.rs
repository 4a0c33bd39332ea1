//! Picking up an offer: a copy of a token, or the membership of a project.

use std::{borrow::Cow, sync::Arc};

use http::StatusCode;
use jeton_api::{
    pickup::{PickUp, PickUpBody, PickUpProject},
    token::BucketPermissions,
};
use jeton_core::{
    Error,
    event_context::Actor,
    id::CopyId,
    idempotency::{CreatedResource, Withheld},
    member::Role,
    permission::{Capability, Permissions},
    secret::{Code, PlainSecret},
    share::{Offer, Sender, SentBy, Share},
    store::{Commit, Revocable, Write},
    time::Timestamp,
    token::{Identity, Token},
};

use super::{
    manage,
    offer::{
        availability::{ENDED, require_available},
        redeem::{id_in_path, opened, taken, tell_sender, try_code, try_take, used_or},
    },
    share_sender::{sender, sent_by, stands_by},
};
use crate::{
    http::{ApiRequest, Reply},
    idempotency::{self, OriginalResult},
    mail::Notice,
    page::{self, words},
    retry::{Attempts, RetryPolicy},
};

/// `GET /pickup/{share}`: the same static page for every id. Reading it never changes anything.
pub async fn page(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, page::pickup::shell(&request.app.brand)))
}

/// `GET /pickup/-/pickup.js`
pub async fn script(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(page::pickup::SCRIPT.reply(&request.uri, &request.headers))
}

/// `GET /pickup/-/pickup.css`
pub async fn style(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(request.app.brand.pickup_style().reply(&request.uri, &request.headers))
}

/// `POST /pickup/{share}`: with the secret, shows what is shared; with secret and code, returns it,
/// once. Browsers get pages, other clients JSON.
pub async fn pick_up(request: &ApiRequest) -> Result<Reply, Error> {
    let outcome = hand_over(request).await;
    match &outcome {
        // A browser gets an error as a page, so replays of idempotent calls are looked up here.
        Err(error) if request.wants_page() => match idempotency::original(request, error).await? {
            Some(original) => replay(request, original).await,
            None => answer(request, outcome),
        },
        _ => answer(request, outcome),
    }
}

/// Replays the answer of an earlier call with the same key.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    match handed_over(request, original).await {
        Ok(Err(why)) if request.wants_page() => {
            let status = crate::http::problem(&idempotency::withheld(why)).status;
            Ok(Reply::page(status, page::pickup::withheld(&request.app.brand, why)))
        }
        outcome => answer(request, outcome.and_then(|body| body.map_err(idempotency::withheld))),
    }
}

fn answer(request: &ApiRequest, outcome: Result<PickUpBody, Error>) -> Result<Reply, Error> {
    if !request.wants_page() {
        return outcome.map(|body| Reply::ok(&body));
    }
    let (status, markup) = match outcome {
        Ok(body) => (StatusCode::OK, page::pickup::offer(&request.app.brand, &body, &request.app.public_url)),
        Err(error) => {
            let problem = crate::http::problem(&error);
            (problem.status, page::pickup::problem(&request.app.brand, &error, &problem.message))
        }
    };
    Ok(Reply::page(status, markup))
}

async fn hand_over(request: &ApiRequest) -> Result<PickUpBody, Error> {
    let id = id_in_path(request)?;
    let asked: PickUp = request.body()?;
    let link = asked.secret.unwrap_or_default();
    let code = match asked.code.filter(|code| !code.is_empty()) {
        Some(code) => Some(
            Code::parse(&code)
                .ok_or_else(|| Error::bad_field("code", "code must be six digits; it was not counted"))?,
        ),
        None => None,
    };
    // A sign-in creates a session, and only in the console.
    let share = opened(request, &id, &link, |offer| *offer != Offer::SignIn).await?;
    let offered = offered(request, &share).await?;
    let Some(code) = code else { return Ok(body(&share, &offered, None)) };
    try_code(request, &share, &link, &code).await?;
    let (picked_up, secret) = take(request, &share).await?;
    let is_token = matches!(share.offer, Offer::Copy(_));
    let description = is_token.then(|| picked_up.description.clone());
    let undo = format!("{}{}", request.app.public_url, undo(&share, picked_up.copy));
    tell_sender(request, &share, description, Some(undo), Notice::PickedUp).await;
    Ok(body(&share, &picked_up, Some(&secret)))
}

/// The page of the console that revokes a copy that was picked up, or removes a new member.
fn undo(share: &Share, copy: Option<CopyId>) -> String {
    let project = share.project;
    match (&share.offer, copy) {
        (Offer::Copy(token), Some(copy)) => {
            format!("/console/projects/{project}/tokens/{token}/copies/{copy}")
        }
        (Offer::Copy(token), None) => format!("/console/projects/{project}/tokens/{token}"),
        (Offer::Membership(_) | Offer::SignIn, _) => format!("/console/projects/{project}/members"),
    }
}

/// The answer of an earlier call, or why its secret is not given again.
async fn handed_over(
    request: &ApiRequest,
    original: OriginalResult,
) -> Result<Result<PickUpBody, Withheld>, Error> {
    let id = id_in_path(request)?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    let (token, secret) = match original.copy_or_why(request).await? {
        Ok(copy) => copy,
        Err(why) => return Ok(Err(why)),
    };
    let Some(copy) = token.opened_by(&secret) else { return Ok(Err(Withheld::Ended)) };
    let expires = token.end_of(copy);
    Ok(Ok(body(&share, &Offered::of(token.identity, expires), Some(&secret))))
}

/// What the recipient sees of an offer.
struct Offered {
    description: String,
    permissions: Permissions,
    /// When the copy ends.
    expires: Option<Timestamp>,
    /// The copy that was made.
    copy: Option<CopyId>,
}

impl Offered {
    /// The offer of a token with this identity, whose copy ends then.
    fn of(identity: Identity, expires: Option<Timestamp>) -> Self {
        let Identity { description, permissions, .. } = identity;
        Self { description, permissions: Arc::unwrap_or_clone(permissions), expires, copy: None }
    }
}

/// What the offer would give, if it can still be redeemed. Errors: those of [`require_available`].
async fn offered(request: &ApiRequest, share: &Share) -> Result<Offered, Error> {
    Ok(match require_available(request, share).await? {
        Some(token) => {
            let expires = token.open_share(&share.id, request.now)?.copy_end(&token);
            Offered::of(token.identity, expires)
        }
        None => Offered {
            description: share.recipient.to_string(),
            permissions: Permissions::of_member(manage::role_of(share)),
            expires: None,
            copy: None,
        },
    })
}

/// Redeems the offer. One conditional write decides who gets it.
async fn take(request: &ApiRequest, share: &Share) -> Result<(Offered, PlainSecret), Error> {
    let token = match share.offer {
        Offer::Membership(_) => {
            let (identity, secret) = manage::join(request, share).await?;
            return Ok((Offered::of(identity, None), secret));
        }
        Offer::SignIn => return Err(Error::ShareNotFound),
        Offer::Copy(token) => token,
    };
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        request
            .app
            .throttle
            .changes
            .wait_for_prioritized(&[Revocable::Token(share.project, token)], None)
            .await;
        let token: Token = request.app.store.token(share.project, token).await?.ok_or(ENDED)?;
        let from = match sender(request, share, Some(&token)).await {
            Ok(from) => from,
            Err(error) => return Err(used_or(request, share, error).await?),
        };
        let token = sent_by(token, share, from.as_ref());
        let event_context = request.event_context(Actor::Recipient);
        let picked_up = match token.pick_up(share, &event_context, &mut request.secrets()) {
            Ok(picked_up) => picked_up,
            Err(error) => return Err(used_or(request, share, error).await?),
        };
        let mut writes = vec![Write::ReplaceToken(picked_up.change.token.clone()), taken(request, share)];
        writes.extend(stands_by(from.as_ref(), Some(&token))?);
        writes.extend(request.idempotency_record(CreatedResource::Copy(token.project, token.id)));
        let commit = Commit { writes, events: vec![picked_up.change.event] };
        if try_take(request, &attempts, share, &commit).await? {
            let token = picked_up.change.token;
            let made = token.copies.last();
            let (expires, copy) = (made.and_then(|copy| token.end_of(copy)), made.map(|copy| copy.id));
            return Ok((Offered { copy, ..Offered::of(token.identity, expires) }, picked_up.secret));
        }
    }
}

/// The sender's name, for an answer.
fn sharer(sender: &Sender) -> String {
    match (&sender.email, sender.by) {
        (Some(_), _) | (None, SentBy::Jeton) => sender.name.clone(),
        (None, SentBy::Token(_)) => "Another API token".to_owned(),
        (None, SentBy::Manage(_)) => "A manage token".to_owned(),
    }
}

/// The description of the sending token. Older shares have it as the name.
fn sharer_token(sender: &Sender) -> Option<String> {
    let is_of_nobody = sender.email.is_none() && matches!(sender.by, SentBy::Token(_));
    sender.token.clone().or_else(|| is_of_nobody.then(|| sender.name.clone()))
}

fn body(share: &Share, offered: &Offered, secret: Option<&PlainSecret>) -> PickUpBody {
    let Offered { description, permissions, expires, .. } = offered;
    let reads_only = matches!(&share.offer, Offer::Membership(invitee) if invitee.role == Role::ReadOnly);
    PickUpBody {
        token: secret.cloned(),
        state: if secret.is_some() { "pickedUp" } else { "open" }.into(),
        kind: match share.offer {
            Offer::Copy(_) => "token",
            Offer::Membership(_) => "membership",
            Offer::SignIn => "signIn",
        }
        .into(),
        description: description.clone(),
        sharer: sharer(&share.sender),
        by_person: share.sender.email.is_some(),
        reads_only,
        by_token: sharer_token(&share.sender),
        project: PickUpProject { id: share.project.number(), name: share.project_name.clone() },
        // The share ends with its copy.
        open_until: expires.map_or(share.expires, |end| end.min(share.expires)),
        expires: *expires,
        can_manage_buckets: permissions.has(Capability::ManageBuckets),
        bucket_permissions: BucketPermissions::ListWhenEmpty(Cow::Owned(permissions.buckets.clone())),
        component_access: permissions.components.iter().map(ToString::to_string).collect(),
        may: if reads_only { vec![words::READ_ONLY.to_owned()] } else { words::may_with(permissions) },
    }
}
