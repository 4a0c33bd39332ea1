//! Starting without what is needed.

use std::process::{Command, Stdio};

use jeton_service::function::Function;
use jeton_tests::{process::Kept, program, store::fresh_folder};

#[test]
fn every_function_refuses_to_start_without_a_public_url_and_says_so() {
    for function in Function::ALL {
        let log = fresh_folder().join("log");
        let mut command = Command::new(program::function(function.name()));
        command.env_clear().env("JETON_STORE", "dynamodb:none").env("JETON_MAIL", "ses:jeton@example.org");
        command.env("AWS_REGION", "eu-central-1").stdin(Stdio::null());
        let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
        let logged = std::fs::read_to_string(&log).unwrap();
        assert!(!status.success(), "{}", function.name());
        assert!(
            logged.contains("\"JETON_PUBLIC_URL must be set: links and URIs are made from it\""),
            "{logged}"
        );
    }
}

#[test]
fn the_authorizer_refuses_to_start_with_rules_that_it_cannot_read() {
    let folder = fresh_folder();
    let (rules, log) = (folder.join("rules"), folder.join("log"));
    std::fs::write(&rules, "GET /v2/me authenticate-only\nGET /v2/you\n").unwrap();
    let mut command = Command::new(program::function(Function::Authorizer.name()));
    command.env_clear().env("JETON_STORE", "dynamodb:none").env("JETON_MAIL", "ses:jeton@example.org");
    command.env("JETON_PUBLIC_URL", "https://tokens.example.org").env("JETON_AUTHORIZER_RULES", &rules);
    // Nobody listens there, and it must not come to that.
    command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    command.env("AWS_REGION", "eu-central-1").stdin(Stdio::null());
    let status = Kept::start(command.stderr(std::fs::File::create(&log).unwrap())).ended();
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(!status.success() && logged.contains("JETON_AUTHORIZER_RULES names"), "{logged}");
    assert!(logged.contains("line 2: "), "{logged}");
}
