//! The tables of quotas and sizes in docs/reference/limits.md, from the constants of the code.

use jeton_api::question::MAX_QUESTIONS;
use jeton_core::{
    budget::{
        EVENT_BYTES_OF_PROJECT, EVENT_BYTES_OF_TOKEN, EXPIRY_DIGESTS_TO_RECIPIENT, KNOWN_BROWSER_DAYS,
        MAILS_OF_PROJECT, MAILS_OF_PROJECT_TO_RECIPIENT, MAILS_OF_TOKEN, MAILS_TO_RECIPIENT,
        NOTICES_TO_RECIPIENT, PASSKEY_REJECTIONS_OF_ADDRESS, PASSKEY_SIGN_INS_OF_NETWORK,
        PASSKEY_SIGN_INS_OF_SOURCE, PROVIDER_SIGN_INS_OF_NETWORK, PROVIDER_SIGN_INS_OF_SOURCE,
        SIGN_INS_OF_KNOWN_BROWSER, SIGN_INS_OF_KNOWN_BROWSERS, SIGN_INS_OF_NETWORK,
        SIGN_INS_OF_NETWORK_TO_RECIPIENT, SIGN_INS_OF_SOURCE, SIGN_INS_OF_SOURCE_TO_RECIPIENT,
        SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT, SIGN_INS_TO_RECIPIENT,
    },
    event::{MAX_DEPTH, MAX_QUERY_BYTES, MAX_TERMS},
    passkey,
    permission::MAX_RIGHTS_BYTES,
    session::SIGN_IN_SECONDS,
    share::{DEFAULT_SECONDS, MAX_ATTEMPTS, MAX_MESSAGE, MAX_SECONDS},
    time::EVENT_MONTHS,
    token::{MAX_COPIES, MAX_DESCRIPTION},
};
use jeton_service::{
    endpoint::table::CREATE,
    http::{MAX_CONTEXT_BYTES, MAX_JSON_STRING_BYTES},
    limits::{
        FREE, FREE_ALONE, answers,
        changes::{A_SECOND, AT_ONCE},
        exports::{OF_A_PROJECT, OF_A_TOKEN, OF_ALL},
        throttle,
    },
    mail::LISTED,
    operation::{
        leaked::MAX_STRINGS,
        post_event::{MAX_EVENT, MAX_EVENT_DEPTH},
    },
    wire::MAX_FORM_FIELDS,
};
use jeton_tests::copy;

const PAGE: &str = "docs/reference/limits.md";
const END: &str = "<!-- end -->";

const REVOCATIONS: &str = "revocations are never denied";

#[test]
fn every_quota_is_in_the_reference() {
    let rows = events().into_iter().chain(mails()).chain(in_each_process());
    let rows: Vec<_> = rows.map(|row| format!("| {} |", row.join(" | "))).collect();
    let head = "| what | limit | counted for | beyond |\n| --- | --- | --- | --- |";
    copy::is_part(PAGE, "<!-- table: quotas -->", END, &format!("{head}\n{}", rows.join("\n")));
}

fn events() -> [[String; 4]; 3] {
    let beyond = format!("`events.tooMany`; denied calls are only counted; {REVOCATIONS}");
    [
        [
            "events that a token causes: posted events, questions and changes".to_owned(),
            format!(
                "{} per hour; the first {} per process, or {} of the one server of a SQLite file, need no quota, except for posted events",
                bytes(EVENT_BYTES_OF_TOKEN as usize),
                size(FREE as usize),
                size(FREE_ALONE as usize)
            ),
            "the token".to_owned(),
            beyond.clone(),
        ],
        [
            "posted events".to_owned(),
            format!("{} per hour", bytes(EVENT_BYTES_OF_PROJECT as usize)),
            "the project".to_owned(),
            "`events.tooMany`".to_owned(),
        ],
        [
            "events that a manage token causes".to_owned(),
            format!("{} per hour, for changes only", bytes(EVENT_BYTES_OF_TOKEN as usize)),
            "the manage token".to_owned(),
            beyond,
        ],
    ]
}

#[expect(clippy::too_many_lines, reason = "one table is easier to check than its parts")]
fn mails() -> [[String; 4]; 16] {
    [
        row(
            "mails of shares",
            format!("{MAILS_OF_TOKEN} per hour"),
            "the token that shares",
            "`mail.tooMany`",
        ),
        row(
            "mails of shares, and as many of invitations",
            format!("{MAILS_OF_PROJECT} per hour, {MAILS_OF_PROJECT_TO_RECIPIENT} of them to one address"),
            "the project",
            "`mail.tooMany`",
        ),
        row(
            "mails of shares, and as many of invitations",
            format!("{MAILS_TO_RECIPIENT} per hour, from all projects"),
            "the recipient",
            "`mail.tooMany`",
        ),
        row(
            "sign-ins",
            format!(
                "{SIGN_INS_OF_SOURCE} per hour, {SIGN_INS_OF_SOURCE_TO_RECIPIENT} of them for one address"
            ),
            "the IP address of the caller; of IPv6 its /64",
            "the answer is the same, but no mail is sent",
        ),
        row(
            "sign-ins",
            format!(
                "{SIGN_INS_OF_NETWORK} per hour, {SIGN_INS_OF_NETWORK_TO_RECIPIENT} of them for one address"
            ),
            "the network of the caller: a /48 of IPv6, a /24 of IPv4",
            "the same",
        ),
        row(
            "sign-ins",
            format!("{SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT} per hour for one address"),
            "this machine, also for requests from a local proxy that is not in `JETON_TRUSTED_PROXIES`",
            "the same",
        ),
        row(
            "mails of sign-ins",
            format!("{SIGN_INS_TO_RECIPIENT} per hour, from all sources"),
            "the recipient",
            "the same, except for known browsers",
        ),
        row(
            "additional mails of sign-ins",
            format!(
                "{SIGN_INS_OF_KNOWN_BROWSERS} per hour, {SIGN_INS_OF_KNOWN_BROWSER} of them for one browser"
            ),
            &format!(
                "the recipient, for browsers that signed in with the address within {KNOWN_BROWSER_DAYS} days"
            ),
            "the same",
        ),
        row(
            "sign-ins with the identity provider",
            format!("{PROVIDER_SIGN_INS_OF_SOURCE} per hour"),
            "the IP address of the caller; of IPv6 its /64",
            "a page with 429",
        ),
        row(
            "sign-ins with the identity provider",
            format!("{PROVIDER_SIGN_INS_OF_NETWORK} per hour"),
            "the network of the caller: a /48 of IPv6, a /24 of IPv4",
            "the same",
        ),
        row(
            "sign-ins with a passkey",
            format!("{PASSKEY_SIGN_INS_OF_SOURCE} per hour"),
            "the IP address of the caller; of IPv6 its /64",
            "a page with 429",
        ),
        row(
            "sign-ins with a passkey",
            format!("{PASSKEY_SIGN_INS_OF_NETWORK} per hour"),
            "the network of the caller: a /48 of IPv6, a /24 of IPv4",
            "the same",
        ),
        row(
            "events of rejected passkeys",
            format!("{PASSKEY_REJECTIONS_OF_ADDRESS} per hour"),
            "the address of the passkey",
            "further ones are in the log only",
        ),
        row(
            "sign-ins by one form for one address",
            "1 in one to two minutes".to_owned(),
            "the form: a reload submits the same one",
            "the same",
        ),
        row(
            "notices of one kind",
            format!("{NOTICES_TO_RECIPIENT} in ten minutes"),
            "the recipient",
            "further ones are mailed together",
        ),
        row(
            "digests of tokens that expire soon",
            format!(
                "{EXPIRY_DIGESTS_TO_RECIPIENT} per day, from noon to noon in UTC; it lists {LISTED} tokens"
            ),
            "the recipient",
            "further tokens are in the lists of their projects, which the mail links to",
        ),
    ]
}

fn in_each_process() -> [[String; 4]; 7] {
    [
        row(
            "changes of existing tokens by one token",
            format!("{A_SECOND} per second, and bursts of {AT_ONCE}, in each process"),
            "the token that makes them",
            &format!("`changes.tooMany`; {REVOCATIONS}"),
        ),
        row(
            "disk space reserved for revocations, with SQLite",
            "half of the reserve; of the other half, an eighth of the reserve for each master and each manage token"
                .to_owned(),
            "the token that revokes; for revocations of itself the first half only",
            "`serviceUnavailable`; other changes are rejected once the disk is full",
        ),
        row(
            "wrong tokens",
            format!("{} per minute in each process", throttle::WRONG_TOKENS),
            "the IP address of the caller, of IPv6 its /64; not for this machine",
            "`tooManyWrongTokens`; right tokens are answered",
        ),
        row(
            "concurrent calls",
            format!("{} in each process", grouped(throttle::AT_ONCE)),
            "everyone",
            &format!("503 after {} second", throttle::LONGEST_WAIT.as_secs()),
        ),
        row(
            "memory of large answers",
            format!("{} in each process", size(answers::MOST)),
            "the token (a quarter), the project (half), everyone",
            &format!("503 after {} seconds", answers::LONGEST_WAIT.as_secs()),
        ),
        row(
            "streamed exports of events at once",
            format!("{OF_A_TOKEN} in each process; {OF_A_PROJECT} of a project, and of all manage tokens; {OF_ALL} in all"),
            "the token or manage token",
            "503",
        ),
        row("wrong codes", MAX_ATTEMPTS.to_string(), "the share, invitation or sign-in", "410, it is locked"),
    ]
}

#[test]
fn the_maximum_of_every_size_is_in_the_reference() {
    let days = MAX_SECONDS / 86_400;
    let rows = [
        ("a body", format!("{}; of a posted event {}", bytes(CREATE[0].max_body), bytes(MAX_EVENT))),
        (
            "an answer",
            format!(
                "{} bytes; {} as a string within JSON, as Lambda sends it",
                grouped(answers::LARGEST),
                grouped(MAX_JSON_STRING_BYTES)
            ),
        ),
        ("a form", format!("{} fields, keys nested twice", grouped(MAX_FORM_FIELDS))),
        ("`params` and `results` of an event", format!("{MAX_EVENT_DEPTH} levels")),
        ("questions in a call", MAX_QUESTIONS.to_string()),
        ("strings in a report of leaked tokens", MAX_STRINGS.to_string()),
        ("rights of a token", format!("{} of bucket and component ids", bytes(MAX_RIGHTS_BYTES))),
        ("a description", format!("{MAX_DESCRIPTION} characters")),
        ("the message of a share", format!("{} characters", grouped(MAX_MESSAGE))),
        ("live copies and pending shares of a token", format!("{MAX_COPIES} in total")),
        ("passkeys of an address", passkey::MOST.to_string()),
        (
            "the lifetime of a share",
            format!(
                "{} hours by default, at most {days} days; of an invitation {} hours, of a sign-in {} minutes",
                DEFAULT_SECONDS / 3600,
                DEFAULT_SECONDS / 3600,
                SIGN_IN_SECONDS / 60
            ),
        ),
        (
            "a search of events",
            format!(
                "{} bytes, {MAX_TERMS} terms, {MAX_DEPTH} levels of parentheses",
                grouped(MAX_QUERY_BYTES)
            ),
        ),
        ("the fields about the caller in an event", format!("{MAX_CONTEXT_BYTES} bytes each")),
        ("retention of events", format!("{EVENT_MONTHS} months")),
    ];
    let rows: Vec<_> = rows.iter().map(|(what, most)| format!("| {what} | {most} |")).collect();
    let head = "| what | maximum |\n| --- | --- |";
    copy::is_part(PAGE, "<!-- table: sizes -->", END, &format!("{head}\n{}", rows.join("\n")));
}

fn row(what: &str, limit: String, of: &str, beyond: &str) -> [String; 4] {
    [what.to_owned(), limit, of.to_owned(), beyond.to_owned()]
}

/// A size in its largest unit, and in bytes.
fn bytes(number: usize) -> String {
    format!("{} ({} bytes)", size(number), grouped(number))
}

/// A size that is a whole number of KB or MB.
fn size(number: usize) -> String {
    let (unit, of) = if number.is_multiple_of(1 << 20) { (20, "MB") } else { (10, "KB") };
    assert!(number.is_multiple_of(1 << unit), "{number} is not a whole number of KB");
    format!("{} {of}", number >> unit)
}

/// The number with a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
