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

use crate::{
    DynamoDb, item,
    key::{self, Key, Span},
    reads::Part,
};

#[async_trait]
impl TokenStore for DynamoDb {
    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable> {
        let key = Key::verify(project, token);
        #[cfg(feature = "batch")]
        if let Some(shared) = &self.shared {
            if let Some(read) = shared.verify_item(key.clone()).await {
                return read;
            }
            // Rare, and boxed apart so that the future of every other read is small.
            return Box::pin(self.read_verify_item(&key)).await;
        }
        self.read_verify_item(&key).await
    }

    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable> {
        self.touch(project, token, day).await
    }

    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        self.whole_token(project, token).await
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        let ascending = order == Order::Ascending;
        self.page_of_tokens(project, after, Part { ascending, limit, bytes }).await
    }

    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable> {
        let found = self.get(&Key::configuration(project, component, configuration)).await?;
        Ok(found.and_then(|found| item::number_of(&found, "token")))
    }

    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable> {
        self.get(&Key::verify(project, token)).await?.map_or(Ok(None), |found| item::read(&found, "gone"))
    }

    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable> {
        let found = self.merged(Span::due(now, after), true, limit).await?;
        Ok(found.iter().filter_map(|found| item::text_of(found, "sk").and_then(key::parse_due)).collect())
    }

    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable> {
        self.remove_due(due).await
    }

    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable> {
        self.one_manage_token(id).await
    }

    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        self.listed_manage_tokens(after, limit).await
    }

    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        self.touch_manage_token(id, day).await
    }
}
