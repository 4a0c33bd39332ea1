//! `jeton member`.

use jeton_tests::{process::jeton_asks, store::fresh_folder};

use crate::{
    remote::{Remote, failed, json, redacted, said},
    stub::{Stub, answer},
};

#[test]
fn members_are_listed_and_invited() {
    let remote = Remote::start();
    let project = remote.project();
    insta::assert_snapshot!(redacted(said(&remote.run(&["member", "list", "--project", &project]))));
    let invited =
        remote.run(&["member", "invite", "--project", &project, "eve@example.org", "--name", "Eve"]);
    assert_eq!(
        (said(&invited), invited.logged.as_str()),
        ("", "An invitation was sent to eve@example.org.\n")
    );
}

#[test]
fn a_member_is_invited_with_a_role_and_gets_another() {
    let remote = Remote::start();
    let project = remote.project();
    let run = |arguments: &[&str]| remote.run(&[&["member"], arguments, &["--project", &project]].concat());
    said(&run(&["invite", "eve@example.org", "--role", "readOnly"]));
    assert!(said(&run(&["invitations"])).contains("readOnly"));
    assert!(failed(&run(&["invite", "eve@example.org", "--role", "owner"]), 2).contains("readOnly"));
    let last = run(&["role", "admin@localhost", "readOnly"]);
    let last = failed(&last, 1);
    assert!(last.contains("the last admin of a project stays one"), "{last}");
    assert_eq!(
        run(&["role", "admin@localhost", "admin"]).logged,
        "The role of admin@localhost is admin now.\n"
    );
    let changed = json(&run(&["role", "admin@localhost", "admin", "--json"]));
    assert_eq!((&changed["email"], &changed["role"]), (&"admin@localhost".into(), &"admin".into()));
}

#[test]
fn a_member_is_removed_once_that_is_meant() {
    let remote = Remote::start();
    let project = remote.project();
    let command = ["member", "remove", "--project", &project, "admin@localhost"];
    assert!(failed(&remote.run(&command), 2).contains("pass --yes to confirm"));
    let removed = remote.run(&[&command[..], &["--yes"]].concat());
    assert_eq!((said(&removed), removed.logged.as_str()), ("", "admin@localhost is removed.\n"));
    let members = json(&remote.run(&["member", "list", "--project", &project, "--json"]));
    assert_eq!(members.to_string(), "[]");
    failed(&remote.run(&["token", "verify"]), 3);
    failed(&remote.run(&["member", "remove", "--project", &project, "nobody@example.org", "--yes"]), 4);
}

#[test]
fn a_pending_invitation_is_listed_sent_again_and_withdrawn() {
    let remote = Remote::start();
    let project = remote.project();
    let run = |arguments: &[&str]| remote.run(&[&["member"], arguments, &["--project", &project]].concat());
    said(&run(&["invite", "eve@example.org"]));
    let listed = json(&run(&["invitations", "--json"]));
    let first = listed[0]["id"].to_string();
    assert!(said(&run(&["invitations"])).contains("eve@example.org"));
    assert!(run(&["send-again", &first]).logged.contains("A new invitation was sent"));
    failed(&run(&["withdraw", &first]), 4);
    let second = json(&run(&["invitations", "--json"]))[0]["id"].to_string();
    assert_eq!(run(&["withdraw", &second]).logged, format!("Invitation {second} is withdrawn.\n"));
    assert_eq!(json(&run(&["invitations", "--json"])).to_string(), "[]");
}

#[test]
fn a_removal_lists_the_tokens_that_go_on_or_deletes_them() {
    let remote = Remote::start();
    let project = remote.project();
    let (id, token) = remote.create(&["--description", "Nightly import"]);
    let member = json(&remote.run(&["member", "list", "--project", &project, "--json"]))[0]["id"].to_string();
    let command = ["member", "remove", "--project", &project, &member, "--yes"];
    let removed = remote.run(&command);
    assert!(removed.logged.contains("The tokens that they created keep working:"), "{}", removed.logged);
    assert!(said(&removed).contains(&id) && said(&removed).contains("Nightly import"));
    said(&remote.run_as(&token, &["token", "verify"]));
    let ended = remote.run(&[&command[..], &["--end-tokens"]].concat());
    assert!(ended.logged.contains("are deleted:"), "{}", ended.logged);
    failed(&remote.run_as(&token, &["token", "verify"]), 3);
}

#[test]
fn before_a_removal_the_tokens_that_it_ends_are_listed() {
    let remote = Remote::start();
    let project = remote.project();
    let ids: Vec<_> =
        (0..22).map(|number| remote.create(&["--description", &format!("Import {number:02}")]).0).collect();
    let member = json(&remote.run(&["member", "list", "--project", &project, "--json"]))[0]["id"].to_string();
    let command = ["member", "remove", "--project", &project, &member, "--end-tokens"];
    let tried = remote.run(&[&command[..], &["--dry-run"]].concat());
    assert!(ids.iter().all(|id| said(&tried).contains(id)), "{}", tried.said);
    assert!(
        tried.logged.contains("would be removed. 22 tokens that they created would be deleted."),
        "{}",
        tried.logged
    );
    let tried = json(&remote.run(&[&command[..5], &["--dry-run", "--json"]].concat()));
    assert_eq!((tried["tokens"].as_array().unwrap().len(), &tried["more"]), (22, &false.into()));
    let asked = remote.run_asked("Remove", "n\n", &command);
    assert_eq!(asked.status.code(), Some(1), "{}", asked.said);
    let screen = asked.said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains(" and 2 more Remove ") && screen.matches("Import ").count() == 20, "{screen}");
    assert!(screen.contains("The 22 tokens that they created are deleted, too."), "{screen}");
    said(&remote.run(&["token", "verify"]));
    failed(&remote.run(&["member", "remove", "--project", &project, "nobody@example.org", "--dry-run"]), 4);
}

#[test]
fn a_service_of_an_earlier_version_removes_a_member_without_the_list_before() {
    let missing = answer(404, "", r#"{"error": "resource not found", "code": "notFound"}"#);
    let removed = answer(200, "", r#"{"tokens": [], "more": false}"#);
    let stub = Stub::answering(vec![missing, removed]);
    let variables = [("JETON_URL", stub.url()), ("JETON_MANAGE_TOKEN", "jtm-1-abc")];
    let command = ["member", "remove", "--project", "5", "eve@example.org", "--end-tokens"];
    let ended = jeton_asks("Remove", "y\n", &fresh_folder(), &command, &variables);
    assert!(ended.status.success(), "{}", ended.said);
    let screen = ended.said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("The tokens that they created are deleted, too."), "{screen}");
    let lines = stub.asked();
    assert!(lines[0].starts_with("GET ") && lines[1].starts_with("DELETE "), "{lines:?}");
}
