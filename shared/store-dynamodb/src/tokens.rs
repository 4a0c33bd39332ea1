//! Tokens: their records, and their verify items.

use std::sync::Arc;

use jeton_core::{
    id::{ProjectId, TokenId},
    store::{Due, TokenPage, Unavailable},
    token::{StoredVerifyItem, Token, VerifyItem},
};
use jeton_store_support::span;
use tracing::Instrument as _;

#[cfg(feature = "batch")]
use super::key::parse_verify;
use super::{
    DynamoDb,
    failure::chain,
    item::{self, Item},
    key::{Key, Span, parse_token_sort_key},
    reads::{Merged, Part},
};

impl DynamoDb {
    /// The verify item with this key that was just read, with the attributes beside its body; `None` for a tombstone.
    pub(super) fn parsed(&self, key: &Key, found: &Item) -> Result<Option<StoredVerifyItem>, Unavailable> {
        let (shards, last_used) = (item::shards(found), item::last_used(found));
        Ok(self.parsed_body(key, found)?.map(|item| StoredVerifyItem { item, shards, last_used }))
    }

    /// The body of the verify item with this key, from itself or from a replica that was just read.
    pub(super) fn parsed_body(
        &self,
        #[cfg_attr(not(feature = "batch"), expect(unused_variables, reason = "nothing is kept"))] key: &Key,
        found: &Item,
    ) -> Result<Option<Arc<VerifyItem>>, Unavailable> {
        #[cfg(feature = "batch")]
        if let Some(kept) = &self.parsed
            && let Some(token) = parse_verify(&key.pk)
        {
            return kept.body(token, found);
        }
        Ok(item::body(found)?.map(Arc::new))
    }

    /// Reads a token.
    pub(super) async fn whole_token(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<Token>, Unavailable> {
        let found = self.get(&Key::token(project, token)).await?;
        match found.as_ref().map_or(Ok(None), item::token) {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%project, %token, error = error.0, "the record of a token cannot be read");
                return self.placeholder(project, token).await;
            }
        }
        let Some(placeholder) = self.placeholder(project, token).await? else { return Ok(None) };
        // It may have been created between the two reads.
        let again = self.get(&Key::token(project, token)).await?;
        if let Ok(Some(found)) = again.as_ref().map_or(Ok(None), item::token) {
            return Ok(Some(found));
        }
        tracing::error!(%project, %token, "the record of a token is lost");
        Ok(Some(placeholder))
    }

    /// The data of a token's verify item; `None` if there is none.
    async fn placeholder(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        let found = self.read_verify_item(&Key::verify(project, token)).await?;
        Ok(found.map(|item| Token { last_used: item.last_used, ..Token::placeholder(&item) }))
    }

    /// Reads some tokens of a project.
    pub(super) async fn page_of_tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        part: Part,
    ) -> Result<TokenPage, Unavailable> {
        let Merged { items, bytes, more } =
            self.part(vec![Span::tokens(project, after, part.ascending)], part).await?;
        let mut page = TokenPage { bytes, more, ..TokenPage::default() };
        for found in &items {
            let id = item::text_of(found, "sk").and_then(parse_token_sort_key);
            page.last = id.or(page.last);
            let error = match item::token(found) {
                Ok(token) => {
                    page.tokens.extend(token);
                    continue;
                }
                Err(error) => error.0,
            };
            let Some(id) = id else { continue };
            tracing::error!(%project, token = %id, error, "the record of a token cannot be read");
            match self.placeholder(project, id).await {
                Ok(Some(token)) => page.tokens.push(token),
                Ok(None) | Err(_) => page.unreadable.push(id),
            }
        }
        Ok(page)
    }

    /// Removes a due entry.
    pub(super) async fn remove_due(&self, due: &Due) -> Result<(), Unavailable> {
        let key = Key::due(due);
        let request = self.client.delete_item().table_name(&self.table);
        let answer = request
            .set_key(Some(item::key_attributes(&key)))
            .send()
            .instrument(span::store("dynamodb", "DeleteItem"))
            .await;
        answer.map(|_| ()).map_err(|error| Unavailable(format!("removing {key}: {}", chain(&error))))
    }
}
