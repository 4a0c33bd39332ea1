//! `POST /v2/storage/tokens/{token}/refresh`

use jeton_tests::jeton::Jeton;
use serde_json::json;

#[tokio::test]
async fn refresh_kills_every_older_copy_and_every_open_share_at_once() {
    let jeton = Jeton::start().await;
    let created = jeton.create(&json!({})).await;
    let shared = jeton.shared_copy(&created.id).await;
    let open = jeton.share(&created.id, "late@example.org").await;
    let refreshed = jeton.refresh(&created).await;
    assert_eq!(jeton.verify(&created.token).await, 401);
    assert_eq!(jeton.verify(&shared.token).await, 401);
    assert_eq!(jeton.verify(&refreshed.token).await, 200);
    jeton.pick_up(&open).await.expect_error(410, "pickup.ended");
}
