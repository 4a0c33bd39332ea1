//! A table that is restored from a backup.

use jeton_tests::{
    client::Client,
    dynamodb::{self, AttributeValue},
};
use serde_json::json;

use crate::house::{House, get, post};

const TOKENS: &str = "/v2/storage/tokens";
const VERIFY: &str = "/v2/storage/tokens/verify";

/// A server on a table, which had a first start.
struct First {
    house: House,
    project: String,
    master: String,
    manage: String,
}

impl First {
    /// The server has ended when this returns.
    async fn after(first: impl AsyncFnOnce(&Client, &str)) -> Self {
        let house = House::dynamodb().await;
        let served = house.serve();
        let read = |name: &str| std::fs::read_to_string(house.folder.join(name)).unwrap().trim().to_owned();
        let (master, manage) = (read("jeton-master-token"), read("jeton-manage-token"));
        first(&served.client(), &master).await;
        served.end();
        let project = master.split('-').next().unwrap().to_owned();
        Self { house, project, master, manage }
    }
}

#[tokio::test]
async fn a_restored_table_is_refused_until_it_is_activated_because_it_revives_what_was_revoked() {
    let mut token = (String::new(), String::new());
    let first = First::after(async |client, master| {
        let made = post(client, TOKENS, master, &json!({})).await.expect(201);
        token = (made.field("id"), made.field("token"));
    })
    .await;
    let backup = dynamodb::copy_table(first.house.table()).await;
    let served = first.house.serve();
    let path = format!("{TOKENS}/{}", token.0);
    served.client().delete(&path).token(&first.master).send().await.expect(204);
    get(&served.client(), VERIFY, &token.1).await.expect(401);
    served.end();

    let restored = House::on_table(&dynamodb::copy_table(&backup).await);
    let before = dynamodb::dump(restored.table()).await;
    let sentence = format!(
        "The DynamoDB table {} is a copy of the table {} in eu-central-1.",
        restored.table(),
        first.house.table()
    );
    let file = ["export", &first.project, "--to", "project.jsonl", "--yes"];
    for command in [
        &["serve"] as &[_],
        &["sweep"],
        &["init", "manage-token"],
        &["init", "project", "--name", "Sales", "--email", "eve@example.org"],
        &["init", "table"],
        &file,
        &["verify-history", "--key", &"0".repeat(64)],
    ] {
        let told = restored.refuses(command);
        assert!(told.contains(&sentence) && told.contains("jeton activate PROJECT"), "{command:?}: {told}");
    }
    assert_eq!(dynamodb::dump(restored.table()).await, before, "to refuse is to write nothing");
    let asks = restored.run(&["activate", &first.project]);
    assert_eq!(asks.status.code(), Some(2), "{}", asks.logged);
    assert_eq!(dynamodb::dump(restored.table()).await, before, "nothing is changed without a confirmation");

    let told = restored.runs(&["activate", &first.project, "--yes"]);
    assert!(told.contains(&format!("Project {} is open; 2 tokens are accepted.", first.project)), "{told}");
    let served = restored.serve();
    get(&served.client(), VERIFY, &token.1).await.expect(200);
    // A manage token may have been deleted since, too.
    let answer = served.client().get("/manage/tokens/verify").manage(&first.manage).send().await;
    answer.expect_error(401, "storage.tokenDisabled");
    served.end();
    assert!(restored.runs(&["activate", &first.project]).contains("is open"));
    // The table that it was copied from is as it was.
    get(&first.house.serve().client(), VERIFY, &first.master).await.expect(200);
}

#[tokio::test]
async fn only_the_activated_project_of_a_restored_table_is_open_and_the_others_wait_for_their_own() {
    let first = First::after(async |_, _| ()).await;
    let another = ["init", "project", "--name", "Sales", "--email", "eve@example.org"];
    assert!(first.house.run(&another).status.success());
    let other = std::fs::read_to_string(first.house.folder.join("jeton-master-token-2")).unwrap();
    let (other, project) = (other.trim(), other.split('-').next().unwrap());
    let restored = House::on_table(&dynamodb::copy_table(first.house.table()).await);

    // A table that is closed in advance is still refused.
    let told = restored.runs(&["close", "--all", "--yes"]);
    assert!(told.contains("Closed projects 2, with tokens 2; "), "{told}");
    assert!(restored.refuses(&["serve"]).contains("is a copy of the table"));
    let told = restored.runs(&["close", "--all", "--yes"]);
    assert!(
        told.contains("Closed projects 0, with tokens 0; ended sessions 0; disabled manage tokens 0."),
        "{told}"
    );

    restored.runs(&["activate", &first.project, "--yes"]);
    let served = restored.serve();
    get(&served.client(), VERIFY, &first.master).await.expect(200);
    get(&served.client(), VERIFY, other).await.expect_error(401, "storage.tokenDisabled");
    restored.runs(&["activate", project, "--yes"]);
    get(&served.client(), VERIFY, other).await.expect(200);
}

#[tokio::test]
async fn a_table_restored_under_the_same_name_is_told_by_its_id_and_marked_for_those_who_do_not_ask_for_it() {
    let first = First::after(async |_, _| ()).await;
    first.house.run(&["sweep"]);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut schema = dynamodb::schema(first.house.table()).await;
    assert!(schema.contains_key("tableId"), "{schema:?}");
    schema.insert("tableId".to_owned(), text("created 1795000000000"));
    let attributes = schema.iter().filter(|(name, _)| !matches!(name.as_str(), "pk" | "sk"));
    let attributes: Vec<_> = attributes.map(|(name, value)| (name.as_str(), value.clone())).collect();
    dynamodb::put_schema(first.house.table(), &attributes).await;

    let sentence = "is a copy of an earlier table of the same name.";
    assert!(first.house.refuses(&["sweep"]).contains(sentence));
    assert!(dynamodb::schema(first.house.table()).await.contains_key("isCopy"));
    assert!(first.house.refuses(&["serve"]).contains(sentence));
    first.house.runs(&["activate", &first.project, "--yes"]);
    assert!(!dynamodb::schema(first.house.table()).await.contains_key("isCopy"));
    get(&first.house.serve().client(), VERIFY, &first.master).await.expect(200);
}

#[tokio::test]
async fn a_table_of_an_earlier_version_knows_its_name_after_the_first_start_and_locks_nobody_out() {
    let first = First::after(async |_, _| ()).await;
    let earlier = [("version", AttributeValue::N("1".to_owned()))];
    for command in [&["sweep"] as &[_], &["init", "manage-token"], &["activate", &first.project]] {
        dynamodb::put_schema(first.house.table(), &earlier).await;
        let ended = first.house.run(command);
        assert!(ended.status.success(), "{command:?}: {}", ended.logged);
        let schema = dynamodb::schema(first.house.table()).await;
        assert_eq!(schema["table"], AttributeValue::S(first.house.table().to_owned()), "{command:?}");
    }
    dynamodb::put_schema(first.house.table(), &earlier).await;
    get(&first.house.serve().client(), VERIFY, &first.master).await.expect(200);
    assert!(dynamodb::schema(first.house.table()).await.contains_key("tableId"));
}

#[tokio::test]
async fn a_table_is_the_same_by_its_name_and_by_its_arn() {
    let table = dynamodb::create_table().await;
    let arn = |region: &str| format!("arn:aws:dynamodb:{region}:000000000000:table/{table}");
    let (by_name, by_arn) = (dynamodb::table_at(&dynamodb::endpoint(), &table), arn("eu-central-1"));
    by_name.mark_with_schema().await.unwrap();
    let found = dynamodb::table_at(&dynamodb::endpoint(), &by_arn).unusable_table().await;
    assert_eq!(found, Ok(None));
}
