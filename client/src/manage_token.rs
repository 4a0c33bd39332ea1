//! Manage tokens, for the bearers of manage tokens.

use http::Method;
use jeton_api::{
    event::EventBody,
    manage_token::{CreateManageToken, ManageTokenBody, RefreshManageToken, UpdateManageToken},
};

use crate::{Answer, Change, Client, Error, EventQuery, call, token::body};

const PATH: &str = "/manage/tokens";

impl Client {
    /// Who the caller is, for the bearer of a manage token. Retried briefly.
    pub async fn verify_manage_token(&self) -> Result<Answer<ManageTokenBody>, Error> {
        self.get_soon(&format!("{PATH}/verify")).await
    }

    /// The manage tokens after this id, as many as fit.
    pub async fn manage_tokens(
        &self,
        limit: Option<u32>,
        after: Option<u64>,
    ) -> Result<Answer<Vec<ManageTokenBody>>, Error> {
        let query = call::query(&[
            ("limit", limit.map(|limit| limit.to_string())),
            ("afterId", after.map(|after| after.to_string())),
        ]);
        self.get(&format!("{PATH}{query}")).await
    }

    /// One manage token.
    pub async fn manage_token(&self, id: u64) -> Result<Answer<ManageTokenBody>, Error> {
        self.get(&format!("{PATH}/{id}")).await
    }

    /// Makes a manage token. The answer holds its secret, which nothing else ever will.
    pub async fn create_manage_token(
        &self,
        wish: &CreateManageToken,
    ) -> Result<Answer<ManageTokenBody>, Error> {
        self.send_once(Change::ManageSecret, PATH, &body(wish)).await
    }

    /// Switches a manage token off, or on again.
    pub async fn switch_manage_token(
        &self,
        id: u64,
        disabled: bool,
    ) -> Result<Answer<ManageTokenBody>, Error> {
        let changes = UpdateManageToken { is_disabled: Some(disabled), ..UpdateManageToken::default() };
        self.send(Method::PUT, &format!("{PATH}/{id}"), Some(&body(&changes))).await
    }

    /// Gives a manage token a new secret. The one of before works on for so many seconds, 604,800 at most.
    pub async fn refresh_manage_token(
        &self,
        id: u64,
        grace: Option<i64>,
    ) -> Result<Answer<ManageTokenBody>, Error> {
        let wish = RefreshManageToken { grace_period: grace, ..RefreshManageToken::default() };
        self.send_once(Change::ManageSecret, &format!("{PATH}/{id}/refresh"), &body(&wish)).await
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
    ) -> Result<Answer<Vec<EventBody>>, Error> {
        self.get(&(events(id) + &asked.pairs())).await
    }
}

/// The path of the events of a manage token.
pub(crate) fn events(id: u64) -> String {
    format!("{PATH}/{id}/events")
}
