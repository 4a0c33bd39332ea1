//! The sender of a share: a share is valid as long as the token that sent it.

use jeton_core::{
    Error,
    share::{Closed, Offer, SentBy, Share},
    store::Write,
    time::Timestamp,
    token::{Hold, Token},
};

use crate::http::ApiRequest;

/// Sets the end of a share in its token to the present end of the token that sent it.
pub fn sent_by(mut token: Token, share: &Share, sender: Option<&Token>) -> Token {
    let end = sender.and_then(|sender| sender.identity.expires);
    let open = token.shares.iter_mut().filter(|open| open.id == share.id);
    open.for_each(|open| open.sent_by_one_that_ends(end));
    token
}

/// The token that sent a share, if the share is still valid; none if the sender is not a token. `known` is
/// used instead of a read if it is the sender.
///
/// Errors: as [`standing`]. The caller checks whether the sender is disabled.
pub async fn sender(
    request: &ApiRequest,
    share: &Share,
    known: Option<&Token>,
) -> Result<Option<Token>, Error> {
    let SentBy::Token(id) = share.sender.by else { return Ok(None) };
    let sender = match known.filter(|known| known.id == id) {
        Some(known) => Some(known.clone()),
        None => request.app.store.token(share.project, id).await?,
    };
    standing(share, sender, request.now).map(Some)
}

/// The token that sent a share, if the share is still valid.
///
/// A share ends with the copy that sent it, and with a refresh of the whole token. An invitation, which only signed-in
/// admins send, ends when they are no admin any more.
/// Errors: [`Error::ShareClosed`].
pub fn standing(share: &Share, sender: Option<Token>, now: Timestamp) -> Result<Token, Error> {
    let stands = |sender: &Token| match share.offer {
        Offer::Membership(_) => sender.stands_by_invitation(share.sender.version),
        Offer::Copy(_) | Offer::SignIn => sender.stands_by(share.sender.credential, share.created, now),
    };
    let sender = sender.filter(stands).ok_or(Error::ShareClosed(Closed::Ended))?;
    if sender.identity.is_expired(now) { Err(Error::ShareClosed(Closed::Expired)) } else { Ok(sender) }
}

/// The condition for the pick-up of a share that its sender is unchanged since it was checked. If the sender is the
/// shared token, the version of that is the condition.
///
/// Errors: [`Error::ShareClosed`] when the share has ended, [`Error::ShareDisabled`], [`Error::SenderMayNotShare`].
pub async fn sender_unchanged(
    request: &ApiRequest,
    share: &Share,
    token: Option<&Token>,
) -> Result<Option<Write>, Error> {
    stands_by(sender(request, share, token).await?.as_ref(), token)
}

/// The condition that the sender of a share is unchanged since it was read, if it may share this token in their present
/// states. Errors: [`Error::ShareDisabled`], [`Error::SenderMayNotShare`].
pub fn stands_by(sender: Option<&Token>, token: Option<&Token>) -> Result<Option<Write>, Error> {
    let Some(sender) = sender else { return Ok(None) };
    match token.map_or_else(|| disabled(sender), |token| sender.holds_back(token)) {
        Some(Hold::SenderDisabled) => return Err(Error::ShareDisabled),
        Some(Hold::SenderRights) => return Err(Error::SenderMayNotShare),
        None => {}
    }
    let is_another = token.is_none_or(|token| token.id != sender.id);
    Ok(is_another.then_some(Write::RequireVersion(sender.project, sender.id, sender.version)))
}

fn disabled(sender: &Token) -> Option<Hold> {
    sender.identity.disabled.then_some(Hold::SenderDisabled)
}
