//! `jeton backup`, `jeton restore` and `jeton activate`.

use std::{fs, path::Path};

use jeton_tests::{
    client::Client,
    process::{Ended, Served, jeton},
    store::fresh_folder,
};
use serde_json::json;

use crate::{
    files, mode,
    remote::{failed, said},
    secret, verify,
};

const ON_COPY: &[(&str, &str)] = &[("JETON_STORE", "sqlite:restored.db")];

fn backed_up(folder: &Path) -> Ended {
    jeton(folder, &["backup", "backup.db"], &[])
}

async fn create(client: &Client, master: &str) -> (String, String) {
    let created = client.post("/v2/storage/tokens").token(master).json(&json!({})).send().await.expect(201);
    (created.field("id"), created.field("token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_others_write_holds_all_that_was_acknowledged_before() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), secret(&folder, "jeton-master-token"));
    let mut before = Vec::new();
    for _ in 0..5 {
        before.push(create(&client, &master).await);
    }
    let (writer, by) = (client.clone(), master.clone());
    let writing = tokio::spawn(async move {
        loop {
            create(&writer, &by).await;
        }
    });
    said(&backed_up(&folder));
    writing.abort();
    drop(writing.await);
    assert_eq!(mode(&folder.join("backup.db")), 0o600);
    server.end();

    said(&jeton(&folder, &["restore", "backup.db"], ON_COPY));
    assert_eq!(mode(&folder.join("restored.db")), 0o600);
    let project = before[0].1.split('-').next().unwrap();
    said(&jeton(&folder, &["activate", project, "--yes"], ON_COPY));
    let copy = Served::start_with(&folder, ON_COPY);
    for (_, token) in &before {
        verify(&copy.client(), token).await.expect(200);
    }
    verify(&copy.client(), &master).await.expect(200);
}

#[tokio::test]
async fn a_restored_project_is_closed_until_it_is_activated_because_it_may_revive_what_was_revoked() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), secret(&folder, "jeton-master-token"));
    let (id, token) = create(&client, &master).await;
    said(&backed_up(&folder));
    client.delete(&format!("/v2/storage/tokens/{id}")).token(&master).send().await.expect(204);
    server.end();

    let restored = jeton(&folder, &["restore", "backup.db"], ON_COPY);
    said(&restored);
    let project = token.split('-').next().unwrap();
    assert!(restored.logged.contains(&format!("jeton activate {project}")), "{}", restored.logged);
    let copy = Served::start_with(&folder, ON_COPY);
    for dead in [&token, &master] {
        verify(&copy.client(), dead).await.expect_error(401, "storage.tokenDisabled");
    }
    // A manage token may have been deleted since, too.
    let manage = secret(&folder, "jeton-manage-token");
    let answer = copy.client().get("/manage/tokens/verify").manage(&manage).send().await;
    answer.expect_error(401, "storage.tokenDisabled");
    copy.end();
    failed(&jeton(&folder, &["activate", project], ON_COPY), 2);
    said(&jeton(&folder, &["activate", project, "--yes"], ON_COPY));
    let copy = Served::start_with(&folder, ON_COPY);
    verify(&copy.client(), &token).await.expect(200);
    copy.end();
    let again = jeton(&folder, &["activate", project], ON_COPY);
    said(&again);
    assert!(again.logged.contains("is open"), "{}", again.logged);
}

#[tokio::test]
async fn a_closed_project_refuses_its_tokens_beside_a_running_server_until_it_is_activated() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), secret(&folder, "jeton-master-token"));
    let manage = secret(&folder, "jeton-manage-token");
    let project = master.split('-').next().unwrap();
    for (arguments, code) in
        [(&["close"] as &[_], 2), (&["close", project, "--all"], 2), (&["close", project], 2)]
    {
        failed(&jeton(&folder, arguments, &[]), code);
    }
    verify(&client, &master).await.expect(200);
    said(&jeton(&folder, &["close", project, "--yes"], &[]));
    verify(&client, &master).await.expect_error(401, "storage.tokenDisabled");
    client.get("/manage/tokens/verify").manage(&manage).send().await.expect(200);
    said(&jeton(&folder, &["activate", project, "--yes"], &[]));
    verify(&client, &master).await.expect(200);

    let closed = jeton(&folder, &["close", "--all", "--yes"], &[]);
    said(&closed);
    assert!(closed.logged.contains("Closed projects 1, with tokens 1; "), "{}", closed.logged);
    assert!(closed.logged.contains(&format!("jeton activate {project}")), "{}", closed.logged);
    verify(&client, &master).await.expect_error(401, "storage.tokenDisabled");
    let answer = client.get("/manage/tokens/verify").manage(&manage).send().await;
    answer.expect_error(401, "storage.tokenDisabled");
}

#[test]
fn a_backup_that_is_put_in_place_by_hand_is_not_served() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    said(&backed_up(&folder));
    fs::copy(folder.join("backup.db"), folder.join("by-hand.db")).unwrap();
    let by_hand = &[("JETON_STORE", "sqlite:by-hand.db")];
    for command in [&["serve"] as &[_], &["sweep"], &["backup", "another.db"]] {
        let rejected = jeton(&folder, command, by_hand);
        assert!(failed(&rejected, 1).contains("is a backup: put it in place with `jeton restore`"));
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    said(&backed_up(&folder));
    let before = fs::read(folder.join("backup.db")).unwrap();
    assert!(failed(&backed_up(&folder), 1).contains("backup.db is there already"));
    assert_eq!(fs::read(folder.join("backup.db")).unwrap(), before);
    let database = fs::read(folder.join("jeton.db")).unwrap();
    failed(&jeton(&folder, &["restore", "backup.db"], &[]), 1);
    assert_eq!(fs::read(folder.join("jeton.db")).unwrap(), database);
}

#[test]
fn a_backup_is_not_restored_beside_the_log_of_another_database() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    said(&backed_up(&folder));
    for beside in ["restored.db-wal", "restored.db-shm", "restored.db-journal"] {
        fs::write(folder.join(beside), "of another").unwrap();
        let rejected = jeton(&folder, &["restore", "backup.db"], ON_COPY);
        assert!(failed(&rejected, 1).contains(&format!("{beside} is there already")));
        assert!(!folder.join("restored.db").exists());
        fs::remove_file(folder.join(beside)).unwrap();
    }
    said(&jeton(&folder, &["restore", "backup.db"], ON_COPY));
}

#[test]
fn what_is_no_backup_or_a_damaged_one_is_not_restored() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    said(&backed_up(&folder));
    let rejected = |file: &str| {
        let rejected = jeton(&folder, &["restore", file], ON_COPY);
        let why = failed(&rejected, 1).to_owned();
        assert!(!folder.join("restored.db").exists());
        why
    };
    assert!(rejected("jeton.db").contains("is no file that `jeton backup` has written"));
    rejected("nothing.db");
    let mut damaged = fs::read(folder.join("backup.db")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 4096].fill(0xff);
    fs::write(folder.join("damaged.db"), damaged).unwrap();
    rejected("damaged.db");
    let table = jeton(&folder, &["backup", "x.db"], &[("JETON_STORE", "dynamodb:jeton")]);
    assert!(failed(&table, 1).contains("with DynamoDB itself"));
    // The printed digest is of this one file.
    let digest = jeton_core::seal::Digest::of(&fs::read(folder.join("backup.db")).unwrap()).to_string();
    let other = jeton_core::seal::Digest::of(b"another file").to_string();
    let rejected = jeton(&folder, &["restore", "backup.db", "--digest", &other], ON_COPY);
    assert!(failed(&rejected, 1).contains("is not the backup that was made"));
    // A rejected attempt leaves no file behind.
    assert!(!files(&folder).iter().any(|name| name.starts_with("restored.db")), "{:?}", files(&folder));
    said(&jeton(&folder, &["restore", "backup.db", "--digest", &digest], ON_COPY));
}

#[test]
fn a_backup_that_acts_by_itself_is_not_restored() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    for (name, change) in [
        ("trigger", "CREATE TRIGGER own AFTER UPDATE ON projects BEGIN DELETE FROM tombstones; END"),
        ("view", "CREATE VIEW own AS SELECT * FROM tokens"),
        ("table", "CREATE TABLE own (id INTEGER REFERENCES projects ON DELETE RESTRICT)"),
        ("index", "CREATE UNIQUE INDEX own ON tombstones (project)"),
    ] {
        let file = format!("{name}.db");
        said(&jeton(&folder, &["backup", &file], &[]));
        rusqlite::Connection::open(folder.join(&file)).unwrap().execute_batch(change).unwrap();
        let rejected = jeton(&folder, &["restore", &file], ON_COPY);
        let told = format!("{file} is not as Jeton makes it: there is a {name} \"own\" in it");
        assert!(failed(&rejected, 1).contains(&told), "{}", rejected.logged);
        assert!(!files(&folder).iter().any(|name| name.starts_with("restored.db")), "{:?}", files(&folder));
    }
}

#[test]
fn of_two_restores_to_one_place_the_second_waits_for_no_other_and_spoils_nothing() {
    let folder = fresh_folder();
    Served::start(&folder).end();
    said(&backed_up(&folder));
    let unfinished = folder.join("restored.db.restoring");
    let first = fs::File::create_new(&unfinished).unwrap();
    first.lock().unwrap();
    let rejected = jeton(&folder, &["restore", "backup.db"], ON_COPY);
    assert!(failed(&rejected, 1).contains("another `jeton restore` is at work"), "{}", rejected.logged);
    assert!(unfinished.exists() && !folder.join("restored.db").exists());
    // A killed restore is started again.
    drop(first);
    said(&jeton(&folder, &["restore", "backup.db"], ON_COPY));
}
