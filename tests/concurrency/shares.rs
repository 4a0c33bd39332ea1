//! Many share one token concurrently.

use serde_json::json;

use crate::{MANY, Two, answered, at_once, expect_only, share_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_shares_of_one_token_end_with_no_more_than_sixteen_copies_and_shares() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}/share", token.id);
    let address = |n: usize| format!("colleague{n}@example.org");
    let answers = at_once(MANY, |n| {
        two.front(n).post(&path).token(&two.jeton.master).json(&share_with(&address(n))).send()
    })
    .await;
    expect_only(&answers, &[204, 409]);
    let detail = two.detail(&token).await;
    let open = detail["shares"].as_array().unwrap().len();
    assert_eq!(detail["copies"].as_array().unwrap().len(), 1);
    assert!((12..=15).contains(&open), "{open} shares beside one copy");
    assert_eq!(answered(&answers, 204).len(), open);
    for (n, answer) in answers.iter().enumerate() {
        let mails = two.jeton.mail_to(&address(n)).await.len();
        assert_eq!(mails, usize::from(answer.status == 204), "who was refused sent no mail");
    }
}
