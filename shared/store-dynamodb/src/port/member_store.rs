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

use jeton_store_support::unreadable;

use crate::{
    DynamoDb, item,
    key::{Key, Span},
    passkeys,
};

#[async_trait]
impl MemberStore for DynamoDb {
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

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.membership_of(project, email).await
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        self.pending_invitations(project, now).await
    }

    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        self.one_share(share).await
    }

    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        self.reserve(share, attempt).await
    }

    async fn count_wrong_code(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
    ) -> Result<Option<u8>, Unavailable> {
        self.count_wrong_code(share, attempt).await
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        Ok(self.get(&Key::session(session)).await?.as_ref().and_then(session_in))
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        let found = self.list(Span::sessions_of(email), usize::MAX).await?;
        Ok(found.iter().filter_map(session_in).collect())
    }

    async fn found_passkeys(
        &self,
        email: &Email,
    ) -> Result<Option<Result<Passkeys, UnreadablePasskeys>>, Unavailable> {
        Ok(self.get(&Key::passkeys(email)).await?.map(|found| passkeys::found(email, &found)))
    }

    async fn passkey_owner(&self, credential: &CredentialId) -> Result<Option<Email>, Unavailable> {
        let Some(found) = self.get(&Key::passkey_owner(credential)).await? else { return Ok(None) };
        let address = item::text_of(&found, "address").and_then(Email::parse);
        if address.is_none() {
            unreadable::tell("the address of a passkey", credential, "it is no address");
        }
        Ok(address)
    }
}

/// Reads a session; `None` for one that cannot be read, which is not valid.
fn session_in(found: &item::Item) -> Option<Session> {
    let tell = |error: &Unavailable| {
        let which = ["pk", "sk"].map(|name| item::text_of(found, name).unwrap_or_default());
        unreadable::tell("a session", which.join(" / "), &error.0);
    };
    item::whole(found).inspect_err(tell).ok()
}
