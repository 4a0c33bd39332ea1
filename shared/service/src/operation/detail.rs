//! Reading one token.

use jeton_api::token::TokenBody;
use jeton_core::{Error, event_context::Actor, permission::Call, token::Token};

use super::{sharers::Sharers, target::target};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// `GET /v2/storage/tokens/{token}`
pub async fn detail(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let token = read(request, bearer).await?;
    let by = bearer.caller.copy.filter(|_| bearer.caller.id == token.id);
    Ok(Reply::ok(&TokenBody::detailed(&token, by, &request.app.public_url, request.now)))
}

/// The token in the path, with its pending shares that can still be picked up.
pub async fn read(request: &ApiRequest, bearer: &Bearer) -> Result<Token, Error> {
    let mut token = target(request, bearer, Call::Detail).await?;
    bearer.caller.may(Call::Detail, token.target())?;
    Sharers::default().drop_orphans(request, &mut token).await?;
    forget_former_member(request, &mut token).await?;
    Ok(token)
}

/// Omits the member behind a token if they have left: a token that was not used since may still name them.
async fn forget_former_member(request: &ApiRequest, token: &mut Token) -> Result<(), Error> {
    let Some(card) = token.identity.member.as_ref().filter(|_| !token.identity.is_own_of_member()) else {
        return Ok(());
    };
    let id = card.id;
    if request.app.store.found_member(token.project, id).await?.is_none()
        && let Some(change) = token.member_left(id, &request.event_context(Actor::Jeton))
    {
        token.identity = change.token.identity;
    }
    Ok(())
}
