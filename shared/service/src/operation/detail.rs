//! Reading one token.

use jeton_core::{Error, permission::Call, token::Token};

use super::{share::Sharers, target::target};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    wire::token::TokenBody,
};

/// `GET /v2/storage/tokens/{token}`
pub async fn detail(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let token = read(request, bearer).await?;
    Ok(Reply::ok(&TokenBody::detailed(&token, &request.app.public_url, request.now)))
}

/// The token in the path, with those of its open shares that can still be picked up.
pub async fn read(request: &ApiRequest, bearer: &Bearer) -> Result<Token, Error> {
    let mut token = target(request, bearer, Call::Detail).await?;
    bearer.caller.may(Call::Detail, token.target())?;
    Sharers::default().drop_orphans(request, &mut token).await?;
    Ok(token)
}
