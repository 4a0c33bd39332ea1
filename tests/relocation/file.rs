//! The file, and what is not one.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::house::{House, lived};

#[tokio::test]
async fn it_holds_no_secret_and_is_for_its_owner_alone() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let path = house.folder.join("project.jsonl");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    for secret in life.copies.iter().map(|(copy, _)| copy).chain([&life.open.secret, &life.manage]) {
        assert!(!text.contains(&secret[secret.len() - 8..]), "a secret is in the file");
    }
    let again = house.run(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    assert!(
        !again.status.success() && again.logged.contains("there is such a file already"),
        "{}",
        again.logged
    );
}

#[tokio::test]
async fn one_that_was_cut_or_changed_is_refused_and_nothing_of_it_stored() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    let text = fs::read_to_string(house.folder.join("project.jsonl")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n") + "\n";
    let without_one = text.replacen(&format!("{}\n", lines[2]), "", 1);
    for (bad, why) in [
        (without_end, "it has no end"),
        (without_one, "its checksum or its counts do not fit"),
        (text.replacen("in.c-a", "in.c-b", 1), "its checksum or its counts do not fit"),
        (format!("{text}{{}}\n"), "a line in it is not understood"),
        (text.replacen("\"version\":1,", "\"version\":2,", 1), "another version of Jeton"),
        (String::new(), "it has no end"),
    ] {
        let target = House::sqlite();
        fs::write(target.folder.join("bad.jsonl"), &bad).unwrap();
        let ended = target.run(&["import", "bad.jsonl", "--activate"]);
        assert!(!ended.status.success() && ended.logged.contains(why), "{why}: {}", ended.logged);
        let left = target.run(&["export", &life.project, "--to", "left.jsonl", "--yes"]);
        assert!(left.logged.contains("project not found"), "{}", left.logged);
    }
}

#[tokio::test]
async fn a_store_that_has_something_else_under_the_same_id_is_left_alone() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "a.jsonl", "--yes"]);
    house.runs(&["export", &life.project, "--reopen", "--yes"]);
    let wish = serde_json::json!({"description": "since then"});
    served.client().post("/v2/storage/tokens").token(&life.master).json(&wish).send().await.expect(201);
    house.runs(&["export", &life.project, "--to", "b.jsonl", "--yes"]);
    let path = |name: &str| house.folder.join(name).to_str().unwrap().to_owned();
    target.runs(&["import", &path("a.jsonl")]);
    let ended = target.run(&["import", &path("b.jsonl")]);
    assert!(
        !ended.status.success() && ended.logged.contains("already, and it is not as the file says"),
        "{}",
        ended.logged
    );
    target.runs(&["import", &path("a.jsonl")]);
}
