//! Projects and their members, for the bearers of manage tokens.

use std::fmt::Display;

use http::Method;
use jeton_api::{
    invitation::InvitationBody,
    manage::{CreateProject, InviteMember, MemberBody, ProjectBody, UpdateMember},
    removal::{MemberTokensBody, RemovedMemberBody},
    settings::TokenSettings,
};

use crate::{Answer, Change, Client, Error, TokenInfo, call, token::body};

impl Client {
    /// Makes a project.
    pub async fn create_project(&self, organization: u64, name: &str) -> Result<Answer<ProjectBody>, Error> {
        let path = format!("/manage/organizations/{organization}/projects");
        let wish = CreateProject { name: Some(name.to_owned()), ..CreateProject::default() };
        self.send(Method::POST, &path, Some(&body(&wish))).await
    }

    /// One project.
    pub async fn project(&self, project: u64) -> Result<Answer<ProjectBody>, Error> {
        self.get(&format!("/manage/projects/{project}")).await
    }

    /// The members of a project.
    pub async fn members(&self, project: u64) -> Result<Answer<Vec<MemberBody>>, Error> {
        self.get(&users(project)).await
    }

    /// Mails an invitation to become a member.
    pub async fn invite(&self, project: u64, email: &str, name: Option<&str>) -> Result<Answer<()>, Error> {
        let invitation = InviteMember {
            email: Some(email.to_owned()),
            name: name.map(str::to_owned),
            ..InviteMember::default()
        };
        self.invite_as(project, &invitation).await
    }

    /// Mails an invitation to become a member, with a role.
    pub async fn invite_as(&self, project: u64, invitation: &InviteMember) -> Result<Answer<()>, Error> {
        self.mail_invitation(&users(project), Some(&body(invitation))).await
    }

    /// Changes the role of a member, by e-mail address or id: `admin` or `readOnly`.
    pub async fn set_role(
        &self,
        project: u64,
        member: impl Display,
        role: &str,
    ) -> Result<Answer<MemberBody>, Error> {
        let path = format!("{}/{}", users(project), call::segment(&member.to_string())?);
        let change = UpdateMember { role: Some(role.to_owned()), ..UpdateMember::default() };
        self.send(Method::PUT, &path, Some(&body(&change))).await
    }

    /// The tokens that a member created, which a removal leaves or deletes; by e-mail address or id.
    pub async fn member_tokens(
        &self,
        project: u64,
        member: impl Display,
    ) -> Result<Answer<MemberTokensBody>, Error> {
        self.get(&format!("{}/{}/tokens", users(project), call::segment(&member.to_string())?)).await
    }

    /// Removes a member, or takes an invitation back; by e-mail address or id.
    pub async fn remove_member(&self, project: u64, member: impl Display) -> Result<Answer<()>, Error> {
        let path = format!("{}/{}", users(project), call::segment(&member.to_string())?);
        self.send(Method::DELETE, &path, None).await
    }

    /// Removes a member, with or without the tokens that they created; by e-mail address or id.
    pub async fn remove_member_and_tokens(
        &self,
        project: u64,
        member: impl Display,
        end_tokens: bool,
    ) -> Result<Answer<RemovedMemberBody>, Error> {
        let path =
            format!("{}/{}?endTokens={end_tokens}", users(project), call::segment(&member.to_string())?);
        self.send(Method::DELETE, &path, None).await
    }

    /// The invitations to a project that have not been accepted.
    pub async fn invitations(&self, project: u64) -> Result<Answer<Vec<InvitationBody>>, Error> {
        self.get(&format!("/manage/projects/{project}/invitations")).await
    }

    /// Withdraws an invitation.
    pub async fn withdraw_invitation(&self, project: u64, invitation: u64) -> Result<Answer<()>, Error> {
        let path = format!("/manage/projects/{project}/invitations/{invitation}");
        self.withdraw(Change::InvitationWithdrawal, &path).await
    }

    /// Mails a new link and code in place of an invitation's older ones.
    pub async fn send_invitation(&self, project: u64, invitation: u64) -> Result<Answer<()>, Error> {
        let path = format!("/manage/projects/{project}/invitations/{invitation}/send");
        self.mail_invitation(&path, None).await
    }

    /// Makes a token in a project, which may be one that manages tokens.
    pub async fn create_in(
        &self,
        project: u64,
        settings: &TokenSettings,
    ) -> Result<Answer<TokenInfo>, Error> {
        let path = format!("/manage/projects/{project}/tokens");
        self.send_once(Change::Secret, &path, &body(settings)).await
    }
}

fn users(project: u64) -> String {
    format!("/manage/projects/{project}/users")
}
