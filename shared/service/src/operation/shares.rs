//! The pending shares of a token: listing and withdrawing them.

use jeton_api::token::OpenShareBody;
use jeton_core::{
    Error,
    permission::Call,
    share::ShareId,
    store::{Commit, Write},
};

use super::{share_end::ending, sharers::Sharers, target::target};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// `GET /v2/storage/tokens/{token}/shares`
pub async fn list(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let mut token = target(request, bearer, Call::Detail).await?;
    bearer.caller.may(Call::Detail, token.target())?;
    Sharers::default().drop_orphans(request, &mut token).await?;
    let open = token.shares.iter().filter(|share| share.is_open(request.now));
    Ok(Reply::ok(&open.map(|share| OpenShareBody::of(&token, share)).collect::<Vec<_>>()))
}

/// `DELETE /v2/storage/tokens/{token}/shares/{share}`: nobody can pick it up after the answer.
pub async fn withdraw(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    take_back(request, bearer).await?;
    Ok(Reply::no_content())
}

/// Withdraws the pending share in the path. It retries until done, because it takes rights away.
pub async fn take_back(request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
    loop {
        let token = target(request, bearer, Call::WithdrawShare).await?;
        bearer.caller.may(Call::WithdrawShare, token.target())?;
        request.prioritize(token.project, token.id);
        let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
        let change = token.withdraw_share(&id, &request.event_context(bearer.actor()))?;
        let mut writes = vec![Write::ReplaceToken(change.token)];
        writes.extend(ending(request, &id).await?);
        if bearer.try_commit(request, &mut Commit { writes, events: vec![change.event] }).await? {
            return Ok(());
        }
    }
}
