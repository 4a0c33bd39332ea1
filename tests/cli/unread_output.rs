//! Output without a reader, as in `jeton token list | head -1`.

use std::fs;

use jeton_tests::{
    client::Client,
    functions::quiet_address,
    process::{Served, jeton_into, unread, wait_until},
    store::fresh_folder,
};

use crate::{
    files,
    remote::{Remote, json},
    secret,
    stub::{Stub, answer},
    verify,
};

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import", "--write", "in.c-a"]);
    let project = remote.project();
    for command in [
        &["token", "list"][..],
        &["token", "list", "--json"],
        &["token", "list", "--jq", "repeat(1)"],
        &["token", "show", &id],
        &["token", "events", &id],
        &["token", "events", &id, "--follow"],
        &["token", "verify", "--json"],
        &["token", "update", &id, "-d", "Other"],
        &["advise", &id],
        &["member", "list", "--project", &project],
        &["project", "show", &project],
        &["completions", "bash"],
        &["token", "list", "--help"],
    ] {
        let ended = remote.run_into(unread(), command);
        assert_eq!((ended.status.code(), ended.logged.as_str()), (Some(0), ""), "{command:?}");
    }
}

#[test]
fn a_question_that_is_denied_stays_denied_when_nobody_reads_why() {
    let remote = Remote::start();
    let question = ["token", "verify", "--operation", "test.asked", "--component", "x", "--token-file"];
    let (_, secret) = remote.create(&["--read", "in.c-a"]);
    let file = remote.file("token", &secret);
    let ended = remote.run_into(unread(), &[&question[..], &[&file]].concat());
    assert_eq!(ended.status.code(), Some(3), "{}", ended.logged);
}

#[tokio::test]
async fn init_tells_where_the_secret_is_although_its_output_is_not_read() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let init = ["init", "project", "--name", "Sales", "--email", "eve@example.org"];
    let ended = jeton_into(unread(), &folder, &init, &[]);
    assert!(ended.status.success(), "{}", ended.logged);
    let told = ended.logged.trim_end().rsplit(' ').next().unwrap();
    assert_eq!(told, folder.join("jeton-master-token-2").to_str().unwrap(), "{}", ended.logged);
    verify(&server.client(), &secret(&folder, "jeton-master-token-2")).await.expect(200);
}

#[tokio::test]
async fn the_server_goes_on() {
    let folder = fresh_folder();
    let address = quiet_address();
    let server = Served::start_unread(&folder, address);
    wait_until("it listens", || std::net::TcpStream::connect(address).ok());
    let client = Client::new(server.url());
    // Each of these writes a log line.
    for _ in 0..3 {
        client.get("/health").send().await.expect(200);
    }
    verify(&client, &secret(&folder, "jeton-master-token")).await.expect(200);
    assert!(server.end().success());
}

#[tokio::test]
async fn a_token_whose_secret_nobody_reads_is_deleted_again() {
    let remote = Remote::start();
    for by in [&["token", "create", "-d", "x", "--quiet"][..], &["token", "create", "-d", "x", "--json"]] {
        let ended = remote.run_into(unread(), by);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
        assert!(ended.logged.contains("is deleted"), "{}", ended.logged);
    }
    let project = remote.project();
    let ended = remote.run_into(unread(), &["token", "create", "--project", &project, "--quiet"]);
    assert!(ended.logged.contains("is deleted"), "{}", ended.logged);
    let left = json(&remote.run(&["token", "list", "--json"]));
    assert_eq!(left.as_array().unwrap().len(), 1, "the master token: {left}");
    assert_eq!(files(remote.folder()), Vec::<String>::new());
}

#[test]
fn a_token_whose_secret_nobody_reads_and_that_cannot_be_deleted_is_kept_in_a_file() {
    let folder = fresh_folder();
    let created = serde_json::json!({
        "id": 1, "description": "CI", "created": "2026-12-01T00:00:00+0000", "expires": null,
        "lastUsed": null, "isSessionToken": false, "isDisabled": false, "isExpired": false, "scopes": [],
        "type": "super", "creator": {"id": 2, "name": "x"},
        "token": "jtm-1-ABC",
    });
    let failed = serde_json::json!({"error": "It is not allowed", "code": "denied", "status": "error"});
    let stub =
        Stub::answering(vec![answer(201, "", &created.to_string()), answer(403, "", &failed.to_string())]);
    let variables = [("JETON_URL", stub.url()), ("JETON_MANAGE_TOKEN", "jtm-2-ABC")];
    let ended = jeton_into(unread(), &folder, &["manage-token", "create", "--quiet"], &variables);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    let place = format!(
        "and its secret is in {}, which only you can read",
        folder.join("jeton-manage-token").display()
    );
    for part in ["manage token 1 could not be deleted and keeps working: It is not allowed", &place] {
        assert!(ended.logged.contains(part), "{part}: {}", ended.logged);
    }
    assert_eq!(secret(&folder, "jeton-manage-token"), "jtm-1-ABC");
}

#[tokio::test]
async fn a_secret_of_a_refresh_that_nobody_reads_is_kept_in_a_file() {
    let remote = Remote::start();
    let (id, old) = remote.create(&["-d", "Import"]);
    let ended = remote.run_into(unread(), &["token", "refresh", &id, "--yes", "--quiet"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    let file = remote.folder().join("jeton-token");
    assert!(ended.logged.contains(file.to_str().unwrap()), "{}", ended.logged);
    verify(&remote.client(), fs::read_to_string(&file).unwrap().trim_end()).await.expect(200);
    verify(&remote.client(), &old).await.expect(401);
}
