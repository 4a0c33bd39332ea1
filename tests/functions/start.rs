//! Start-up without required settings.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use aws_sdk_dynamodb::types::AttributeValue;
use jeton_service::{endpoint::endpoints, function::Function};
use jeton_tests::{
    cold_start::RuntimeApi,
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    process::Kept,
    program,
    store::fresh_folder,
};

use crate::gateway::http_event;

/// The variable with the address of the table.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

const AWS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];

#[test]
fn every_function_rejects_to_start_without_any_of_what_it_needs_and_leaves_nothing_behind() {
    let whole = [
        ("JETON_PUBLIC_URL", "https://tokens.example.org"),
        ("JETON_STORE", "dynamodb:none"),
        ("JETON_MAIL", "ses:jeton@example.org"),
        // Nothing listens there, and start-up must fail before.
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9"),
    ];
    let whole: Vec<_> = whole.into_iter().chain(AWS).collect();
    for function in Function::ALL {
        for (variable, value) in [
            ("JETON_STORE", ""),
            ("JETON_STORE", "sqlite:jeton.db"),
            ("JETON_STORE", "dynamodb:"),
            ("JETON_MAIL", ""),
            ("JETON_MAIL", "outbox:mails"),
            ("JETON_STOR", "dynamodb:none"),
            ("AWS_REGION", ""),
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_SECRET_ACCESS_KEY", ""),
        ] {
            let (folder, log) = (fresh_folder(), fresh_folder().join("log"));
            let mut command = Command::new(program::function(function.name()));
            command.env_clear().envs(whole.iter().copied()).env(variable, value);
            command.current_dir(&folder).stdin(Stdio::null());
            let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
            let logged = std::fs::read_to_string(&log).unwrap();
            assert!(!status.success(), "{} with {variable}={value}: {logged}", function.name());
            assert!(
                logged.contains(&format!("{variable} ")),
                "{} with {variable}={value}: {logged}",
                function.name()
            );
            assert_eq!(logged.trim_end().lines().count(), 1, "one sentence: {logged}");
            assert_eq!(
                std::fs::read_dir(&folder).unwrap().count(),
                0,
                "{} with {variable}={value}",
                function.name()
            );
        }
    }
}

#[test]
fn every_function_rejects_to_start_without_a_public_url_and_says_so() {
    for function in Function::ALL {
        let log = fresh_folder().join("log");
        let mut command = Command::new(program::function(function.name()));
        command.env_clear().env("JETON_STORE", "dynamodb:none").env("JETON_MAIL", "ses:jeton@example.org");
        command.envs(AWS).stdin(Stdio::null());
        let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
        let logged = std::fs::read_to_string(&log).unwrap();
        assert!(!status.success(), "{}", function.name());
        assert!(logged.contains("\"JETON_PUBLIC_URL must be set, because links start with it\""), "{logged}");
    }
}

#[test]
fn the_authorizer_rejects_to_start_without_rules_unless_it_is_told_to_authenticate_only() {
    // With `authenticate-only` it starts: the test below reaches the table by it.
    for rules in ["", "/nowhere/rules"] {
        let log = fresh_folder().join("log");
        let mut command = Command::new(program::function(Function::Authorizer.name()));
        command.env_clear().env("JETON_STORE", "dynamodb:none").env("JETON_MAIL", "ses:jeton@example.org");
        command.env("JETON_PUBLIC_URL", "https://tokens.example.org").env("JETON_AUTHORIZER_RULES", rules);
        // Nothing listens there, and start-up must fail before.
        command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").envs(AWS).stdin(Stdio::null());
        let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
        let logged = std::fs::read_to_string(&log).unwrap();
        assert!(!status.success() && logged.contains("JETON_AUTHORIZER_RULES "), "{rules}: {logged}");
    }
}

#[tokio::test]
async fn no_function_answers_from_a_table_that_a_newer_version_has_written() {
    let table = newer_table().await;
    for function in Function::ALL {
        ends_without_an_answer(function, &table, "was written by a newer Jeton (layout 999").await;
    }
}

#[tokio::test]
async fn no_function_answers_from_a_copy_of_a_table_until_it_is_taken_over() {
    let (table, text) = (dynamodb::create_table().await, |text: &str| AttributeValue::S(text.to_owned()));
    let version = ("version", AttributeValue::N("1".to_owned()));
    let (own, here) = (("table", text(&table)), ("region", text("eu-central-1")));
    let copies: [&[(&str, AttributeValue)]; 3] = [
        &[version.clone(), ("table", text("jeton")), here.clone()],
        &[version.clone(), own.clone(), ("region", text("eu-west-1"))],
        &[version, own, here, ("isCopy", text("the id of an earlier table"))],
    ];
    for copy in copies {
        dynamodb::put_schema(&table, copy).await;
        for function in Function::ALL {
            ends_without_an_answer(function, &table, " is a copy of ").await;
        }
    }
}

/// Starts a function, and gives it an event while it reads whether it may use the table, and may not.
async fn ends_without_an_answer(function: Function, table: &str, why: &str) {
    let proxy = FaultProxy::start().await;
    // On a slow machine the function reads again before it is given the event.
    let [read, again, once_more] = [(); 3].map(|()| proxy.hold("GetItem", "META", 0));
    let (api, log) = (RuntimeApi::listen(), fresh_folder().join("log"));
    let process = start(function, &variables(table, proxy.endpoint()), &api, &log);
    let (mut process, polled) = read
        .meanwhile(apart(move || {
            // The start does not wait for the table, and the event does.
            let mut polled = api.first_poll_in_time();
            polled.send(&event(function));
            process.wait_until_idle();
            (process, polled)
        }))
        .await;
    drop((again, once_more));
    let (status, said) = apart(move || polled.end(&mut process)).await;
    let logged = std::fs::read_to_string(&log).unwrap();
    assert_eq!(said, None, "{} answers: {logged}", function.name());
    assert!(!status.success(), "{}: {logged}", function.name());
    assert!(logged.contains(why), "{}: {logged}", function.name());
    assert_eq!(proxy.total(), proxy.count("GetItem", "META"), "{} reads something else", function.name());
}

#[tokio::test]
async fn a_table_that_does_not_answer_at_the_start_is_checked_before_anything_is_answered_from_it() {
    for (table, is_newer) in [(dynamodb::create_table().await, false), (newer_table().await, true)] {
        let proxy = FaultProxy::start().await;
        proxy.inject(Fault::next("GetItem", Kind::InternalError).partition("META").always());
        let (api, log) = (RuntimeApi::listen(), fresh_folder().join("log"));
        let mut process = start(Function::Verify, &variables(&table, proxy.endpoint()), &api, &log);
        let (mut polled, answer) = apart(move || {
            let mut polled = api.first_poll_in_time();
            let answer = polled.invoke(&event(Function::Verify));
            (polled, answer)
        })
        .await;
        assert!(answer.contains("\"statusCode\":503"), "{answer}");
        assert_eq!(proxy.total(), proxy.count("GetItem", "META"), "nothing else was read");
        proxy.heal();
        if is_newer {
            let status = apart(move || process.ended()).await;
            let logged = std::fs::read_to_string(&log).unwrap();
            assert!(!status.success() && logged.contains("was written by a newer Jeton"), "{logged}");
        } else {
            let answer = apart(move || {
                polled.next_poll();
                polled.invoke(&event(Function::Verify))
            })
            .await;
            assert!(answer.contains("\"statusCode\":401"), "{answer}");
        }
    }
}

/// A table that a newer version has written.
pub async fn newer_table() -> String {
    let table = dynamodb::create_table().await;
    dynamodb::put_schema(&table, &[("version", AttributeValue::N("999".to_owned()))]).await;
    table
}

/// The environment of a function with its table behind a proxy.
pub fn variables(table: &str, proxy: &str) -> Vec<(&'static str, String)> {
    let of_table = dynamodb::variables(table).into_iter().filter(|(name, _)| *name != ENDPOINT);
    let others = [
        (ENDPOINT, proxy),
        ("JETON_MAIL", "ses:jeton@example.org"),
        ("JETON_PUBLIC_URL", "https://tokens.example.org"),
        ("JETON_AUTHORIZER_RULES", "authenticate-only"),
        ("AWS_LAMBDA_FUNCTION_NAME", "function"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ];
    of_table.chain(others.map(|(name, value)| (name, value.to_owned()))).collect()
}

/// Starts a function at a runtime API.
pub fn start(function: Function, variables: &[(&str, String)], api: &RuntimeApi, log: &Path) -> Kept {
    let mut command = Command::new(program::function(function.name()));
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    let log = std::fs::File::create(log).unwrap();
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).stdin(Stdio::null());
    Kept::start(command.stdout(log.try_clone().unwrap()).stderr(log))
}

/// An event that a function answers: a call without a token, of its first row.
fn event(function: Function) -> String {
    match function {
        Function::ExpirySweep | Function::Seal | Function::Bounces => "{}".to_owned(),
        Function::Authorizer => include_str!("../authorizer/events/http-api.json").to_owned(),
        _ => {
            let row = endpoints().find(|row| row.function == function).unwrap();
            http_event(&row.method, &row.path.replace(['{', '}'], ""), &[], None).to_string()
        }
    }
}

/// Runs what blocks, apart from the runtime of the proxy.
pub async fn apart<T: Send + 'static>(blocks: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(blocks).await.unwrap()
}

#[test]
fn the_authorizer_rejects_to_start_with_rules_that_it_cannot_read() {
    let folder = fresh_folder();
    let (rules, log) = (folder.join("rules"), folder.join("log"));
    std::fs::write(&rules, "GET /v2/me authenticate-only\nGET /v2/you\n").unwrap();
    let mut command = Command::new(program::function(Function::Authorizer.name()));
    command.env_clear().env("JETON_STORE", "dynamodb:none").env("JETON_MAIL", "ses:jeton@example.org");
    command.env("JETON_PUBLIC_URL", "https://tokens.example.org").env("JETON_AUTHORIZER_RULES", &rules);
    // Nothing listens there, and start-up must fail before.
    command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    command.envs(AWS).stdin(Stdio::null());
    let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(!status.success() && logged.contains("JETON_AUTHORIZER_RULES names"), "{logged}");
    assert!(logged.contains("line 2: "), "{logged}");
}
