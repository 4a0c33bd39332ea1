//! A move from SQLite to DynamoDB and back.

use serde_json::{Value, json};

use crate::house::{House, Lived, get, history, lived, post};
use jeton_tests::client::Client;

const VERIFY: &str = "/v2/storage/tokens/verify";

/// The verify answer of each copy, without its URL.
async fn verified(client: &Client, life: &Lived) -> Vec<Value> {
    let mut all = Vec::new();
    for (copy, _) in &life.copies {
        let mut token = get(client, VERIFY, copy).await.expect(200).json();
        token["uri"] = Value::Null;
        all.push(token);
    }
    all
}

async fn rejected(client: &Client, life: &Lived) {
    for (copy, _) in &life.copies {
        get(client, VERIFY, copy).await.expect_error(401, "storage.tokenDisabled");
    }
}

#[tokio::test]
async fn a_project_moves_to_dynamodb_and_back_and_every_copy_goes_on_working() {
    let (old, new, third) = (House::sqlite(), House::dynamodb().await, House::sqlite());
    let first = old.serve();
    let life = lived(&first, &old.folder).await;
    let before = verified(&first.client(), &life).await;
    let file = old.folder.join("project.jsonl");
    let file = file.to_str().unwrap();
    let told = old.runs(&["export", &life.project, "--to", file, "--history", "--yes"]);
    assert!(told.contains("members 2, tokens 5, pending shares 1, events "), "{told}");

    // The source accepts no calls, before the target has anything.
    rejected(&first.client(), &life).await;
    let manage = format!("/manage/projects/{}", life.project);
    let client = first.client();
    let wish = json!({"description": "late"});
    let late = client.post(&format!("{manage}/tokens")).manage(&life.manage).json(&wish).send().await;
    late.expect_error(409, "projectClosed");
    let typed = json!({"secret": life.open.secret, "code": life.open.code});
    client.post(&life.open.path).json(&typed).send().await.expect_error(409, "projectClosed");

    // Nor does the target, until it is activated.
    let told = new.imports(file, &[]);
    assert!(told.contains("members 2, tokens 5, pending shares 1, events "), "{told}");
    let second = new.serve();
    rejected(&second.client(), &life).await;
    assert!(new.imports(file, &["--activate"]).contains("accepted here now"));
    let client = second.client();
    assert_eq!(verified(&client, &life).await, before);
    rejected(&first.client(), &life).await;

    // History is complete, including the move; the pending invitation is valid, and work continues.
    let id = &life.copies[1].1;
    let names: Vec<_> =
        history(&client, &life.master, id).await.iter().map(|event| event["event"].clone()).collect();
    assert_eq!(names.len(), life.events + 3, "{names:?}");
    for name in ["storage.tokenDisabled", "storage.tokenImported", "storage.tokenEnabled", "storage.table"] {
        assert!(names.contains(&json!(name)), "{name}: {names:?}");
    }
    let told = get(&client, "/v2/storage/events?q=event:storage.projectImported", &life.master)
        .await
        .expect(200)
        .json();
    assert_eq!(told.as_array().map(Vec::len), Some(1));
    let copy = client.post(&life.open.path).json(&typed).send().await.expect(200).field("token");
    get(&client, VERIFY, &copy).await.expect(200);
    post(&client, "/v2/storage/tokens", &life.master, &wish).await.expect(201);
    let put = client.put("/v2/storage/components/keboola.orchestrator/configs/1/token").token(&life.master);
    put.json(&json!({})).send().await.expect(200);

    let back = new.folder.join("back.jsonl");
    let back = back.to_str().unwrap();
    new.runs(&["export", &life.project, "--to", back, "--history", "--yes"]);
    rejected(&client, &life).await;
    third.imports(back, &["--activate"]);
    let third = third.serve();
    assert_eq!(verified(&third.client(), &life).await, before);
    get(&third.client(), VERIFY, &copy).await.expect(200);
}

#[tokio::test]
async fn a_move_that_is_called_off_leaves_everything_as_it_was() {
    let house = House::sqlite();
    let served = house.serve();
    let life = lived(&served, &house.folder).await;
    let before = verified(&served.client(), &life).await;
    let ended = house.run(&["export", &life.project, "--to", "project.jsonl"]);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.logged);
    assert_eq!(verified(&served.client(), &life).await, before, "nobody said yes");
    house.runs(&["export", &life.project, "--to", "project.jsonl", "--yes"]);
    rejected(&served.client(), &life).await;
    house.runs(&["export", &life.project, "--reopen", "--yes"]);
    assert_eq!(verified(&served.client(), &life).await, before);
    let typed = json!({"secret": life.open.secret, "code": life.open.code});
    served.client().post(&life.open.path).json(&typed).send().await.expect(200);
}
