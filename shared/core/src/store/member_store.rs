//! Projects, their members, what is sent to people by mail, who is signed in, and by which passkeys.

use async_trait::async_trait;

use super::Unavailable;
use crate::{
    email::Email,
    id::{MemberId, ProjectId},
    member::{Member, Membership, UnreadableMember},
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
    project::Project,
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    time::Timestamp,
};

/// Reads of projects, members, shares, invitations, sessions and passkeys, and the attempts to enter the code of a share.
///
/// Each `found_…` method also returns the records that cannot be read. The method without the prefix returns an error
/// for them.
#[async_trait]
pub trait MemberStore: Send + Sync + 'static {
    /// A project.
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable>;

    /// The ids of all projects, ascending, at most `limit`.
    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable>;

    /// What is in the list of projects where their ids are and can be none, as the store has it, at most `limit`. Jeton writes
    /// nothing like that.
    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable>;

    /// A member.
    ///
    /// Errors: also when their record cannot be read.
    async fn member(&self, project: ProjectId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        self.found_member(project, member).await?.transpose().map_err(|bad| unreadable_member(&bad))
    }

    /// As [`Self::member`], but returns a record that cannot be read instead of an error.
    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable>;

    /// The members of a project, ordered by id.
    ///
    /// Errors: also when a record cannot be read.
    async fn members(&self, project: ProjectId) -> Result<Vec<Member>, Unavailable> {
        let found = self.found_members(project).await?;
        found.into_iter().map(|member| member.map_err(|bad| unreadable_member(&bad))).collect()
    }

    /// As [`Self::members`], with the records that cannot be read.
    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable>;

    /// The ids of the projects that an address is a member of, ascending.
    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable>;

    /// The membership of an e-mail address in a project, or its pending invitation. Case is ignored.
    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable>;

    /// The pending invitations of a project that are open and have not expired, in no order. Includes those that cannot
    /// be read.
    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable>;

    /// A share or invitation, with the attempts reserved so far.
    ///
    /// Errors: also when its record cannot be read.
    async fn share(&self, share: &ShareId) -> Result<Option<Share>, Unavailable> {
        let found = self.found_share(share).await?.transpose();
        found.map_err(|id| Unavailable(format!("share {id} cannot be read")))
    }

    /// As [`Self::share`], but returns the id of one that cannot be read instead of an error.
    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable>;

    /// Reserves an attempt to enter the code of a pending share, by a conditional increment. Returns how many attempts are
    /// reserved, at most [`crate::share::MAX_ATTEMPTS`]. Idempotent: repeating the same attempt after a lost answer does
    /// not count it again. `None` if the share is not open or no attempt is left.
    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable>;

    /// Counts a reserved attempt as wrong. Returns how many attempts were wrong so far. Idempotent. `None` if the share
    /// is unknown.
    async fn count_wrong_code(&self, share: &ShareId, attempt: &AttemptId)
    -> Result<Option<u8>, Unavailable>;

    /// A session, which may have expired. `None` if it does not exist or cannot be read: either way it authenticates
    /// nobody.
    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable>;

    /// The sessions of an address, ordered by id. Includes expired sessions until [`Maintenance::clean`](super::Maintenance::clean) removes them. Leaves
    /// out those that cannot be read.
    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable>;

    /// The passkeys of an address; `None` if it has none. Case is ignored.
    ///
    /// Errors: also when their record cannot be read.
    async fn passkeys(&self, email: &Email) -> Result<Option<Passkeys>, Unavailable> {
        let found = self.found_passkeys(email).await?.transpose();
        found.map_err(|_| Unavailable("the passkeys of an address cannot be read".to_owned()))
    }

    /// As [`Self::passkeys`], but returns a record that cannot be read instead of an error.
    async fn found_passkeys(
        &self,
        email: &Email,
    ) -> Result<Option<Result<Passkeys, UnreadablePasskeys>>, Unavailable>;

    /// The address that has the passkey with this credential id, according to an entry beside the record of the address. `None` if
    /// there is no entry, or it cannot be read: either way the passkey signs nobody in.
    async fn passkey_owner(&self, credential: &CredentialId) -> Result<Option<Email>, Unavailable>;
}

fn unreadable_member(bad: &UnreadableMember) -> Unavailable {
    Unavailable(format!("member {} of project {} cannot be read", bad.id, bad.project))
}
