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
