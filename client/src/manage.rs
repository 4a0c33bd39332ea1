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
        let path = format!("{}/{}", users(project), client::segment(member));
        self.send(Method::DELETE, &path, None).await
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
