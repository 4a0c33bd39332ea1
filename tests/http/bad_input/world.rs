//! A Jeton with every kind of credential, and a value for every parameter.

use jeton_core::{
    email::Email,
    event_context::Actor,
    id::{ManageTokenId, ProjectId, TokenId},
    manage::ManageToken,
    member::Role,
    secret::{mint_manage_token, mint_token},
    store::{Commit, Write},
    time::Timestamp,
};
use jeton_service::{
    clock::entropy,
    endpoint::{Endpoint, Handler},
    operation::setup,
};
use jeton_tests::{
    client::Call,
    jeton::{Held, Invitation, Jeton, START},
};
use serde_json::{Value, json};

use super::rows::Row;

/// The component and the configuration of the configuration token.
pub const COMPONENT: &str = "keboola.ex-db";
const CONFIGURATION: &str = "123";

/// The world.
pub struct World {
    /// The service.
    pub jeton: Jeton,
    /// A limited token, which most calls are about.
    pub other: Held,
    /// A token of another project.
    pub foreign: Held,
    /// An expired token.
    pub expired: Held,
    /// A secret that a refresh has replaced.
    pub refreshed_away: String,
    /// The secret of a deleted token.
    pub deleted: String,
    /// A secret in the right format that was never issued.
    pub never_issued: String,
    /// The same for a manage token.
    pub manage_never_issued: String,
    /// An expired manage token.
    pub manage_expired: String,
    /// A pending share of `other`.
    pub invitation: Invitation,
    member: String,
    uuid: String,
    /// Another manage token than the caller, and an event of it.
    manage_token: String,
    manage_uuid: String,
    /// The id of an invitation to the project.
    invited: String,
}

impl World {
    /// A new one.
    pub async fn start() -> Self {
        let jeton = Jeton::start().await;
        let limited = json!({"bucketPermissions": {"in.c-main": "read"}});
        let other = jeton.create(&limited).await;
        let expired = jeton.create(&json!({"expiresIn": 60})).await;
        let refreshed = jeton.create(&limited).await;
        jeton.refresh(&refreshed).await;
        let deleted = jeton.create(&limited).await;
        let path = format!("/v2/storage/tokens/{}", deleted.id);
        jeton.delete(&path).token(&jeton.master).send().await.expect(204);
        let path = format!("/v2/storage/components/{COMPONENT}/configs/{CONFIGURATION}/token");
        jeton.put(&path).token(&jeton.master).json(&limited).send().await.expect(201);
        let invitation = jeton.share(&other.id, "recipient@example.org").await;
        let second = setup::project(&jeton.app, "Another project", 12).await.unwrap();
        let foreign = Self::join(&jeton, second.id, "stranger@example.org").await;
        let project = jeton.project;
        let email = Email::parse("bob@example.org").unwrap();
        let (member, ..) = setup::member(&jeton.app, project, &email, "Bob").await.unwrap();
        let path = format!("/v2/storage/tokens/{}/events", other.id);
        let events = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
        let made =
            jeton.post("/manage/tokens").manage(&jeton.manage).json(&json!({})).send().await.expect(201);
        let manage_token = made.json()["id"].to_string();
        let path = format!("/manage/tokens/{manage_token}/events");
        let of_manage = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
        let users = format!("/manage/projects/{project}/users");
        let wish = json!({"email": "pending@example.org"});
        jeton.post(&users).manage(&jeton.manage).json(&wish).send().await.expect(204);
        let path = format!("/manage/projects/{project}/invitations");
        let pending = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
        let manage_expired = Self::expired_manage_token(&jeton).await;
        jeton.pass_seconds(61);
        let never = TokenId::new(4_711).unwrap();
        let never_manage = ManageTokenId::new(4_711).unwrap();
        Self {
            other,
            foreign,
            expired,
            refreshed_away: refreshed.token,
            deleted: deleted.token,
            never_issued: mint_token(project, never, &mut entropy()).expose().to_owned(),
            manage_never_issued: mint_manage_token(never_manage, &mut entropy()).expose().to_owned(),
            manage_expired,
            invitation,
            member: member.id.to_string(),
            uuid: events[0]["uuid"].as_str().unwrap().to_owned(),
            manage_token,
            invited: pending[0]["id"].to_string(),
            manage_uuid: of_manage[0]["uuid"].as_str().unwrap().to_owned(),
            jeton,
        }
    }

    /// The master token of a new member.
    pub async fn join(jeton: &Jeton, project: ProjectId, email: &str) -> Held {
        let email = Email::parse(email).unwrap();
        let (_, master, secret) = setup::member(&jeton.app, project, &email, "Someone").await.unwrap();
        Held { id: master.id.to_string(), token: secret.expose().to_owned() }
    }

    /// The token of a new read-only member.
    pub async fn join_to_read(jeton: &Jeton, email: &str) -> Held {
        let email = Email::parse(email).unwrap();
        let joining =
            setup::member_with_role(&jeton.app, jeton.project, &email, "Someone", Role::ReadOnly).await;
        let (_, token, secret) = joining.unwrap();
        Held { id: token.id.to_string(), token: secret.expose().to_owned() }
    }

    async fn expired_manage_token(jeton: &Jeton) -> String {
        let now = Timestamp::from_millis(START);
        let (id, event_context) =
            (ManageTokenId::random(&mut entropy()), jeton.app.event_context(now, Actor::Jeton));
        let made = ManageToken::create(id, "old", Some(now), None, &event_context, &mut entropy()).unwrap();
        let write = Write::InsertManageToken(made.change.token);
        jeton.app.commit(&Commit { writes: vec![write], events: Vec::new() }).await.unwrap();
        made.secret.expose().to_owned()
    }

    /// A good value for a parameter of a path.
    pub fn parameter(&self, name: &str) -> String {
        match name {
            "token" => self.other.id.clone(),
            "copy" => "1".to_owned(),
            "manageToken" => self.manage_token.clone(),
            "invitation" => self.invited.clone(),
            "uuid" => self.uuid.clone(),
            "object" => "in.c-main".to_owned(),
            "component" => COMPONENT.to_owned(),
            "config" => CONFIGURATION.to_owned(),
            "organization" => "11".to_owned(),
            "project" => self.jeton.project.to_string(),
            "member" => self.member.clone(),
            "session" | "passkey" => "0123456789abcdef".to_owned(),
            "share" => self.invitation.path.trim_start_matches("/pickup/").to_owned(),
            "branch" => "default".to_owned(),
            _ => panic!("add to World::parameter in bad_input/world.rs a good value for {{{name}}}"),
        }
    }

    /// A path with its parameters filled in: from these values, else with good ones.
    pub fn path(&self, pattern: &str, given: &[(&str, &str)]) -> String {
        let parts = pattern.split('/').map(|part| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return part.to_owned();
            };
            let given = given.iter().find(|(known, _)| *known == name);
            given.map_or_else(
                || match name {
                    "uuid" if pattern.starts_with("/manage/") => self.manage_uuid.clone(),
                    name => self.parameter(name),
                },
                |(_, value)| (*value).to_owned(),
            )
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A good body of a row.
    pub fn body(&self, row: &Row) -> Value {
        let body = row.body.replace("{secret}", &self.invitation.secret);
        if body.is_empty() { json!({}) } else { serde_json::from_str(&body).unwrap() }
    }

    /// The credential with all rights at an endpoint: its header and the secret.
    pub fn credential(&self, endpoint: &Endpoint) -> (&'static str, &str) {
        match endpoint.handler {
            Handler::Open(_) | Handler::Session(_) | Handler::Member(_) => ("accept", "application/json"),
            Handler::Storage(_) => ("x-storageapi-token", &self.jeton.master),
            Handler::Manage(_) => ("x-kbc-manageapitoken", &self.jeton.manage),
        }
    }

    /// A call of an endpoint with sufficient rights, on this path, without a body.
    pub fn call(&self, endpoint: &Endpoint, path: &str) -> Call {
        let (header, secret) = self.credential(endpoint);
        self.jeton.call(endpoint.method.clone(), path).header(header, secret)
    }

    /// The same on a good path.
    pub fn call_well(&self, endpoint: &Endpoint) -> Call {
        self.call(endpoint, &self.path(endpoint.path, &[]))
    }

    /// A call without any error.
    pub fn good_call(&self, row: &Row) -> Call {
        let call = self.call_well(row.endpoint());
        if row.body.is_empty() { call } else { call.json(&self.body(row)) }
    }
}
