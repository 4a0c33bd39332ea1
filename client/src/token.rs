//! Tokens.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use http::Method;
use jeton_core::{
    permission::{Capabilities, Capability, CapabilityPatch, capability::GrantedBy},
    secret::PlainSecret,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use crate::{Answer, Client, Error, client};

const PATH: &str = "/v2/storage/tokens";

/// A token with its project: what verify, detail and the answer to a question tell.
///
/// Its rights are those within this project: a service that serves the data of several compares [`Owner::id`]
/// with the project that the data belongs to.
#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    /// Its project.
    pub owner: Owner,
    /// All else about it; its fields are reached from the token itself.
    #[serde(flatten)]
    pub info: TokenInfo,
}

/// A token without its project: what create, list, update and refresh tell.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenInfo {
    /// Its id.
    pub id: String,
    /// Its secret, in the answer of create and refresh alone.
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<PlainSecret>,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created: String,
    /// When it was last refreshed.
    pub refreshed: String,
    /// When it ends, if it does.
    pub expires: Option<String>,
    /// Whether it has ended.
    pub is_expired: bool,
    /// Whether it is switched off.
    pub is_disabled: bool,
    /// Whether it is the master token of a member.
    pub is_master_token: bool,
    /// What it may do beside single buckets and components.
    #[serde(flatten)]
    pub capabilities: Capabilities,
    /// `read` or `write` by bucket.
    #[serde(default, deserialize_with = "map")]
    pub bucket_permissions: BTreeMap<String, String>,
    /// Components it may run.
    #[serde(default)]
    pub component_access: BTreeSet<String>,
    /// Who made it.
    #[serde(default)]
    pub creator_token: Option<Creator>,
    /// The member whose master token it is.
    #[serde(default)]
    pub admin: Option<Admin>,
    /// Its live copies; in detail.
    #[serde(default)]
    pub copies: Vec<Copy>,
    /// Its open shares; in detail.
    #[serde(default)]
    pub shares: Vec<OpenShare>,
    /// The day it was last used on; in detail and list.
    #[serde(default)]
    pub last_used: Option<String>,
}

/// The token that made another.
#[derive(Debug, Clone, Deserialize)]
pub struct Creator {
    /// Its id.
    pub id: u64,
    /// Its description at that time.
    pub description: String,
}

/// A member, on their master token.
#[derive(Debug, Clone, Deserialize)]
pub struct Admin {
    /// Their id.
    pub id: u64,
    /// Their name.
    pub name: String,
}

/// The project of a token.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// A copy of a token.
#[derive(Debug, Clone, Deserialize)]
pub struct Copy {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: String,
    /// How it came about: `create`, `share` or `refresh`.
    pub via: String,
    /// Who picked it up.
    #[serde(default)]
    pub recipient: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    pub expires: Option<String>,
}

/// A share that can still be picked up.
#[derive(Debug, Clone, Deserialize)]
pub struct OpenShare {
    /// Its id.
    pub id: String,
    /// Who it is for.
    pub recipient: String,
    /// When it was sent.
    pub created: String,
    /// When it closes.
    pub expires: String,
}

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
    pub expires_in: Option<u64>,
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
    pub expires_in: Option<u64>,
}

/// How long older copies outlive a refresh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlap {
    /// For how many seconds they go on verifying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period: Option<u64>,
    /// Until the new copy is first used, and for seven days or that many seconds at most.
    pub keep_old_until_used: bool,
}

/// With whom a token is shared.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Their e-mail address.
    pub recipient_email: String,
    /// What the mail says to them.
    pub message: String,
    /// How long it is open, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// Whether the code comes back instead of going into the mail.
    pub separate_code: bool,
}

impl Deref for Token {
    type Target = TokenInfo;

    fn deref(&self) -> &TokenInfo {
        &self.info
    }
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

/// How an open share is sent again.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendShare {
    /// A message for the recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long it is open from now on, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// Hand the code to the caller in place of mailing it.
    pub separate_code: bool,
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
    pub async fn token(&self, id: &str) -> Result<Answer<Token>, Error> {
        self.get(&path(id, "")?).await
    }

    /// Changes a token.
    pub async fn update(&self, id: &str, changes: &Changes) -> Result<Answer<TokenInfo>, Error> {
        self.send(Method::PUT, &path(id, "")?, Some(&body(changes))).await
    }

    /// Deletes a token.
    pub async fn delete(&self, id: &str) -> Result<Answer<()>, Error> {
        self.send(Method::DELETE, &path(id, "")?, None).await
    }

    /// Takes one copy of a token back, by its id in the token's detail.
    pub async fn delete_copy(&self, id: &str, copy: &str) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/copies/{}", client::segment(copy)?))?;
        self.send(Method::DELETE, &path, None).await
    }

    /// Gives a token a new secret. Its older copies end now, unless an overlap says otherwise.
    pub async fn refresh(&self, id: &str, overlap: &Overlap) -> Result<Answer<TokenInfo>, Error> {
        self.send_once(Method::POST, &path(id, "/refresh")?, Some(&body(overlap))).await
    }

    /// Mails an invitation to pick a copy up. Gives the code when it was asked for.
    pub async fn share(&self, id: &str, share: &Share) -> Result<Option<String>, Error> {
        let shared: Answer<Option<Code>> =
            self.send_once(Method::POST, &path(id, "/share")?, Some(&body(share))).await?;
        Ok(shared.value.map(|code| code.code))
    }

    /// The open shares of a token.
    pub async fn shares(&self, id: &str) -> Result<Answer<Vec<OpenShare>>, Error> {
        self.get(&path(id, "/shares")?).await
    }

    /// Withdraws an open share.
    pub async fn withdraw_share(&self, id: &str, share: &str) -> Result<Answer<()>, Error> {
        let path = path(id, &format!("/shares/{}", client::segment(share)?))?;
        self.send(Method::DELETE, &path, None).await
    }

    /// Mails a new link and code in place of an open share's older ones. Gives the code when it was asked for.
    pub async fn send_share(&self, id: &str, share: &str, wish: &SendShare) -> Result<Option<String>, Error> {
        let path = path(id, &format!("/shares/{}/send", client::segment(share)?))?;
        let sent: Answer<Option<Code>> = self.send_once(Method::POST, &path, Some(&body(wish))).await?;
        Ok(sent.value.map(|code| code.code))
    }
}

fn path(id: &str, what: &str) -> Result<String, Error> {
    Ok(format!("{PATH}/{}{what}", client::segment(id)?))
}

/// Plain structs with text for keys serialise without fail.
pub(crate) fn body(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PlainSecret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(PlainSecret::new))
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

/// A map, which comes as an empty list when it is empty.
fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Map(BTreeMap<String, String>),
        Empty([String; 0]),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Map(map) => map,
        Either::Empty(_) => BTreeMap::new(),
    })
}
