//! Start-up without required settings.

use std::process::{Command, Stdio};

use jeton_service::function::Function;
use jeton_tests::{process::Kept, program, store::fresh_folder};

const AWS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];

#[test]
fn every_function_refuses_to_start_without_any_of_what_it_needs_and_leaves_nothing_behind() {
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
fn every_function_refuses_to_start_without_a_public_url_and_says_so() {
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
fn the_authorizer_refuses_to_start_with_rules_that_it_cannot_read() {
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
