//! `jeton token verify`, and its exit codes for scripts.

use crate::remote::{Remote, failed, json, redacted, said};

#[test]
fn without_a_question_it_says_who_the_token_is() {
    let remote = Remote::start();
    insta::assert_snapshot!(redacted(said(&remote.run(&["token", "verify"]))));
    assert_eq!(json(&remote.run(&["token", "verify", "--json"]))["isMasterToken"], true);
    assert_eq!(said(&remote.run(&["token", "verify", "--quiet"])), "");
}

#[test]
fn a_question_is_answered_by_the_exit_code_too() {
    let remote = Remote::start();
    let (_, secret) = remote.create(&["--read", "in.c-main"]);
    let ask = |access: &str, more: &[&str]| {
        let question =
            ["token", "verify", "--operation", "storage.tableImported", "--bucket", "in.c-main", "--access"];
        remote.run_as(&secret, &[&question[..], &[access], more].concat())
    };
    assert_eq!(said(&ask("read", &[])), "This token may read bucket in.c-main.\n");
    let rejected = ask("write", &[]);
    assert_eq!(rejected.status.code(), Some(3));
    assert!(rejected.said.starts_with("This token may not write bucket in.c-main"), "{}", rejected.said);
    assert_eq!((failed(&ask("write", &["--quiet"]), 3), said(&ask("read", &["--quiet"]))), ("", ""));
    assert_eq!(json(&ask("read", &["--json"]))["allowed"], true);
}

#[test]
fn a_token_that_is_none_or_lacks_a_right_ends_with_3_and_what_is_absent_with_4() {
    let remote = Remote::start();
    let (_, limited) = remote.create(&["-d", "Limited"]);
    let unknown = remote.run_as("1-2-jtx", &["token", "verify"]);
    assert!(failed(&unknown, 3).contains("Invalid access token"), "{}", unknown.logged);
    assert!(unknown.logged.contains("JETON_TOKEN"), "{}", unknown.logged);
    failed(&remote.run_as(&limited, &["token", "create"]), 3);
    failed(&remote.run(&["token", "show", "1"]), 4);
}

#[test]
fn a_question_that_is_not_understood_is_not_asked() {
    let remote = Remote::start();
    for arguments in [
        &["--bucket", "in.c-main", "--access", "read"][..],
        &["--operation", "storage.tableImported", "--bucket", "in.c-main"],
        &["--operation", "storage.tableImported", "--bucket", "in.c-main", "--access", "own"],
    ] {
        failed(&remote.run(&[&["token", "verify"], arguments].concat()), 2);
    }
    let events = json(&remote.run(&["token", "events", "--json"]));
    assert!(!events.to_string().contains("tableImported"), "{events}");
}
