//! Creating a token.

use jeton_core::{
    Error,
    id::ProjectId,
    occasion::Occasion,
    permission::Call,
    secret::PlainSecret,
    store::{Commit, Write},
    token::{Creator, Kind, NewToken, Token},
};

use crate::{
    app::{App, Outcome},
    authenticate::Bearer,
    clock::entropy,
    http::{ApiRequest, Reply},
    retry::{Attempts, Priority},
    wire::token::TokenBody,
    wire::token_request::CreateToken,
};

/// `POST /v2/storage/tokens`
pub async fn create(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Create, None)?;
    let (token, secret) = make(request, bearer, &request.body()?).await?;
    let body = TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now);
    Ok(Reply::created(&body.with_secret(&secret)))
}

/// Makes a token as it is asked for, with the secret of its first copy.
pub async fn make(
    request: &ApiRequest,
    bearer: &Bearer,
    asked: &CreateToken,
) -> Result<(Token, PlainSecret), Error> {
    bearer.caller.may_address(Call::Create, None)?;
    let new = new_token(bearer, asked, Kind::Limited, Call::Create)?;
    let occasion = request.occasion(bearer.actor());
    insert(&request.app, bearer.caller.project, &new, &occasion, Some(bearer.unchanged())).await
}

/// What the token is to be, if the caller may make one like it.
///
/// Errors: [`Error::InvalidPermissions`], [`Error::Forbidden`], [`Error::MinimalExpiration`],
/// [`Error::BadField`].
pub fn new_token(bearer: &Bearer, asked: &CreateToken, kind: Kind, call: Call) -> Result<NewToken, Error> {
    let permissions = asked.permissions()?;
    let expires_in = asked.lifetime()?;
    bearer.caller.may_make(call, &permissions)?;
    let creator = &bearer.item.identity;
    Ok(NewToken {
        description: asked.description.clone().unwrap_or_default(),
        permissions,
        expires_in,
        kind,
        creator: Some(Creator { id: bearer.caller.id, description: creator.description.clone() }),
        member: creator.member.clone(),
        owner: creator.owner.clone(),
    })
}

/// Stores a new token, with another id whenever the drawn one is taken. `standing` is what must hold of
/// the caller beside.
pub async fn insert(
    app: &App,
    project: ProjectId,
    new: &NewToken,
    occasion: &Occasion,
    standing: Option<Write>,
) -> Result<(Token, PlainSecret), Error> {
    let mut attempts = Attempts::new(Priority::Patient);
    loop {
        let (change, secret) = new.clone().create(project, occasion, &mut entropy())?;
        let writes = [Write::InsertToken(change.token.clone())].into_iter().chain(standing.clone()).collect();
        match app.commit(&Commit { writes, events: vec![change.event] }).await? {
            Outcome::Stored => return Ok((change.token, secret)),
            Outcome::Lost(_) => attempts.lost().await?,
        }
    }
}
