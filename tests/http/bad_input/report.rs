//! The report on authorization, docs/reference/authorization.md: who may call what, and which AWS actions
//! each function may use.
//!
//! It is generated: about callers from the table that every endpoint is tested with; about functions from the
//! policies that a recorded run of all of them is compared with.

use std::fmt::Write as _;

use jeton_service::{
    endpoint::{Endpoint, Handler, endpoints},
    function::Function,
};
use jeton_tests::{
    copy,
    rows::{CALLERS, Outcome, ROWS},
    template::{self, Grant},
};

#[test]
fn the_report_on_authorisation_says_what_is_tested() {
    copy::is_file("docs/reference/authorization.md", &report());
}

fn report() -> String {
    let mut report = String::from(INTRODUCTION);
    write!(report, "\n| endpoint | function | on | {} |\n", CALLERS.join(" | ")).unwrap();
    report.push_str("| --- | --- | --- |");
    report.push_str(&" --- |".repeat(CALLERS.len()));
    report.push('\n');
    for endpoint in endpoints() {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let function = endpoint.function.name();
        let row = ROWS.iter().find(|row| row.endpoint == name && !row.may.is_empty());
        let Some(lines) = row.map(|row| row.may) else {
            let who = credential(endpoint);
            let square = if matches!(endpoint.handler, Handler::Open(_)) { " public |" } else { " - |" };
            writeln!(report, "| `{name}` | {function} | {who} |{}", square.repeat(CALLERS.len())).unwrap();
            continue;
        };
        for (on, outcomes) in lines {
            let outcomes = outcomes.map(Outcome::word).join(" | ");
            writeln!(report, "| `{name}` | {function} | {} | {outcomes} |", on.words(&name)).unwrap();
        }
    }
    report.push_str(FUNCTIONS);
    for function in Function::ALL {
        for (action, keys) in allowed(function) {
            writeln!(report, "| {} | `{action}` | {keys} |", function.name()).unwrap();
        }
    }
    report
}

const INTRODUCTION: &str = "\
# Who may do what

Every endpoint, every kind of caller, every kind of target. This page is made from the tables that the tests try, one call for
each square (`tests/src/rows.rs`), and a test holds that it says the same. The words are those of
[api.md](api.md#who-may-call-what), which says why.

| in a square | meaning |
| --- | --- |
| `yes` | The call is answered. |
| `403`, `404` | The call is rejected with that status, and nothing changes. A 403 is an event; the same one again within a minute is counted, and the number told afterwards. A wrong code of a share is an event of its own. |
| `public` | The call needs no credential. |
| `-` | The call takes another credential, which stands under *on*. |

Without a credential, with a wrong one, or with one of the other kind, every endpoint that needs one is 401
(`tests/http/bad_input/credentials.rs`).

| caller | who that is | for example |
| --- | --- | --- |
| limited | A token without `canManageTokens`. | An extractor that writes one bucket. |
| picked-up | A copy of a limited token, got by a share. | A colleague of the extractor's owner. |
| grace | A copy of a limited token that was replaced by a refresh with `gracePeriod`. | The extractor, before it has read its new secret. |
| manager | A token with `canManageTokens`. | A service that hands out tokens. |
| master | The token of an admin. | An administrator of the project. |
| read-only | The token of a read-only member. | An auditor of the project. |

| on | which token the call names |
| --- | --- |
| itself | The token of the caller. |
| another | A token of the project with no more rights than the manager. |
| a stronger one | A token of the project with a right that the manager has not. |
| a master token | The master token of another member. |
| one of another project | A token that exists, elsewhere. |
| no token at all | An id that no token has. |
";

const FUNCTIONS: &str = "
## What each function may ask of AWS

The policies of `infra/policies.yaml`. A run of everything that every function does is recorded and held against them, evaluated as
IAM does, in both directions: what was needed is allowed, and what is allowed was needed (`tests/functions/policy.rs`). In IAM `*` also
matches `#`, so some keys are taken away again.

| function | action | on |
| --- | --- | --- |
";

fn credential(endpoint: &Endpoint) -> &'static str {
    match endpoint.handler {
        Handler::Open(_) => "anyone",
        Handler::Manage(_) => "a manage token",
        Handler::Session(_) => "who is signed in",
        Handler::Member(_) => "a member who is signed in",
        Handler::Storage(_) => unreachable!("the table has every endpoint for storage tokens"),
    }
}

/// The actions of a function, each with its allowed partition keys, in the order of the policy.
fn allowed(function: Function) -> Vec<(String, String)> {
    let list = |keys: &[String]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let row = |grant: Grant| {
        // Only the id of the table has no keys.
        if grant.like.is_empty() {
            return (grant.action, "the table itself".to_owned());
        }
        let but =
            if grant.unlike.is_empty() { String::new() } else { format!("; not {}", list(&grant.unlike)) };
        (grant.action, format!("{}{but}", list(&grant.like)))
    };
    let mut rows: Vec<_> = template::grants(function.name()).into_iter().map(row).collect();
    let statements = template::statements(function.name());
    if statements.iter().any(|statement| statement["Action"] == "ses:SendRawEmail") {
        rows.push(("ses:SendRawEmail".to_owned(), "mail from the configured address".to_owned()));
    }
    rows
}
