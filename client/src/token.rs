//! Tokens.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    ops::Deref,
};

use http::Method;
use jeton_api::{
    token::OpenShareBody,
    token_request::{RefreshToken, SendShare, SeparateCode, ShareToken},
};
use jeton_core::permission::{Capabilities, Capability, CapabilityPatch, capability::GrantedBy};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use crate::{Answer, Client, Error, client};

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

/// What a new token is to be. Nothing asked for is nothing allowed.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `read` or `write` by bucket.
    pub bucket_permissions: BTreeMap<String, String>,
    /// Components it may run.
    pub component_access: BTreeSet<String>,
    /// What it may do beside single buckets and components.
    #[serde(flatten, serialize_with = "wished")]
    pub capabilities: Capabilities,
    /// How long it lives, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
}

/// What is changed of a token. What is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All of `read` or `write` by bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_permissions: Option<BTreeMap<String, String>>,
    /// All components it may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_access: Option<BTreeSet<String>>,
    /// What it may do beside single buckets and components. What cannot be changed is refused.
    #[serde(flatten)]
    pub capabilities: CapabilityPatch,
    /// Switch it off, or on again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// When it ends, such as `2026-12-31T23:59:59+0000`; for master tokens to move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// In how many seconds it ends, in place of `expires`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
}

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
    /// Who the caller is.
    pub async fn verify(&self) -> Result<Answer<Token>, Error> {
        self.get(&format!("{PATH}/verify")).await
    }

    /// Makes a token. The answer holds its secret, which nothing else ever will.
    pub async fn create(&self, wish: &NewToken) -> Result<Answer<TokenInfo>, Error> {
        self.send_once(Method::POST, PATH, Some(&body(wish))).await
    }

    /// The tokens of the project after this id, as many as fit.
    pub async fn tokens(
        &self,
        limit: Option<u32>,
        after: Option<&str>,
    ) -> Result<Answer<Vec<TokenInfo>>, Error> {
        let limit = limit.map(|limit| limit.to_string());
        let query = client::query(&[("limit", limit), ("afterId", after.map(str::to_owned))]);
        self.get(&format!("{PATH}{query}")).await
    }

    /// One token.
    pub async fn token(&self, id: impl Display) -> Result<Answer<Token>, Error> {
        self.get(&path(id, "")?).await
    }

    /// Changes a token.
    pub async fn update(&self, id: impl Display, changes: &Changes) -> Result<Answer<TokenInfo>, Error> {
        self.send(Method::PUT, &path(id, "")?, Some(&body(changes))).await
    }

    /// Deletes a token.
    pub async fn delete(&self, id: impl Display) -> Result<Answer<()>, Error> {
        self.send(Method::DELETE, &path(id, "")?, None).await
    }

    /// Takes one copy of a token back, by its id in the token's detail.
    pub async fn delete_copy(&self, id: impl Display, copy: impl Display) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/copies/{}", client::segment(&copy.to_string())?))?;
        self.send(Method::DELETE, &path, None).await
    }

    /// Gives a token a new secret. Its older copies end now, unless an overlap says otherwise.
    pub async fn refresh(
        &self,
        id: impl Display,
        overlap: &RefreshToken,
    ) -> Result<Answer<TokenInfo>, Error> {
        self.send_once(Method::POST, &path(id, "/refresh")?, Some(&body(overlap))).await
    }

    /// Mails an invitation to pick a copy up. Gives the code when it was asked for.
    pub async fn share(&self, id: impl Display, share: &ShareToken) -> Result<Option<String>, Error> {
        let shared: Answer<Option<SeparateCode>> =
            self.send_once(Method::POST, &path(id, "/share")?, Some(&body(share))).await?;
        Ok(shared.value.map(|code| code.code))
    }

    /// The open shares of a token.
    pub async fn shares(&self, id: impl Display) -> Result<Answer<Vec<OpenShareBody>>, Error> {
        self.get(&path(id, "/shares")?).await
    }

    /// Withdraws an open share.
    pub async fn withdraw_share(&self, id: impl Display, share: impl Display) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/shares/{}", client::segment(&share.to_string())?))?;
        self.send(Method::DELETE, &path, None).await
    }

    /// Mails a new link and code in place of an open share's older ones. Gives the code when it was asked for.
    pub async fn send_share(
        &self,
        id: impl Display,
        share: impl Display,
        wish: &SendShare,
    ) -> Result<Option<String>, Error> {
        let path = path(id, &format!("/shares/{}/send", client::segment(&share.to_string())?))?;
        let sent: Answer<Option<SeparateCode>> =
            self.send_once(Method::POST, &path, Some(&body(wish))).await?;
        Ok(sent.value.map(|code| code.code))
    }
}

fn path(id: impl Display, what: &str) -> Result<String, Error> {
    Ok(format!("{PATH}/{}{what}", client::segment(&id.to_string())?))
}

/// Plain structs with text for keys serialise without fail.
pub(crate) fn body(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Capabilities of a new token. What only manage tokens grant is named where it is wished for alone.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn wished<S: Serializer>(capabilities: &Capabilities, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_map(None)?;
    for row in Capability::rows() {
        let has = capabilities.contains(row.capability);
        if has || row.granted_by == GrantedBy::Holder {
            fields.serialize_entry(row.flag, &has)?;
        }
    }
    fields.end()
}
