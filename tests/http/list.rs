//! `GET /v2/storage/tokens`

use futures_util::future::join_all;
use jeton_tests::{jeton::Jeton, reading::pluck, snapshot::body};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens";

async fn ids(jeton: &Jeton, token: &str, query: &str) -> Vec<String> {
    pluck(jeton.read(token, &format!("{PATH}{query}")).await.json().as_array().unwrap(), "id")
}

#[tokio::test]
async fn a_manager_sees_every_token_of_the_project_and_no_secret() {
    let jeton = Jeton::start().await;
    let limited = jeton.create(&json!({"componentAccess": ["keboola.ex-db-mysql"]})).await;
    let manager = jeton.create_manager(json!({})).await;
    jeton.foreign().await;
    for caller in [&jeton.master, &manager.token] {
        let mut seen = ids(&jeton, caller, "").await;
        seen.sort();
        let mut all = vec![jeton.master_id.clone(), limited.id.clone(), manager.id.clone()];
        all.sort();
        assert_eq!(seen, all);
    }
    let list = jeton.read(&jeton.master, PATH).await;
    assert_eq!(list.content_type(), Some("application/json"));
    for token in list.json().as_array().unwrap() {
        for absent in ["token", "owner", "organization", "adminOwner"] {
            assert!(token.get(absent).is_none(), "{absent}");
        }
    }
}

#[tokio::test]
async fn a_token_that_manages_none_sees_itself_alone() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({})).await;
    let limited = jeton.create(&json!({"canManageBuckets": true})).await;
    assert_eq!(ids(&jeton, &limited.token, "").await, [limited.id.as_str()]);
    let answer = jeton.read(&limited.token, PATH).await;
    insta::assert_json_snapshot!("limited", body(&answer));
}

#[tokio::test]
async fn a_master_token_tells_whose_it_is() {
    let jeton = Jeton::start().await;
    let answer = jeton.read(&jeton.master, PATH).await;
    assert!(answer.json()[0]["admin"]["id"].is_u64());
    insta::assert_json_snapshot!("master", body(&answer));
}

#[tokio::test]
async fn a_list_is_paged_by_limit_and_after_id() {
    let jeton = Jeton::start().await;
    for _ in 0..4 {
        jeton.create(&json!({})).await;
    }
    let all = ids(&jeton, &jeton.master, "").await;
    assert_eq!(ids(&jeton, &jeton.master, "?limit=2").await, all[..2]);
    assert_eq!(ids(&jeton, &jeton.master, &format!("?limit=2&afterId={}", all[1])).await, all[2..4]);
    assert_eq!(ids(&jeton, &jeton.master, &format!("?afterId={}", all[3])).await, all[4..]);
    assert!(ids(&jeton, &jeton.master, &format!("?afterId={}", all[4])).await.is_empty());
}

#[tokio::test]
async fn tokens_are_listed_in_the_order_of_their_creation() {
    let jeton = Jeton::start().await;
    let mut created = vec![jeton.master_id.clone()];
    for _ in 0..12 {
        jeton.pass_seconds(1);
        created.push(jeton.create(&json!({})).await.id);
    }
    assert_eq!(ids(&jeton, &jeton.master, "").await, created);
    for id in &created {
        let number: u64 = id.parse().unwrap();
        assert!(number < 1 << 53, "JavaScript reads {number} exactly");
    }
}

#[tokio::test]
async fn pages_have_each_token_that_stays_once_while_others_are_created_and_deleted() {
    let jeton = Jeton::start().await;
    let mut created = vec![jeton.master_id.clone()];
    for _ in 0..8 {
        jeton.pass_seconds(1);
        created.push(jeton.create(&json!({})).await.id);
    }
    let first = ids(&jeton, &jeton.master, "?limit=3").await;
    assert_eq!(first, created[..3]);
    // The last one of the page goes, and one of the page to come; a new one is the last of all.
    for gone in [2, 4] {
        jeton.delete(&format!("{PATH}/{}", created[gone])).token(&jeton.master).send().await.expect(204);
    }
    jeton.pass_seconds(1);
    let new = jeton.create(&json!({})).await.id;
    let second = ids(&jeton, &jeton.master, &format!("?limit=3&afterId={}", first[2])).await;
    assert_eq!(second, [created[3].as_str(), &created[5], &created[6]]);
    let third = ids(&jeton, &jeton.master, &format!("?limit=9&afterId={}", second[2])).await;
    assert_eq!(third, [created[7].as_str(), &created[8], &new]);
}

#[tokio::test]
async fn paging_parameters_that_make_no_sense_are_named() {
    let jeton = Jeton::start().await;
    for (query, field) in
        [("limit=0", "limit"), ("limit=10001", "limit"), ("limit=x", "limit"), ("afterId=x", "afterId")]
    {
        let answer = jeton.get(&format!("{PATH}?{query}")).token(&jeton.master).send().await;
        assert!(answer.expect_error(400, "validationError").contains(field));
    }
    assert_eq!(ids(&jeton, &jeton.master, "?limit=&forceUuid=1").await.len(), 1);
}

#[tokio::test]
async fn a_list_of_more_than_5_megabytes_asks_to_be_paged() {
    let jeton = Jeton::start().await;
    let buckets: Value = (0..1100).map(|n| (format!("in.{n:x}"), json!("write"))).collect();
    let wish = json!({"description": "😀".repeat(255), "bucketPermissions": buckets});
    for _ in 0..14 {
        join_all((0..20).map(|_| jeton.create(&wish))).await;
    }
    let answer = jeton.get(PATH).token(&jeton.master).send().await;
    let error = answer.expect_error(400, "answerTooLarge");
    assert!(error.contains("limit") && error.contains("afterId"));
    assert_eq!(ids(&jeton, &jeton.master, "?limit=100").await.len(), 100);
}

#[tokio::test]
async fn an_expired_token_is_listed_as_such_until_it_is_swept() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    jeton.pass_seconds(60);
    let list = jeton.read(&jeton.master, PATH).await.json();
    let listed = list.as_array().unwrap().iter().find(|token| token["id"] == held.id).unwrap();
    assert_eq!(listed["isExpired"], true);
    assert_eq!(jeton.sweep().await, 1);
    assert_eq!(ids(&jeton, &jeton.master, "").await, [jeton.master_id.as_str()]);
}
