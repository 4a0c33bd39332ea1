//! Deleting a token.

use jeton_core::{
    Error,
    permission::Call,
    store::{Commit, Write},
    token::Deletion,
};

use super::target::target;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    retry::{Attempts, Priority},
};

/// `DELETE /v2/storage/tokens/{token}`
pub async fn delete(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let token = target(request, bearer, Call::Delete).await?;
        bearer.caller.may(Call::Delete, token.target())?;
        let commit = match token.delete(&request.occasion(bearer.actor()))? {
            Deletion::Copy(change) => {
                Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] }
            }
            Deletion::Token(event) => Commit {
                writes: vec![Write::RemoveToken { tombstone: token.tombstone(request.now), token }],
                events: vec![*event],
            },
        };
        match request.app.commit(&commit).await? {
            None => return Ok(Reply::no_content()),
            Some(_) => attempts.lost().await?,
        }
    }
}
