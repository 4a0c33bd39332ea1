//! `jeton init seal-key`, `jeton verify-history` and `jeton export-history`.

use std::{fs, path::PathBuf, sync::Arc};

use jeton_service::{clock::Clock, store::sqlite::Sqlite};
use jeton_tests::{
    jeton::{Jeton, START},
    process::{self, Ended},
    store::{Place, fresh_folder},
};
use serde_json::json;

use crate::{
    files, mode,
    remote::{failed, said},
    secret,
};

/// A token that was made three days ago, and the key that history is sealed with.
struct Scene {
    folder: PathBuf,
    project: String,
    key: String,
    public: String,
}

impl Scene {
    async fn new() -> Self {
        let folder = fresh_folder();
        let jeton = Jeton::start_on(Arc::new(Sqlite::open(&folder.join("jeton.db")).unwrap())).await;
        jeton.pass_millis(Clock::System.now().minus_seconds(3 * 86_400).millis() - START);
        jeton.create(&json!({"description": "from Monday"})).await;
        let drawn = process::jeton(&folder, &["init", "seal-key"], &[]);
        let public = said(&drawn).lines().find_map(|line| line.strip_prefix("The public key is ")).unwrap();
        let public = public.trim_end_matches('.').to_owned();
        assert_eq!(mode(&folder.join("jeton-seal-key")), 0o600);
        Self { key: secret(&folder, "jeton-seal-key"), project: jeton.project.to_string(), folder, public }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        process::jeton(&self.folder, arguments, &[("JETON_SEAL_KEY", &self.key)])
    }

    /// As somebody does who has the public key only.
    fn verified(&self, arguments: &[&str]) -> Ended {
        let words = [&["verify-history"], arguments, &["--key", &self.public]].concat();
        process::jeton(&self.folder, &words, &[])
    }
}

#[tokio::test]
async fn what_the_sweep_has_sealed_is_verified_by_who_has_the_public_key() {
    let scene = Scene::new().await;
    let nothing = scene.verified(&[&scene.project]);
    assert!(said(&nothing).contains("nothing is sealed"), "{}", nothing.said);
    assert!(said(&scene.run(&["sweep"])).contains("Sealed "));
    let verified = scene.verified(&[]);
    let said = said(&verified);
    assert!(said.contains(&format!("Project {}: ", scene.project)), "{said}");
    assert!(said.contains("all is as it was sealed"), "{said}");
    assert!(said.contains("not sealed  "), "today is not over: {said}");
}

#[tokio::test]
async fn whatever_was_changed_in_the_file_is_said_with_its_day_and_token() {
    let scene = Scene::new().await;
    said(&scene.run(&["sweep"]));
    let place = Place::Folder(scene.folder.clone());
    assert!(place.tamper("from Monday", Some(("from Monday", "from Tuesday"))).await > 0);
    let verified = scene.verified(&[]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(verified.said.contains("NOT as it was sealed"), "{}", verified.said);
    assert!(verified.said.contains(", token "), "{}", verified.said);
    assert!(verified.logged.contains("history is not as it was sealed"), "{}", verified.logged);
}

#[tokio::test]
async fn an_exported_history_is_verified_where_there_is_no_store() {
    let scene = Scene::new().await;
    said(&scene.run(&["sweep"]));
    said(&scene.run(&["export-history", &scene.project, "--to", "sales.ndjson"]));
    assert_eq!(mode(&scene.folder.join("sales.ndjson")), 0o600);
    let elsewhere = fresh_folder();
    let text = fs::read_to_string(scene.folder.join("sales.ndjson")).unwrap();
    fs::write(elsewhere.join("sales.ndjson"), &text).unwrap();
    let verify = ["verify-history", "--file", "sales.ndjson", "--key", &scene.public];
    assert!(said(&process::jeton(&elsewhere, &verify, &[])).contains("all is as it was sealed"));
    fs::write(elsewhere.join("sales.ndjson"), text.replace("Monday", "Tuesday")).unwrap();
    assert_eq!(process::jeton(&elsewhere, &verify, &[]).status.code(), Some(1));
    assert_eq!(files(&elsewhere), ["sales.ndjson"]);
}

#[test]
fn a_key_that_is_none_and_no_key_at_all_are_said_to_be() {
    let folder = fresh_folder();
    failed(&process::jeton(&folder, &["verify-history"], &[]), 2);
    failed(&process::jeton(&folder, &["verify-history", "--key", "abc"], &[]), 2);
    let ended = process::jeton(&folder, &["sweep"], &[("JETON_SEAL_KEY", "secret")]);
    failed(&ended, 1);
    assert!(ended.logged.contains("JETON_SEAL_KEY must be 64 hexadecimal digits"), "{}", ended.logged);
    assert!(!ended.logged.contains("secret"), "{}", ended.logged);
}
