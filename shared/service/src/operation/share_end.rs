//! Ending a pending share.

use jeton_core::{
    Error,
    share::{ShareId, State},
    store::Write,
};

use crate::http::ApiRequest;

/// The write that ends a share that its token lists as open. Only the token decides whether a share is open, so one
/// that has ended already, or is missing, needs no write.
pub async fn ending(request: &ApiRequest, id: &ShareId) -> Result<Option<Write>, Error> {
    Ok(match request.app.store.found_share(id).await? {
        Some(Ok(share)) if share.state == State::Open => {
            Some(Write::EndShare(share.ended(State::Withdrawn(request.now))))
        }
        Some(Err(unreadable)) => Some(Write::RemoveUnreadableShare(unreadable)),
        Some(Ok(_)) | None => None,
    })
}
