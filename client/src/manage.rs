//! Projects and their members, for the bearers of manage tokens.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{Answer, Client, Error, NewToken, TokenInfo, client, token::body};

/// A project.
#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: String,
}

/// A member, or somebody who is invited to be one.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// Their id.
    pub id: u64,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// When they joined.
    pub created: String,
}

/// An invitation that has not been accepted.
#[derive(Debug, Clone, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: u64,
    /// When it was sent.
    pub created: String,
    /// When it closes by itself.
    pub expires: String,
    /// Who is invited.
    pub user: Invited,
    /// Who sent it.
    pub creator: Invited,
}

/// Who is invited, or who invites.
#[derive(Debug, Clone, Deserialize)]
pub struct Invited {
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty for a manage token.
    pub email: String,
}

/// What a removed member left behind.
#[derive(Debug, Clone, Deserialize)]
pub struct Removed {
    /// The tokens that they had created.
    pub tokens: Vec<LeftToken>,
    /// Whether there may be more.
    pub more: bool,
}

/// A token that a removed member had created.
#[derive(Debug, Clone, Deserialize)]
pub struct LeftToken {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// Whether it was deleted too. Else it goes on.
    pub ended: bool,
}

impl Client {
    /// Makes a project.
    pub async fn create_project(&self, organization: u64, name: &str) -> Result<Answer<Project>, Error> {
        let path = format!("/manage/organizations/{organization}/projects");
        self.send(Method::POST, &path, Some(&json!({"name": name}))).await
    }

    /// One project.
    pub async fn project(&self, project: u64) -> Result<Answer<Project>, Error> {
        self.get(&format!("/manage/projects/{project}")).await
    }

    /// The members of a project.
    pub async fn members(&self, project: u64) -> Result<Answer<Vec<Member>>, Error> {
        self.get(&users(project)).await
    }

    /// Mails an invitation to become a member.
    pub async fn invite(&self, project: u64, email: &str, name: Option<&str>) -> Result<Answer<()>, Error> {
        let mut invitation = json!({"email": email});
        if let Some(name) = name {
            invitation["name"] = name.into();
        }
        self.send(Method::POST, &users(project), Some(&invitation)).await
    }

    /// Removes a member, or takes an invitation back; by e-mail address or id.
    pub async fn remove_member(&self, project: u64, member: &str) -> Result<Answer<()>, Error> {
        let path = format!("{}/{}", users(project), client::segment(member)?);
        self.send(Method::DELETE, &path, None).await
    }

    /// Removes a member, with or without the tokens that they created; by e-mail address or id.
    pub async fn remove_member_and_tokens(
        &self,
        project: u64,
        member: &str,
        end_tokens: bool,
    ) -> Result<Answer<Removed>, Error> {
        let path = format!("{}/{}?endTokens={end_tokens}", users(project), client::segment(member)?);
        self.send(Method::DELETE, &path, None).await
    }

    /// The invitations to a project that have not been accepted.
    pub async fn invitations(&self, project: u64) -> Result<Answer<Vec<Invitation>>, Error> {
        self.get(&format!("/manage/projects/{project}/invitations")).await
    }

    /// Withdraws an invitation.
    pub async fn withdraw_invitation(&self, project: u64, invitation: u64) -> Result<Answer<()>, Error> {
        let path = format!("/manage/projects/{project}/invitations/{invitation}");
        self.send(Method::DELETE, &path, None).await
    }

    /// Mails a new link and code in place of an invitation's older ones.
    pub async fn send_invitation(&self, project: u64, invitation: u64) -> Result<Answer<()>, Error> {
        let path = format!("/manage/projects/{project}/invitations/{invitation}/send");
        self.send(Method::POST, &path, None).await
    }

    /// Makes a token in a project, which may be one that manages tokens.
    pub async fn create_in(&self, project: u64, wish: &NewToken) -> Result<Answer<TokenInfo>, Error> {
        let path = format!("/manage/projects/{project}/tokens");
        self.send_once(Method::POST, &path, Some(&body(wish))).await
    }
}

fn users(project: u64) -> String {
    format!("/manage/projects/{project}/users")
}
