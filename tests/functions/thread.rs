//! A short scenario through every function.

use std::{collections::BTreeSet, sync::Arc};

use http::Method;
use jeton_core::email::Email;
use jeton_service::{
    app::App,
    clock::Clock,
    function::Function,
    mail::{Mailer, Outbox},
    operation::setup,
};
use jeton_tests::{dynamodb, mailbox::Invitation, ses, store::fresh_folder};
use serde_json::{Value, json};

use crate::gateway::Gateway;

pub const PUBLIC_URL: &str = "https://tokens.example.org";

/// The seal key.
pub const SEAL_KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

#[tokio::test]
async fn a_token_is_created_used_and_deleted_by_the_functions() {
    let (mut gateway, master, manage) = gateway().await;
    let mut called = BTreeSet::new();
    let mut call = async |method: Method, path: &str, token: &str, body: Option<Value>| {
        called.insert(jeton_tests::description::endpoint(&method, path).unwrap().function.name());
        gateway.call(method, path, token, body).await
    };

    call(Method::GET, "/v2/storage", "", None).await.expect(200);
    let wish = json!({"description": "import", "bucketPermissions": {"in.c-x": "write"}});
    let created = call(Method::POST, "/v2/storage/tokens", &master, Some(wish)).await.expect(201);
    let (id, token) = (created.field("id"), created.field("token"));
    let path = format!("/v2/storage/tokens/{id}");
    assert_eq!(created.field("uri"), format!("{PUBLIC_URL}{path}"));
    let verify = "/v2/storage/tokens/verify";
    assert_eq!(call(Method::GET, verify, &token, None).await.expect(200).field("id"), id);
    let question = json!({"operation": "test.asked", "bucket": "in.c-x", "access": "write"});
    let asked = call(Method::POST, verify, &token, Some(question)).await.expect(200).json();
    assert_eq!(asked["allowed"], true);
    call(Method::PUT, &path, &master, Some(json!({"description": "nightly"}))).await.expect(200);
    assert_eq!(call(Method::GET, &path, &master, None).await.expect(200).field("description"), "nightly");
    let listed = call(Method::GET, "/v2/storage/tokens", &master, None).await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);

    let recipient = format!("lambda.{:x}@ses.example", std::process::id());
    let body = json!({"recipientEmail": recipient, "message": "for you"});
    let shared = call(Method::POST, &format!("{path}/share"), &master, Some(body)).await.expect(204);
    assert!(shared.body.is_empty() && shared.content_type().is_none());
    let invitation = mail_to(&recipient).await;
    let page = call(Method::GET, &invitation.path, "", None).await.expect(200);
    assert!(page.content_type().unwrap().starts_with("text/html"));
    let typed = json!({"secret": invitation.secret, "code": invitation.code});
    let copy = call(Method::POST, &invitation.path, "", Some(typed)).await.expect(200).field("token");
    call(Method::GET, verify, &copy, None).await.expect(200);

    let refreshed = call(Method::POST, &format!("{path}/refresh"), &token, None).await.expect(200);
    call(Method::GET, verify, &copy, None).await.expect(401);
    call(Method::GET, verify, &refreshed.field("token"), None).await.expect(200);
    let events = call(Method::GET, &format!("{path}/events"), &master, None).await.expect(200).json();
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!((names[0], names[5]), (&json!("storage.tokenRefreshed"), &json!("storage.tokenCreated")));
    assert_eq!(events[0]["context"]["remoteAddr"], "203.0.113.7", "the gateway's word, and no header's");
    let gone = call(Method::DELETE, &path, &master, None).await.expect(204);
    assert!(gone.body.is_empty());
    call(Method::GET, verify, &refreshed.field("token"), None).await.expect(401);

    let config = "/v2/storage/components/keboola.orchestrator/configs/1/token";
    call(Method::PUT, config, &master, Some(json!({}))).await.expect(201);
    // A manage token is for manage calls only; this header is for storage tokens.
    call(Method::GET, "/manage/tokens/verify", &manage, None).await.expect(401);
    // Some have no endpoint, and all have tests of their own.
    let others =
        [Function::ExpirySweep, Function::Seal, Function::Bounces, Function::Authorizer, Function::Console];
    let others: BTreeSet<_> = others.map(Function::name).into();
    let all: BTreeSet<_> = Function::ALL.iter().map(|function| function.name()).collect();
    assert_eq!(&called | &others, all, "every function has been called");
}

#[tokio::test]
async fn the_sweep_removes_expired_tokens_when_its_schedule_says_so() {
    let (mut gateway, master, _) = gateway().await;
    let wish = json!({"expiresIn": 1});
    let created = gateway.call(Method::POST, "/v2/storage/tokens", &master, Some(wish)).await.expect(201);
    let (id, token) = (created.field("id"), created.field("token"));
    // The clock of a process cannot be moved, so this waits a second.
    while gateway.call(Method::GET, "/v2/storage/tokens/verify", &token, None).await.status != 401 {}
    let scheduled: Value = serde_json::from_str(include_str!("../watch/schedule.json")).unwrap();
    let swept = gateway.invoke(Function::ExpirySweep.name(), scheduled.clone()).await.unwrap();
    assert_eq!((&swept["removed"], &swept["failed"]), (&json!(1), &json!(0)));
    let again = gateway.invoke(Function::ExpirySweep.name(), scheduled).await.unwrap();
    assert_eq!(again["removed"], 0);
    let path = format!("/v2/storage/tokens/{id}/events");
    let events = gateway.call(Method::GET, &path, &master, None).await.expect(200).json();
    assert_eq!(events[0]["event"], "storage.tokenExpired");
}

#[tokio::test]
async fn the_authorizer_answers_gateways_by_its_rules() {
    let (mut gateway, master, _) = gateway().await;
    let wish = json!({"bucketPermissions": {"in.c-main": "read"}});
    let created = gateway.call(Method::POST, "/v2/storage/tokens", &master, Some(wish)).await.expect(201);
    let http = include_str!("../authorizer/events/http-api.json");
    let rest = include_str!("../authorizer/events/rest-api.json");
    let event = |text: &str, token: &str| serde_json::from_str(&text.replace("{token}", token)).unwrap();
    let authorizer = Function::Authorizer.name();
    for (token, allowed) in [(master.clone(), true), (created.field("token"), false)] {
        let said = gateway.invoke(authorizer, event(http, &token)).await.unwrap();
        assert_eq!(said["isAuthorized"], allowed, "{said}");
        let said = gateway.invoke(authorizer, event(rest, &token)).await.unwrap();
        let effect = if allowed { "Allow" } else { "Deny" };
        assert_eq!(said["policyDocument"]["Statement"][0]["Effect"], effect, "{said}");
    }
    assert_eq!(gateway.invoke(authorizer, event(http, "none")).await.unwrap()["isAuthorized"], false);
    let failure = gateway.invoke(authorizer, event(rest, "none")).await.unwrap_err();
    let failure: Value = serde_json::from_str(&failure).unwrap();
    assert_eq!(failure["errorMessage"], "Unauthorized", "to the letter, or the gateway makes 500 of it");
}

/// Functions on a new table with one project; returns its master token and a manage token.
pub async fn gateway() -> (Gateway, String, String) {
    gateway_with(Vec::new()).await
}

/// The same with further variables for the functions.
pub async fn gateway_with(more: Vec<(&'static str, String)>) -> (Gateway, String, String) {
    gateway_past_proxies(more, Vec::new()).await
}

/// The same, and with endpoints that functions call past the recording proxies.
pub async fn gateway_past_proxies(
    more: Vec<(&'static str, String)>,
    endpoints: Vec<(&'static str, String)>,
) -> (Gateway, String, String) {
    let (endpoint, table) = (dynamodb::endpoint(), dynamodb::create_table().await);
    // Created some days ago, so that there are days to seal.
    let made = Clock::System.now().minus_seconds(3 * 86_400).millis();
    let app = App::new(
        Arc::new(dynamodb::table_at(&endpoint, &table)),
        Mailer::Outbox(Outbox::new(fresh_folder())),
        Clock::Manual(Arc::new(made.into())),
        PUBLIC_URL,
    );
    let project = setup::project(&app, "Test project", 11).await.unwrap();
    let email = Email::parse("admin@example.org").unwrap();
    let (_, _, master) = setup::member(&app, project.id, &email, "Ada Admin").await.unwrap();
    let (_, manage) = setup::manage_token(&app, "test").await.unwrap();
    let rules = fresh_folder().join("rules");
    std::fs::write(&rules, "POST /v2/buckets/{bucket}/tables write on bucket\n").unwrap();
    let mut variables = vec![
        ("JETON_STORE", format!("dynamodb:{table}")),
        ("JETON_MAIL", "ses:jeton@example.org".to_owned()),
        ("JETON_PUBLIC_URL", PUBLIC_URL.to_owned()),
        ("JETON_SEAL_KEY", SEAL_KEY.to_owned()),
        ("JETON_AUTHORIZER_RULES", rules.to_str().unwrap().to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_ENDPOINT_URL_SES", ses::endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
    ];
    variables.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    variables.extend(more);
    (Gateway::start(variables, endpoints).await, master.expose().to_owned(), manage.expose().to_owned())
}

/// The invitation in the one mail to an address.
pub async fn mail_to(recipient: &str) -> Invitation {
    let mails = ses::mails_to(recipient).await;
    Invitation::read(&ses::received(mails.first().expect("a mail")))
}
