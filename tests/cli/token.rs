//! `jeton token create`, `list`, `show`, `update`, `delete`, `refresh` and `share`.

use jeton_tests::lossy::Lossy;
use serde_json::{Map, json};

use crate::{
    remote::{self, Remote, failed, redacted, said},
    verify,
};

#[tokio::test]
async fn create_prints_the_secret_alone_and_tells_people_the_rest_beside_it() {
    let remote = Remote::start();
    let created = remote.run(&[
        "token",
        "create",
        "-d",
        "Nightly import",
        "--write",
        "in.c-main",
        "--read",
        "out.c-reports",
        "--component",
        "keboola.ex-db-mysql",
        "--jobs",
        "--expires",
        "7d",
    ]);
    let secret = said(&created).strip_suffix('\n').unwrap();
    let token = verify(&remote.client(), secret).await.expect(200).json();
    assert_eq!(token["description"], "Nightly import");
    insta::assert_snapshot!(redacted(&created.logged));
}

#[tokio::test]
async fn create_quiet_says_nothing_but_the_secret() {
    let remote = Remote::start();
    let created = remote.run(&["token", "create", "--read", "in.c-main", "--quiet"]);
    assert_eq!(created.logged, "");
    verify(&remote.client(), said(&created).trim_end()).await.expect(200);
}

#[test]
fn create_in_a_project_makes_a_token_that_manages_tokens() {
    let remote = Remote::start();
    let (id, manager) = remote.create(&["--project", &remote.project(), "--manage-tokens", "-d", "Manager"]);
    let shown = remote.run_as(&manager, &["token", "show"]);
    assert!(said(&shown).contains("manager") && shown.said.contains(&id), "{}", shown.said);
    // Only a manage token can grant it.
    failed(&remote.run(&["token", "create", "--manage-tokens"]), 2);
}

#[test]
fn list_shows_all_tokens_in_columns_and_searches_their_descriptions() {
    let remote = Remote::start();
    remote.create(&["-d", "Nightly import", "--write", "in.c-main", "--expires", "1h"]);
    remote.create(&["-d", "Reports", "--all-buckets", "--files", "--trash"]);
    let listed = redacted(said(&remote.run(&["token", "list"])));
    // Tokens of the same second are in no order.
    let mut lines: Vec<_> = listed.lines().collect();
    lines[1..].sort_unstable();
    insta::assert_snapshot!(lines.join("\n"));
    let found = remote.run(&["token", "list", "--search", "NIGHT", "--json"]);
    let found = remote::json(&found);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["description"], "Nightly import");
}

#[tokio::test]
async fn list_shows_all_tokens_however_large_they_are() {
    let remote = Remote::start();
    let buckets: Map<_, _> = (0..145).map(|n| (format!("in.{n:0>96}"), json!("read"))).collect();
    let wish = json!({"bucketPermissions": buckets});
    for _ in 0..350 {
        remote.client().post("/v2/storage/tokens").token(&remote.master).json(&wish).send().await.expect(201);
    }
    let listed = remote::json(&remote.run(&["token", "list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 351);
}

#[test]
fn show_tells_of_copies_and_open_shares() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Shared", "--component", "keboola.ex-http"]);
    said(&remote.run(&["token", "share", &id, "colleague@example.org"]));
    insta::assert_snapshot!(redacted(said(&remote.run(&["token", "show", &id]))));
}

#[test]
fn what_others_wrote_into_a_description_does_not_steer_the_terminal() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "a\u{1b}[2Jb"]);
    for command in [&["token", "list"][..], &["token", "show", &id]] {
        let ended = remote.run(command);
        assert!(said(&ended).contains("a\u{fffd}[2Jb") && !ended.said.contains('\u{1b}'), "{}", ended.said);
    }
    let (id, _) = remote.create(&["-d", "a\u{9b}2J\u{7f}b"]);
    for command in [&["token", "show", &id, "--json"][..], &["token", "events", &id, "--json"]] {
        let ended = remote.run(command);
        assert!(!said(&ended).contains(['\u{9b}', '\u{7f}']), "{}", ended.said);
        assert!(remote::json(&ended).to_string().contains("a\u{9b}2J\u{7f}b"), "{}", ended.said);
    }
}

#[test]
fn update_replaces_what_is_named_and_leaves_the_rest() {
    let remote = Remote::start();
    let (id, _) =
        remote.create(&["-d", "Import", "--read", "in.c-a", "--component", "keboola.ex-http", "--jobs"]);
    let updated =
        remote::json(&remote.run(&["token", "update", &id, "--write", "in.c-b", "--jobs=false", "--json"]));
    assert_eq!(updated["bucketPermissions"].to_string(), r#"{"in.c-b":"write"}"#);
    assert_eq!(updated["componentAccess"].to_string(), r#"["keboola.ex-http"]"#);
    assert_eq!((&updated["canCreateJobs"], &updated["description"]), (&false.into(), &"Import".into()));
    let updated =
        remote::json(&remote.run(&["token", "update", &id, "--no-buckets", "--no-components", "--json"]));
    assert_eq!(updated["bucketPermissions"].to_string(), "[]");
    assert!(updated["componentAccess"].as_array().is_none_or(Vec::is_empty), "{updated}");
    assert!(failed(&remote.run(&["token", "update", &id]), 2).contains("nothing to change"));
    assert!(updated["expires"].is_null(), "{updated}");
    let updated = remote::json(&remote.run(&["token", "update", &id, "--expires", "7d", "--json"]));
    assert!(updated["expires"].is_string(), "{updated}");
}

#[tokio::test]
async fn refresh_gives_a_new_secret_and_ends_the_old_one() {
    let remote = Remote::start();
    let (id, old) = remote.create(&["-d", "Import"]);
    let refreshed = remote.run(&["token", "refresh", &id, "--yes", "--quiet"]);
    assert_eq!(refreshed.logged, "");
    verify(&remote.client(), said(&refreshed).trim_end()).await.expect(200);
    verify(&remote.client(), &old).await.expect(401);
}

#[tokio::test]
async fn a_token_refreshes_itself_with_a_grace_period() {
    let remote = Remote::start();
    let (_, old) = remote.create(&["-d", "Import"]);
    let refreshed = remote.run_as(&old, &["token", "refresh", "--yes", "--grace", "1h"]);
    verify(&remote.client(), said(&refreshed).trim_end()).await.expect(200);
    verify(&remote.client(), &old).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_undone_asks_first() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    let question = format!("Delete token {id} \"Import\", last used never?");
    let ended = remote.run_asked(&question, "n\n", &["token", "delete", &id]);
    assert!(ended.said.contains("nothing is changed"), "{}", ended.said);
    assert_eq!(ended.status.code(), Some(1));
    let question =
        format!("Refresh token {id} \"Import\", last used never? Its 1 copy and 0 pending shares end.");
    remote.run_asked(&question, "\n", &["token", "refresh", &id]);
    let questions = [
        (
            vec!["--grace", "1h"],
            "Its 1 copy can still be verified, but create and change nothing, and will end after the grace period at the latest.",
        ),
        (
            vec!["--keep-old-until-used"],
            "Its 1 copy will end when the new one is first used, and after 7 days at the latest.",
        ),
    ];
    for (overlap, question) in questions {
        let refresh = ["token", "refresh", &id];
        remote.run_asked(question, "\n", &[&refresh[..], &overlap].concat());
    }
    verify(&remote.client(), &secret).await.expect(200);

    let ended = remote.run_asked("[y/N]", "y\n", &["token", "delete", &id]);
    assert!(ended.status.success(), "{}", ended.said);
    verify(&remote.client(), &secret).await.expect(401);
}

#[tokio::test]
async fn a_token_is_disabled_and_enabled_and_one_copy_deleted() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "update", &id, "--disabled"]));
    verify(&remote.client(), &secret).await.expect(401);
    said(&remote.run(&["token", "update", &id, "--disabled=false"]));
    verify(&remote.client(), &secret).await.expect(200);
    failed(&remote.run(&["token", "delete", &id, "--copy", "2", "--yes"]), 4);
    let ended = remote.run_asked(
        &format!("Delete copy 1 of token {id} \"Import\"?"),
        "y\n",
        &["token", "delete", &id, "--copy", "1"],
    );
    assert!(ended.status.success(), "{}", ended.said);
    verify(&remote.client(), &secret).await.expect(401);
    said(&remote.run(&["token", "show", &id]));
}

#[tokio::test]
async fn where_nobody_can_be_asked_it_takes_yes() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    for command in ["delete", "refresh"] {
        let ended = remote.run(&["token", command, &id]);
        assert!(failed(&ended, 2).contains("pass --yes to confirm"), "{}", ended.logged);
    }
    verify(&remote.client(), &secret).await.expect(200);
    said(&remote.run(&["token", "delete", &id, "--yes"]));
    verify(&remote.client(), &secret).await.expect(401);
}

#[test]
fn share_mails_an_invitation_or_gives_the_code() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let shared = remote.run(&["token", "share", &id, "eve@example.org", "--message", "For you"]);
    assert_eq!((said(&shared), shared.logged.as_str()), ("", "A link was sent to eve@example.org.\n"));
    let shared =
        remote.run(&["token", "share", &id, "eve@example.org", "--separate-code", "--expires", "1h"]);
    let code = said(&shared).trim_end();
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    let rejected = remote.run(&["token", "share", &id, "eve"]);
    assert_eq!(failed(&rejected, 1), "jeton: recipientEmail must be one e-mail address\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_answer_was_lost_is_made_once_and_printed() {
    let remote = Remote::start();
    let line = Lossy::to(remote.url()).await;
    line.lose(1);
    let created = remote.run_over(&line.url, &["token", "create", "--quiet"]);
    assert_eq!(line.to_lose(), 0);
    verify(&remote.client(), said(&created).trim_end()).await.expect(200);
    let listed = remote::json(&remote.run(&["token", "list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 2, "the master token and this one");
}

#[test]
fn an_open_share_is_listed_sent_again_and_withdrawn() {
    let remote = Remote::start();
    let (id, _) = remote.create(&[]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let first =
        remote::json(&remote.run(&["token", "shares", &id, "--json"]))[0]["id"].as_str().unwrap().to_owned();
    assert!(said(&remote.run(&["token", "shares", &id])).contains("eve@example.org"));
    let sent = remote.run(&["token", "send-share", &id, &first, "--separate-code"]);
    assert_eq!(said(&sent).trim().len(), 6, "the code");
    failed(&remote.run(&["token", "withdraw-share", &id, &first]), 4);
    let second =
        remote::json(&remote.run(&["token", "shares", &id, "--json"]))[0]["id"].as_str().unwrap().to_owned();
    let withdrawn = remote.run(&["token", "withdraw-share", &id, &second]);
    assert_eq!(withdrawn.logged, format!("Share {second} is withdrawn.\n"));
    assert_eq!(remote::json(&remote.run(&["token", "shares", &id, "--json"])).to_string(), "[]");
}

#[test]
fn every_command_that_changes_something_prints_json_where_that_is_asked_for() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import", "--expires", "7d"]);
    let project = remote.project();
    let disabled = remote::json(&remote.run(&["token", "disable", &id, "--yes", "--json"]));
    assert_eq!(disabled["isDisabled"], true);
    let shown = remote.run(&["token", "show", &id]);
    let end = said(&shown).lines().find(|line| line.starts_with("Expires")).unwrap();
    assert!(end.ends_with("; disabled") && end.contains("+0000"), "{end}");
    assert_eq!(remote.run(&["token", "enable", &id, "--yes", "--jq", ".isDisabled"]).said, "false\n");
    let invite = ["member", "invite", "--project", &project, "eve@example.org", "--json"];
    remote::json(&remote.run(&invite));
    let number = || {
        let pending = ["member", "invitations", "--project", &project, "--json"];
        remote::json(&remote.run(&pending))[0]["id"].to_string()
    };
    let _ = remote::json(&remote.run(&["member", "send-again", "--project", &project, &number(), "--json"]));
    assert_eq!(remote.run(&["member", "withdraw", "--project", &project, &number(), "--json"]).said, "{}\n");
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let shares = remote::json(&remote.run(&["token", "shares", &id, "--json"]));
    let share = shares[0]["id"].as_str().unwrap();
    assert_eq!(remote.run(&["token", "withdraw-share", &id, share, "--json"]).said, "{}\n");
    assert_eq!(remote.run(&["token", "delete", &id, "--yes", "--json"]).said, "{}\n");
}
