//! The target of a call: the token in its path.

use jeton_core::{
    Error,
    id::TokenId,
    permission::{Call, call::CopyKind},
    token::Token,
};

use crate::{authenticate::Bearer, http::ApiRequest};

/// Reads the token in the path, after checking that the caller may address it.
///
/// Errors: [`Error::NoRoute`] for an invalid id, [`Error::Forbidden`] without a read,
/// [`Error::TokenNotFound`], [`Error::CallerChanged`] for a change of the caller's own token that has changed since the
/// caller was authenticated.
pub async fn target(request: &ApiRequest, bearer: &Bearer, call: Call) -> Result<Token, Error> {
    let id: TokenId = request.id("token")?;
    bearer.caller.may_address(call, Some(id))?;
    // A change of the own token needs two reads that agree. Without priority, many writers would prevent it.
    let takes_away = matches!(call, Call::Refresh | Call::Delete | Call::RevokeCopy);
    if id == bearer.caller.id && takes_away && bearer.caller.copy_kind == CopyKind::Full {
        request.prioritize(bearer.caller.project, id);
    }
    let authenticated =
        if id == bearer.caller.id && call.changes_tokens() { bearer.record.take()? } else { None };
    let token = if let Some(authenticated) = authenticated {
        authenticated
    } else {
        let token = request.app.store.token(bearer.caller.project, id).await?;
        token.ok_or_else(|| gone(bearer, id))?
    };
    // Rights from one read must not decide about a token from another.
    if call.changes_tokens() && id == bearer.caller.id && token.version != bearer.item.version {
        return Err(Error::CallerChanged);
    }
    Ok(token)
}

/// The error if the target does not exist: a caller that is gone itself has no rights.
pub fn gone(bearer: &Bearer, id: TokenId) -> Error {
    if bearer.caller.id == id { Error::InvalidToken } else { Error::TokenNotFound }
}
