//! Two concurrent sweeps, as of two schedules or two servers.

use jeton_tests::jeton::Held;
use serde_json::json;

use crate::{Two, at_once};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sweeps_remove_each_token_once() {
    let two = Two::start().await;
    let mut tokens: Vec<Held> = Vec::new();
    for _ in 0..20 {
        tokens.push(two.jeton.create(&json!({"expiresIn": 60})).await);
    }
    two.jeton.pass_seconds(60);
    let removed = at_once(2, |n| two.front(n).sweep()).await;
    assert_eq!(removed.iter().sum::<u64>(), 20, "{removed:?}");
    for token in &tokens {
        assert_eq!(two.count_events(token, "storage.tokenExpired").await, 1);
    }
    assert_eq!(two.jeton.sweep().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_deleted_while_it_is_swept_ends_once() {
    let two = Two::start().await;
    for _ in 0..20 {
        let token = two.jeton.create(&json!({"expiresIn": 60})).await;
        two.jeton.pass_seconds(60);
        let path = format!("/v2/storage/tokens/{}", token.id);
        let (deleted, swept) = tokio::join!(two.jeton.delete(&path).token(&two.jeton.master).send(), async {
            two.other.sweep().await
        },);
        let deleted = u64::from(deleted.status == 204);
        assert_eq!(deleted + swept, 1);
        assert_eq!(two.jeton.history(&token.id).await.len(), 2, "it was created and it ended");
    }
}
