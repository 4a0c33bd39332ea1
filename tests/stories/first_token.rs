//! The whole life of a token: created, used, shared, picked up, refreshed, and its history read.

use jeton_tests::jeton::Jeton;
use serde_json::json;

#[tokio::test]
async fn a_token_is_created_used_shared_picked_up_and_refreshed_and_its_history_says_so() {
    let jeton = Jeton::start().await;
    let token = jeton
        .create(&json!({
            "description": "MySQL extractor",
            "componentAccess": ["keboola.ex-db-mysql"],
            "bucketPermissions": {"in.c-csv-import": "write"},
        }))
        .await;
    assert!(jeton.may(&token.token, json!({"bucket": "in.c-csv-import", "access": "write"})).await);
    let copy = jeton.shared_copy(&token.id).await;
    assert!(jeton.may(&copy.token, json!({"component": "keboola.ex-db-mysql"})).await);
    assert!(!jeton.may(&copy.token, json!({"component": "keboola.ex-other"})).await);
    jeton.refresh(&token).await;
    assert_eq!(
        jeton.history(&token.id).await,
        [
            "storage.tokenRefreshed",
            "test.asked",
            "test.asked",
            "storage.tokenSharePickedUp",
            "storage.tokenShared",
            "test.asked",
            "storage.tokenCreated",
        ]
    );
}
