//! Deleting a token.

use jeton_core::{
    Error,
    permission::Call,
    store::{Commit, Write},
    token::Deletion,
};

use super::target::target;
use crate::{
    app::Outcome,
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    retry::{Attempts, Priority},
};

/// `DELETE /v2/storage/tokens/{token}`
pub async fn delete(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    remove(request, bearer).await.map(|()| Reply::no_content())
}

/// Deletes the token in the path.
pub async fn remove(request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let token = target(request, bearer, Call::Delete).await?;
        bearer.caller.may(Call::Delete, token.target())?;
        let id = token.id;
        let (write, event) = match token.delete(&request.occasion(bearer.actor()))? {
            Deletion::Copy(change) => (Write::ReplaceToken(change.token), change.event),
            Deletion::Token(event) => {
                (Write::RemoveToken { tombstone: token.tombstone(request.now), token }, *event)
            }
        };
        let commit = Commit { writes: bearer.writes(id, vec![write]), events: vec![event] };
        match request.app.commit(&commit).await? {
            Outcome::Stored => return Ok(()),
            Outcome::Lost(_) => attempts.lost().await?,
        }
    }
}
