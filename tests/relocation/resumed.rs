//! Resumed moves.

use std::fs;

use jeton_core::{event::Order, store::TokenStore as _};
use jeton_store_sqlite::Sqlite;
use jeton_tests::process::{start_jeton, wait_until};
use serde_json::json;

use crate::house::{House, digest, get, lived, post};

#[tokio::test]
async fn an_export_goes_on_wherever_it_was_stopped_and_ends_as_the_same_file() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let export = |to: &str| house.runs(&["export", &life.project, "--to", to, "--history", "--yes"]);
    export("whole.jsonl");
    let whole = fs::read_to_string(house.folder.join("whole.jsonl")).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    for (number, line) in lines.iter().enumerate() {
        // It was stopped in the middle of this line, or somebody else has written the beginning.
        let before = lines[..number].concat().replace("in.c-a", "in.c-b") + &line[..line.len() / 2];
        let name = format!("part-{number}.jsonl");
        fs::write(house.folder.join(format!("{name}.unfinished")), before).unwrap();
        export(&name);
        let again = fs::read_to_string(house.folder.join(&name)).unwrap();
        assert_eq!(again, whole, "after line {number}");
    }
}

#[tokio::test]
async fn an_import_goes_on_after_it_was_killed() {
    let (house, target) = (House::sqlite(), House::sqlite());
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let client = served.client();
    for number in 0..190 {
        let wish = json!({"description": format!("Token {number}")});
        post(&client, "/v2/storage/tokens", &life.master, &wish).await.expect(201);
    }
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--history", "--yes"]);
    let file = house.folder.join("project.jsonl");
    let file = file.to_str().unwrap();
    let project = life.project.parse().unwrap();
    let killed = start_jeton(
        &target.folder,
        &["import", file, "--digest", &digest(file.as_ref())],
        &target.variables(),
    );
    let path = target.folder.join("jeton.db");
    wait_until("some of it is there", || path.exists().then_some(()));
    let store = Sqlite::open(&path).unwrap();
    let mut there = 0;
    while there == 0 {
        there = store.tokens(project, None, Order::Ascending, 1000, usize::MAX).await.unwrap().tokens.len();
    }
    drop(killed);
    let told = target.imports(file, &["--activate"]);
    assert!(told.contains("tokens 195"), "{told}");
    let served = target.serve();
    for (copy, _) in &life.copies {
        get(&served.client(), "/v2/storage/tokens/verify", copy).await.expect(200);
    }
    assert_eq!(
        store.tokens(project, None, Order::Ascending, 1000, usize::MAX).await.unwrap().tokens.len(),
        195
    );
    // Once it is open, an import does not change it.
    post(&served.client(), "/v2/storage/tokens", &life.master, &json!({})).await.expect(201);
    assert!(target.imports(file, &[]).contains("is imported and open"));
}
