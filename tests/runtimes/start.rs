//! Start-up without required settings.

use std::{
    fs::{self, File},
    process::{Command, Stdio},
};

use jeton_service::function::Function;
use jeton_tests::{functions::http_functions, process::Kept, program, store::fresh_folder};

/// The error of a function that must not start with these variables.
fn rejection(function: Function, variables: &[(&str, &str)]) -> String {
    let log = fresh_folder().join("log");
    let mut command = Command::new(program::function(function.name()));
    command.env_clear().env("JETON_STORE", "dynamodb:none").env("AWS_REGION", "eu-central-1");
    command.envs(variables.iter().copied()).stdin(Stdio::null()).stderr(File::create(&log).unwrap());
    let status = Kept::start(&mut command).ended();
    let logged = fs::read_to_string(&log).unwrap();
    assert!(!status.success(), "{} with {variables:?}: {logged}", function.name());
    logged
}

const HTTPS: (&str, &str) = ("JETON_PUBLIC_URL", "https://tokens.example.org");
const SES: (&str, &str) = ("JETON_MAIL", "ses:jeton@example.org");

#[test]
fn where_nothing_tells_what_calls_it_a_function_asks_for_a_port() {
    for function in http_functions() {
        let said = rejection(function, &[HTTPS, SES]);
        let sentence = "PORT must be set to the port to listen on, unless AWS Lambda runs this function";
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn reached_from_elsewhere_a_function_starts_only_with_an_https_address_and_real_mail() {
    let http = ("JETON_PUBLIC_URL", "http://127.0.0.1:1");
    for port in [("PORT", "0"), ("FUNCTIONS_CUSTOMHANDLER_PORT", "0"), ("JETON_LISTEN", "0.0.0.0:0")] {
        let said = rejection(Function::Verify, &[port, http, SES]);
        assert!(said.contains("JETON_PUBLIC_URL must be set to an https:// address"), "{said}");
        let said = rejection(Function::Verify, &[port, HTTPS]);
        assert!(said.contains("JETON_MAIL must name a real mailer"), "{said}");
    }
}
