//! That docs/reference/limits.md has the numbers that the code has.

use std::fs;

use jeton_core::{
    budget::{
        EVENT_BYTES_OF_PROJECT, EVENT_BYTES_OF_TOKEN, KNOWN_BROWSER_DAYS, MAILS_OF_PROJECT,
        MAILS_OF_PROJECT_TO_RECIPIENT, MAILS_OF_TOKEN, MAILS_TO_RECIPIENT, NOTICES_TO_RECIPIENT,
        SIGN_INS_OF_KNOWN_BROWSER, SIGN_INS_OF_KNOWN_BROWSERS, SIGN_INS_OF_NETWORK,
        SIGN_INS_OF_NETWORK_TO_RECIPIENT, SIGN_INS_OF_SOURCE, SIGN_INS_OF_SOURCE_TO_RECIPIENT,
        SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT, SIGN_INS_TO_RECIPIENT,
    },
    share,
    token::{MAX_COPIES, MAX_DESCRIPTION},
};
use jeton_tests::program;

#[test]
fn the_quotas_of_the_reference_are_those_of_the_code() {
    let page = fs::read_to_string(program::root().join("docs/reference/limits.md")).unwrap();
    let rows = [
        format!("| {MAILS_OF_TOKEN} an hour | the token that shares |"),
        format!(
            "| {MAILS_OF_PROJECT} an hour, {MAILS_OF_PROJECT_TO_RECIPIENT} of them to one address | the project |"
        ),
        format!("| {MAILS_TO_RECIPIENT} an hour, from all projects | the recipient |"),
        format!(
            "| {SIGN_INS_OF_SOURCE} an hour, {SIGN_INS_OF_SOURCE_TO_RECIPIENT} of them for one address |"
        ),
        format!(
            "| {SIGN_INS_OF_NETWORK} an hour, {SIGN_INS_OF_NETWORK_TO_RECIPIENT} of them for one address |"
        ),
        format!("| {SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT} an hour for one address | this machine,"),
        format!("| mails of sign-ins | {SIGN_INS_TO_RECIPIENT} an hour, from all sources |"),
        format!(
            "| {SIGN_INS_OF_KNOWN_BROWSERS} an hour, {SIGN_INS_OF_KNOWN_BROWSER} of them for one browser |"
        ),
        format!("within {KNOWN_BROWSER_DAYS} days |"),
        format!("| {NOTICES_TO_RECIPIENT} in ten minutes | the recipient |"),
        format!(
            "| {} MB ({} bytes as stored) an hour;",
            EVENT_BYTES_OF_TOKEN >> 20,
            grouped(EVENT_BYTES_OF_TOKEN)
        ),
        format!(
            "| {} MB ({} bytes) an hour | the project |",
            EVENT_BYTES_OF_PROJECT >> 20,
            grouped(EVENT_BYTES_OF_PROJECT)
        ),
        format!("| wrong codes | {} |", share::MAX_ATTEMPTS),
        format!("| a description | {MAX_DESCRIPTION} characters |"),
        format!("| live copies and open shares of a token | {MAX_COPIES}, together |"),
        format!("{} days at most;", share::MAX_SECONDS / 86_400),
    ];
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/reference/limits.md does not say {missing:#?}");
}

/// The number with a comma between thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
