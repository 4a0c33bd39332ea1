//! Secrets that are shown once: no choice of output loses one.

use std::fs;

use jeton_tests::process::Ended;

use crate::{
    files, mode,
    remote::{Remote, failed, json, said},
    verify,
};

/// The secret of a new manage token with its id.
fn manage_token(remote: &Remote) -> (String, String) {
    let created = json(&remote.run(&["manage-token", "create", "-d", "CI", "--json"]));
    (created["id"].to_string(), created["token"].as_str().unwrap().to_owned())
}

fn count(remote: &Remote, list: &[&str]) -> usize {
    json(&remote.run(&[list, &["--json"]].concat())).as_array().unwrap().len()
}

#[track_caller]
fn refused(ended: &Ended, field: &str) {
    let told = failed(ended, 2);
    assert!(told.contains(&format!("leaves out the field {field}")), "{told}");
    assert!(told.contains("shown only once; pass --json="), "{told}");
}

#[tokio::test]
async fn fields_without_the_secret_are_refused_before_anything_is_changed() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    let (manage_id, manage) = manage_token(&remote);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let shares = json(&remote.run(&["token", "shares", &id, "--json"]));
    let share = shares[0]["id"].as_str().unwrap();
    for fields in ["--json=id", "--json=tokn", "--json=id,description"] {
        refused(&remote.run(&["token", "refresh", &id, "--yes", fields]), "token");
        refused(&remote.run(&["token", "refresh", &id, "--yes", fields, "--jq", ".token"]), "token");
        refused(&remote.run(&["token", "create", fields]), "token");
        refused(&remote.run(&["manage-token", "refresh", &manage_id, "--yes", fields]), "token");
        refused(&remote.run(&["manage-token", "create", fields]), "token");
        refused(&remote.run(&["token", "share", &id, "bob@example.org", "--separate-code", fields]), "code");
        refused(&remote.run(&["token", "send-share", &id, share, "--separate-code", fields]), "code");
    }
    verify(&remote.client(), &secret).await.expect(200);
    let variables = [("JETON_URL", remote.url()), ("JETON_MANAGE_TOKEN", manage.as_str())];
    said(&jeton_tests::process::jeton(remote.folder(), &["manage-token", "show"], &variables));
    assert_eq!(count(&remote, &["token", "list"]), 2, "the master token and this one");
    assert_eq!(json(&remote.run(&["token", "shares", &id, "--json"])), shares);
    // With the field it is printed.
    let refreshed = json(&remote.run(&["token", "refresh", &id, "--yes", "--json=id,token"]));
    verify(&remote.client(), refreshed["token"].as_str().unwrap()).await.expect(200);
}

/// The secret in the one file of the folder, which is removed.
#[track_caller]
fn in_file(remote: &Remote, ended: &Ended, name: &str) -> String {
    said(ended);
    let file = remote.folder().join(name);
    assert_eq!(files(remote.folder()), [name], "{}", ended.logged);
    assert_eq!(mode(&file), 0o600);
    let secret = fs::read_to_string(&file).unwrap().trim_end().to_owned();
    assert!(ended.logged.contains(file.to_str().unwrap()), "{}", ended.logged);
    assert!(!ended.said.contains(&secret) && !ended.logged.contains(&secret), "{}", ended.logged);
    fs::remove_file(file).unwrap();
    secret
}

#[tokio::test]
async fn a_secret_that_a_filter_leaves_out_is_kept_in_a_private_file() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for filter in [".id", ".tokn", "empty", ".token[:12]"] {
        let ended = remote.run(&["token", "refresh", &id, "--yes", "--jq", filter]);
        verify(&remote.client(), &in_file(&remote, &ended, "jeton-token")).await.expect(200);
        let ended = remote.run(&["token", "create", "--jobs", "--jq", filter]);
        verify(&remote.client(), &in_file(&remote, &ended, "jeton-token")).await.expect(200);
    }
    let (manage_id, _) = manage_token(&remote);
    for arguments in [&["create"][..], &["refresh", &manage_id, "--yes"]] {
        let ended = remote.run(&[&["manage-token"], arguments, &["--jq", ".id"]].concat());
        let secret = in_file(&remote, &ended, "jeton-manage-token");
        let variables = [("JETON_URL", remote.url()), ("JETON_MANAGE_TOKEN", secret.as_str())];
        said(&jeton_tests::process::jeton(remote.folder(), &["manage-token", "show"], &variables));
    }
    let share = ["token", "share", &id, "eve@example.org", "--separate-code", "--jq", "empty"];
    let code = in_file(&remote, &remote.run(&share), "jeton-code");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
}

#[tokio::test]
async fn a_secret_that_is_printed_is_in_no_file() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for filter in [".token", "\"T=\" + .token", "{token}", ".id, .token"] {
        let ended = remote.run(&["token", "refresh", &id, "--yes", "--jq", filter]);
        assert!(said(&ended).contains("-jt") && ended.logged.is_empty(), "{}", ended.logged);
    }
    said(&remote.run(&["token", "refresh", &id, "--yes", "--json=token"]));
    // Without a code of its own, a share has no secret.
    said(&remote.run(&["token", "share", &id, "eve@example.org", "--json=id"]));
    assert_eq!(files(remote.folder()), Vec::<String>::new());
}

#[tokio::test]
async fn a_filter_that_overflows_the_stack_loses_no_secret() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let file = remote.folder().join("jeton-token");
    for arguments in [&["token", "refresh", &id, "--yes"][..], &["token", "create", "--jobs"]] {
        let ended = remote.run(&[arguments, &["--jq", "def deep: \"x\" + deep; deep"]].concat());
        assert!(!ended.status.success() && ended.said.is_empty(), "{}", ended.logged);
        assert_eq!(mode(&file), 0o600);
        let secret = fs::read_to_string(&file).unwrap();
        verify(&remote.client(), secret.trim_end()).await.expect(200);
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_filter_that_fails_loses_no_secret_and_is_told_as_that() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let ended = remote.run(&["token", "refresh", &id, "--yes", "--jq", ".token | .[0]"]);
    let told = failed(&ended, 1);
    assert!(
        told.contains("the secret could not be printed (--jq: ") && told.contains("jeton-token"),
        "{told}"
    );
    let secret = fs::read_to_string(remote.folder().join("jeton-token")).unwrap();
    verify(&remote.client(), secret.trim_end()).await.expect(200);
    let ended = remote.run(&["token", "list", "--jq", ".description"]);
    let told = failed(&ended, 1);
    assert!(told.starts_with("jeton: --jq: ") && !told.contains("standard output"), "{told}");
}

#[tokio::test]
async fn a_filter_that_fails_on_a_secret_prints_nothing_of_it() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for filter in [".token.x", ".token|error", "error"] {
        let ended = remote.run(&["token", "refresh", &id, "--yes", "--jq", filter]);
        failed(&ended, 1);
        let file = remote.folder().join("jeton-token");
        let secret = fs::read_to_string(&file).unwrap().trim_end().to_owned();
        verify(&remote.client(), &secret).await.expect(200);
        for part in [&secret[..], &secret[secret.len() - 12..]] {
            assert!(!ended.logged.contains(part) && !ended.said.contains(part), "{filter}: {}", ended.logged);
        }
        fs::remove_file(file).unwrap();
    }
    let listed = remote.run(&["token", "list", "--jq", ".x"]);
    assert!(!failed(&listed, 1).contains("Import"), "{}", listed.logged);
}
