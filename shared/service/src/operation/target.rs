//! Finding the token that a call is about.

use jeton_core::{
    Error,
    id::TokenId,
    permission::{Call, call::CopyKind},
    token::Token,
};

use crate::{authenticate::Bearer, http::ApiRequest};

/// Reads the token in the path, once it is clear that the caller may ask for it at all.
///
/// Errors: [`Error::NoRoute`] for an id that is none, [`Error::Forbidden`] without a read,
/// [`Error::TokenNotFound`], [`Error::CallerChanged`] for a change of the caller's own token that has changed since the
/// caller was authenticated.
pub async fn target(request: &ApiRequest, bearer: &Bearer, call: Call) -> Result<Token, Error> {
    let id: TokenId = request.id("token")?;
    bearer.caller.may_address(call, Some(id))?;
    // A change of oneself takes two reads that agree, which many writers would not let it have if it did not go first by then.
    let takes_away = matches!(call, Call::Refresh | Call::Delete | Call::RevokeCopy);
    if id == bearer.caller.id && takes_away && bearer.caller.copy_kind == CopyKind::Full {
        request.prioritize(bearer.caller.project, id);
    }
    let own = if id == bearer.caller.id && call.changes_tokens() { bearer.record.take()? } else { None };
    let token = if let Some(own) = own {
        own
    } else {
        let token = request.app.store.token(bearer.caller.project, id).await?;
        token.ok_or_else(|| gone(bearer, id))?
    };
    // Nothing is decided by the rights of one read about a token of another.
    if call.changes_tokens() && id == bearer.caller.id && token.version != bearer.item.version {
        return Err(Error::CallerChanged);
    }
    Ok(token)
}

/// What a caller is told when its target is no longer there: one that is gone itself has no rights.
pub fn gone(bearer: &Bearer, id: TokenId) -> Error {
    if bearer.caller.id == id { Error::InvalidToken } else { Error::TokenNotFound }
}
