//! Lost logs: a crash, after which the log of the database is gone.

use std::{fs, path::Path};

use jeton_tests::{
    process::{Served, jeton},
    store::fresh_folder,
};
use rusqlite::Connection;
use serde_json::json;

use crate::{files, secret};

/// The files with secrets, which the first project and commands create.
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
            let rejected = jeton(&folder, command, &[]);
            assert_eq!(rejected.status.code(), Some(1), "{command:?}: {}", rejected.said);
            assert!(rejected.logged.contains("jeton.db-wal was removed or emptied"), "{}", rejected.logged);
        }
        fs::rename(&kept, &log).unwrap();
    }
    assert_eq!(secrets_in(&folder), secrets, "no new secrets were made");
    // A command checkpoints the log, and then none is missing.
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
    // The server's next write checkpoints the log.
    client.post("/v2/storage/tokens").token(&master).json(&json!({})).send().await.expect(201);
    client.delete(&path).token(&master).send().await.expect(204);
    server.kill();
    for beside in ["jeton.db-wal", "jeton.db-shm"] {
        drop(fs::remove_file(folder.join(beside)));
    }
    let rejected = jeton(&folder, &["serve"], &[]);
    assert_eq!(rejected.status.code(), Some(1), "{}", rejected.said);
    assert!(rejected.logged.contains("jeton.db-wal was removed or emptied"), "{}", rejected.logged);
}

/// Kills a server after so many calls that revoke no rights, and that are only in the log.
async fn killed_after(folder: &Path, calls: usize) {
    let server = Served::start(folder);
    let (client, master) = (server.client(), secret(folder, "jeton-master-token"));
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    for _ in 0..calls {
        client.post("/v2/storage/tokens").token(&master).json(&json!({})).send().await.expect(201);
    }
    server.kill();
}

#[tokio::test]
async fn every_acknowledged_change_that_was_lost_with_the_log_or_its_end_is_noticed() {
    let folder = fresh_folder();
    killed_after(&folder, 1).await;
    let log = folder.join("jeton.db-wal");
    let whole = fs::read(&log).unwrap();
    // Without the last entry the last change is undone, and without any all of them.
    for left in [whole.len() - 4096 - 24, whole.len() - 1, 32, 0] {
        fs::write(&log, &whole[..left]).unwrap();
        drop(fs::remove_file(folder.join("jeton.db-shm")));
        for command in [&["serve"] as &[_], &["init", "manage-token"], &["sweep"], &["backup", "b.db"]] {
            let rejected = jeton(&folder, command, &[]);
            assert_eq!(rejected.status.code(), Some(1), "{left}, {command:?}: {}", rejected.said);
            assert!(rejected.logged.contains("jeton.db-wal was removed or emptied"), "{}", rejected.logged);
        }
    }
    fs::write(&log, &whole).unwrap();
    Served::start(&folder).end();
}

#[tokio::test]
async fn a_log_that_may_have_been_cut_is_told_of_when_the_note_that_would_show_it_is_gone() {
    let folder = fresh_folder();
    killed_after(&folder, 3).await;
    let (log, note) = (folder.join("jeton.db-wal"), folder.join("jeton.db.serve.lock"));
    let told = "the note beside it is missing";
    let whole = fs::read(&log).unwrap();
    fs::write(&log, &whole[..whole.len() / 2]).unwrap();
    drop(fs::remove_file(folder.join("jeton.db-shm")));
    fs::remove_file(&note).unwrap();
    let server = Served::start(&folder);
    assert!(server.logged().contains(told), "{}", server.logged());
    server.end();
    // Nothing is missing after an orderly end, nor after a crash with the note.
    let server = Served::start(&folder);
    assert!(!server.logged().contains(told), "{}", server.logged());
    server.kill();
    let server = Served::start(&folder);
    assert!(!server.logged().contains(told), "{}", server.logged());
    server.end();
}

#[tokio::test]
async fn a_database_that_another_program_took_the_log_into_is_whole() {
    let folder = fresh_folder();
    killed_after(&folder, 1).await;
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.query_row("SELECT count(*) FROM tokens", [], |_| Ok(())).unwrap();
    drop(other);
    assert!(!folder.join("jeton.db-wal").exists());
    fs::copy(folder.join("jeton.db"), folder.join("copy.db")).unwrap();
    Served::start(&folder).end();
    Served::start_with(&folder, &[("JETON_STORE", "sqlite:copy.db")]).end();
}

#[tokio::test]
async fn a_copy_or_a_link_of_a_database_without_its_log_is_rejected_and_left_as_it_is() {
    let folder = fresh_folder();
    killed_after(&folder, 3).await;
    fs::copy(folder.join("jeton.db"), folder.join("copy.db")).unwrap();
    fs::hard_link(folder.join("jeton.db"), folder.join("link.db")).unwrap();
    for name in ["copy.db", "link.db"] {
        let store = format!("sqlite:{name}");
        let before = fs::read(folder.join(name)).unwrap();
        for command in [
            &["serve"] as &[_],
            &["init", "manage-token"],
            &["sweep"],
            &["backup", "b.db"],
            &["verify-history", "--key", &"0".repeat(64)],
        ] {
            let rejected = jeton(&folder, command, &[("JETON_STORE", &store)]);
            assert_eq!(rejected.status.code(), Some(1), "{command:?}: {}", rejected.said);
            let told = format!("{name} is a database without its log");
            assert!(rejected.logged.contains(&told), "{command:?}: {}", rejected.logged);
        }
        assert!(fs::read(folder.join(name)).unwrap() == before, "{name}");
    }
    // With the log it is complete.
    fs::copy(folder.join("jeton.db-wal"), folder.join("copy.db-wal")).unwrap();
    Served::start_with(&folder, &[("JETON_STORE", "sqlite:copy.db")]).end();
    Served::start(&folder).end();
    Served::start_with(&folder, &[("JETON_STORE", "sqlite:link.db")]).end();
}

#[tokio::test]
async fn copies_that_sqlite_makes_are_whole() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.execute("VACUUM INTO ?1", [folder.join("copy.db").display().to_string()]).unwrap();
    assert!(jeton(&folder, &["backup", "backup.db"], &[]).status.success());
    drop(other);
    server.kill();
    Served::start_with(&folder, &[("JETON_STORE", "sqlite:copy.db")]).end();
    let restored = [("JETON_STORE", "sqlite:restored.db")];
    assert!(jeton(&folder, &["restore", "backup.db"], &restored).status.success());
    Served::start_with(&folder, &restored).end();
}

#[test]
fn what_a_command_wrote_beside_the_server_is_missed_too() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let other = Connection::open(folder.join("jeton.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    assert!(
        jeton(&folder, &["init", "project", "--name", "Sales", "--email", "eve@example.org"], &[])
            .status
            .success()
    );
    server.kill();
    fs::write(folder.join("jeton.db-wal"), "").unwrap();
    let rejected = jeton(&folder, &["serve"], &[]);
    assert_eq!(rejected.status.code(), Some(1), "{}", rejected.said);
    assert!(rejected.logged.contains("jeton.db-wal was removed or emptied"), "{}", rejected.logged);
}
