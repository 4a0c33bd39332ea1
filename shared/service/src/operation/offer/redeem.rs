//! Redeeming an offer: the secret of its link, the attempts at its code, and the one commit that redeems it.

use std::{sync::Arc, time::Duration};

use jeton_core::{
    Error,
    event_context::{Actor, EventContext},
    secret::Code,
    share::{AttemptId, Closed, MAX_ATTEMPTS, Offer, Share, ShareId, State},
    store::{Commit, Write},
};

use super::{
    availability::{ENDED, require_not_ended},
    close::{Close, Happened, close, offer_event},
};
use crate::{
    app::Outcome,
    http::ApiRequest,
    mail::{Notice, ShareOutcome},
    notices,
    retry::Attempts,
};

/// How long an attempt at a code may take. After that, its answer is lost.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// The id of the offer in the path. Errors: [`Error::ShareNotFound`].
pub fn id_in_path(request: &ApiRequest) -> Result<ShareId, Error> {
    ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)
}

/// The offer with this id, if the secret of its link is right and its kind is redeemed here.
///
/// Errors: [`Error::ShareNotFound`].
pub async fn opened(
    request: &ApiRequest,
    id: &ShareId,
    link: &str,
    is_here: fn(&Offer) -> bool,
) -> Result<Share, Error> {
    let share = request.app.store.share(id).await?.filter(|share| is_here(&share.offer));
    let share = share.ok_or(Error::ShareNotFound)?;
    share.opened_by(link)?;
    Ok(share)
}

/// Compares a code, after reserving an attempt. A wrong one is counted, and the last one locks the offer.
///
/// Errors: [`Error::WrongCode`], [`Error::ShareClosed`] when no attempt is left.
pub async fn try_code(request: &ApiRequest, share: &Share, link: &str, code: &Code) -> Result<(), Error> {
    let attempt = share.attempt(link, code);
    if request.app.store.reserve_attempt(&share.id, &attempt).await?.is_none() {
        return Err(no_attempt_left(request, &share.id).await?);
    }
    if share.code_is(link, code) {
        return Ok(());
    }
    Err(Error::WrongCode { left: count_wrong(request, share, &attempt).await? })
}

/// Redeems an offer by one conditional write, which decides who gets it. False after a conflict with another writer:
/// the state that the offer depends on must be read again.
///
/// Errors: [`Error::ShareClosed`] with how it ended.
pub async fn try_take(
    request: &ApiRequest,
    attempts: &Attempts,
    share: &Share,
    commit: &Commit,
) -> Result<bool, Error> {
    match request.app.commit_by(attempts, commit).await {
        Ok(Outcome::Stored) => Ok(true),
        Ok(Outcome::Conflict(Some(Write::EndShare(_)))) => Err(used_or(request, share, ENDED).await?),
        // The sender has changed, so it must be read again.
        Ok(Outcome::Conflict(_)) | Err(Error::CallerChanged) => {
            attempts.after_conflict().await.map(|()| false)
        }
        Err(error) => Err(error),
    }
}

/// The write that redeems an offer.
pub fn taken(request: &ApiRequest, share: &Share) -> Write {
    Write::EndShare(share.ended(State::Used(request.now)))
}

/// The error of an offer that was used or locked; else `otherwise`.
pub async fn used_or(request: &ApiRequest, share: &Share, otherwise: Error) -> Result<Error, Error> {
    let now = request.app.store.share(&share.id).await?;
    Ok(match now.map(|share| share.state) {
        Some(State::Used(at)) => Error::used(at),
        Some(State::Locked(_)) => Error::ShareClosed(Closed::Locked),
        _ => otherwise,
    })
}

/// Why no attempt could be reserved: others have used them up, or still use them. Attempts in use for longer than
/// [`UNDER_WAY`] are lost, and the offer is locked now.
async fn no_attempt_left(request: &ApiRequest, id: &ShareId) -> Result<Error, Error> {
    let read = async || request.app.store.share(id).await?.ok_or(Error::ShareNotFound);
    let mut share = read().await?;
    if share.has_lost_attempts() {
        tokio::time::sleep(UNDER_WAY).await;
        share = read().await?;
        if share.has_lost_attempts() {
            lock(request, &share).await?;
        }
    }
    Ok(require_not_ended(&share, request.now).err().unwrap_or(Error::ShareClosed(Closed::Locked)))
}

/// Counts a wrong code, and returns how many more may be wrong. The last of these locks the offer.
///
/// It need not be the attempt that was reserved last: one with the right code, reserved before it, may still be
/// running and redeem the offer.
async fn count_wrong(request: &ApiRequest, share: &Share, attempt: &AttemptId) -> Result<u8, Error> {
    let wrong = request.app.store.count_wrong_code(&share.id, attempt).await?.unwrap_or(MAX_ATTEMPTS);
    let left = MAX_ATTEMPTS.saturating_sub(wrong);
    if left == 0 {
        lock(request, share).await?;
        return Ok(left);
    }
    let (reason, by) = (format!("wrong code, attempt {wrong} of {MAX_ATTEMPTS}"), recipient(request, share));
    let event = match share.offer {
        Offer::Copy(token) => {
            let Some(token) = request.app.store.token(share.project, token).await? else { return Ok(left) };
            token.share_event(share, Happened::Failed.kind(&share.offer), &reason, &by)
        }
        Offer::Membership(_) | Offer::SignIn => offer_event(share, Happened::Failed, &reason, &by),
    };
    request.app.store.append(&event, 1).await?;
    Ok(left)
}

/// Locks an offer without attempts left, and notifies its sender.
async fn lock(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    if let Some(closed) = close(&request.app, share, Close::Locked, &recipient(request, share)).await? {
        let description = closed.token.map(|token| token.identity.description);
        tell_sender(request, share, description, None, Notice::Locked).await;
    }
    Ok(())
}

/// The actor of events of a code. For a sign-in, the person is not known yet.
fn recipient(request: &ApiRequest, share: &Share) -> EventContext {
    let is_sign_in = share.offer == Offer::SignIn;
    request.event_context(if is_sign_in { Actor::Jeton } else { Actor::Recipient })
}

/// Mails the outcome of an offer to its sender, in the background: the recipient waits for a secret that is shown once.
pub async fn tell_sender(
    request: &ApiRequest,
    share: &Share,
    description: Option<String>,
    undo: Option<String>,
    notice: fn(ShareOutcome) -> Notice,
) {
    let Some(to) = share.sender.email.clone() else { return };
    let notice = notice(ShareOutcome {
        recipient: share.recipient.to_string(),
        project: share.project_name.clone(),
        description,
        when: request.now.for_people(),
        undo,
    });
    let (app, now) = (Arc::clone(&request.app), request.now);
    let tell = async move { notices::notify(&app, &to, vec![notice], now).await };
    request.app.outgoing.tell(tell).await;
}
