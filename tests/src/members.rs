//! Joining and removal of members.

use jeton_core::{id::ProjectId, secret::token_address};
use serde_json::json;

use crate::{
    client::Answer,
    jeton::{Held, Jeton},
    mailbox::Invitation,
};

impl Jeton {
    /// Invites an address to the project, and reads the mail.
    pub async fn invite(&self, email: &str) -> Invitation {
        let path = format!("/manage/projects/{}/users", self.project);
        self.post(&path).manage(&self.manage).json(&json!({"email": email})).send().await.expect(204);
        self.invitation(email).await
    }

    /// Makes an address a member by an invitation, and returns their master token.
    pub async fn join(&self, email: &str) -> Held {
        let invitation = self.invite(email).await;
        Held::of(self.pick_up(&invitation).await.expect(200).field("token"))
    }

    /// Invites an address with a role, and reads the mail.
    pub async fn invite_as(&self, email: &str, role: &str) -> Invitation {
        let path = format!("/manage/projects/{}/users", self.project);
        let wish = json!({"email": email, "role": role});
        self.post(&path).manage(&self.manage).json(&wish).send().await.expect(204);
        self.invitation(email).await
    }

    /// Makes an address a read-only member, and returns their token.
    pub async fn join_to_read(&self, email: &str) -> Held {
        let invitation = self.invite_as(email, "readOnly").await;
        Held::of(self.pick_up(&invitation).await.expect(200).field("token"))
    }

    /// Asks for another role of a member, by their address or id.
    pub async fn set_role(&self, member: &str, role: &str) -> Answer {
        let path = format!("/manage/projects/{}/users/{member}", self.project);
        self.put(&path).manage(&self.manage).json(&json!({"role": role})).send().await
    }

    /// Creates another project with this address as member.
    pub async fn new_project(&self, name: &str, email: &str) -> ProjectId {
        self.new_project_of(name, email).await.0
    }

    /// The same, with the master token of that member.
    pub async fn new_project_of(&self, name: &str, email: &str) -> (ProjectId, Held) {
        let path = "/manage/organizations/12/projects";
        let project = self.post(path).manage(&self.manage).json(&json!({"name": name})).send().await;
        let project = project.expect(201).json()["id"].to_string();
        let path = format!("/manage/projects/{project}/users");
        self.post(&path).manage(&self.manage).json(&json!({"email": email})).send().await.expect(204);
        let master = self.pick_up(&self.invitation(email).await).await.expect(200).field("token");
        (project.parse().unwrap(), Held::of(master))
    }

    /// Removes a member.
    pub async fn remove_member(&self, email: &str) {
        let path = format!("/manage/projects/{}/users/{email}", self.project);
        self.delete(&path).manage(&self.manage).send().await.expect(204);
    }

    /// The addresses of the project's members and of those invited.
    pub async fn members(&self) -> Vec<String> {
        let path = format!("/manage/projects/{}/users", self.project);
        let users = self.get(&path).manage(&self.manage).send().await.expect(200).json();
        users.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
    }
}

impl Held {
    /// A token from its secret, which contains its id.
    pub fn of(token: String) -> Self {
        Self { id: token_address(&token).unwrap().token.to_string(), token }
    }
}
