//! Reading one token.

use jeton_core::{Error, permission::Call};

use super::{share::Sharers, target::target};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    wire::token::TokenBody,
};

/// `GET /v2/storage/tokens/{token}`
pub async fn detail(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let mut token = target(request, bearer, Call::Detail).await?;
    bearer.caller.may(Call::Detail, token.target())?;
    Sharers::default().drop_orphans(request, &mut token).await?;
    Ok(Reply::ok(&TokenBody::detailed(&token, &request.app.public_url, request.now)))
}
