//! Creating a token.

use jeton_api::{
    settings::{CreateToken, TokenSettings},
    token::TokenBody,
};
use jeton_core::{
    Error,
    event_context::EventContext,
    id::{NewTokenIds, ProjectId},
    idempotency::CreatedResource,
    permission::Call,
    secret::PlainSecret,
    store::{Commit, Write},
    token::{Creator, Kind, NewToken, Token},
};

use crate::{
    authenticate::Bearer,
    clock::entropy,
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
};

/// `POST /v2/storage/tokens`
pub async fn create(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Create, None)?;
    let asked: CreateToken = request.body()?;
    let (token, secret) = make(request, bearer, &asked).await?;
    Ok(answer(request, &token, &secret))
}

/// Replays the answer of an earlier call with the same key.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (token, secret) = original.copy(request).await?;
    Ok(answer(request, &token, &secret))
}

fn answer(request: &ApiRequest, token: &Token, secret: &PlainSecret) -> Reply {
    let body = TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now);
    Reply::created(&body.with_secret(secret))
}

/// Creates the requested token, with the secret of its first copy.
pub async fn make(
    request: &ApiRequest,
    bearer: &Bearer,
    asked: &TokenSettings,
) -> Result<(Token, PlainSecret), Error> {
    bearer.caller.may_address(Call::Create, None)?;
    let new = new_token(bearer, asked, Kind::Limited, Call::Create)?;
    bearer.may_cause_events(&request.app, request.now).await?;
    let event_context = request.event_context(bearer.actor());
    insert(request, bearer.caller.project, &new, &event_context, |commit| bearer.sign(commit)).await
}

/// The token to create, if the caller may create one like it.
///
/// Errors: [`Error::InvalidPermissions`], [`Error::Forbidden`], [`Error::MinimalExpiration`],
/// [`Error::BadField`].
pub fn new_token(bearer: &Bearer, asked: &TokenSettings, kind: Kind, call: Call) -> Result<NewToken, Error> {
    let settings = asked.for_new()?;
    bearer.caller.may_make(call, &settings.permissions)?;
    let creator = &bearer.item.identity;
    Ok(NewToken {
        settings,
        creator_ends: bearer.ends(),
        kind,
        creator: Some(Creator { id: bearer.caller.id, description: creator.description.clone() }),
        member: creator.member.clone(),
        owner: creator.owner.clone(),
    })
}

/// Stores a new token, with another id if the drawn one exists. `sign` adds the conditions of the
/// caller to the commit.
pub async fn insert(
    request: &ApiRequest,
    project: ProjectId,
    new: &NewToken,
    event_context: &EventContext,
    sign: impl Fn(&mut Commit) -> Result<(), Error>,
) -> Result<(Token, PlainSecret), Error> {
    let mut ids = NewTokenIds::new(event_context.now);
    loop {
        let id = ids.draw(&mut entropy());
        let (change, secret) = new.clone().create(project, id, event_context, &mut request.secrets())?;
        let mut writes = vec![Write::InsertToken(change.token.clone())];
        writes.extend(request.idempotency_record(CreatedResource::Copy(project, id)));
        let mut commit = Commit { writes, events: vec![change.event] };
        sign(&mut commit)?;
        if request.app.try_commit(&request.attempts, &commit).await? {
            return Ok((change.token, secret));
        }
    }
}
