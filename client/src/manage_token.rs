//! Manage tokens, for the bearers of manage tokens.

use http::Method;
use jeton_core::secret::PlainSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Answer, Client, Error, Event, EventQuery, client,
    token::{body, secret},
};

const PATH: &str = "/manage/tokens";

/// A manage token, as far as an answer tells of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManageToken {
    /// Its id.
    pub id: u64,
    /// Its secret, in the answer of create and refresh alone.
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<PlainSecret>,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created: String,
    /// The start of the UTC day on which it last made a call.
    pub last_used: Option<String>,
    /// When it ends, if it does.
    pub expires: Option<String>,
    /// Whether it has ended.
    pub is_expired: bool,
    /// Whether it is switched off.
    pub is_disabled: bool,
    /// When its secret was last refreshed; not in verify.
    #[serde(default)]
    pub refreshed: Option<String>,
    /// Whether its secret was reported as leaked, and it works again only once it is refreshed; not in verify.
    #[serde(default)]
    pub is_leaked: bool,
    /// Until when each secret works that a refresh replaced; not in verify.
    #[serde(default)]
    pub replaced_secrets_end: Vec<String>,
}

/// A manage token to be made.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewManageToken {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long it lives, in seconds; as long as the one that makes it when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

impl Client {
    /// Who the caller is, for the bearer of a manage token.
    pub async fn verify_manage_token(&self) -> Result<Answer<ManageToken>, Error> {
        self.get(&format!("{PATH}/verify")).await
    }

    /// The manage tokens after this id, as many as fit.
    pub async fn manage_tokens(
        &self,
        limit: Option<u32>,
        after: Option<u64>,
    ) -> Result<Answer<Vec<ManageToken>>, Error> {
        let query = client::query(&[
            ("limit", limit.map(|limit| limit.to_string())),
            ("afterId", after.map(|after| after.to_string())),
        ]);
        self.get(&format!("{PATH}{query}")).await
    }

    /// One manage token.
    pub async fn manage_token(&self, id: u64) -> Result<Answer<ManageToken>, Error> {
        self.get(&format!("{PATH}/{id}")).await
    }

    /// Makes a manage token. The answer holds its secret, which nothing else ever will.
    pub async fn create_manage_token(&self, wish: &NewManageToken) -> Result<Answer<ManageToken>, Error> {
        self.send_once(Method::POST, PATH, Some(&body(wish))).await
    }

    /// Switches a manage token off, or on again.
    pub async fn switch_manage_token(&self, id: u64, disabled: bool) -> Result<Answer<ManageToken>, Error> {
        self.send(Method::PUT, &format!("{PATH}/{id}"), Some(&json!({"isDisabled": disabled}))).await
    }

    /// Gives a manage token a new secret. The one of before works on for so many seconds, 604,800 at most.
    pub async fn refresh_manage_token(
        &self,
        id: u64,
        grace: Option<u64>,
    ) -> Result<Answer<ManageToken>, Error> {
        let wish = json!({"gracePeriod": grace.unwrap_or(0)});
        self.send_once(Method::POST, &format!("{PATH}/{id}/refresh"), Some(&wish)).await
    }

    /// Deletes a manage token.
    pub async fn delete_manage_token(&self, id: u64) -> Result<Answer<()>, Error> {
        self.send(Method::DELETE, &format!("{PATH}/{id}"), None).await
    }

    /// What a manage token did, and what was done to it. `asked.token` counts for nothing here.
    /// Where [`Answer::next`] says that there may be more, [`Client::more_events`] goes on.
    pub async fn manage_token_events(
        &self,
        id: u64,
        asked: &EventQuery,
    ) -> Result<Answer<Vec<Event>>, Error> {
        self.get(&format!("{PATH}/{id}/events{}", asked.pairs())).await
    }
}
