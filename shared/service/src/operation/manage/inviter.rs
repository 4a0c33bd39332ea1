//! The conditions of an invitation beside its own record: the manage token that sent it, and the project.

use jeton_core::{
    Error,
    manage::ManageToken,
    share::{Closed, SentBy, Share},
    store::Write,
};

use crate::http::ApiRequest;

/// The condition for accepting an invitation: the manage token that sent it is unchanged since it was checked. None
/// when a member sent it.
///
/// An invitation ends with its manage token, with every refresh of it, and when the secret that sent it ends or is
/// reported as leaked: anyone who had the secret could have invited themselves.
/// Errors: [`Error::ShareClosed`], and [`Error::ShareDisabled`] while the manage token is disabled.
pub async fn manage_token_unchanged(request: &ApiRequest, share: &Share) -> Result<Option<Write>, Error> {
    let SentBy::Manage(id) = share.sender.by else { return Ok(None) };
    let stands = |token: &ManageToken| {
        let secret = share.sender.secret.is_none_or(|secret| token.has_secret(&secret, request.now));
        token.leaked.is_none() && secret && token.refreshed.is_none_or(|refreshed| refreshed <= share.created)
    };
    let token = request.app.store.manage_token(id).await?.filter(stands);
    let token = token.ok_or(Error::ShareClosed(Closed::Ended))?;
    if token.is_expired(request.now) {
        return Err(Error::ShareClosed(Closed::Expired));
    }
    if token.disabled {
        return Err(Error::ShareDisabled);
    }
    Ok(Some(Write::RequireManageToken(id, token.version)))
}

/// Errors: [`Error::ProjectClosed`] while the project of this invitation accepts no members.
pub async fn requires_open(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    let project = request.app.store.project(share.project).await?;
    if project.is_some_and(|project| project.closed.is_some()) { Err(Error::ProjectClosed) } else { Ok(()) }
}
