//! What sealing asks of a store beside the history: the list of projects and tokens. All else it must not call.

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    email::Email,
    event::Order,
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    manage::ManageToken,
    member::{Member, Membership, UnreadableMember},
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
    project::Project,
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    store::{Commit, CommitError, CommitStore, Due, MemberStore, TokenPage, TokenStore, Unavailable},
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};
use uuid::Uuid;

use crate::table::Table;

#[async_trait]
impl CommitStore for Table {
    async fn commit(&self, _: &Commit) -> Result<(), CommitError> {
        unreachable!()
    }

    async fn committed(&self, _: &Commit) -> Result<bool, Unavailable> {
        unreachable!()
    }

    async fn idempotency_record(
        &self,
        _: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        unreachable!()
    }

    async fn spend(&self, _: &[Spend], _: Uuid) -> Result<Option<Spend>, Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl TokenStore for Table {
    async fn verify_item(&self, _: ProjectId, _: TokenId) -> Result<Option<StoredVerifyItem>, Unavailable> {
        unreachable!()
    }

    async fn mark_used(&self, _: ProjectId, _: TokenId, _: Day) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn token(&self, _: ProjectId, _: TokenId) -> Result<Option<Token>, Unavailable> {
        unreachable!()
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        self.tokens_of(project, after, order, (limit, bytes)).await
    }

    async fn configuration_token(
        &self,
        _: ProjectId,
        _: &str,
        _: &str,
    ) -> Result<Option<TokenId>, Unavailable> {
        unreachable!()
    }

    async fn tombstone(&self, _: ProjectId, _: TokenId) -> Result<Option<Tombstone>, Unavailable> {
        unreachable!()
    }

    async fn due(&self, _: Timestamp, _: Option<Due>, _: usize) -> Result<Vec<Due>, Unavailable> {
        unreachable!()
    }

    async fn forget_due(&self, _: &Due) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn manage_token(&self, _: ManageTokenId) -> Result<Option<ManageToken>, Unavailable> {
        unreachable!()
    }

    async fn manage_tokens(
        &self,
        _: Option<ManageTokenId>,
        _: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        unreachable!()
    }

    async fn mark_manage_token_used(&self, _: ManageTokenId, _: Day) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl MemberStore for Table {
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.one(self.inner.project(project)).await
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        self.one(self.inner.projects(limit)).await
    }

    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable> {
        self.one(self.inner.no_projects(limit)).await
    }

    async fn found_member(
        &self,
        _: ProjectId,
        _: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        unreachable!()
    }

    async fn found_members(
        &self,
        _: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        unreachable!()
    }

    async fn projects_of(&self, _: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        unreachable!()
    }

    async fn membership(&self, _: ProjectId, _: &Email) -> Result<Option<Membership>, Unavailable> {
        unreachable!()
    }

    async fn invitations(
        &self,
        _: ProjectId,
        _: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        unreachable!()
    }

    async fn found_share(&self, _: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        unreachable!()
    }

    async fn reserve_attempt(&self, _: &ShareId, _: &AttemptId) -> Result<Option<u8>, Unavailable> {
        unreachable!()
    }

    async fn count_wrong_code(&self, _: &ShareId, _: &AttemptId) -> Result<Option<u8>, Unavailable> {
        unreachable!()
    }

    async fn session(&self, _: &SessionId) -> Result<Option<Session>, Unavailable> {
        unreachable!()
    }

    async fn sessions(&self, _: &Email) -> Result<Vec<Session>, Unavailable> {
        unreachable!()
    }

    async fn found_passkeys(
        &self,
        _: &Email,
    ) -> Result<Option<Result<Passkeys, UnreadablePasskeys>>, Unavailable> {
        unreachable!()
    }

    async fn passkey_owner(&self, _: &CredentialId) -> Result<Option<Email>, Unavailable> {
        unreachable!()
    }
}
