//! The end of a share: what ends one that is open, and how one has ended.

use jeton_core::{
    Error,
    share::{Closed, Share, ShareId, State},
    store::Write,
};

use crate::http::ApiRequest;

/// What ends a share that its token lists as open. The token alone decides whether it is, so a share that has come to
/// an end by itself, or is missing, needs nothing.
pub async fn ending(request: &ApiRequest, id: &ShareId) -> Result<Option<Write>, Error> {
    Ok(match request.app.store.found_share(id).await? {
        Some(Ok(share)) if share.state == State::Open => {
            Some(Write::EndShare(share.ended(State::Withdrawn(request.now))))
        }
        Some(Err(unreadable)) => Some(Write::RemoveUnreadableShare(unreadable)),
        Some(Ok(_)) | None => None,
    })
}

/// When it was used, if it was used; else what else is wrong with it.
pub async fn used_or(request: &ApiRequest, share: &Share, otherwise: Error) -> Result<Error, Error> {
    let now = request.app.store.share(&share.id).await?;
    Ok(match now.map(|share| share.state) {
        Some(State::Used(at)) => Error::used(at),
        Some(State::Locked(_)) => Error::ShareClosed(Closed::Locked),
        _ => otherwise,
    })
}
