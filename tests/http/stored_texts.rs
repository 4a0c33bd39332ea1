//! Tokens in texts: whoever pastes one by mistake does not have it stored, shown or mailed.

use jeton_tests::{jeton::Jeton, reading::path};
use serde_json::json;

/// The bare part that nobody may find anywhere.
fn secret(token: &str) -> &str {
    token.rsplit_once("-jt").unwrap().1
}

#[tokio::test]
async fn a_token_in_a_description_is_replaced_before_it_is_stored() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": format!("like {}", jeton.master)});
    let held = jeton.create(&wish).await;
    assert_eq!(jeton.detail(&held.id).await["description"], "like ***");
    let change = json!({"description": format!("{} and {}", held.token, jeton.manage)});
    jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await.expect(200);
    assert_eq!(jeton.detail(&held.id).await["description"], "*** and ***");
}

#[tokio::test]
async fn a_token_anywhere_in_an_event_or_a_question_is_replaced() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let token = &held.token;
    let event = json!({
        "component": "it", "message": format!("curl -H 'X-StorageApi-Token: {token}'"), "runId": token,
        "params": {"nested": [{"header": token}], token.clone(): 1}, "results": {"log": format!("a{token}b")},
    });
    jeton.post_event(token, &event).await;
    let form = format!("component=it&message=by+form&description={}", token.replace('-', "%2D"));
    let posted = jeton.post("/v2/storage/events").token(token).form(&form);
    posted.header("user-agent", token).header("x-kbc-runid", token).send().await.expect(201);
    let question = json!({"operation": "op", "component": "a", "objectId": format!("in.c-x.{token}")});
    assert!(!jeton.may(token, question).await);
    let history = jeton.read(&jeton.master, &format!("{}/events", path(&held.id))).await.text();
    assert!(!history.contains(secret(token)), "{history}");
    assert!(
        history.contains("curl -H 'X-StorageApi-Token: ***'") && history.contains("in.c-x.***"),
        "{history}"
    );
    assert!(history.contains("\"***\":1") && history.contains("a***b"), "{history}");
}

#[tokio::test]
async fn a_token_in_the_message_of_a_share_is_not_mailed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let wish = json!({"recipientEmail": "bob@example.org", "message": format!("use {} so long", held.token)});
    jeton
        .post(&format!("{}/share", path(&held.id)))
        .token(&jeton.master)
        .json(&wish)
        .send()
        .await
        .expect(204);
    let mail = jeton.mail_to("bob@example.org").await.remove(0);
    assert!(mail.text.contains("use *** so long") && !mail.raw.contains(secret(&held.token)), "{}", mail.raw);
}

#[tokio::test]
async fn a_token_is_no_name_of_a_configuration() {
    let jeton = Jeton::start().await;
    let place = format!("/v2/storage/components/a/configs/{}/token", jeton.master);
    jeton.put(&place).token(&jeton.master).json(&json!({})).send().await.expect(404);
}
