//! A crash, and a log of the database that was lost after it.

use std::{fs, path::Path};

use jeton_tests::{
    process::{Served, jeton},
    store::fresh_folder,
};
use rusqlite::Connection;
use serde_json::json;

use crate::{files, secret};

/// The files of secrets, which are made with the first project and by commands.
fn secrets_in(folder: &Path) -> Vec<String> {
    files(folder).into_iter().filter(|name| name.starts_with("jeton-")).collect()
}

#[test]
fn a_log_that_was_lost_after_a_crash_is_told_from_a_new_database() {
    let folder = fresh_folder();
    Served::start(&folder).kill();
    let (log, kept) = (folder.join("jeton.db-wal"), folder.join("kept"));
    let secrets = secrets_in(&folder);
    for lose in [|log: &Path| fs::remove_file(log).unwrap(), |log: &Path| fs::write(log, "").unwrap()] {
        fs::copy(&log, &kept).unwrap();
        lose(&log);
        for command in [&["serve"] as &[_], &["init", "manage-token"], &["sweep"], &["backup", "b.db"]] {
            let refused = jeton(&folder, command, &[]);
            assert_eq!(refused.status.code(), Some(1), "{command:?}: {}", refused.said);
            assert!(refused.logged.contains("jeton.db-wal was removed or emptied"), "{}", refused.logged);
        }
        fs::rename(&kept, &log).unwrap();
    }
    assert_eq!(secrets_in(&folder), secrets, "no new secrets were made");
    // A command takes in what is in the log, and then there is none to miss.
    assert!(jeton(&folder, &["sweep"], &[]).status.success());
    Served::start(&folder).end();
    assert!(!log.exists());
    Served::start(&folder).end();
    assert_eq!(secrets_in(&folder), secrets);
}

#[tokio::test]
async fn a_revocation_that_was_lost_with_the_log_is_noticed_however_little_was_written_since() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), secret(&folder, "jeton-master-token"));
    let token = client.post("/v2/storage/tokens").token(&master).json(&json!({})).send().await.expect(201);
    let path = format!("/v2/storage/tokens/{}", token.field("id"));
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    client.delete(&path).token(&master).send().await.expect(204);
    server.kill();
    for beside in ["jeton.db-wal", "jeton.db-shm"] {
        drop(fs::remove_file(folder.join(beside)));
    }
    let refused = jeton(&folder, &["serve"], &[]);
    assert_eq!(refused.status.code(), Some(1), "{}", refused.said);
    assert!(refused.logged.contains("jeton.db-wal was removed or emptied"), "{}", refused.logged);
}
