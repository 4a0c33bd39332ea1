//! The questions of a token, and those that an edit would have denied.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

#[tokio::test]
async fn the_page_says_what_was_used_and_tries_an_edit_without_making_it() {
    let jeton = Jeton::start().await;
    let wish =
        json!({"bucketPermissions": {"in.c-a": "write"}, "componentAccess": ["x"], "canCreateJobs": true});
    let held = jeton.create(&wish).await;
    for access in ["read", "read", "manage"] {
        jeton.may(&held.token, json!({"bucket": "in.c-a", "access": access})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let own = format!("tokens/{}/usage", held.id);
    let page = console.open(&own).await.expect(200).text();
    for words in [
        "3 questions, the last <time ",
        ">just now</time>; 1 denied.",
        "2 calls allowed",
        "1 denied",
        "write bucket in.c-a",
        "run component x",
        "create jobs",
        "Read bucket in.c-a.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let tried = console.submit(&own, &own, &[("write", "in.c-b")]).await.expect(200).text();
    assert!(tried.contains("2 calls") && tried.contains("would have denied"), "{tried}");
    let harmless = console.submit(&own, &own, &[("read", "in.c-a")]).await.expect(200).text();
    assert!(harmless.contains("would have denied no calls"), "{harmless}");
    let bad = console.submit(&own, &own, &[("read", "nonsense")]).await.expect(400).text();
    assert!(bad.contains("Bucket id"), "{bad}");
    assert_eq!(jeton.detail(&held.id).await["bucketPermissions"], json!({"in.c-a": "write"}));
}

#[tokio::test]
async fn of_a_token_that_asked_nothing_it_says_so() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&format!("tokens/{}/usage", held.id)).await.expect(200).text();
    assert!(page.contains("It asked no question"), "{page}");
}
