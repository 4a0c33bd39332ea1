//! `jeton init seal-key`, `jeton verify-history` and `jeton export-history`.

use std::{fs, path::PathBuf, sync::Arc};

use jeton_core::{
    project::Project,
    seal::SEALED_AFTER,
    store::{Commit, Write},
    time::Timestamp,
};
use jeton_service::{
    clock::Clock,
    history::{AnchorPlace, SealKey, Sealer},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    jeton::{Jeton, START},
    process::{self, Ended, Served, wait_until},
    store::{Place, fresh_folder},
    waiting::lasting_day,
};
use serde_json::json;

use crate::{
    files, mode,
    remote::{failed, said},
    secret,
};

/// A token that was created at noon, three days before the first day that is not to be sealed yet, and the seal key.
struct Scene {
    folder: PathBuf,
    jeton: Jeton,
    project: String,
    key: String,
    public: String,
    noon: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        let folder = fresh_folder();
        let jeton = Jeton::start_on(Arc::new(Sqlite::open(&folder.join("jeton.db")).unwrap())).await;
        // The first day that is not to be sealed yet.
        let open = lasting_day(SEALED_AFTER).await;
        let noon = open.minus_seconds(3 * 86_400).plus_seconds(43_200);
        jeton.pass_millis(noon.millis() - START);
        jeton.create(&json!({"description": "from Monday"})).await;
        // The project, its first member and the member's token were created that day, too.
        let file = rusqlite::Connection::open(folder.join("jeton.db")).unwrap();
        let made = [START, noon.millis()].map(|at| format!(r#""created":{at}"#));
        for (table, column) in
            [("projects", "body"), ("members", "body"), ("tokens", "body"), ("tokens", "verify")]
        {
            let sql = format!("UPDATE {table} SET {column} = replace({column}, ?1, ?2)");
            assert!(file.execute(&sql, (&made[0], &made[1])).unwrap() > 0);
        }
        let drawn = process::jeton(&folder, &["init", "seal-key"], &[]);
        let public = said(&drawn).lines().find_map(|line| line.strip_prefix("The public key is ")).unwrap();
        let public = public.trim_end_matches('.').to_owned();
        assert_eq!(mode(&folder.join("jeton-seal-key")), 0o600);
        let (key, project) = (secret(&folder, "jeton-seal-key"), jeton.project.to_string());
        Self { folder, jeton, project, key, public, noon }
    }

    /// Ten minutes after each midnight the day before was sealed, and its digest noted.
    async fn sealed() -> Self {
        let scene = Self::new().await;
        let key = Arc::new(SealKey::parse(&scene.key).unwrap());
        let sealer = Sealer::new(key, Some(AnchorPlace::File(scene.folder.join("anchors"))));
        for night in 0..3 {
            let now = scene.noon.plus_seconds(43_200 + SEALED_AFTER + night * 86_400);
            assert_eq!(sealer.seal(scene.jeton.app.store.as_ref(), || (now, now.millis())).await.days, 1);
        }
        scene
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        process::jeton(&self.folder, arguments, &[("JETON_SEAL_KEY", &self.key)])
    }

    /// Verifies with the public key alone.
    fn verified(&self, arguments: &[&str]) -> Ended {
        let words = [&["verify-history"], arguments, &["--key", &self.public]].concat();
        process::jeton(&self.folder, &words, &[])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_commands_show_their_progress_on_a_terminal_and_nothing_of_it_in_a_file() {
    let scene = Scene::sealed().await;
    let verify = ["verify-history", "--key", &scene.public];
    let export_history = ["export-history", scene.project.as_str(), "--to", "history.ndjson"];
    let of_file = ["verify-history", "--file", "history.ndjson", "--key", &scene.public];
    let there: &[_] = &[("JETON_STORE", "sqlite:restored.db")];
    for (words, variables, made, work) in [
        (&verify[..], &[][..], None, &["events read"][..]),
        (&export_history, &[], Some("history.ndjson"), &["days written"]),
        (&of_file, &[], None, &["% "]),
        (&["backup", "backup.db"], &[], Some("backup.db"), &["copied, "]),
        (&["restore", "backup.db"], there, Some("restored.db"), &["copied, ", "tokens closed"]),
        (&["activate", &scene.project, "--yes"], there, None, &["tokens opened"]),
        (&["sweep"], &[], None, &["expired tokens removed"]),
    ] {
        let shown = process::jeton_on_terminal(&scene.folder, words, variables);
        for work in work {
            assert!(shown.contains(work), "{words:?} {shown:?}");
        }
        if let Some(made) = made {
            fs::remove_file(scene.folder.join(made)).unwrap();
        }
        let elsewhere = process::jeton(&scene.folder, words, variables);
        assert!(elsewhere.status.success(), "{words:?} {}", elsewhere.logged);
        let written = format!("{}{}", elsewhere.said, elsewhere.logged);
        assert!(!work.iter().any(|work| written.contains(work)), "{words:?} {written:?}");
        assert!(!written.contains('\u{1b}'), "{words:?} {written:?}");
        // What it says comes behind its progress, and is not mixed with it.
        let said: String = written.chars().take(16).collect();
        let said_at = shown.rfind(&said).unwrap_or_else(|| panic!("{said:?} in {shown:?}"));
        assert!(work.iter().all(|work| shown.rfind(work).unwrap() < said_at), "{words:?} {shown:?}");
    }
}

/// The output for a history that differs from its seals.
fn wrong(ended: &Ended) -> &str {
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.said, ended.logged);
    &ended.said
}

#[tokio::test]
async fn what_was_sealed_in_time_is_verified_by_who_has_the_public_key() {
    let scene = Scene::sealed().await;
    let verified = scene.verified(&["--anchors", "anchors"]);
    let said = said(&verified);
    assert!(said.contains(&format!("Project {}: ", scene.project)), "{said}");
    assert!(said.contains("all is as it was sealed"), "{said}");
    assert!(said.contains("not sealed  "), "today is not over: {said}");
    assert!(said.contains("anchored    days 3"), "{said}");
}

#[tokio::test]
async fn what_a_sweep_seals_days_later_counts_only_when_the_reason_is_known() {
    let scene = Scene::new().await;
    let nothing = scene.verified(&[&scene.project]);
    assert!(wrong(&nothing).contains("no day is sealed"), "{}", nothing.said);
    let swept = scene.run(&["sweep"]);
    assert!(
        said(&swept).contains("Sealed 0 days") && swept.logged.contains("sweep --seal-all"),
        "{}",
        swept.logged
    );
    assert!(said(&scene.run(&["sweep", "--seal-all"])).contains("Sealed 3 days"));
    let late = scene.verified(&[]);
    assert!(
        wrong(&late).contains("NOT as it was sealed") && late.said.contains("sealed late"),
        "{}",
        late.said
    );
    let known = format!("{}..{}", scene.noon.day(), Clock::System.now().day());
    assert!(said(&scene.verified(&["--accept-late", &known])).contains("all is as it was sealed"));
}

#[test]
fn days_in_the_wrong_order_are_not_understood() {
    let folder = fresh_folder();
    let key = [("JETON_SEAL_KEY", "1f".repeat(32))];
    let key = key.each_ref().map(|(name, value)| (*name, value.as_str()));
    fs::write(folder.join("sales.ndjson"), "").unwrap();
    let late = ["--accept-late", "2026-11-27..2026-11-20"];
    let part = ["--file", "sales.ndjson", "--from", "2026-11-27", "--until", "2026-11-20"];
    for days in [&late[..], &part] {
        let words = [&["verify-history"], days].concat();
        let ended = process::jeton(&folder, &words, &key);
        let why = failed(&ended, 2);
        assert!(why.contains("2026-11-27") && why.contains("comes after"), "{why}");
    }
}

#[tokio::test]
async fn an_id_that_no_project_can_have_is_named_and_hinders_no_project() {
    let scene = Scene::new().await;
    let file = rusqlite::Connection::open(scene.folder.join("jeton.db")).unwrap();
    let ids = [9_007_199_254_740_993, 16_777_216, -5_i64];
    for id in ids {
        file.execute("INSERT INTO projects VALUES (?1, '{}')", [id]).unwrap();
    }
    let swept = scene.run(&["sweep", "--seal-all"]);
    assert!(swept.said.contains("Sealed 3 days"), "{}{}", swept.said, swept.logged);
    assert_eq!(swept.status.code(), Some(1), "{}", swept.logged);
    let known = format!("{}..{}", scene.noon.day(), Clock::System.now().day());
    let late = ["--accept-late", &known];
    let all = scene.verified(&late);
    assert!(wrong(&all).contains("all is as it was sealed"), "{}", all.said);
    for id in ids.map(|id| id.to_string()) {
        assert!(swept.logged.contains(&id), "{}", swept.logged);
        assert!(all.said.contains(&format!("Project {id}: not verified")), "{}", all.said);
    }
    said(&scene.verified(&[&[scene.project.as_str()][..], &late].concat()));
}

#[tokio::test]
async fn an_event_in_the_list_of_a_bucket_that_is_under_no_seal_is_found() {
    let scene = Scene::sealed().await;
    let file = rusqlite::Connection::open(scene.folder.join("jeton.db")).unwrap();
    let sql = "SELECT uuid, body FROM events WHERE in_project_feed = 1 ORDER BY uuid DESC LIMIT 1";
    let event = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?));
    let (mut uuid, body) = file.query_row(sql, [], event).unwrap();
    uuid[15] ^= 1;
    let put =
        "INSERT INTO events (seq, uuid, project, by_token, in_project_feed, object_type, object_id, body)
        VALUES (0, ?1, ?2, ?3, 0, 'bucket', 'in.c-main', ?4)";
    let list = "INSERT INTO events_with_object VALUES (?1, 'bucket', 'in.c-main', ?2, 0)";
    for by in [None, Some(999)] {
        assert_eq!(file.execute(put, (uuid, &scene.project, by, &body)).unwrap(), 1);
        file.execute(list, (&scene.project, uuid)).unwrap();
        let verified = scene.verified(&[]);
        let found = format!("{:02x} is in the list of an object, and no seal covers it", uuid[15]);
        assert!(wrong(&verified).contains(&found), "{}", verified.said);
        file.execute("DELETE FROM events WHERE seq = 0", []).unwrap();
        file.execute("DELETE FROM events_with_object WHERE seq = 0", []).unwrap();
    }
    // In the feed of a token that never existed.
    file.execute(put, (uuid, &scene.project, 999, &body)).unwrap();
    let index = "INSERT INTO events_of_token VALUES (?1, 999, ?2, 0)";
    file.execute(index, (&scene.project, uuid)).unwrap();
    let verified = scene.verified(&[]);
    assert!(wrong(&verified).contains("token 999: events sealed 0, found 1"), "{}", verified.said);
}

#[tokio::test]
async fn a_sweep_of_the_terminal_logs_each_digest_and_its_log_is_a_file_of_anchors() {
    let scene = Scene::new().await;
    let swept = scene.run(&["sweep", "--seal-all"]);
    assert!(said(&swept).contains("Sealed 3 days"));
    fs::write(scene.folder.join("log"), &swept.logged).unwrap();
    let known = format!("{}..{}", scene.noon.day(), Clock::System.now().day());
    let verified = scene.verified(&["--anchors", "log", "--accept-late", &known]);
    assert!(said(&verified).contains("anchored    days 3"), "{}", swept.logged);
}

#[tokio::test]
async fn a_sweep_of_the_terminal_says_that_an_anchor_was_not_taken_and_the_next_one_delivers_it() {
    let scene = Scene::new().await;
    let place = format!("exec:sh -c 'cat >> \"{}/a place/anchors\"'", scene.folder.display());
    let sweep = || {
        let variables = [("JETON_SEAL_KEY", scene.key.as_str()), ("JETON_SEAL_ANCHOR", place.as_str())];
        process::jeton(&scene.folder, &["sweep", "--seal-all"], &variables)
    };
    let swept = sweep();
    let why = &swept.logged;
    assert!(swept.said.contains("Sealed 3 days"), "{}", swept.said);
    assert_eq!(swept.status.code(), Some(1), "{why}");
    assert!(why.contains("anchors that JETON_SEAL_ANCHOR has not taken: 3"), "{why}");
    fs::create_dir(scene.folder.join("a place")).unwrap();
    assert!(said(&sweep()).contains("Sealed 0 days"));
    assert!(said(&sweep()).contains("Sealed 0 days"));
    let anchors = fs::read_to_string(scene.folder.join("a place/anchors")).unwrap();
    assert_eq!(anchors.lines().count(), 3, "{anchors}");
}

#[tokio::test]
async fn what_is_left_of_a_project_that_is_gone_and_a_head_that_cannot_be_read_are_named() {
    let scene = Scene::sealed().await;
    let place = Place::Folder(scene.folder.clone());
    let second = scene.noon.plus_seconds(86_400).day();
    let mark = format!(r#""day":"{second}","sealed""#);
    assert_eq!(place.tamper(&mark, Some((r#""digest":"#, r#""digst":"#))).await, 1);
    let verified = scene.verified(&[]);
    let project = format!("Project {}: ", scene.project);
    assert!(wrong(&verified).contains(&project), "{}", verified.said);
    assert!(verified.said.contains(&format!("{second}: the head cannot be read")), "{}", verified.said);
    assert!(verified.said.contains("days 2"), "{}", verified.said);
    place.remove_project(scene.jeton.project).await;
    for arguments in [&[][..], &[scene.project.as_str()]] {
        let verified = scene.verified(arguments);
        assert!(wrong(&verified).contains("the record of the project is missing"), "{}", verified.said);
    }
}

#[tokio::test]
async fn a_beginning_that_is_gone_is_not_said_to_be_past_keeping() {
    let scene = Scene::sealed().await;
    let place = Place::Folder(scene.folder.clone());
    assert!(place.tamper(&format!(r#""day":"{}""#, scene.noon.day()), None).await > 0);
    let verified = scene.verified(&[]);
    assert!(wrong(&verified).contains("the days before it are missing"), "{}", verified.said);
    assert!(!verified.said.contains("past the months that are kept, not judged"), "{}", verified.said);
}

#[tokio::test]
async fn whatever_was_changed_in_the_file_is_said_with_its_day_and_token() {
    let scene = Scene::sealed().await;
    let place = Place::Folder(scene.folder.clone());
    assert!(place.tamper("from Monday", Some(("from Monday", "from Tuesday"))).await > 0);
    let verified = scene.verified(&[]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(verified.said.contains("NOT as it was sealed"), "{}", verified.said);
    assert!(verified.said.contains(", token "), "{}", verified.said);
    assert!(verified.logged.contains("history is not as it was sealed"), "{}", verified.logged);
}

#[tokio::test]
async fn nothing_that_the_store_holds_steers_the_terminal_of_who_verifies() {
    let scene = Scene::sealed().await;
    let place = Place::Folder(scene.folder.clone());
    let key = format!(r#""key":"{}""#, scene.public);
    let hostile = r#""key":"\u001b[2J\u009b1A\nProject 5: all is as it was sealed.""#;
    assert_eq!(place.tamper(&key, Some((&key, hostile))).await, 3);
    // Otherwise nobody would look for that key.
    assert_eq!(place.tamper("signature", Some((r#""signature":""#, r#""signature":"00"#))).await, 3);
    let verified = scene.verified(&[]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(verified.said.contains("it names the public key"), "{}", verified.said);
    assert!(!verified.said.contains(['\u{1b}', '\u{9b}']), "{:?}", verified.said);
    assert!(!verified.said.contains("\nProject 5: all is"), "{:?}", verified.said);
    let long = format!(r#""key":"{}"#, "x".repeat(100_000));
    assert_eq!(place.tamper(r#""key":""#, Some((r#""key":""#, &long))).await, 3);
    let verified = scene.verified(&[]);
    assert!(wrong(&verified).len() < 5000, "{}", verified.said.len());
}

#[tokio::test]
async fn a_store_without_any_project_and_one_whose_anchors_name_another_prove_nothing() {
    let (scene, empty) = (Scene::sealed().await, fresh_folder());
    let verify = ["verify-history", "--key", &scene.public];
    assert!(failed(&process::jeton(&empty, &verify, &[]), 1).contains("there is no database"));
    assert!(process::jeton(&empty, &["init", "manage-token"], &[]).status.success());
    assert!(failed(&process::jeton(&empty, &verify, &[]), 1).contains("nothing was verified"));
    let anchors = fs::read_to_string(scene.folder.join("anchors")).unwrap();
    let other = anchors.replace(&format!("\"project\":{}", scene.project), "\"project\":7");
    fs::write(scene.folder.join("anchors"), other + &anchors).unwrap();
    let verified = scene.verified(&["--anchors", "anchors"]);
    assert!(wrong(&verified).contains("Project 7: NOT"), "{}", verified.said);
    fs::write(scene.folder.join("anchors"), "nonsense").unwrap();
    assert!(failed(&scene.verified(&["--anchors", "anchors"]), 1).contains("line 1 is not a valid anchor"));
}

#[tokio::test]
async fn a_server_hands_each_digest_to_its_log_and_to_the_second_place() {
    let scene = Scene::sealed().await;
    let yesterday = scene.noon.plus_seconds(2 * 86_400).day();
    let place = Place::Folder(scene.folder.clone());
    assert!(place.tamper(&format!(r#""day":"{yesterday}""#), None).await > 0);
    // It continues at whatever time of day this test runs.
    scene.jeton.pass_millis(Clock::System.now().millis() - scene.jeton.app.clock.now().millis());
    scene.jeton.create(&json!({"description": "from today"})).await;
    let variables = [("JETON_SEAL_KEY", scene.key.as_str()), ("JETON_SEAL_ANCHOR", "exec:tee -a second")];
    let server = Served::start_with(&scene.folder, &variables);
    let second = wait_until("the anchors are there", || {
        fs::read_to_string(scene.folder.join("second")).ok().filter(|text| text.lines().count() == 3)
    });
    let logged = server.logged();
    server.end();
    fs::write(scene.folder.join("log"), logged).unwrap();
    assert!(second.ends_with('\n'), "those of before there was a second place, too");
    for (anchors, days) in [("second", 3), ("log", 1)] {
        let verified = scene.verified(&["--anchors", anchors]);
        assert!(
            verified.said.contains(&format!("anchored    days {days}")),
            "{anchors}: {} {}",
            verified.said,
            verified.logged
        );
    }
    let lost = scene.verified(&["--anchors", "anchors"]);
    assert!(wrong(&lost).contains("the head differs from its anchor"), "{}", lost.said);
}

#[tokio::test]
async fn an_exported_history_is_verified_where_there_is_no_store() {
    let scene = Scene::sealed().await;
    said(&scene.run(&["export-history", &scene.project, "--to", "sales.ndjson"]));
    assert_eq!(mode(&scene.folder.join("sales.ndjson")), 0o600);
    let elsewhere = fresh_folder();
    let text = fs::read_to_string(scene.folder.join("sales.ndjson")).unwrap();
    fs::write(elsewhere.join("sales.ndjson"), &text).unwrap();
    let verify = ["verify-history", "--file", "sales.ndjson", "--key", &scene.public];
    assert!(said(&process::jeton(&elsewhere, &verify, &[])).contains("all is as it was sealed"));
    let next = scene.noon.plus_seconds(86_400).day().to_string();
    wrong(&process::jeton(&elsewhere, &[&verify[..], &["--until", "2100-01-01"]].concat(), &[]));
    said(&process::jeton(&elsewhere, &[&verify[..], &["--until", &next]].concat(), &[]));
    fs::write(elsewhere.join("sales.ndjson"), text.replace("Monday", "Tuesday")).unwrap();
    assert_eq!(process::jeton(&elsewhere, &verify, &[]).status.code(), Some(1));
    assert_eq!(files(&elsewhere), ["sales.ndjson"]);
}

#[tokio::test]
async fn an_export_of_what_is_not_sealed_is_said_to_have_nothing() {
    let scene = Scene::new().await;
    let ended = scene.run(&["export-history", &scene.project, "--to", "sales.ndjson"]);
    assert!(failed(&ended, 1).contains("has no sealed day"));
    assert!(!scene.folder.join("sales.ndjson").exists());
}

#[tokio::test]
async fn no_name_of_a_project_begins_a_line_of_the_terminal() {
    let scene = Scene::sealed().await;
    let store = &scene.jeton.app.store;
    let project = store.project(scene.jeton.project).await.unwrap().unwrap();
    let hostile = Project {
        name: "x\nProject 5 is open.\u{85}\u{2067}".to_owned(),
        closed: Some(scene.noon),
        ..project
    };
    store.commit(&Commit { writes: vec![Write::ReplaceProject(hostile)], events: vec![] }).await.unwrap();
    let asked = scene.run(&["activate", &scene.project]);
    assert!(asked.logged.contains("x\u{fffd}Project 5 is open.\u{fffd}\u{fffd}"), "{}", asked.logged);
    assert_eq!(asked.logged.lines().count(), 1, "{}", asked.logged);
}

#[test]
fn a_key_that_is_none_and_no_key_at_all_are_said_to_be() {
    let folder = fresh_folder();
    failed(&process::jeton(&folder, &["verify-history"], &[]), 2);
    failed(&process::jeton(&folder, &["verify-history", "--key", "abc"], &[]), 2);
    let ended = process::jeton(&folder, &["sweep"], &[("JETON_SEAL_KEY", "hunter2")]);
    failed(&ended, 1);
    assert!(ended.logged.contains("JETON_SEAL_KEY must be 64 hexadecimal digits"), "{}", ended.logged);
    assert!(!ended.logged.contains("hunter2"), "{}", ended.logged);
}
