//! Events and seals.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jeton_core::{
    event::{Event, EventPage, EventRange, Feed, WrittenEvent},
    id::ProjectId,
    seal::{Delivered, Digest, Seal, SignedHead, SignedProgress, Unreadable},
    store::{HistoryStore, Unavailable},
    time::Day,
};
use uuid::Uuid;

use crate::{DynamoDb, item, key::Key};

#[async_trait]
impl HistoryStore for DynamoDb {
    async fn append_written(&self, event: WrittenEvent, shards: u32) -> Result<(), Unavailable> {
        self.add(&event, shards).await
    }

    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        self.one_event(feed, uuid).await
    }

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        self.feed(feed, range).await
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable> {
        self.store_seals(seals).await
    }

    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        self.seals_of(project, day).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        self.store_head(head).await
    }

    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        self.heads_of(project, Some(from), limit).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        let last = self.heads_of(project, None, 1).await?.pop().transpose();
        last.map_err(|bad| {
            Unavailable(format!("the head of {} of project {project} cannot be read: {}", bad.day, bad.why))
        })
    }

    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable> {
        // A head that cannot be read is delivered again.
        let found = self.get(&Key::delivered(project, place)).await?;
        Ok(found.and_then(|found| item::body(&found).ok().flatten()))
    }

    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable> {
        self.store_delivered(&Key::delivered(project, place), delivered).await
    }

    async fn seal_progress(&self, project: ProjectId) -> Result<Option<SignedProgress>, Unavailable> {
        let found = self.get(&Key::seal_progress(project)).await?;
        Ok(found.and_then(|found| item::body(&found).ok().flatten()))
    }

    async fn put_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable> {
        self.store_seal_progress(progress).await
    }

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        self.all_known_projects().await
    }
}
