//! Idempotency: a retried call with the same `Idempotency-Key` gets the original answer.
//!
//! The key is for calls that return a secret. Such a call stores an idempotency record in the same commit as its
//! change. A retry conflicts with that record, and its answer is replayed. An action on many tokens, which has many commits, stores its plan
//! instead ([`crate::operation::planned_action`]).

mod key;

pub use key::{FORM_FIELD, HEADER, KEY_IS_TAKEN, Keyed, key_is_taken};

use jeton_core::{
    Error,
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::{CreatedResource, Derived, IdempotencyRecord, Withheld},
    manage::ManageToken,
    secret::{self, PlainSecret},
    share::{ShareId, ShareSecrets},
    store::Write,
    token::Token,
};
use rand_core::CryptoRng;

use crate::{
    authenticate::{Bearer, presented},
    clock::entropy,
    http::{
        ApiRequest,
        header::{MANAGE_HEADER, STORAGE_HEADER},
    },
};

impl ApiRequest {
    /// The random source of secrets: derived from the idempotency key if there is one, else that of the system.
    pub fn secrets(&self) -> Box<dyn CryptoRng + Send> {
        match &self.keyed {
            Some(keyed) => Box::new(keyed.secrets()),
            None => Box::new(entropy()),
        }
    }

    /// The idempotency record of this call, if it has a key.
    pub fn idempotency_record(&self, made: CreatedResource) -> Option<Write> {
        self.keyed.as_ref().map(|keyed| keyed.record(made, self.now))
    }
}

/// The result of the original call.
pub struct OriginalResult {
    made: CreatedResource,
    secrets: Derived,
}

impl OriginalResult {
    /// Checks that the caller has the rights that the created or refreshed token has by now: somebody else may have given it more.
    ///
    /// Errors: [`Error::Forbidden`].
    pub async fn require_covered(&self, request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
        let CreatedResource::Copy(project, token) = self.made else { return Ok(()) };
        if token == bearer.caller.id {
            return Ok(());
        }
        // The replay says that it is gone.
        let Some(token) = request.app.store.token(project, token).await? else { return Ok(()) };
        bearer.caller.covers(&token.identity.permissions)
    }

    /// The token with the original secret.
    ///
    /// Errors: [`Error::Conflict`] if that secret is not valid any more: the copy was replaced or deleted, or the token
    /// is disabled, has expired or was deleted.
    pub async fn copy(self, request: &ApiRequest) -> Result<(Token, PlainSecret), Error> {
        self.copy_or_why(request).await?.map_err(withheld)
    }

    /// The token with the original secret, or why it is not given again: for pages, which say it in other words.
    pub async fn copy_or_why(
        mut self,
        request: &ApiRequest,
    ) -> Result<Result<(Token, PlainSecret), Withheld>, Error> {
        let CreatedResource::Copy(project, token) = self.made else { return Ok(Err(Withheld::Ended)) };
        let Some(token) = request.app.store.token(project, token).await? else {
            return Ok(Err(Withheld::Ended));
        };
        let secret = secret::mint_token(project, token.id, &mut self.secrets);
        Ok(match token.verify_item().authenticate(secret.expose(), request.now) {
            Ok(_) => Ok((token, secret)),
            Err(Error::TokenDisabled) => Err(Withheld::Disabled),
            Err(_) => Err(Withheld::Ended),
        })
    }

    /// The manage token with the original secret.
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

    /// The share, with the secrets of its mail.
    pub fn share(mut self) -> Result<(ShareId, ShareSecrets), Error> {
        let CreatedResource::Share(share) = self.made else { return Err(Error::ShareNotFound) };
        Ok((share, ShareSecrets::draw(&mut self.secrets)))
    }
}

/// The error if the created object is gone.
pub const HAS_ENDED: Error = Error::Conflict(
    "the token or share that this call created has been refreshed, sent again, deleted or withdrawn since, or has \
     expired: see what there is now before you call again with a new Idempotency-Key",
);

/// The error while the token of the call is disabled.
pub const IS_OFF: Error =
    Error::Conflict("the token of this call is disabled: enable it, and send the same call again");

/// The error of a secret that is not given again.
pub fn withheld(why: Withheld) -> Error {
    match why {
        Withheld::Ended => HAS_ENDED,
        Withheld::Disabled => IS_OFF,
    }
}

/// The original result, if the call failed because it is a retry.
///
/// A caller without the rights of the call does not get its answer. The exception is a self-refresh, because its caller
/// presents the replaced copy, which has ended or may not refresh.
pub async fn original(request: &ApiRequest, error: &Error) -> Result<Option<OriginalResult>, Error> {
    match error {
        Error::CallerChanged
        | Error::Conflict(_)
        | Error::TooManyCopies
        | Error::TooManyEvents(_)
        | Error::TooManyMails(_)
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

/// The original result of this call, while it can be replayed.
pub async fn made_before(request: &ApiRequest) -> Result<Option<OriginalResult>, Error> {
    let Some(keyed) = &request.keyed else { return Ok(None) };
    let mine = earlier_record(request).await?;
    Ok(mine.map(|record| OriginalResult { secrets: keyed.secrets_of(&record), made: record.made }))
}

/// The idempotency record of this call, if it was made before, while it can be replayed.
pub async fn earlier_record(request: &ApiRequest) -> Result<Option<IdempotencyRecord>, Error> {
    let Some(keyed) = &request.keyed else { return Ok(None) };
    let record = request.app.store.idempotency_record(&keyed.id()).await?;
    Ok(record.filter(|record| keyed.is_of(record) && record.is_fresh(request.now)))
}

/// Whether the call was a self-refresh of the presented token.
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
        CreatedResource::Share(_)
        | CreatedResource::Plan(_)
        | CreatedResource::Part(..)
        | CreatedResource::End(_) => false,
    }
}

/// Whether the call was a self-refresh of the presented manage token.
fn is_manage_token(request: &ApiRequest, made: ManageTokenId) -> bool {
    let presented = presented(&request.headers, &MANAGE_HEADER).ok();
    let own = presented.and_then(secret::manage_token_id) == Some(made);
    own && request.id::<ManageTokenId>("manageToken").ok() == Some(made)
}
