//! Changing a token.

use jeton_api::{settings::TokenSettings, token::TokenBody};
use jeton_core::{
    Error,
    permission::{
        Call, Rank,
        call::{CopyKind, Target},
    },
    store::{Commit, Write},
    time::Timestamp,
    token::{Token, Update},
};

use super::target::target;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// `PUT /v2/storage/tokens/{token}`
pub async fn update(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let token = change(request, bearer, |_| request.body()).await?.token;
    let body = TokenBody::new(token.id, &token.identity, &request.app.public_url, request.now);
    Ok(Reply::ok(&body))
}

/// A token after an update.
pub struct Updated {
    /// The token.
    pub token: Token,
    /// Whether this update changed it. It may have been so before, also by another writer who came first.
    pub is_changed: bool,
}

/// Changes the token in the path, after checking that the caller may. The requested settings may depend on the state
/// that the change starts from.
pub async fn change(
    request: &ApiRequest,
    bearer: &Bearer,
    asked: impl Fn(&Token) -> Result<TokenSettings, Error>,
) -> Result<Updated, Error> {
    loop {
        let token = target(request, bearer, Call::Update).await?;
        bearer.caller.may(Call::Update, token.target())?;
        let update = asked(&token)?.changes(&token.identity, request.now)?;
        // A change that takes rights away must win against any number of other writers of the token.
        if update.disabled == Some(true) || update.takes_away(&token.identity)? {
            request.prioritize(token.project, token.id);
        }
        if let Some(updated) = apply(request, bearer, token, &update, Call::Update).await? {
            return Ok(updated);
        }
    }
}

/// Tries an update once, for a caller whose rights must cover the token before and after.
/// None after a conflict with another writer. An update that changes nothing stores nothing.
pub async fn apply(
    request: &ApiRequest,
    bearer: &Bearer,
    token: Token,
    update: &Update,
    call: Call,
) -> Result<Option<Updated>, Error> {
    may_apply(bearer, &token, update, call)?;
    if !update.takes_away(&token.identity)? {
        bearer.may_cause_events(&request.app, request.now).await?;
    }
    let Some(change) = token.update(update, bearer.caller.rank, &request.event_context(bearer.actor()))?
    else {
        return Ok(Some(Updated { token, is_changed: false }));
    };
    let writes = vec![Write::ReplaceToken(change.token.clone())];
    let is_stored = bearer.try_commit(request, &mut Commit { writes, events: vec![change.event] }).await?;
    Ok(is_stored.then_some(Updated { token: change.token, is_changed: true }))
}

/// Whether the caller may update the token so: its rights must cover the token before and after. Reads nothing.
///
/// Errors: [`Error::Forbidden`]; for a caller that ends before the token does also [`Error::CopySuperseded`] and
/// [`Error::CopyEndsWithMaker`]; and [`Error::Unavailable`] when the record cannot be read.
pub fn may_apply(bearer: &Bearer, token: &Token, update: &Update, call: Call) -> Result<(), Error> {
    let after = update.rights_after(&token.identity.permissions)?;
    bearer.caller.may(call, token.target())?;
    bearer.caller.may(call, Target { permissions: &after, ..token.target() })?;
    if update.new_end(token.identity.expires).is_some() && bearer.caller.rank != Rank::Master {
        return Err(Error::Forbidden("only a master token may change the expiry of a token"));
    }
    let switches_on = token.identity.disabled && update.disabled == Some(false);
    if switches_on || !token.identity.permissions.cover(&after) {
        require_caller_to_last_as_long(bearer, token)?;
    }
    if update.takes_away(&token.identity)? { Ok(()) } else { token.requires_record() }
}

/// Granting rights to a token, or enabling it, lasts as long as the token. So a caller that ends before it may do
/// neither. Masters may: they end with their member.
///
/// Errors: [`Error::Forbidden`], [`Error::CopySuperseded`] for a copy whose successor may, and
/// [`Error::CopyEndsWithMaker`].
fn require_caller_to_last_as_long(bearer: &Bearer, token: &Token) -> Result<(), Error> {
    let sooner = |end: Timestamp| token.identity.expires.is_none_or(|expires| end < expires);
    if bearer.caller.rank == Rank::Master || !bearer.ends().is_some_and(sooner) {
        return Ok(());
    }
    if bearer.item.identity.expires.is_some_and(sooner) {
        return Err(Error::Forbidden(
            "a token that expires cannot grant rights to one that lasts longer, or enable it",
        ));
    }
    if matches!(bearer.caller.copy_kind, CopyKind::EndsWithMaker { .. }) {
        return Err(Error::CopyEndsWithMaker);
    }
    Err(Error::CopySuperseded { live: true })
}
