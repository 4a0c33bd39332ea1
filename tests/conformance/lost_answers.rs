//! A store wrapper that commits, but loses the first answer.

use std::collections::BTreeSet;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    email::Email,
    event::{Event, EventPage, EventRange, Feed, Order, WrittenEvent},
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    manage::ManageToken,
    member::{Member, Membership, UnreadableMember},
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
    project::Project,
    seal::{Delivered, Digest, Seal, SignedHead, SignedProgress, Unreadable},
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    store::{
        Commit, CommitError, CommitStore, Due, HistoryStore, Maintenance, MemberStore, Store, TokenPage,
        TokenStore, Unavailable,
    },
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};
use uuid::Uuid;

pub(crate) struct LostAnswers {
    store: Arc<dyn Store>,
    lost: AtomicBool,
}

impl LostAnswers {
    pub(crate) fn of(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), lost: AtomicBool::new(false) }
    }
}

#[async_trait]
impl CommitStore for LostAnswers {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let answer = self.store.commit(commit).await;
        if self.lost.swap(true, Ordering::Relaxed) {
            answer
        } else {
            Err(CommitError::Unknown("lost".into()))
        }
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.store.committed(commit).await
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.store.idempotency_record(id).await
    }

    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable> {
        self.store.spend(budgets, once).await
    }
}

#[async_trait]
impl TokenStore for LostAnswers {
    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable> {
        self.store.verify_item(project, token).await
    }

    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable> {
        self.store.mark_used(project, token, day).await
    }

    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        self.store.token(project, token).await
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        self.store.tokens(project, after, order, limit, bytes).await
    }

    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable> {
        self.store.configuration_token(project, component, configuration).await
    }

    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable> {
        self.store.tombstone(project, token).await
    }

    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable> {
        self.store.due(now, after, limit).await
    }

    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable> {
        self.store.forget_due(due).await
    }

    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable> {
        self.store.manage_token(id).await
    }

    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        self.store.manage_tokens(after, limit).await
    }

    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        self.store.mark_manage_token_used(id, day).await
    }
}

#[async_trait]
impl MemberStore for LostAnswers {
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.store.project(project).await
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        self.store.projects(limit).await
    }

    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable> {
        self.store.no_projects(limit).await
    }

    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        self.store.found_member(project, member).await
    }

    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        self.store.found_members(project).await
    }

    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        self.store.projects_of(email).await
    }

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.store.membership(project, email).await
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        self.store.invitations(project, now).await
    }

    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        self.store.found_share(share).await
    }

    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        self.store.reserve_attempt(share, attempt).await
    }

    async fn count_wrong_code(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
    ) -> Result<Option<u8>, Unavailable> {
        self.store.count_wrong_code(share, attempt).await
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        self.store.session(session).await
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        self.store.sessions(email).await
    }

    async fn found_passkeys(
        &self,
        email: &Email,
    ) -> Result<Option<Result<Passkeys, UnreadablePasskeys>>, Unavailable> {
        self.store.found_passkeys(email).await
    }

    async fn passkey_owner(&self, credential: &CredentialId) -> Result<Option<Email>, Unavailable> {
        self.store.passkey_owner(credential).await
    }
}

#[async_trait]
impl HistoryStore for LostAnswers {
    async fn append_written(&self, event: WrittenEvent, shards: u32) -> Result<(), Unavailable> {
        self.store.append_written(event, shards).await
    }

    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        self.store.event(feed, uuid).await
    }

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        self.store.events(feed, range).await
    }

    async fn stray_events(&self, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>, Unavailable> {
        self.store.stray_events(project, after).await
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable> {
        self.store.put_seals(seals).await
    }

    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        self.store.found_seals(project, day).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        self.store.insert_head(head).await
    }

    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        self.store.found_heads(project, from, limit).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        self.store.last_head(project).await
    }

    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable> {
        self.store.delivered(project, place).await
    }

    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable> {
        self.store.put_delivered(project, place, delivered).await
    }

    async fn seal_progress(&self, project: ProjectId) -> Result<Option<SignedProgress>, Unavailable> {
        self.store.seal_progress(project).await
    }

    async fn put_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable> {
        self.store.put_seal_progress(progress).await
    }

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        self.store.known_projects().await
    }

    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        self.store.known_tokens(project).await
    }
}

#[async_trait]
impl Maintenance for LostAnswers {
    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable> {
        self.store.clean(now).await
    }

    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        self.store.list_earlier_manage_tokens().await
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.store.ready().await
    }

    async fn set_up(&self) -> Result<(), Unavailable> {
        self.store.set_up().await
    }
}
