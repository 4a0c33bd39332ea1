//! Tokens, when they are due, and manage tokens.

use async_trait::async_trait;
use jeton_core::{
    event::Order,
    id::{ManageTokenId, ProjectId, TokenId},
    manage::ManageToken,
    store::{Due, TokenPage, TokenStore, Unavailable},
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};

use crate::{Sqlite, commit, manage, memory::Found, need::Need, reads, transaction::Transaction};

#[async_trait]
impl TokenStore for Sqlite {
    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable> {
        let ticket = match self.memory.find((project, token)) {
            Found::Item(item) => return Ok(Some(item)),
            Found::Nothing(ticket) => ticket,
        };
        let found = self.readers.inline(|connection| reads::verify_item(connection, project, token))?;
        Ok(match (ticket, found) {
            (Some(ticket), Some(item)) => Some(self.memory.keep(ticket, item)),
            (_, found) => found,
        })
    }

    fn verify_item_in_memory(&self, project: ProjectId, token: TokenId) -> Option<StoredVerifyItem> {
        self.memory.item((project, token))
    }

    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable> {
        let write =
            move |connection: &Transaction<'_, '_>| Ok(commit::mark_used(connection, project, token, day)?);
        Ok(self.writer.write(Need::Growth, write).await?)
    }

    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        self.readers.inline(|connection| reads::token(connection, project, token))
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        let read = move |connection: &_| reads::tokens(connection, project, after, order, limit, bytes);
        self.readers.blocking(read).await
    }

    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable> {
        self.readers.inline(|c| reads::configuration_token(c, project, component, configuration))
    }

    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable> {
        self.readers.inline(|connection| reads::tombstone(connection, project, token))
    }

    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable> {
        self.readers.blocking(move |connection| reads::due(connection, now, after, limit)).await
    }

    /// The due time of a token is in its row, so nothing is left after its deletion.
    async fn forget_due(&self, _due: &Due) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable> {
        self.readers.inline(|connection| manage::token(connection, id))
    }

    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        self.readers.blocking(move |connection| manage::tokens(connection, after, limit)).await
    }

    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        Ok(self
            .writer
            .write(Need::Growth, move |connection| Ok(manage::mark_used(connection, id, day)?))
            .await?)
    }
}
