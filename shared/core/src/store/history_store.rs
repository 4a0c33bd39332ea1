//! Events, and the seals that show that they are what they were.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::Unavailable;
use crate::{
    event::{Event, EventPage, EventRange, Feed, WrittenEvent},
    id::{ProjectId, TokenId},
    seal::{Delivered, Digest, Seal, SignedHead, SignedProgress, Unreadable},
    time::Day,
};

/// The history: feeds of events, the seals and heads of days, and what else shows that nothing was removed from outside.
///
/// Each `found_…` method also returns the records that cannot be read. The method without the prefix returns an error
/// for them.
#[async_trait]
pub trait HistoryStore: Send + Sync + 'static {
    /// Stores an event that comes with no other change, durably before it returns. Idempotent.
    ///
    /// `shards` is the shard count that [`TokenStore::verify_item`](super::TokenStore::verify_item) returned for the author. The store may spread the events
    /// of that token over as many partitions. It raises the count when they cannot keep up.
    async fn append(&self, event: &Event, shards: u32) -> Result<(), Unavailable> {
        let event = WrittenEvent::new(event).map_err(|error| Unavailable::unwritten(&error))?;
        self.append_written(event, shards).await
    }

    /// The same of an event that is written already.
    async fn append_written(&self, event: WrittenEvent, shards: u32) -> Result<(), Unavailable>;

    /// One event of a feed.
    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable>;

    /// A page of a feed, at most `range.limit` events and `range.bytes` bytes. The adapter's memory use depends on the
    /// page, not on the size of the feed. It also returns events that are past the 6 months they are kept: the caller
    /// excludes them with `range.after`.
    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable>;

    /// The uuids of events of a project, after this one, that are in the list of an object and in the feed neither of the project
    /// nor of a token, as Jeton writes none; as far as the store can tell without reading all there is, and none where it cannot.
    async fn stray_events(&self, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>, Unavailable> {
        let _ = (project, after);
        Ok(Vec::new())
    }

    /// Stores seals, which are all of one day of one project, unless the day has a head: returns false then. Overwrites existing ones,
    /// which is safe: seals count only once the head of their day is stored.
    async fn put_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable>;

    /// The seals of a day, ordered by [`Seal::of`].
    ///
    /// Errors: also when a seal cannot be read.
    async fn seals(&self, project: ProjectId, day: Day) -> Result<Vec<Seal>, Unavailable> {
        let found = self.found_seals(project, day).await?;
        found.into_iter().map(|seal| seal.map_err(|bad| unreadable("a seal", project, &bad))).collect()
    }

    /// As [`Self::seals`], with those that cannot be read.
    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable>;

    /// Stores the head of a day, unless the day has one. Returns false if it had one: after a lost answer that may be
    /// this very head.
    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable>;

    /// The heads from this day on, ordered by day, at most `limit`.
    ///
    /// Errors: also when a head cannot be read.
    async fn heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<SignedHead>, Unavailable> {
        let found = self.found_heads(project, from, limit).await?;
        found.into_iter().map(|head| head.map_err(|bad| unreadable("the head", project, &bad))).collect()
    }

    /// As [`Self::heads`], with those that cannot be read.
    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable>;

    /// The head of the latest day that has one.
    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable>;

    /// The last head of a project that was delivered to an anchor location. `place` is the digest that identifies the
    /// location.
    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable>;

    /// Records the last delivered head. Of two concurrent writes either may win: then an anchor is delivered twice.
    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable>;

    /// How far the sealing of a day of a project is, as it was stored last. `None` if nothing is stored, or if it cannot be
    /// read: then the day is counted from its beginning.
    async fn seal_progress(&self, project: ProjectId) -> Result<Option<SignedProgress>, Unavailable>;

    /// Stores how far the sealing of a day is, in place of an earlier progress of the project.
    async fn put_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable>;

    /// The ids of all projects that have any record: tokens, members, events, heads or seals. An id without a project
    /// record means that the record was removed from outside, because no call removes a project. May scan the whole
    /// store.
    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable>;

    /// The ids of all tokens of a project that have any record, deleted tokens included, as far as the store can tell
    /// without a full scan. Empty if it cannot.
    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        let _ = project;
        Ok(BTreeSet::new())
    }
}

impl EventPage {
    /// Returns the page if all of its events can be read, for callers that must not skip one.
    ///
    /// Errors: [`Unavailable`] when an event cannot be read.
    pub fn whole(self) -> Result<Self, Unavailable> {
        match self.unreadable.first() {
            Some(uuid) => Err(Unavailable(format!("event {uuid} cannot be read"))),
            None => Ok(self),
        }
    }
}

fn unreadable(what: &str, project: ProjectId, bad: &Unreadable) -> Unavailable {
    Unavailable(format!("{what} of project {project} and day {} cannot be read: {}", bad.day, bad.why))
}
