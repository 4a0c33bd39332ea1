//! Projects, members, shares, invitations, sessions and passkeys.

use async_trait::async_trait;
use jeton_core::{
    email::Email,
    id::{MemberId, ProjectId},
    member::{Member, Membership, UnreadableMember},
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
    project::Project,
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    store::{MemberStore, Unavailable},
    time::Timestamp,
};

use crate::{Sqlite, members, need::Need, passkeys, reads, shares, transaction::Transaction};

#[async_trait]
impl MemberStore for Sqlite {
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.readers.inline(|connection| reads::project(connection, project))
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        self.readers.blocking(move |connection| reads::projects(connection, limit)).await
    }

    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable> {
        self.readers.blocking(move |connection| reads::no_projects(connection, limit)).await
    }

    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        self.readers.inline(|connection| members::member(connection, project, member))
    }

    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        self.readers.blocking(move |connection| members::members(connection, project)).await
    }

    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| reads::projects_of(connection, &email)).await
    }

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.readers.inline(|connection| members::membership(connection, project, email))
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        self.readers.blocking(move |connection| shares::invitations(connection, project, now)).await
    }

    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        self.readers.inline(|connection| shares::found(connection, share))
    }

    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        let (share, attempt) = (share.clone(), attempt.clone());
        let reserve = move |connection: &Transaction<'_, '_>| {
            Ok(shares::reserve_attempt(connection, &share, &attempt)?)
        };
        Ok(self.writer.write(Need::Growth, reserve).await?)
    }

    async fn count_wrong_code(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
    ) -> Result<Option<u8>, Unavailable> {
        let (share, attempt) = (share.clone(), attempt.clone());
        let count = move |connection: &Transaction<'_, '_>| {
            Ok(shares::count_wrong_code(connection, &share, &attempt)?)
        };
        Ok(self.writer.write(Need::Growth, count).await?)
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        self.readers.inline(|connection| members::session(connection, session))
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| members::sessions(connection, &email)).await
    }

    async fn found_passkeys(
        &self,
        email: &Email,
    ) -> Result<Option<Result<Passkeys, UnreadablePasskeys>>, Unavailable> {
        self.readers.inline(|connection| passkeys::passkeys(connection, email))
    }

    async fn passkey_owner(&self, credential: &CredentialId) -> Result<Option<Email>, Unavailable> {
        self.readers.inline(|connection| passkeys::owner(connection, credential))
    }
}
