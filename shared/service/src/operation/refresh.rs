//! Refreshing a token.

use jeton_core::{
    Error,
    idempotency::CreatedResource,
    permission::{Call, Rank, call::CopyKind},
    secret::PlainSecret,
    store::{Commit, Write},
    token::{Overlap, Refresher, Token},
};

use super::target::target;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
    retry::RetryPolicy,
    wire::token::TokenBody,
    wire::token_request::RefreshToken,
};

/// `POST /v2/storage/tokens/{token}/refresh`
///
/// Of several refreshes at the same time one wins. The others learn that they lost: their copy is
/// dead (401), or the token they meant to refresh has been refreshed already (409). A token that refreshes itself wins
/// against nobody else, nor does a manager against a master: those start over from what it left.
pub async fn refresh(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let asked = || request.body::<RefreshToken>()?.overlap();
    let (token, secret) = renew(request, bearer, asked).await?;
    Ok(answer(request, &token, &secret))
}

/// The answer of an earlier call with the same key.
pub async fn again(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (token, secret) = original.copy(request).await?;
    Ok(answer(request, &token, &secret))
}

fn answer(request: &ApiRequest, token: &Token, secret: &PlainSecret) -> Reply {
    let body = TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now);
    let expires = token.opened_by(secret).map_or(body.expires, |copy| token.end_of(copy));
    Reply::ok(&TokenBody { expires, ..body.with_secret(secret) })
}

/// Refreshes the token in the path, and gives it with its new secret.
pub async fn renew(
    request: &ApiRequest,
    bearer: &Bearer,
    asked: impl Fn() -> Result<Overlap, Error>,
) -> Result<(Token, PlainSecret), Error> {
    request.attempts.go_on(RetryPolicy::Immediate);
    let by = Refresher { rank: bearer.caller.rank, ends: bearer.ends() };
    let mut first: Option<Token> = None;
    loop {
        let token = target(request, bearer, Call::Refresh).await?;
        bearer.caller.may(Call::Refresh, token.target())?;
        if token.id == bearer.caller.id && bearer.caller.rank != Rank::Master {
            bearer.may_cause_events(&request.app, request.now).await?;
        }
        // A picked-up copy that replaces itself takes nothing away from others, and goes before none of them.
        if bearer.caller.copy_kind != CopyKind::PickedUp {
            request.goes_first(token.project, token.id);
        }
        let overlap = asked()?;
        let event_context = request.event_context(bearer.actor());
        let refreshed = token.refresh(overlap, by, &event_context, &mut request.secrets())?;
        if token.was_refreshed_since(first.get_or_insert_with(|| token.clone()), by.rank) {
            return Err(Error::Conflict("the token was refreshed by someone else at the same time"));
        }
        let mut writes = vec![Write::ReplaceToken(refreshed.change.token.clone())];
        writes.extend(request.receipt(CreatedResource::Copy(token.project, token.id)));
        let mut commit = Commit { writes, events: vec![refreshed.change.event] };
        if bearer.stores(request, &mut commit).await? {
            return Ok((refreshed.change.token, refreshed.secret));
        }
    }
}
