//! A full disk, a file that another process holds, and a truncated log.

use std::{fs, path::Path};

use jeton_tests::{
    client::{Answer, Client},
    process::Served,
    store::fresh_folder,
};
use rusqlite::Connection;
use serde_json::json;

use crate::{file, master};

async fn create(client: &Client, master: &str) -> Answer {
    client
        .post("/v2/storage/tokens")
        .token(master)
        .json(&json!({"description": "x".repeat(200)}))
        .send()
        .await
}

async fn opens(client: &Client, tokens: &[String]) {
    for token in tokens {
        client.get("/v2/storage/tokens/verify").token(token).send().await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_changes_are_503_and_what_was_acknowledged_stays() {
    let folder = fresh_folder();
    let mut server = Served::start_with_limited_files(&folder);
    let (client, master) = (server.client(), master(&folder));
    let mut acknowledged = vec![create(&client, &master).await.expect(201).field("token")];
    let written = fs::metadata(folder.join("jeton.db-wal")).unwrap().len();
    server.let_files_grow_to(Some(written + 100_000));
    let rejected = loop {
        let answer = create(&client, &master).await;
        if answer.status != 201 {
            break answer;
        }
        acknowledged.push(answer.field("token"));
    };
    assert!(rejected.header("retry-after").is_some());
    rejected.expect_error(503, "serviceUnavailable");
    for _ in 0..3 {
        create(&client, &master).await.expect_error(503, "serviceUnavailable");
    }
    opens(&client, &acknowledged).await;

    server.let_files_grow_to(None);
    acknowledged.push(create(&client, &master).await.expect(201).field("token"));
    server.kill();
    file::is_sound(&folder.join("jeton.db"));
    let server = Served::start(&folder);
    opens(&server.client(), &acknowledged).await;
    let tokens = server.client().get("/v2/storage/tokens").token(&master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), acknowledged.len() + 1, "what was refused was not made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_off_anywhere_leaves_a_beginning_of_the_history_and_nothing_by_halves() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), master(&folder));
    for _ in 0..20 {
        create(&client, &master).await.expect(201);
    }
    server.kill();
    let wal = fs::read(folder.join("jeton.db-wal")).unwrap();
    let mut seen = 0;
    for part in 1..=40 {
        let cut = fresh_folder().join("jeton.db");
        fs::copy(folder.join("jeton.db"), &cut).unwrap();
        fs::write(cut.with_extension("db-wal"), &wal[..wal.len() * part / 40]).unwrap();
        let events = events(&cut);
        if events > 0 {
            file::is_sound(&cut);
        }
        assert!(events >= seen, "a longer log says no less");
        seen = events;
    }
    assert!(seen > 20, "{seen} events in the whole log");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_else_has_the_file_changes_wait_and_then_are_503_and_reads_go_on() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), master(&folder));
    let before = create(&client, &master).await.expect(201).field("token");
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let rejected = create(&client, &master).await;
    assert!(rejected.header("retry-after").is_some());
    rejected.expect_error(503, "serviceUnavailable");
    opens(&client, &[before]).await;
    other.execute_batch("ROLLBACK").unwrap();
    create(&client, &master).await.expect(201);
    let tokens = client.get("/v2/storage/tokens").token(&master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), 3, "what was refused was not made");
}

/// The number of events; `None` if the log does not reach to the tables.
fn events(path: &Path) -> i64 {
    let file = Connection::open(path).unwrap();
    file.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap_or_default()
}
