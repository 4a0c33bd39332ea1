//! Picking up what was shared: a copy of a token, or a place among a project's members.

use std::{borrow::Cow, sync::Arc, time::Duration};

use http::StatusCode;
use jeton_core::{
    Error,
    event::names,
    event_context::Actor,
    idempotency::CreatedResource,
    permission::{Capability, Permissions},
    secret::{Code, PlainSecret},
    share::{AttemptId, Closed, MAX_ATTEMPTS, Offer, Sender, SentBy, Share, ShareId, State},
    store::{Commit, Write},
    time::Timestamp,
    token::{Identity, Token},
};

use super::{
    manage,
    share_end::used_or,
    share_sender::{sender, sent_by, stands_by},
};
use crate::{
    app::Outcome,
    console::operation::sign_in_end,
    http::{ApiRequest, Reply},
    idempotency::{self, OriginalResult},
    mail::{Notice, ShareOutcome},
    notices,
    page::{self, words},
    retry::{Attempts, RetryPolicy},
    wire::{
        pickup::{PickUp, PickUpBody, PickUpProject},
        token::BucketPermissions,
    },
};

/// How long an attempt at a code is under way, at most: then its answer is lost.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// `GET /pickup/{share}`: the same static page for every id. Reading it changes nothing, ever.
pub async fn page(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, page::pickup::shell()))
}

/// `GET /pickup/-/pickup.js`
pub async fn script(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::asset("text/javascript; charset=utf-8", page::pickup::SCRIPT))
}

/// `GET /pickup/-/pickup.css`
pub async fn style(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::asset("text/css; charset=utf-8", page::layout::STYLE))
}

/// `POST /pickup/{share}`: with the secret, tells what is shared; with secret and code, hands it over,
/// once. Browsers get pages, everyone else JSON.
pub async fn pick_up(request: &ApiRequest) -> Result<Reply, Error> {
    let outcome = hand_over(request).await;
    match &outcome {
        // To a browser a failure is a page, so it is here that it may turn out to have been a success.
        Err(error) if request.wants_page() => match idempotency::original(request, error).await? {
            Some(original) => replay(request, original).await,
            None => answer(request, outcome),
        },
        _ => answer(request, outcome),
    }
}

/// The answer of an earlier call with the same key.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    answer(request, handed_over(request, original).await)
}

fn answer(request: &ApiRequest, outcome: Result<PickUpBody, Error>) -> Result<Reply, Error> {
    if !request.wants_page() {
        return outcome.map(|body| Reply::ok(&body));
    }
    let (status, markup) = match outcome {
        Ok(body) => (StatusCode::OK, page::pickup::offer(&body, &request.app.public_url)),
        Err(error) => {
            let problem = crate::http::problem(&error);
            (problem.status, page::pickup::problem(&error, &problem.message))
        }
    };
    Ok(Reply::page(status, markup))
}

async fn hand_over(request: &ApiRequest) -> Result<PickUpBody, Error> {
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let asked: PickUp = request.body()?;
    let link = asked.secret.unwrap_or_default();
    let code = match asked.code.filter(|code| !code.is_empty()) {
        Some(code) => Some(
            Code::parse(&code)
                .ok_or_else(|| Error::bad_field("code", "code must be six digits; it was not counted"))?,
        ),
        None => None,
    };
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    share.opened_by(&link)?;
    // It opens a session, and that in the console alone.
    if share.offer == Offer::SignIn {
        return Err(Error::ShareNotFound);
    }
    let offered = offered(request, &share).await?;
    let Some(code) = code else { return Ok(body(&share, &offered, None)) };
    let attempt = share.attempt(&link, &code);
    if request.app.store.reserve_attempt(&id, &attempt).await?.is_none() {
        return Err(late(request, &id).await?);
    }
    if !share.code_is(&link, &code) {
        let left = refuse(request, &share, &attempt).await?;
        return Err(Error::WrongCode { left });
    }
    let (taken, secret) = take(request, &share).await?;
    tell_sharer(request, &share, &taken.description, Notice::PickedUp).await;
    Ok(body(&share, &taken, Some(&secret)))
}

/// What an earlier call handed over.
async fn handed_over(request: &ApiRequest, original: OriginalResult) -> Result<PickUpBody, Error> {
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    let (token, secret) = original.copy(request).await?;
    let copy = token.opened_by(&secret).ok_or(idempotency::HAS_ENDED)?;
    let expires = token.end_of(copy);
    Ok(body(&share, &Offered::of(token.identity, expires), Some(&secret)))
}

/// What is picked up, as far as its recipient is told.
struct Offered {
    description: String,
    permissions: Permissions,
    /// When the copy ends.
    expires: Option<Timestamp>,
}

impl Offered {
    /// What has this identity, and ends then.
    fn of(identity: Identity, expires: Option<Timestamp>) -> Self {
        let Identity { description, permissions, .. } = identity;
        Self { description, permissions, expires }
    }
}

/// What would be picked up, if it still can be. Errors: [`Error::ShareClosed`], [`Error::ShareDisabled`],
/// [`Error::SenderMayNotShare`] and [`Error::ProjectClosed`] while it cannot be at the moment.
async fn offered(request: &ApiRequest, share: &Share) -> Result<Offered, Error> {
    if let Some(closed) = share.closed(request.now) {
        return Err(Error::ShareClosed(closed));
    }
    let ended = || Error::ShareClosed(Closed::Ended);
    let sender = sender(request, share, None).await?;
    let offered = match &share.offer {
        Offer::Copy(token) => {
            let token = request.app.store.token(share.project, *token).await?.ok_or_else(ended)?;
            let token = sent_by(token, share, sender.as_ref());
            let expires = token.open_share(&share.id, request.now)?.copy_end(&token);
            stands_by(sender.as_ref(), Some(&token))?;
            Offered::of(token.identity, expires)
        }
        Offer::Membership(_) if manage::invitation_stands(request, share).await? => {
            manage::requires_open(request, share).await?;
            manage::manage_token_unchanged(request, share).await?;
            Offered {
                description: share.recipient.to_string(),
                permissions: Permissions::everything(),
                expires: None,
            }
        }
        Offer::Membership(_) | Offer::SignIn => return Err(ended()),
    };
    stands_by(sender.as_ref(), None)?;
    Ok(offered)
}

/// Why no attempt could be reserved: whoever had the last one is done with it, or still at it. Where nobody is, the answers to
/// some of them were lost, and the share is locked now.
pub async fn late(request: &ApiRequest, id: &ShareId) -> Result<Error, Error> {
    let read = async || request.app.store.share(id).await?.ok_or(Error::ShareNotFound);
    let mut share = read().await?;
    if share.has_lost_attempts() {
        tokio::time::sleep(UNDER_WAY).await;
        share = read().await?;
        if share.has_lost_attempts() {
            lock(request, &share).await?;
        }
    }
    Ok(Error::ShareClosed(share.closed(request.now).unwrap_or(Closed::Locked)))
}

/// Remembers a wrong code, and tells how many more may be wrong. The one that leaves none of the
/// attempts to be right locks the share, and the sharer is told.
///
/// That need not be the attempt that was reserved last: one with the right code, reserved before it,
/// may still be on its way and takes the copy.
async fn refuse(request: &ApiRequest, share: &Share, attempt: &AttemptId) -> Result<u8, Error> {
    let refused = request.app.store.refuse_attempt(&share.id, attempt).await?.unwrap_or(MAX_ATTEMPTS);
    let left = MAX_ATTEMPTS.saturating_sub(refused);
    if left == 0 {
        lock(request, share).await?;
        return Ok(left);
    }
    match share.offer {
        Offer::Membership(_) => manage::refuse_invitation(request, share, false).await?,
        Offer::SignIn => {}
        Offer::Copy(token) => {
            let Some(token) = request.app.store.token(share.project, token).await? else { return Ok(left) };
            let reason = format!("wrong code, attempt {refused} of {MAX_ATTEMPTS}");
            let event_context = request.event_context(Actor::Recipient);
            let event = token.share_event(share, names::TOKEN_SHARE_REFUSED, &reason, &event_context);
            request.app.store.append(&event, 1).await?;
        }
    }
    Ok(left)
}

/// Locks a share of which no attempt is left, and tells the sharer.
async fn lock(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    let token = match share.offer {
        Offer::Membership(_) => return manage::refuse_invitation(request, share, true).await,
        Offer::SignIn => return sign_in_end::lock(request, share).await,
        Offer::Copy(token) => token,
    };
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(token) = request.app.store.token(share.project, token).await? else { return Ok(()) };
        let event_context = request.event_context(Actor::Recipient);
        let reason = "locked after too many wrong codes";
        let change = token.close_share(share, names::TOKEN_SHARE_LOCKED, reason, &event_context);
        let writes =
            vec![Write::ReplaceToken(change.token), Write::EndShare(share.ended(State::Locked(request.now)))];
        match request.app.commit_by(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            Outcome::Stored => {
                tell_sharer(request, share, &token.identity.description, Notice::Locked).await;
                return Ok(());
            }
            // It has come to its end in another way.
            Outcome::Conflict(Some(Write::EndShare(_))) => return Ok(()),
            Outcome::Conflict(_) => attempts.after_conflict().await?,
        }
    }
}

/// Takes what was shared. One conditional write decides who gets it.
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
        let ended = || Error::ShareClosed(Closed::Ended);
        request.app.throttle.changes.wait_for_prioritized(&[(share.project, token)]).await;
        let token: Token = request.app.store.token(share.project, token).await?.ok_or_else(ended)?;
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
        let mut writes = vec![
            Write::ReplaceToken(picked_up.change.token.clone()),
            Write::EndShare(share.ended(State::Used(request.now))),
        ];
        writes.extend(stands_by(from.as_ref(), Some(&token))?);
        writes.extend(request.idempotency_record(CreatedResource::Copy(token.project, token.id)));
        let commit = Commit { writes, events: vec![picked_up.change.event] };
        match request.app.commit_by(&attempts, &commit).await {
            Ok(Outcome::Stored) => {
                let token = picked_up.change.token;
                let expires = token.copies.last().and_then(|copy| token.end_of(copy));
                return Ok((Offered::of(token.identity, expires), picked_up.secret));
            }
            Ok(Outcome::Conflict(Some(Write::EndShare(_)))) => {
                return Err(used_or(request, share, ended()).await?);
            }
            // The sender is not what it was, which is for looking at it again.
            Ok(Outcome::Conflict(_)) | Err(Error::CallerChanged) => attempts.after_conflict().await?,
            Err(error) => return Err(error),
        }
    }
}

/// Tells the sharer what became of their share, beside the recipient's answer: that carries a secret that is shown once.
async fn tell_sharer(
    request: &ApiRequest,
    share: &Share,
    description: &str,
    notice: fn(ShareOutcome) -> Notice,
) {
    let Some(to) = share.sender.email.clone() else { return };
    let notice = notice(ShareOutcome {
        recipient: share.recipient.to_string(),
        project: share.project_name.clone(),
        description: description.to_owned(),
        when: request.now.for_people(),
    });
    let (app, now) = (Arc::clone(&request.app), request.now);
    let tell = async move { notices::notify(&app, &to, vec![notice], now).await };
    request.app.outgoing.tell(tell).await;
}

/// Who shares, as an answer says it.
fn sharer(sender: &Sender) -> String {
    match (&sender.email, sender.by) {
        (Some(_), _) | (None, SentBy::Jeton) => sender.name.clone(),
        (None, SentBy::Token(_)) => "Another API token".to_owned(),
        (None, SentBy::Manage(_)) => "A manage token".to_owned(),
    }
}

/// The token that shares, by its description. Of what was sent before that was remembered, it is the name.
fn sharer_token(sender: &Sender) -> Option<String> {
    let is_of_nobody = sender.email.is_none() && matches!(sender.by, SentBy::Token(_));
    sender.token.clone().or_else(|| is_of_nobody.then(|| sender.name.clone()))
}

fn body(share: &Share, offered: &Offered, secret: Option<&PlainSecret>) -> PickUpBody {
    let Offered { description, permissions, expires } = offered;
    PickUpBody {
        token: secret.map(|secret| secret.expose().to_owned()),
        state: if secret.is_some() { "pickedUp" } else { "open" },
        kind: match share.offer {
            Offer::Copy(_) => "token",
            Offer::Membership(_) => "membership",
            Offer::SignIn => "signIn",
        },
        description: description.clone(),
        sharer: sharer(&share.sender),
        by_person: share.sender.email.is_some(),
        by_token: sharer_token(&share.sender),
        project: PickUpProject { id: share.project.number(), name: share.project_name.clone() },
        // The share ends with what it gives.
        open_until: expires.map_or(share.expires, |end| end.min(share.expires)),
        expires: *expires,
        can_manage_buckets: permissions.has(Capability::ManageBuckets),
        bucket_permissions: BucketPermissions::ListWhenEmpty(Cow::Owned(permissions.buckets.clone())),
        component_access: permissions.components.iter().map(ToString::to_string).collect(),
        may: words::may(permissions),
    }
}
