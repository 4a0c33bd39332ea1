//! Deleting a token, or one copy of it.

use jeton_core::{
    Error,
    id::CopyId,
    permission::Call,
    store::{Commit, Write},
    token::Deletion,
};

use super::target::target;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// `DELETE /v2/storage/tokens/{token}`
pub async fn delete(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    remove(request, bearer).await.map(|()| Reply::no_content())
}

/// Deletes the token in the path.
pub async fn remove(request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
    loop {
        let token = target(request, bearer, Call::Delete).await?;
        bearer.caller.may(Call::Delete, token.target())?;
        request.prioritize(token.project, token.id);
        let (write, event) = match token.delete(&request.event_context(bearer.actor()))? {
            Deletion::Copy(change) => (Write::ReplaceToken(change.token), change.event),
            Deletion::Token(event) => {
                (Write::RemoveToken { tombstone: token.tombstone(request.now), token }, *event)
            }
        };
        let mut commit = Commit { writes: vec![write], events: vec![event] };
        if bearer.try_commit(request, &mut commit).await? {
            return Ok(());
        }
    }
}

/// `DELETE /v2/storage/tokens/{token}/copies/{copy}`
pub async fn delete_copy(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    revoke(request, bearer).await.map(|()| Reply::no_content())
}

/// Revokes the copy in the path.
pub async fn revoke(request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
    let copy: CopyId = request.id("copy")?;
    loop {
        let token = target(request, bearer, Call::RevokeCopy).await?;
        bearer.caller.may(Call::RevokeCopy, token.target())?;
        request.prioritize(token.project, token.id);
        let change = token.revoke(copy, &request.event_context(bearer.actor()))?;
        let writes = vec![Write::ReplaceToken(change.token)];
        if bearer.try_commit(request, &mut Commit { writes, events: vec![change.event] }).await? {
            return Ok(());
        }
    }
}
