//! The export file, and invalid ones.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use serde_json::{Value, json};

use crate::house::{House, digest, get, lived, post};

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
    assert!(!again.status.success() && again.logged.contains("the file exists already"), "{}", again.logged);
}

#[tokio::test]
async fn one_that_was_cut_or_changed_is_rejected_and_nothing_of_it_stored() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    let text = fs::read_to_string(house.folder.join("project.jsonl")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n") + "\n";
    let without_one = text.replacen(&format!("{}\n", lines[lines.len() - 2]), "", 1);
    for (bad, why) in [
        (without_end, "it is incomplete"),
        (without_one, "its checksum or its counts do not match"),
        (text.replacen("in.c-a", "in.c-b", 1), "its checksum or its counts do not match"),
        (format!("{text}{{}}\n"), "it continues after its end"),
        (text.replacen('{', "{{", 1), "it has an invalid line"),
        (text.replacen("\"version\":1,", "\"version\":2,", 1), "another version of Jeton"),
        (String::new(), "it is incomplete"),
    ] {
        let target = House::sqlite();
        fs::write(target.folder.join("bad.jsonl"), &bad).unwrap();
        let ended = target.import("bad.jsonl", &["--activate"]);
        assert!(!ended.status.success() && ended.logged.contains(why), "{why}: {}", ended.logged);
        let left = target.run(&["export", &life.project, "--to", "left.jsonl", "--yes"]);
        assert!(left.logged.contains("there is no database"), "{}", left.logged);
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
    target.imports(&path("a.jsonl"), &[]);
    let ended = target.import(&path("b.jsonl"), &[]);
    assert!(
        !ended.status.success() && ended.logged.contains("already, and differs from the file"),
        "{}",
        ended.logged
    );
    target.imports(&path("a.jsonl"), &[]);
}

/// A file with other records, whose counts and checksum are valid again: as forged with knowledge of its format.
fn forged(text: &str, change: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    records.pop();
    change(&mut records);
    let count = |kind: &str| records.iter().filter(|record| record.get(kind).is_some()).count();
    let (members, tokens, shares, events) = (count("member"), count("token"), count("share"), count("event"));
    let lines = records.iter().fold(String::new(), |lines, record| lines + &record.to_string() + "\n");
    let sha256 = jeton_core::seal::Digest::of(lines.as_bytes());
    let end = json!({"end": {
        "members": members, "tokens": tokens, "shares": shares, "events": events, "sha256": sha256,
    }});
    format!("{lines}{end}\n")
}

fn at<'a>(records: &'a mut [Value], kind: &str) -> &'a mut Value {
    records.iter_mut().find_map(|record| record.get_mut(kind)).unwrap()
}

#[tokio::test]
async fn a_file_without_the_digest_of_its_export_is_rejected_and_nothing_of_it_stored() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let told = house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let file = house.folder.join("project.jsonl");
    let told_digest = digest(&file);
    assert!(told.contains(&format!("--digest {told_digest}")), "{told}");
    let text = fs::read_to_string(&file).unwrap();
    let raised = forged(&text, |records| {
        at(records, "token")["token"]["identity"]["permissions"]["manageBuckets"] = json!(true);
    });
    fs::write(target.folder.join("project.jsonl"), &raised).unwrap();
    let without = target.run(&["import", "project.jsonl", "--activate"]);
    assert!(without.status.code() == Some(2) && without.logged.contains("--digest"), "{}", without.logged);
    let other = target.run(&["import", "project.jsonl", "--digest", &told_digest, "--activate"]);
    assert!(
        !other.status.success() && other.logged.contains("is not the file that was exported"),
        "{}",
        other.logged
    );
    assert!(!target.folder.join("jeton.db").exists());
    fs::write(target.folder.join("project.jsonl"), &text).unwrap();
    target.runs(&["import", "project.jsonl", "--digest", &told_digest]);
}

#[tokio::test]
async fn what_is_not_one_closed_project_is_rejected_before_anything_is_stored() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let text = fs::read_to_string(house.folder.join("project.jsonl")).unwrap();
    let other: u32 = if life.project == "7" { 8 } else { 7 };
    let foreign = |kind: &'static str| {
        forged(&text, move |records| {
            // The last of its kind, so that all before it is valid.
            let record = records.iter_mut().rev().find_map(|record| record.get_mut(kind)).unwrap();
            let thing = if kind == "token" || kind == "share" { &mut record[kind] } else { record };
            thing["project"] = json!(other);
        })
    };
    let set = |kind: &'static str, pointer: &'static str, value: Value| {
        forged(&text, move |records| {
            *at(records, kind).pointer_mut(pointer).unwrap_or_else(|| panic!("{kind} {pointer}")) = value;
        })
    };
    let without = |kind: &'static str, object: &'static str, name: &'static str| {
        forged(&text, move |records| {
            at(records, kind).pointer_mut(object).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        })
    };
    let twice = forged(&text, |records| {
        let first = records[0].clone();
        records.push(first);
    });
    let backwards = forged(&text, |records| {
        let event = records.pop().unwrap();
        records.insert(1, event);
    });
    let files = [
        (foreign("member"), "is of another project"),
        (foreign("token"), "is of another project"),
        (foreign("share"), "is of another project"),
        (foreign("event"), "is of another project"),
        (without("begin", "/project", "closed"), "its project is not closed"),
        (without("token", "/token/identity", "disabled"), "is not disabled"),
        (set("token", "/token/identity/disabled", json!(false)), "is not disabled"),
        (twice, "more than one project"),
        (backwards, "not in the order of an export"),
        (set("member", "/email", json!("a@b\r\nBcc: c@d")), "it has an invalid e-mail address"),
        (set("member", "/id", json!(0)), "has an invalid id"),
        (set("begin", "/project/name", json!("\u{1b}[2J")), "the name of its project is not valid"),
        (set("begin", "/project/created", json!(i64::MAX)), "an invalid timestamp"),
        (set("begin", "/history", json!(false)), "it has events, although"),
        (set("share", "/share/state", json!({"used": 5})), "is not open"),
        (set("share", "/share/id", json!("0123456789abcdef")), "does not belong to a token in it"),
        (
            set("event", "/uuid", json!("00000000-0000-4000-8000-000000000000")),
            "does not have the uuid of an event",
        ),
    ];
    for (bad, why) in files {
        fs::write(target.folder.join("bad.jsonl"), &bad).unwrap();
        let ended = target.import("bad.jsonl", &["--activate"]);
        assert!(!ended.status.success() && ended.logged.contains(why), "{why}: {}", ended.logged);
        assert!(!target.folder.join("jeton.db").exists(), "{why}");
    }
}

#[tokio::test]
async fn roles_move_with_their_members_and_a_file_in_which_they_differ_is_rejected() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let role = json!({"role": "readOnly"});
    let ann = format!("/manage/projects/{}/users/ann@example.org", life.project);
    served.client().put(&ann).manage(&life.manage).json(&role).send().await.expect(200);
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    let file = house.folder.join("project.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let kind = |record: &Value| record.pointer("/token/token/identity/kind").cloned().unwrap_or_default();
    let raised = forged(&text, |records| {
        let of_ann = records.iter_mut().find(|record| kind(record)["reader"].is_u64()).unwrap();
        let id = kind(of_ann)["reader"].clone();
        *of_ann.pointer_mut("/token/token/identity/kind").unwrap() = json!({"master": id});
    });
    let told_otherwise = forged(&text, |records| {
        let of_ann =
            records.iter_mut().find(|record| record["member"]["email"] == "ann@example.org").unwrap();
        of_ann["member"].as_object_mut().unwrap().remove("role").unwrap();
    });
    for (bad, why) in
        [(raised, "without a member who is an admin"), (told_otherwise, "of a read-only member whom it")]
    {
        fs::write(target.folder.join("bad.jsonl"), &bad).unwrap();
        let ended = target.import("bad.jsonl", &["--activate"]);
        assert!(!ended.status.success() && ended.logged.contains(why), "{why}: {}", ended.logged);
        assert!(!target.folder.join("jeton.db").exists(), "{why}");
    }

    target.imports(file.to_str().unwrap(), &["--activate"]);
    let moved = target.serve();
    let (of_ann, _) = life.copies.last().unwrap();
    let listed = get(&moved.client(), "/v2/storage/tokens", of_ann).await.expect(200).json();
    assert!(listed.as_array().unwrap().len() > 3, "{listed}");
    post(&moved.client(), "/v2/storage/tokens", of_ann, &json!({})).await.expect_error(403, "readOnlyMember");
    post(&moved.client(), "/v2/storage/tokens", &life.master, &json!({})).await.expect(201);
}

#[tokio::test]
async fn a_text_that_the_api_rejects_is_rejected_before_anything_is_stored() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let text = fs::read_to_string(house.folder.join("project.jsonl")).unwrap();
    let turned = "a\u{202e}b\u{1b}[2J";
    let values = [turned.to_owned(), "x".repeat(256), "a\0b".to_owned()];
    let places = [
        ("token", "/token/identity", "description"),
        ("token", "/token/identity/creator", "description"),
        ("token", "/token/identity/kind/configuration", "configuration"),
        ("token", "/token/identity/kind/configuration", "component"),
        ("token", "/token/identity/owner", "name"),
        ("share", "/share/sender", "name"),
        ("share", "/share/sender", "token"),
        ("share", "/share", "projectName"),
        ("event", "/by", "name"),
    ];
    for (kind, object, field) in places {
        for value in &values {
            let bad = forged(&text, |records| {
                let mut of_kind = records.iter_mut().filter_map(|record| record.get_mut(kind));
                // The last one of them, so that all before it is valid.
                let record = of_kind.rfind(|record| record.pointer(object).is_some_and(Value::is_object));
                record.unwrap().pointer_mut(object).unwrap()[field] = json!(value);
            });
            fs::write(target.folder.join("bad.jsonl"), &bad).unwrap();
            let ended = target.import("bad.jsonl", &["--activate"]);
            let said = format!("{kind} {object}/{field} {value:?}: {}", ended.logged);
            assert!(!ended.status.success() && ended.logged.contains("not valid"), "{said}");
            assert!(!ended.logged.contains(turned), "{said}");
            assert!(!target.folder.join("jeton.db").exists(), "{said}");
        }
    }
}

#[tokio::test]
async fn the_store_that_it_was_exported_from_does_not_import_it() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let ended = house.import("project.jsonl", &["--activate"]);
    assert!(!ended.status.success() && ended.logged.contains("it was exported from"), "{}", ended.logged);
    for (copy, _) in &life.copies {
        get(&served.client(), "/v2/storage/tokens/verify", copy).await.expect(401);
    }
    house.runs(&["export", &life.project, "--reopen", "--yes"]);
    let ended = house.import("project.jsonl", &["--activate"]);
    assert!(!ended.status.success() && ended.logged.contains("it was exported from"), "{}", ended.logged);
}

#[tokio::test]
async fn an_export_follows_no_link_and_writes_for_its_owner_alone() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let (folder, unfinished) = (&house.folder, house.folder.join("project.jsonl.unfinished"));
    let export = || house.run(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    fs::write(folder.join("precious"), "mine").unwrap();
    symlink(folder.join("precious"), &unfinished).unwrap();
    let ended = export();
    assert!(!ended.status.success() && ended.logged.contains("it is a link"), "{}", ended.logged);
    assert_eq!(fs::read_to_string(folder.join("precious")).unwrap(), "mine");
    fs::remove_file(&unfinished).unwrap();
    symlink(folder.join("nowhere"), folder.join("project.jsonl")).unwrap();
    assert!(!export().status.success() && !folder.join("nowhere").exists());
    fs::remove_file(folder.join("project.jsonl")).unwrap();
    fs::write(&unfinished, "").unwrap();
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(export().status.success());
    assert_eq!(fs::metadata(folder.join("project.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn nothing_is_closed_for_a_file_that_cannot_be_written() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    fs::create_dir(house.folder.join("folder")).unwrap();
    fs::write(house.folder.join("there.jsonl"), "mine").unwrap();
    for to in [
        "nowhere/project.jsonl",
        "folder",
        "there.jsonl",
        "there.jsonl/project.jsonl",
        "/dev/null",
        "/proc/project.jsonl",
    ] {
        let ended = house.run(&["export", &life.project, "--to", to, "--yes"]);
        assert!(!ended.status.success(), "{to}");
        assert!(!ended.logged.contains("is closed"), "{to}: {}", ended.logged);
        get(&served.client(), "/v2/storage/tokens/verify", &life.master).await.expect(200);
    }
    // Not enough space for one page.
    let ended = house.run_with_files_up_to(8, &["export", &life.project, "--to", "project.jsonl", "--yes"]);
    assert!(!ended.status.success() && ended.logged.contains("project.jsonl"), "{}", ended.logged);
    get(&served.client(), "/v2/storage/tokens/verify", &life.master).await.expect(200);
    assert!(!house.folder.join("project.jsonl.unfinished").exists());
}

#[tokio::test]
async fn a_project_whose_file_fails_on_the_way_is_open_again() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let event = json!({"component": "acme", "message": "x".repeat(60_000)});
    for _ in 0..8 {
        post(&served.client(), "/v2/storage/events", &life.master, &event).await.expect(201);
    }
    let database = rusqlite::Connection::open(house.folder.join("jeton.db")).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let export = ["export", &life.project, "--to", "project.jsonl", "--history", "--yes"];
    let ended = house.run_with_files_up_to(300, &export);
    assert!(!ended.status.success() && ended.logged.contains("is open again"), "{}", ended.logged);
    get(&served.client(), "/v2/storage/tokens/verify", &life.master).await.expect(200);
    assert!(!house.folder.join("project.jsonl.unfinished").exists());
    house.runs(&export);
    get(&served.client(), "/v2/storage/tokens/verify", &life.master).await.expect(401);
    // A project that was closed before stays closed.
    fs::remove_file(house.folder.join("project.jsonl")).unwrap();
    let ended = house.run_with_files_up_to(300, &export);
    assert!(!ended.status.success() && !ended.logged.contains("open again"), "{}", ended.logged);
    get(&served.client(), "/v2/storage/tokens/verify", &life.master).await.expect(401);
}
