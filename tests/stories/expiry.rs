//! A token with an expiry ends then, is swept, and stays in history.

use jeton_tests::jeton::Jeton;
use serde_json::json;

#[tokio::test]
async fn a_token_is_dead_the_millisecond_it_expires_and_the_next_sweep_removes_it() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({"description": "for an hour", "expiresIn": 3600})).await;
    let copy = jeton.shared_copy(&token.id).await;
    let open = jeton.share(&token.id, "late@example.org").await;
    jeton.pass_millis(3_600_000 - 1);
    assert_eq!(jeton.verify(&token.token).await, 200);
    assert_eq!(jeton.sweep().await, 0);
    jeton.pass_millis(1);
    for held in [&token, &copy] {
        let verify = jeton.get("/v2/storage/tokens/verify").token(&held.token).send().await;
        verify.expect_error(401, "storage.tokenExpired");
    }
    jeton.pick_up(&open).await.expect_error(410, "pickup.expired");
    let path = format!("/v2/storage/tokens/{}", token.id);
    let detail = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    assert_eq!(detail["isExpired"], true, "it is there until a sweep comes by");
    assert_eq!(jeton.sweep().await, 1);
    assert_eq!(jeton.sweep().await, 0);
    jeton.get(&path).token(&jeton.master).send().await.expect_error(404, "storage.tokens.notFound");
    let verify = jeton.get("/v2/storage/tokens/verify").token(&token.token).send().await;
    verify.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn the_history_of_a_swept_token_says_how_it_ended() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({"expiresIn": 1})).await;
    jeton.pass_seconds(1);
    jeton.sweep().await;
    assert_eq!(jeton.history(&token.id).await, ["storage.tokenExpired", "storage.tokenCreated"]);
    // Months later managers can still see it.
    jeton.pass_seconds(150 * 86_400);
    assert_eq!(jeton.history(&token.id).await, ["storage.tokenExpired", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_refresh_does_not_put_the_end_off() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({"expiresIn": 60})).await;
    jeton.pass_seconds(59);
    let refreshed = jeton.refresh(&token).await;
    assert_eq!(jeton.verify(&refreshed.token).await, 200);
    jeton.pass_seconds(1);
    assert_eq!(jeton.verify(&refreshed.token).await, 401);
    let path = format!("/v2/storage/tokens/{}/refresh", token.id);
    jeton.post(&path).token(&refreshed.token).send().await.expect_error(401, "storage.tokenExpired");
}
