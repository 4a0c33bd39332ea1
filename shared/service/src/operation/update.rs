//! Changing a token.

use jeton_core::{
    Error,
    permission::{Call, call::Target},
    store::{Commit, Write},
    token::{Token, Update},
};

use super::target::target;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    retry::{Attempts, Priority},
    wire::token::{TokenBody, UpdateToken},
};

/// `PUT /v2/storage/tokens/{token}`
pub async fn update(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let mut token = target(request, bearer, Call::Update).await?;
    bearer.caller.may(Call::Update, token.target())?;
    let asked: UpdateToken = request.body()?;
    let update = asked.update()?;
    let mut attempts = Attempts::new(Priority::Patient);
    loop {
        if let Some(updated) = apply(request, bearer, &token, &update, Call::Update).await? {
            let body = TokenBody::new(updated.id, &updated.identity, &request.app.public_url, request.now);
            return Ok(Reply::ok(&body));
        }
        attempts.lost().await?;
        token = target(request, bearer, Call::Update).await?;
    }
}

/// Makes one attempt at an update by a caller whose rights must cover the token before and after.
/// None when another writer came first.
pub async fn apply(
    request: &ApiRequest,
    bearer: &Bearer,
    token: &Token,
    update: &Update,
    call: Call,
) -> Result<Option<Token>, Error> {
    let after = update.rights_after(&token.identity.permissions)?;
    bearer.caller.may(call, token.target())?;
    bearer.caller.may(call, Target { permissions: &after, ..token.target() })?;
    let change = token.update(update, &request.occasion(bearer.actor()))?;
    let commit =
        Commit { writes: vec![Write::ReplaceToken(change.token.clone())], events: vec![change.event] };
    let lost = request.app.commit(&commit).await?;
    Ok(lost.is_none().then_some(change.token))
}
