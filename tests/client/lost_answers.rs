//! Calls that return a secret, and actions on many tokens, run once, however many of their answers are lost.

use jeton_client::{
    ActOnTokens, Client, Credential, MAX_TOKENS, PlainSecret, RefreshToken, ShareToken, TokenFilter,
    TokenSettings,
};
use jeton_tests::{jeton::Jeton, lossy::Lossy};
use serde_json::json;

fn over(line: &Lossy, token: &str) -> Client {
    Client::new(&line.url, Credential::Storage(PlainSecret::new(token.to_owned()))).unwrap()
}

#[tokio::test]
async fn a_created_token_is_one_token() {
    let jeton = Jeton::start().await;
    let line = Lossy::to(&jeton.url).await;
    // More than a call that somebody waits for would be repeated.
    line.lose(4);
    let created = over(&line, &jeton.master).create(&TokenSettings::default()).await.unwrap();
    assert_eq!(line.to_lose(), 0);
    assert_eq!(jeton.verify(created.value.token.as_ref().unwrap().expose()).await, 200);
    let tokens = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), 2, "the master token and this one");
}

#[tokio::test]
async fn a_token_that_refreshes_itself_is_not_lost() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let line = Lossy::to(&jeton.url).await;
    line.lose(2);
    let renewed = over(&line, &held.token).refresh(&held.id, &RefreshToken::default()).await.unwrap();
    assert_eq!(jeton.verify(&held.token).await, 401);
    assert_eq!(jeton.verify(renewed.value.token.as_ref().unwrap().expose()).await, 200);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenRefreshed", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_share_is_one_share() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let line = Lossy::to(&jeton.url).await;
    line.lose(2);
    let share = ShareToken {
        recipient_email: Some("bob@example.org".to_owned()),
        separate_code: Some(true),
        ..ShareToken::default()
    };
    let code = over(&line, &jeton.master).share(&held.id, &share).await.unwrap().unwrap();
    assert_eq!(jeton.detail(&held.id).await["shares"].as_array().unwrap().len(), 1);
    let invitation = jeton.invitation("bob@example.org").await;
    jeton.type_code(&invitation, &code).await.expect(200);
}

#[tokio::test]
async fn an_action_on_many_tokens_acts_on_those_that_it_found_first() {
    let jeton = Jeton::start().await;
    for number in 0..MAX_TOKENS + 5 {
        jeton.create(&json!({"description": format!("old {number}")})).await;
    }
    let line = Lossy::to(&jeton.url).await;
    line.lose(2);
    let filter = TokenFilter { search: Some("old".to_owned()), ..TokenFilter::default() };
    let action =
        ActOnTokens { filter: Some(filter), action: Some("delete".to_owned()), ..ActOnTokens::default() };
    let done = over(&line, &jeton.master).act_on_tokens(&action).await.unwrap();
    assert_eq!((line.to_lose(), done.changed), (0, MAX_TOKENS));
    let left = jeton.read(&jeton.master, "/v2/storage/tokens?search=old").await.json();
    assert_eq!(left.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn what_cannot_be_sent_again_is_not() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let line = Lossy::to(&jeton.url).await;
    line.lose(1);
    assert!(over(&line, &jeton.master).delete(&held.id).await.is_err());
    assert_eq!(jeton.verify(&held.token).await, 401, "it had been deleted");
}
