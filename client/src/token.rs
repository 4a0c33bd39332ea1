//! Tokens.

use std::{fmt::Display, ops::Deref};

use http::Method;
use jeton_api::{
    settings::TokenSettings,
    token::OpenShareBody,
    token_action::{ActOnTokens, ActedBody},
    token_filter::TokenFilter,
    token_request::{ListTokens, RefreshToken, SendShare, SeparateCode, ShareToken},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Answer, Change, Client, Error, call};

const PATH: &str = "/v2/storage/tokens";

/// A token with its project: what verify, detail and the answer to a question tell.
///
/// Its rights are those within this project: a service that serves the data of several compares the id of its owner
/// with the project that the data belongs to.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "TokenInfo")]
pub struct Token {
    /// Its project.
    pub owner: Owner,
    /// All else about it; its fields are reached from the token itself.
    pub info: TokenInfo,
}

/// A token without its project: what create, list, update and refresh tell.
pub type TokenInfo = jeton_api::token::TokenBody<'static>;

/// The project of a token.
pub type Owner = jeton_api::token::OwnerBody<'static>;

impl Deref for Token {
    type Target = TokenInfo;

    fn deref(&self) -> &TokenInfo {
        &self.info
    }
}

impl TryFrom<TokenInfo> for Token {
    type Error = &'static str;

    fn try_from(mut info: TokenInfo) -> Result<Self, &'static str> {
        let owner = info.owner.take().ok_or("missing field `owner`")?;
        Ok(Self { owner, info })
    }
}

impl Client {
    /// Who the caller is. Retried briefly.
    pub async fn verify(&self) -> Result<Answer<Token>, Error> {
        self.get_soon(&format!("{PATH}/verify")).await
    }

    /// Makes a token. The answer holds its secret, which nothing else ever will.
    pub async fn create(&self, settings: &TokenSettings) -> Result<Answer<TokenInfo>, Error> {
        self.send_once(Change::Secret, PATH, &body(settings)).await
    }

    /// The tokens of the project after this id, as many as fit.
    pub async fn tokens(
        &self,
        limit: Option<u32>,
        after: Option<&str>,
    ) -> Result<Answer<Vec<TokenInfo>>, Error> {
        let limit = limit.map(|limit| limit.to_string());
        let query = call::query(&[("limit", limit), ("afterId", after.map(str::to_owned))]);
        self.get(&format!("{PATH}{query}")).await
    }

    /// The tokens of the project that a filter finds, sorted. One call looks at a part of the project only: where [`Answer::next`]
    /// says that there may be more, [`Client::more_tokens`] goes on.
    pub async fn find_tokens(
        &self,
        list: &ListTokens,
        filter: &TokenFilter,
    ) -> Result<Answer<Vec<TokenInfo>>, Error> {
        let (list, filter) = (body(list), body(filter));
        let fields = [&list, &filter].into_iter().filter_map(Value::as_object).flatten();
        let pairs: Vec<_> = fields.map(|(name, value)| (name.as_str(), Some(text(value)))).collect();
        self.get(&format!("{PATH}{}", call::query(&pairs))).await
    }

    /// The tokens that follow, by the [`Answer::next`] of a list of tokens.
    pub async fn more_tokens(&self, next: &str) -> Result<Answer<Vec<TokenInfo>>, Error> {
        self.get(next).await
    }

    /// One token.
    pub async fn token(&self, id: impl Display) -> Result<Answer<Token>, Error> {
        self.get(&path(id, "")?).await
    }

    /// Changes a token.
    pub async fn update(
        &self,
        id: impl Display,
        changes: &TokenSettings,
    ) -> Result<Answer<TokenInfo>, Error> {
        self.send(Method::PUT, &path(id, "")?, Some(&body(changes))).await
    }

    /// Deletes a token.
    pub async fn delete(&self, id: impl Display) -> Result<Answer<()>, Error> {
        self.send(Method::DELETE, &path(id, "")?, None).await
    }

    /// Disables, enables or deletes the tokens that a filter finds or that are named, or tells what would be. One call acts on a part of them: where the
    /// answer has a `next`, the call goes on with that as `after`. If its answer is lost, it is sent again with the same idempotency key, and acts on the same
    /// tokens.
    pub async fn act_on_tokens(&self, action: &ActOnTokens) -> Result<Answer<ActedBody>, Error> {
        let path = format!("{PATH}/actions");
        if action.dry_run == Some(true) {
            return self.look(&path, &body(action)).await;
        }
        self.send_once(Change::State, &path, &body(action)).await
    }

    /// Takes one copy of a token back, by its id in the token's detail.
    pub async fn delete_copy(&self, id: impl Display, copy: impl Display) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/copies/{}", call::segment(&copy.to_string())?))?;
        self.send(Method::DELETE, &path, None).await
    }

    /// Gives a token a new secret. Its older copies end now, unless an overlap says otherwise.
    pub async fn refresh(
        &self,
        id: impl Display,
        overlap: &RefreshToken,
    ) -> Result<Answer<TokenInfo>, Error> {
        self.send_once(Change::Secret, &path(id, "/refresh")?, &body(overlap)).await
    }

    /// Mails an invitation to pick a copy up. Gives the code when it was asked for.
    pub async fn share(&self, id: impl Display, share: &ShareToken) -> Result<Option<String>, Error> {
        self.mail_share(&path(id, "/share")?, &body(share), share.separate_code).await
    }

    /// The pending shares of a token.
    pub async fn shares(&self, id: impl Display) -> Result<Answer<Vec<OpenShareBody>>, Error> {
        self.get(&path(id, "/shares")?).await
    }

    /// Withdraws a pending share.
    pub async fn withdraw_share(&self, id: impl Display, share: impl Display) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/shares/{}", call::segment(&share.to_string())?))?;
        self.withdraw(Change::ShareWithdrawal, &path).await
    }

    /// Mails a new link and code in place of a pending share's older ones. Gives the code when it was asked for.
    pub async fn send_share(
        &self,
        id: impl Display,
        share: impl Display,
        wish: &SendShare,
    ) -> Result<Option<String>, Error> {
        let path = path(id, &format!("/shares/{}/send", call::segment(&share.to_string())?))?;
        self.mail_share(&path, &body(wish), wish.separate_code).await
    }

    /// Errors: [`Error::AnswerLost`] also if the answer lacks the code that was asked for.
    async fn mail_share(
        &self,
        path: &str,
        body: &Value,
        separate_code: Option<bool>,
    ) -> Result<Option<String>, Error> {
        let has_code = separate_code == Some(true);
        let change = if has_code { Change::ShareWithCode } else { Change::Share };
        let sent: Answer<Option<SeparateCode>> = self.send_once(change, path, body).await?;
        let code = sent.value.map(|code| code.code);
        if has_code && code.is_none() {
            // Another program answered, perhaps after Jeton has sent the share.
            return Err(self.answer_lost(change, "no code in the answer".to_owned()));
        }
        Ok(code)
    }
}

fn path(id: impl Display, what: &str) -> Result<String, Error> {
    Ok(format!("{PATH}/{}{what}", call::segment(&id.to_string())?))
}

/// A value as in a query.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Plain structs with text for keys serialise without fail.
pub(crate) fn body(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
