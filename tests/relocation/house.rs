//! A Jeton with a store and a server, and a project with some history.

use std::path::{Path, PathBuf};

use jeton_core::seal::Digest;
use jeton_tests::{
    client::{Answer, Client},
    dynamodb,
    mailbox::{Invitation, mail_in},
    process::{Ended, Served, jeton, jeton_with_files_up_to},
    store::fresh_folder,
};
use serde_json::{Value, json};

/// A store, and the folder of its server and its commands.
pub struct House {
    pub folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl House {
    /// On SQLite.
    pub fn sqlite() -> Self {
        Self { folder: fresh_folder(), variables: Vec::new() }
    }

    /// On DynamoDB.
    pub async fn dynamodb() -> Self {
        Self::on_table(&dynamodb::create_table().await)
    }

    /// On a table that exists.
    pub fn on_table(table: &str) -> Self {
        Self { folder: fresh_folder(), variables: dynamodb::variables(table) }
    }

    /// Its table.
    pub fn table(&self) -> &str {
        let store = self.variables.iter().find(|(name, _)| *name == "JETON_STORE").unwrap();
        store.1.strip_prefix("dynamodb:").unwrap()
    }

    /// Runs a command that must fail, and returns what it says.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {}{}", ended.said, ended.logged);
        ended.logged
    }

    /// Its server.
    pub fn serve(&self) -> Served {
        Served::start_with(&self.folder, &self.variables())
    }

    /// Runs a command on its store.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        jeton(&self.folder, arguments, &self.variables())
    }

    /// Runs one with a file size limit in kilobytes.
    pub fn run_with_files_up_to(&self, kilobytes: u32, arguments: &[&str]) -> Ended {
        jeton_with_files_up_to(kilobytes, &self.folder, arguments, &self.variables())
    }

    /// Runs one that must succeed, and returns its output.
    #[track_caller]
    pub fn runs(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert!(ended.status.success(), "{arguments:?}: {}", ended.logged);
        assert_eq!(ended.said, "");
        ended.logged
    }

    /// Imports a file with the digest that its export would have printed.
    pub fn import(&self, file: &str, more: &[&str]) -> Ended {
        let digest = digest(&self.folder.join(file));
        self.run(&[&["import", file, "--digest", &digest], more].concat())
    }

    /// Imports a file that must be accepted, and returns the output.
    #[track_caller]
    pub fn imports(&self, file: &str, more: &[&str]) -> String {
        let ended = self.import(file, more);
        assert!(ended.status.success(), "{file}: {}", ended.logged);
        assert_eq!(ended.said, "");
        ended.logged
    }

    pub fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// SHA-256 of a file.
pub fn digest(path: &Path) -> String {
    Digest::of(&std::fs::read(path).unwrap()).to_string()
}

/// What clients hold of a project, and what must be true of it in any store.
pub struct Lived {
    pub project: String,
    pub master: String,
    pub manage: String,
    /// Every valid secret, with its token.
    pub copies: Vec<(String, String)>,
    /// A pending invitation.
    pub open: Invitation,
    pub events: usize,
}

/// Creates a project with history on a new server.
pub async fn lived(served: &Served, folder: &Path) -> Lived {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap().trim().to_owned();
    let (master, manage) = (read("jeton-master-token"), read("jeton-manage-token"));
    let client = served.client();
    let project = get(&client, "/v2/storage/tokens/verify", &master).await.expect(200).json()["owner"]["id"]
        .to_string();
    let tokens = "/v2/storage/tokens";
    let wish = json!({
        "description": "Import", "bucketPermissions": {"in.c-a": "write"}, "componentAccess": ["x"], "expiresIn": 2_592_000,
    });
    let first = post(&client, tokens, &master, &wish).await.expect(201);
    let (id, string) = (first.field("id"), first.field("token"));
    let mut copies = vec![(master.clone(), String::new()), (string.clone(), id.clone())];

    // A picked-up copy, and a share that stays open.
    let share = format!("{tokens}/{id}/share");
    for to in ["bob@example.org", "eve@example.org"] {
        post(&client, &share, &master, &json!({"recipientEmail": to})).await.expect(204);
    }
    let of = async |to: &str| Invitation::read(&mail_in(&folder.join("outbox"), to).await[0]);
    let taken = of("bob@example.org").await;
    let typed = json!({"secret": taken.secret, "code": taken.code});
    let picked = client.post(&taken.path).json(&typed).send().await.expect(200).field("token");
    copies.push((picked, id.clone()));

    // One that was refreshed with a grace period, and the token of a configuration.
    let second = post(&client, tokens, &master, &json!({"canCreateJobs": true})).await.expect(201);
    let (other, old) = (second.field("id"), second.field("token"));
    let grace = json!({"gracePeriod": 604_800});
    let new =
        post(&client, &format!("{tokens}/{other}/refresh"), &master, &grace).await.expect(200).field("token");
    copies.extend([(old, other.clone()), (new, other)]);
    let of_configuration = "/v2/storage/components/keboola.orchestrator/configs/1/token";
    let put = client.put(of_configuration).token(&master).json(&json!({})).send().await.expect(201);
    copies.push((put.field("token"), put.field("id")));
    let deleted = post(&client, tokens, &master, &json!({})).await.expect(201).field("id");
    client.delete(&format!("{tokens}/{deleted}")).token(&master).send().await.expect(204);

    // Another member, and some questions.
    let users = format!("/manage/projects/{project}/users");
    let ann = json!({"email": "ann@example.org", "name": "Ann"});
    client.post(&users).manage(&manage).json(&ann).send().await.expect(204);
    let invited = of("ann@example.org").await;
    let typed = json!({"secret": invited.secret, "code": invited.code});
    let joined = client.post(&invited.path).json(&typed).send().await.expect(200).field("token");
    copies.push((joined, String::new()));
    for access in ["read", "write", "manage"] {
        let question = json!({"operation": "storage.table", "bucket": "in.c-a", "access": access});
        post(&client, "/v2/storage/tokens/verify", &string, &question).await.expect(200);
    }
    let open = of("eve@example.org").await;
    let events = history(&client, &master, &id).await.len();
    Lived { project, master, manage, copies, open, events }
}

/// The history of a token.
pub async fn history(client: &Client, master: &str, id: &str) -> Vec<Value> {
    let path = format!("/v2/storage/tokens/{id}/events?limit=1000");
    get(client, &path, master).await.expect(200).json().as_array().unwrap().clone()
}

pub async fn get(client: &Client, path: &str, token: &str) -> Answer {
    client.get(path).token(token).send().await
}

pub async fn post(client: &Client, path: &str, token: &str, body: &Value) -> Answer {
    client.post(path).token(token).json(body).send().await
}
