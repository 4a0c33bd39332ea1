//! The service for the clients: `jeton serve` as a separate process, or the functions as processes behind nginx.

use jeton_tests::{
    client::Client,
    dynamodb,
    jeton::Jeton,
    process::Served,
    store::{Place, fresh_folder, front, open_store_at},
};
use serde_json::{Value, json};

/// A running service with a project.
pub struct Service {
    pub url: String,
    pub project: String,
    pub master: String,
    pub manage: String,
    client: Client,
    #[expect(dead_code, reason = "it runs as long as this is there")]
    runs: Runs,
}

/// The running processes.
#[expect(dead_code, reason = "it runs as long as this is there")]
enum Runs {
    Process(Served),
    Functions(Box<Jeton>),
}

impl Service {
    /// Starts the service that this run is about.
    pub async fn start() -> Self {
        if front().is_some() {
            return Self::functions(Jeton::start().await);
        }
        let variables = match open_store_at().await.1 {
            Place::Table(table) => dynamodb::variables(&table),
            Place::Folder(_) => Vec::new(),
        };
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let folder = fresh_folder();
        let served = Served::start_with(&folder, &variables);
        let secret = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap().trim_end().to_owned();
        let (master, manage) = (secret("jeton-master-token"), secret("jeton-manage-token"));
        Self {
            url: served.url().to_owned(),
            project: master.split('-').next().unwrap_or_default().to_owned(),
            client: served.client(),
            master,
            manage,
            runs: Runs::Process(served),
        }
    }

    fn functions(jeton: Jeton) -> Self {
        Self {
            url: jeton.url.clone(),
            project: jeton.project.to_string(),
            master: jeton.master.clone(),
            manage: jeton.manage.clone(),
            client: Client::new(&jeton.url),
            runs: Runs::Functions(Box::new(jeton)),
        }
    }

    /// Creates a token; returns its id and its secret.
    pub async fn create(&self, wish: &Value) -> (String, String) {
        let made = self.client.post("/v2/storage/tokens").token(&self.master).json(wish).send().await;
        let made = made.expect(201);
        (made.field("id"), made.field("token"))
    }

    /// The secret of a token with few rights and an event about a table, for clients that search for one.
    pub async fn limited(&self) -> String {
        let wish = json!({"description": "for Python", "bucketPermissions": {"in.c-main": "write"}});
        let (_, token) = self.create(&wish).await;
        let event = json!({"component": "it", "message": "imported", "objectType": "table", "objectId": "in.c-main.orders"});
        self.client.post("/v2/storage/events").token(&token).json(&event).send().await.expect(201);
        token
    }

    /// The name of the project.
    pub async fn project_name(&self) -> String {
        let seen = self.client.get("/v2/storage/tokens/verify").token(&self.master).send().await.expect(200);
        seen.json()["owner"]["name"].as_str().unwrap().to_owned()
    }

    /// The API description.
    pub async fn description(&self) -> Vec<u8> {
        self.client.get("/openapi.json").send().await.expect(200).body.to_vec()
    }
}
