//! Whether an offer can be redeemed now, also one that an earlier call sent.

use jeton_core::{
    Error,
    member::Membership,
    share::{Closed, Offer, Share, ShareSecrets},
    time::Timestamp,
    token::Token,
};

use crate::{
    app::App,
    http::ApiRequest,
    idempotency::{HAS_ENDED, IS_OFF, OriginalResult},
    operation::{
        manage::{manage_token_unchanged, requires_open},
        share_sender::{sender, sent_by, stands_by},
    },
};

/// Checks that a share or an invitation can be redeemed now, and returns the token of a share with its current end. A
/// sign-in is redeemed only in the console.
///
/// Errors: [`Error::ShareClosed`] if it has ended; [`Error::ShareDisabled`], [`Error::SenderMayNotShare`] and
/// [`Error::ProjectClosed`] if it is only paused.
pub async fn require_available(request: &ApiRequest, share: &Share) -> Result<Option<Token>, Error> {
    require_not_ended(share, request.now)?;
    let sender = sender(request, share, None).await?;
    let token = match share.offer {
        Offer::Copy(token) => {
            let token = request.app.store.token(share.project, token).await?;
            let token = sent_by(token.ok_or(ENDED)?, share, sender.as_ref());
            token.open_share(&share.id, request.now)?;
            stands_by(sender.as_ref(), Some(&token))?;
            Some(token)
        }
        Offer::Membership(_) if is_pending(&request.app, share).await? => {
            requires_open(request, share).await?;
            manage_token_unchanged(request, share).await?;
            None
        }
        Offer::Membership(_) | Offer::SignIn => return Err(ENDED),
    };
    stands_by(sender.as_ref(), None)?;
    Ok(token)
}

/// The error if the offered token or invitation is gone.
pub const ENDED: Error = Error::ShareClosed(Closed::Ended);

/// The errors of a repeated call whose share or invitation cannot be redeemed now, for a reason other than [`HAS_ENDED`].
pub const WAS_PICKED_UP: Error =
    Error::Conflict("the share or invitation that this call sent was picked up: there is nothing to do");

/// As [`WAS_PICKED_UP`].
pub const IS_LOCKED: Error = Error::Conflict(
    "the share or invitation that this call sent is locked, because wrong codes were entered: call again with a new \
     Idempotency-Key to send another one",
);

/// As [`WAS_PICKED_UP`].
pub const IS_PAUSED: Error = Error::Conflict(
    "the share or invitation that this call sent is paused, because its sender may not share or its project is closed: \
     send the same call again later",
);

/// Errors: [`Error::ShareClosed`] when the offer itself has ended.
pub fn require_not_ended(share: &Share, now: Timestamp) -> Result<(), Error> {
    share.closed(now).map_or(Ok(()), |closed| Err(Error::ShareClosed(closed)))
}

/// Whether an offer is the pending invitation of its address. A later one may have replaced it.
pub async fn is_pending(app: &App, share: &Share) -> Result<bool, Error> {
    if !matches!(share.offer, Offer::Membership(_)) {
        return Ok(false);
    }
    let membership = app.store.membership(share.project, &share.recipient).await?;
    Ok(membership == Some(Membership::Invited(share.id.clone())))
}

/// The offer that an earlier call with the same key sent, with the token of a share.
///
/// Errors: those of [`MailFailure`](jeton_core::share::MailFailure) when the call itself withdrew it because its mail failed,
/// [`Error::Conflict`] when it cannot be redeemed now, [`Error::ShareNotFound`].
pub async fn sent_before(
    request: &ApiRequest,
    original: OriginalResult,
) -> Result<(Share, ShareSecrets, Option<Token>), Error> {
    let (id, secrets) = original.share()?;
    let share = request.app.store.share(&id).await?.ok_or(Error::ShareNotFound)?;
    if let Some(why) = share.why_not_mailed() {
        return Err(why.error());
    }
    match require_available(request, &share).await {
        Ok(token) => Ok((share, secrets, token)),
        Err(Error::ShareClosed(Closed::Used(_))) => Err(WAS_PICKED_UP),
        Err(Error::ShareClosed(Closed::Locked)) => Err(IS_LOCKED),
        Err(Error::ShareDisabled) => Err(IS_OFF),
        Err(Error::SenderMayNotShare | Error::ProjectClosed) => Err(IS_PAUSED),
        Err(Error::ShareClosed(_)) => Err(HAS_ENDED),
        Err(error) => Err(error),
    }
}
