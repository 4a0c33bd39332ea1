//! Tokens, what verify reads of them, when they are due, and manage tokens.

use async_trait::async_trait;

use super::Unavailable;
use crate::{
    event::Order,
    id::{ManageTokenId, ProjectId, TokenId},
    manage::ManageToken,
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};

/// Reads of tokens and manage tokens, the day of their last use, and the schedule of the sweep.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// The verify item of a token: the only read of a verify call. `None` if the token is unknown or deleted.
    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable>;

    /// The verify item of a token, if the store holds it in memory and it is as current as the one that [`Self::verify_item`]
    /// reads. `None` says nothing about the token.
    fn verify_item_in_memory(&self, _: ProjectId, _: TokenId) -> Option<StoredVerifyItem> {
        None
    }

    /// Records that a token was verified on this day. Does nothing if the token does not exist.
    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable>;

    /// The full record of a token. If the record is damaged or lost, the token is rebuilt from its verify item
    /// ([`Token::placeholder`]): a token that still authenticates must stay revocable.
    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable>;

    /// A page of a project's tokens in the order of their ids, after this id in that order: with [`Order::Descending`] those
    /// of smaller ids. It has at most `limit` tokens, and ends early once their stored size reaches `bytes`.
    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable>;

    /// The id of the token of a component configuration.
    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable>;

    /// The tombstone of a deleted token.
    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable>;

    /// The entries that are due at `now`, after this entry, most overdue first, at most `limit`. Pages contain every due
    /// token exactly once, however long it has been due.
    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable>;

    /// Removes a stale entry: its token does not exist, or is not due at that time.
    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable>;

    /// A manage token. One that cannot be read is returned as [`ManageToken::unreadable`].
    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable>;

    /// The manage tokens after this id, ordered by id, at most `limit`. One that cannot be read is returned as
    /// [`ManageToken::unreadable`].
    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable>;

    /// Records that a manage token made a call on this day. Does nothing if it does not exist. A store with an index of
    /// manage tokens also adds the token to it, in case an earlier version did not.
    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable>;
}

/// An entry in the schedule of the sweep: a token that needs an expiry notice, or that has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it is due.
    pub at: Timestamp,
    /// Its project.
    pub project: ProjectId,
    /// The token.
    pub token: TokenId,
}

/// A page of a project's tokens.
#[derive(Debug, Clone, Default)]
pub struct TokenPage {
    /// The readable tokens, in the requested order.
    pub tokens: Vec<Token>,
    /// The ids of tokens whose record cannot be read.
    pub unreadable: Vec<TokenId>,
    /// The stored size of all of them, in bytes.
    pub bytes: usize,
    /// The id of the last token of the page, readable or not: the next page starts after it. `None` for an empty page.
    pub last: Option<TokenId>,
    /// Whether there may be another page.
    pub more: bool,
}
