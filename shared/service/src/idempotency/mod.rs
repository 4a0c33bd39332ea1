//! Calls with an `Idempotency-Key`: when an answer is lost on its way, the same call gets it once more.
//!
//! The key is for calls that show a secret. Such a call stores an idempotency record with what it makes, all or nothing.
//! Sent again, it meets what it made the first time, fails over that, and is given the answer of then.

mod key;

pub use key::{FORM_FIELD, HEADER, KEY_IS_TAKEN, Keyed, key_is_taken};

use jeton_core::{
    Error,
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::{CreatedResource, Derived},
    manage::ManageToken,
    secret::{self, PlainSecret},
    share::{ShareId, ShareSecrets},
    store::Write,
    token::Token,
};
use rand_core::CryptoRng;

use crate::{
    authenticate::presented,
    clock::entropy,
    http::{
        ApiRequest,
        header::{MANAGE_HEADER, STORAGE_HEADER},
    },
};

impl ApiRequest {
    /// Where the secrets come from that this call shows: the machine, or the key that its caller drew.
    pub fn secrets(&self) -> Box<dyn CryptoRng + Send> {
        match &self.keyed {
            Some(keyed) => Box::new(keyed.secrets()),
            None => Box::new(entropy()),
        }
    }

    /// What is stored so that the answer of this call can be given once more, if it has a key.
    pub fn idempotency_record(&self, made: CreatedResource) -> Option<Write> {
        self.keyed.as_ref().map(|keyed| keyed.record(made, self.now))
    }
}

/// What the same call came to the first time.
pub struct OriginalResult {
    made: CreatedResource,
    secrets: Derived,
}

impl OriginalResult {
    /// The token with the secret that was made then.
    ///
    /// Errors: [`Error::Conflict`] when that secret opens nothing now: the copy was refreshed away or taken back, or the
    /// token is switched off, has expired or was deleted.
    pub async fn copy(mut self, request: &ApiRequest) -> Result<(Token, PlainSecret), Error> {
        let CreatedResource::Copy(project, token) = self.made else { return Err(HAS_ENDED) };
        let token = request.app.store.token(project, token).await?.ok_or(HAS_ENDED)?;
        let secret = secret::mint_token(project, token.id, &mut self.secrets);
        match token.verify_item().authenticate(secret.expose(), request.now) {
            Ok(_) => Ok((token, secret)),
            Err(Error::TokenDisabled) => Err(IS_OFF),
            Err(_) => Err(HAS_ENDED),
        }
    }

    /// The manage token with the secret that was made then.
    ///
    /// Errors: [`Error::Conflict`] as for [`OriginalResult::copy`].
    pub async fn manage_token(mut self, request: &ApiRequest) -> Result<(ManageToken, PlainSecret), Error> {
        let CreatedResource::Manage(id) = self.made else { return Err(HAS_ENDED) };
        let token = request.app.store.manage_token(id).await?.ok_or(HAS_ENDED)?;
        let secret = secret::mint_manage_token(id, &mut self.secrets);
        match token.authenticate(secret.expose(), request.now) {
            Ok(_) => Ok((token, secret)),
            Err(Error::TokenDisabled) => Err(IS_OFF),
            Err(_) => Err(HAS_ENDED),
        }
    }

    /// The share, with what its mail carried.
    pub fn share(mut self) -> Result<(ShareId, ShareSecrets), Error> {
        let CreatedResource::Share(share) = self.made else { return Err(Error::ShareNotFound) };
        Ok((share, ShareSecrets::draw(&mut self.secrets)))
    }
}

/// What a call made is not there any more.
pub const HAS_ENDED: Error = Error::Conflict(
    "what this call made the first time has been refreshed, deleted or taken back since, or has expired: \
     call again with a new Idempotency-Key",
);

const IS_OFF: Error =
    Error::Conflict("the token of this call is disabled: enable it, and send the same call again");

/// What this very call came to when it was made before, if it failed now because of that.
///
/// A caller who may no longer do it is not told what came of it when they could. There is one exception, or
/// a lost answer would lose the token: who refreshed itself comes with the copy that this has replaced, which is
/// dead or may not refresh any more.
pub async fn original(request: &ApiRequest, error: &Error) -> Result<Option<OriginalResult>, Error> {
    match error {
        Error::CallerChanged
        | Error::Conflict(_)
        | Error::TooManyCopies
        | Error::ShareClosed(_)
        | Error::ShareNotFound => made_before(request).await,
        Error::InvalidToken
        | Error::CopySuperseded { .. }
        | Error::CopyEndsWithMaker
        | Error::Forbidden(_) => {
            let original = made_before(request).await?;
            Ok(original.filter(|original| refreshed_itself(request, &original.made)))
        }
        _ => Ok(None),
    }
}

/// What this very call came to when it was made before, within the time that it can be told.
pub async fn made_before(request: &ApiRequest) -> Result<Option<OriginalResult>, Error> {
    let Some(keyed) = &request.keyed else { return Ok(None) };
    let record = request.app.store.idempotency_record(&keyed.id()).await?;
    let mine = record.filter(|record| keyed.is_of(record) && record.is_fresh(request.now));
    Ok(mine.map(|record| OriginalResult { secrets: keyed.secrets_of(&record), made: record.made }))
}

/// Whether the call refreshed the very token that it came with: its path names the token, so a call on the
/// same token with the same credential, as its idempotency record says this is, had it replaced.
fn refreshed_itself(request: &ApiRequest, made: &CreatedResource) -> bool {
    let presented = presented(&request.headers, &STORAGE_HEADER).ok();
    let presented = presented.and_then(secret::token_address);
    let target = request.id::<TokenId>("token").ok();
    let is_itself = |project: ProjectId, token: TokenId| {
        presented.is_some_and(|own| own.project == project && own.token == token) && target == Some(token)
    };
    match made {
        CreatedResource::Copy(project, token) => is_itself(*project, *token),
        CreatedResource::Manage(manage_token) => is_manage_token(request, *manage_token),
        CreatedResource::Share(_) => false,
    }
}

/// The same for a manage token.
fn is_manage_token(request: &ApiRequest, made: ManageTokenId) -> bool {
    let presented = presented(&request.headers, &MANAGE_HEADER).ok();
    let own = presented.and_then(secret::manage_token_id) == Some(made);
    own && request.id::<ManageTokenId>("manageToken").ok() == Some(made)
}
