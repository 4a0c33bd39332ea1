//! Events and seals.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::{
    event::{Event, EventPage, EventRange, Feed, WrittenEvent},
    id::{ProjectId, TokenId},
    seal::{Delivered, Digest, Seal, SignedHead, SignedProgress, Unreadable},
    store::{HistoryStore, Unavailable},
    time::Day,
};
use uuid::Uuid;

use crate::{Sqlite, events, known_projects, need::Need, seals, transaction::Transaction};

#[async_trait]
impl HistoryStore for Sqlite {
    async fn append_written(&self, event: WrittenEvent, _shards: u32) -> Result<(), Unavailable> {
        let event = events::Row::new(event);
        Ok(self.writer.write_one(Need::Growth, move |transaction| Ok(event.insert(transaction)?)).await?)
    }

    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        self.readers.inline(|connection| events::one(connection, &self.tail, feed, uuid))
    }

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        let (feed, tail) = (feed.clone(), Arc::clone(&self.tail));
        self.readers.blocking(move |connection| events::range(connection, &tail, &feed, range)).await
    }

    async fn stray_events(&self, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>, Unavailable> {
        self.readers.blocking(move |connection| events::strays(connection, project, after)).await
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable> {
        let seals = seals.to_vec();
        Ok(self.writer.write(Need::Growth, move |connection| Ok(seals::put(connection, &seals)?)).await?)
    }

    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        self.readers.blocking(move |connection| seals::of_day(connection, project, day)).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let head = head.clone();
        Ok(self
            .writer
            .write(Need::Growth, move |connection| Ok(seals::insert_head(connection, &head)?))
            .await?)
    }

    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        self.readers.blocking(move |connection| seals::heads(connection, project, from, limit)).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        self.readers.inline(|connection| seals::last_head(connection, project))
    }

    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable> {
        self.readers.inline(|connection| seals::delivered(connection, project, place))
    }

    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable> {
        let delivered = delivered.clone();
        let put = move |connection: &Transaction<'_, '_>| {
            Ok(seals::put_delivered(connection, project, place, &delivered)?)
        };
        Ok(self.writer.write(Need::Growth, put).await?)
    }

    async fn seal_progress(&self, project: ProjectId) -> Result<Option<SignedProgress>, Unavailable> {
        self.readers.inline(|connection| seals::progress(connection, project))
    }

    async fn put_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable> {
        let progress = progress.clone();
        let put = move |connection: &Transaction<'_, '_>| Ok(seals::put_progress(connection, &progress)?);
        Ok(self.writer.write(Need::Growth, put).await?)
    }

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        self.readers.blocking(known_projects::known_projects).await
    }

    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        let in_tail = self.tail.tokens(project);
        let in_file = move |connection: &_| known_projects::known_tokens(connection, project);
        let mut known = self.readers.blocking(in_file).await?;
        known.extend(in_tail);
        Ok(known)
    }
}
