//! The first call of a function: its token is read beside the check of the table, and nothing more happens before the check has passed.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use jeton_core::email::Email;
use jeton_service::{
    app::App,
    clock::Clock,
    function::Function,
    mail::{Mailer, Outbox},
    operation::setup,
};
use jeton_tests::{
    cold_start::RuntimeApi, dynamodb, fault_proxy::FaultProxy, process::wait_until, store::fresh_folder,
};
use serde_json::json;

use crate::{
    gateway::http_event,
    start::{apart, start, variables},
};

/// The functions that read a storage token, each with what it answers.
const READERS: [(Function, &str); 3] = [
    (Function::Verify, "\"statusCode\":200"),
    (Function::List, "\"statusCode\":200"),
    (Function::Authorizer, "\"isAuthorized\":true"),
];

#[tokio::test]
async fn a_first_call_reads_its_token_beside_the_check_and_writes_and_answers_after_it() {
    for (function, answered) in READERS {
        let (table, token) = table_with_a_token().await;
        let proxy = Arc::new(FaultProxy::start().await);
        let (api, log) = (RuntimeApi::listen(), fresh_folder().join("log"));
        let read = proxy.hold("GetItem", "META", 0);
        let process = start(function, &variables(&table, proxy.endpoint()), &api, &log);
        let (event, seen) = (event(function, &token), Arc::clone(&proxy));
        let (polled, process) = read
            .meanwhile(apart(move || {
                let mut polled = api.first_poll_in_time();
                polled.send(&event);
                wait_until("the token was read", || (seen.answered() == 1).then_some(()));
                process.wait_until_idle();
                assert_eq!((seen.total(), seen.count("GetItem", "V#")), (1, 1), "it waits for the check");
                (polled, process)
            }))
            .await;
        let said = apart(move || {
            let mut polled = polled;
            let said = polled.answer();
            drop(process);
            said
        })
        .await;
        assert!(said.contains(answered), "{}: {said}", function.name());
        assert_eq!(proxy.count("GetItem", "META"), 1, "{}", function.name());
        assert_eq!(proxy.count("GetItem", "V#"), 1, "{} reads its token once", function.name());
        assert!(proxy.total() > 2, "{} notes the day of its token", function.name());
        assert_eq!(proxy.connections(), 2, "{} writes on the connections that it has", function.name());
    }
}

#[tokio::test]
async fn a_first_call_writes_and_answers_nothing_if_the_check_fails_after_its_token_was_read() {
    for (function, _) in READERS {
        let (table, token) = table_with_a_token().await;
        dynamodb::put_schema(&table, &[("version", AttributeValue::N("999".to_owned()))]).await;
        let before = dynamodb::dump(&table).await;
        let proxy = Arc::new(FaultProxy::start().await);
        let (api, log) = (RuntimeApi::listen(), fresh_folder().join("log"));
        let read = proxy.hold("GetItem", "META", 0);
        let process = start(function, &variables(&table, proxy.endpoint()), &api, &log);
        let (event, seen) = (event(function, &token), Arc::clone(&proxy));
        let (polled, mut process) = read
            .meanwhile(apart(move || {
                let mut polled = api.first_poll_in_time();
                polled.send(&event);
                wait_until("the token was read", || (seen.answered() == 1).then_some(()));
                process.wait_until_idle();
                (polled, process)
            }))
            .await;
        let (status, said) = apart(move || polled.end(&mut process)).await;
        let logged = std::fs::read_to_string(&log).unwrap();
        assert_eq!(said, None, "{} answers: {logged}", function.name());
        assert!(!status.success(), "{}: {logged}", function.name());
        assert!(logged.contains("was written by a newer Jeton"), "{}: {logged}", function.name());
        assert_eq!((proxy.total(), proxy.count("GetItem", "V#")), (2, 1), "{}", function.name());
        assert_eq!(dynamodb::dump(&table).await, before, "{}", function.name());
    }
}

/// A table with a token that was never used, so that its first call writes.
async fn table_with_a_token() -> (String, String) {
    let table = dynamodb::create_table().await;
    let store = Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table));
    let mailer = Mailer::Outbox(Outbox::new(fresh_folder()));
    let app = App::new(store, mailer, Clock::System, "https://tokens.example.org");
    let project = setup::project(&app, "First call", 1).await.unwrap();
    let email = Email::parse("first@example.org").unwrap();
    let (_, _, master) = setup::member(&app, project.id, &email, "First").await.unwrap();
    (table, master.expose().to_owned())
}

/// The event of a call with this token: a question, a list, or a request at a gateway.
fn event(function: Function, token: &str) -> String {
    let headers = [("x-storageapi-token", token)];
    let question = json!({"operation": "storage.tableImported", "bucket": "in.c-main", "access": "write"});
    match function {
        Function::Authorizer => include_str!("../authorizer/events/http-api.json").replace("{token}", token),
        Function::Verify => {
            http_event(&Method::POST, "/v2/storage/tokens/verify", &headers, Some(&question)).to_string()
        }
        _ => http_event(&Method::GET, "/v2/storage/tokens", &headers, None).to_string(),
    }
}
