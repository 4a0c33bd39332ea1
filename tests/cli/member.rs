//! `jeton member`.

use crate::remote::{Remote, failed, json, redacted, said};

#[test]
fn members_are_listed_and_invited() {
    let remote = Remote::start();
    let project = remote.project();
    insta::assert_snapshot!(redacted(said(&remote.run(&["member", "list", "--project", &project]))));
    let invited =
        remote.run(&["member", "invite", "--project", &project, "eve@example.org", "--name", "Eve"]);
    assert_eq!(
        (said(&invited), invited.logged.as_str()),
        ("", "An invitation is on its way to eve@example.org.\n")
    );
}

#[test]
fn a_member_is_removed_once_that_is_meant() {
    let remote = Remote::start();
    let project = remote.project();
    let command = ["member", "remove", "--project", &project, "admin@localhost"];
    assert!(failed(&remote.run(&command), 2).contains("say --yes when it is meant"));
    let removed = remote.run(&[&command[..], &["--yes"]].concat());
    assert_eq!((said(&removed), removed.logged.as_str()), ("", "admin@localhost is removed.\n"));
    let members = json(&remote.run(&["member", "list", "--project", &project, "--json"]));
    assert_eq!(members.to_string(), "[]");
    failed(&remote.run(&["token", "verify"]), 3);
    failed(&remote.run(&["member", "remove", "--project", &project, "nobody@example.org", "--yes"]), 4);
}
