//! The operation that refreshes a token.

use jeton_api::{token::TokenBody, token_request::RefreshToken};
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
};

/// `POST /v2/storage/tokens/{token}/refresh`
///
/// Of several concurrent refreshes, one succeeds. The others fail: with 401 if their copy was revoked, with 409 if the
/// token was refreshed already. There are two exceptions, in which the other caller retries on the new state: a refresh
/// by the token itself does not make another caller fail, and a refresh by a manager does not make a master fail.
/// Otherwise a token could block its own revocation.
pub async fn refresh(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let read_overlap = || request.body::<RefreshToken>()?.overlap();
    let (token, secret) = refresh_token(request, bearer, read_overlap).await?;
    Ok(answer(request, &token, &secret))
}

/// Replays the answer of an earlier call with the same `Idempotency-Key`.
pub async fn replay(request: &ApiRequest, original: OriginalResult) -> Result<Reply, Error> {
    let (token, secret) = original.copy(request).await?;
    Ok(answer(request, &token, &secret))
}

/// The token with its new secret. `expires` is the end of the new copy, which may end before the token.
fn answer(request: &ApiRequest, token: &Token, secret: &PlainSecret) -> Reply {
    let body = TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now);
    let expires = token.opened_by(secret).map_or(body.expires, |copy| token.end_of(copy));
    Reply::ok(&TokenBody { expires, ..body.with_secret(secret) })
}

/// Refreshes the token in the path and returns it with its new secret, for the API and the console.
///
/// `read_overlap` parses the request. It runs after the authorization check, so that a caller without rights gets 403
/// whatever the request contains.
pub async fn refresh_token(
    request: &ApiRequest,
    bearer: &Bearer,
    read_overlap: impl Fn() -> Result<Overlap, Error>,
) -> Result<(Token, PlainSecret), Error> {
    request.attempts.set_policy(RetryPolicy::Immediate);
    let by = Refresher { rank: bearer.caller.rank, ends: bearer.ends() };
    let mut first_read: Option<Token> = None;
    loop {
        let token = target(request, bearer, Call::Refresh).await?;
        bearer.caller.may(Call::Refresh, token.target())?;
        // The event quota applies to a token that refreshes itself, except that of a member, which nobody else refreshes. Any other
        // refresh may be a revocation, which no quota may block.
        let is_of_member = matches!(bearer.caller.rank, Rank::Master | Rank::Reader);
        if token.id == bearer.caller.id && !is_of_member {
            bearer.may_cause_events(&request.app, request.now).await?;
        }
        // A refresh has priority over other changes of the token, because it revokes copies. A picked-up copy revokes
        // only itself, so it has none.
        if bearer.caller.copy_kind != CopyKind::PickedUp {
            request.prioritize(token.project, token.id);
        }
        let overlap = read_overlap()?;
        let event_context = request.event_context(bearer.actor());
        let refreshed = token.refresh(overlap, by, &event_context, &mut request.secrets())?;
        if token.was_refreshed_since(first_read.get_or_insert_with(|| token.clone()), by.rank) {
            return Err(Error::Conflict("the token was refreshed by someone else at the same time"));
        }
        let mut writes = vec![Write::ReplaceToken(refreshed.change.token.clone())];
        writes.extend(request.idempotency_record(CreatedResource::Copy(token.project, token.id)));
        let mut commit = Commit { writes, events: vec![refreshed.change.event] };
        if bearer.try_commit(request, &mut commit).await? {
            return Ok((refreshed.change.token, refreshed.secret));
        }
    }
}
