//! The store on Amazon DynamoDB: one table, no secondary index.
//!
//! | partition key | sort key | what |
//! | --- | --- | --- |
//! | `V#{project}#{token}` | `V` | what verify reads; after deletion, the tombstone |
//! | `P#{project}` | `PROJECT`, `TOKEN#…`, `MEMBER#…`, `EMAIL#…`, `CONFIG#…` | a project and what is in it |
//! | `P#{project}#T#{token}#{shard}` | uuid | events by or about a token |
//! | `P#{project}#F#{shard}` | uuid | changes, refusals and posted events of a project |
//! | `P#{project}#O#{type and id}#{shard}` | uuid | events whose object this is |
//! | `E#{address}` | `PROJECT#…`, `SESSION#…` | the projects and the sessions of an e-mail address |
//! | `S#{share}`, `N#{session}`, `M#{id}` | `S`, `N`, `M` | a share, invitation or sign-in; a session; a manage token |
//! | `M#{id}#F#{shard}` | uuid | events by or about a manage token |
//! | `MANAGE` | id | the list of manage tokens |
//! | `B#{budget}` | `B` | how much of a budget is used |
//! | `I#{record}` | `I` | the idempotency record of a call with an `Idempotency-Key` |
//! | `P#{project}#SEALS#{day}`, `P#{project}#HEADS` | token, day | seals of the history of a day; heads of days, and which of them a place for anchors has taken |
//! | `DUE#{partition}` | time, project, token | what the sweep has to look at |
//! | `PROJECTS`, `META` | id, `SCHEMA` and `MANAGE` | the list of projects; the version of this layout, and that all manage tokens are listed |
//!
//! Every change is one transaction whose conditions are those of the port. Expired items go by the
//! table's own cleaner, which may be days late; no read relies on it.

#[cfg(feature = "serve")]
mod batch;
mod budget;
mod commit;
mod events;
mod failure;
#[cfg(feature = "serve")]
mod gather;
mod invitations;
mod item;
mod key;
mod manage;
mod members;
mod op;
mod reads;
mod schema;
mod seals;
#[cfg(feature = "serve")]
mod shared;
mod table;
mod tokens;
mod touch;
mod transact;

use std::collections::BTreeSet;

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    email::Email,
    event::{Event, EventPage, EventRange, Feed},
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    manage::ManageToken,
    member::{Member, Membership, UnreadableMember},
    project::Project,
    seal::{Delivered, Digest, Seal, SignedHead, Unreadable},
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    store::{Commit, CommitError, Contention, Due, Store, TokenPage, Unavailable},
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};
use uuid::Uuid;

use key::{Key, Span};
use reads::Part;
pub use table::DynamoDb;

use super::unreadable;

#[async_trait]
impl Store for DynamoDb {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.store(commit, Contention::Wait).await
    }

    async fn try_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.store(commit, Contention::Fail).await
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.stored(commit).await
    }

    async fn append(&self, event: &Event, shards: u32) -> Result<(), Unavailable> {
        self.add(event, shards).await
    }

    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable> {
        let key = Key::verify(project, token);
        #[cfg(feature = "serve")]
        if let Some(shared) = &self.shared
            && let Some(read) = shared.verify_item(key.clone()).await
        {
            return read;
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
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        self.page_of_tokens(project, after, Part { ascending: true, limit, bytes }).await
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

    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        self.one_share(share).await
    }

    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        self.reserve(share, attempt).await
    }

    async fn refuse_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        self.refuse(share, attempt).await
    }

    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable> {
        self.spend_all(budgets, once).await
    }

    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.get(&Key::project(project)).await?.map_or(Ok(None), |found| item::body(&found))
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        let found = self.list(Span::projects(), limit).await?;
        let id = |sk: &str| ProjectId::new(sk.parse().ok()?);
        Ok(found.iter().filter_map(|found| item::text_of(found, "sk").and_then(id)).collect())
    }

    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable> {
        let found = self.list(Span::projects(), usize::MAX).await?;
        let is_none = |sk: &&str| sk.parse().ok().and_then(ProjectId::new).is_none();
        let of_none = found.iter().filter_map(|found| item::text_of(found, "sk")).filter(is_none);
        Ok(of_none.take(limit).map(str::to_owned).collect())
    }

    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        self.one_member(project, member).await
    }

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.membership_of(project, email).await
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        self.standing_invitations(project, now).await
    }

    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        self.all_members(project).await
    }

    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        let found = self.list(Span::projects_of(email), usize::MAX).await?;
        let id = |sk: &str| ProjectId::new(sk.strip_prefix("PROJECT#")?.parse().ok()?);
        Ok(found.iter().filter_map(|found| item::text_of(found, "sk").and_then(id)).collect())
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        Ok(self.get(&Key::session(session)).await?.as_ref().and_then(session_in))
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.get(&Key::idempotency_record(id)).await?.map_or(Ok(None), |found| item::body(&found))
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        let found = self.list(Span::sessions_of(email), usize::MAX).await?;
        Ok(found.iter().filter_map(session_in).collect())
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

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        self.feed(feed, range).await
    }

    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        self.one_event(feed, uuid).await
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<(), Unavailable> {
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

    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable> {
        // What cannot be read is delivered again.
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

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        self.all_known_projects().await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        let last = self.heads_of(project, None, 1).await?.pop().transpose();
        last.map_err(|bad| {
            Unavailable(format!("the head of {} of project {project} cannot be read: {}", bad.day, bad.why))
        })
    }

    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable> {
        let found = self.merged(Span::due(now, after), true, limit).await?;
        Ok(found.iter().filter_map(|found| item::text_of(found, "sk").and_then(key::parse_due)).collect())
    }

    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable> {
        self.remove_due(due).await
    }

    /// The table cleans itself, by the attribute `ttl`.
    async fn clean(&self, _now: Timestamp) -> Result<u64, Unavailable> {
        Ok(0)
    }

    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        self.take_over_manage_tokens().await
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.check_schema().await.map_err(Unavailable)
    }

    async fn set_up(&self) -> Result<(), Unavailable> {
        self.mark_with_schema().await.map_err(Unavailable)
    }
}

/// A session; none for one that cannot be read, which opens nothing.
fn session_in(found: &item::Item) -> Option<Session> {
    let tell = |error: &Unavailable| {
        let which = ["pk", "sk"].map(|name| item::text_of(found, name).unwrap_or_default());
        unreadable::tell("a session", which.join(" / "), &error.0);
    };
    item::whole(found).inspect_err(tell).ok()
}
