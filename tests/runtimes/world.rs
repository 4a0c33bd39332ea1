//! Functions on a new table with one project.

use std::sync::Arc;

use http::Method;
use jeton_core::email::Email;
use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    operation::setup,
};
use jeton_tests::{
    client::{Answer, Client},
    dynamodb,
    functions::Functions,
    store::fresh_folder,
};
use serde_json::Value;

/// The client addresses, as a proxy in front of nginx reports them.
pub const CALLER: &str = "203.0.113.7";

/// Functions, and the secrets of their first project.
pub struct World {
    pub functions: Functions,
    pub client: Client,
    pub project: String,
    pub master: String,
    pub manage: String,
}

impl World {
    pub async fn start() -> Self {
        let (endpoint, table) = (dynamodb::endpoint(), dynamodb::create_table().await);
        let app = App::new(
            Arc::new(dynamodb::table_at(&endpoint, &table)),
            Mailer::Outbox(Outbox::new(fresh_folder())),
            Clock::System,
            "https://tokens.example.org",
        );
        let project = setup::project(&app, "Test project", 11).await.unwrap();
        let email = Email::parse("admin@example.org").unwrap();
        let (_, _, master) = setup::member(&app, project.id, &email, "Ada Admin").await.unwrap();
        let (_, manage) = setup::manage_token(&app, "test").await.unwrap();
        let functions = Functions::start(&table);
        Self {
            client: functions.client(),
            functions,
            project: project.id.to_string(),
            master: master.expose().to_owned(),
            manage: manage.expose().to_owned(),
        }
    }

    /// A call through nginx; the form of the token selects its header.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let mut call = self.client.call(method, path).header("x-forwarded-for", CALLER);
        call = match token {
            "" => call,
            manage if manage.starts_with("jtm-") => call.manage(manage),
            storage => call.token(storage),
        };
        match body {
            Some(body) => call.json(&body).send().await,
            None => call.send().await,
        }
    }
}
