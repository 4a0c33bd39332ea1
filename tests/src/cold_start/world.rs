//! A table with one token, and the event of a verify by that token.

use std::sync::Arc;

use jeton_core::email::Email;
use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    operation::setup,
};
use serde_json::json;

use crate::{client::Client, dynamodb, jeton::serve_app, store::fresh_folder, waiting::lasting_day};

/// The table and the environment of functions.
pub struct World {
    variables: Vec<(&'static str, String)>,
    event: String,
}

impl World {
    /// Creates the table on the DynamoDB Local of the environment, and a token that was used today already:
    /// the first call of a day writes that day.
    pub async fn new() -> Self {
        lasting_day(0).await;
        let table = dynamodb::create_table().await;
        let app = Arc::new(App::new(
            Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table)),
            Mailer::Outbox(Outbox::new(fresh_folder())),
            Clock::System,
            "https://tokens.example.org",
        ));
        let project = setup::project(&app, "Cold start", 1).await.unwrap();
        let email = Email::parse("cold@example.org").unwrap();
        let (_, _, master) = setup::member(&app, project.id, &email, "Cold start").await.unwrap();
        let client = Client::new(&serve_app(app).await);
        for _ in 0..100 {
            client.get("/v2/storage/tokens/verify").token(master.expose()).send().await.expect(200);
        }
        Self { variables: variables(&table), event: event(master.expose()) }
    }

    /// The environment that Lambda gives a function.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The same without one variable.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The event of an HTTP API for a verify by the token.
    pub fn event(&self) -> &str {
        &self.event
    }
}

fn variables(table: &str) -> Vec<(&'static str, String)> {
    let table = format!("dynamodb:{table}");
    let fixed = [
        ("AWS_LAMBDA_FUNCTION_NAME", "cold-start"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("JETON_PUBLIC_URL", "https://tokens.example.org"),
        ("JETON_MAIL", "ses:tokens@example.org"),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name, value.to_owned()));
    fixed.chain([("JETON_STORE", table), ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb::endpoint())]).collect()
}

fn event(token: &str) -> String {
    json!({
        "version": "2.0",
        "routeKey": "GET /v2/storage/tokens/verify",
        "rawPath": "/v2/storage/tokens/verify",
        "rawQueryString": "",
        "headers": {"host": "tokens.example.org", "x-storageapi-token": token},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "tokens.example.org",
            "domainPrefix": "tokens",
            "http": {
                "method": "GET",
                "path": "/v2/storage/tokens/verify",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "cold-start",
            },
            "requestId": "request",
            "routeKey": "GET /v2/storage/tokens/verify",
            "stage": "$default",
            "time": "15/Jan/2026:12:00:00 +0000",
            "timeEpoch": 1_768_478_400_000_i64,
        },
        "isBase64Encoded": false,
    })
    .to_string()
}
