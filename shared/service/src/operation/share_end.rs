//! What ends a share that is open.

use jeton_core::{
    Error,
    share::{ShareId, State},
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
