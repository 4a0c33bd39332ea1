//! Idempotent forms: a form that creates something does so once, however often a browser submits it.

use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

/// Submits a form of a page twice, like a browser that reloads the answer.
async fn sent_twice(
    console: &ConsoleClient,
    page: &str,
    to: &str,
    fields: &[(&str, &str)],
) -> (Answer, Answer) {
    let hidden = console.hidden_fields(page).await;
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let fields = [&hidden[..], fields].concat();
    (console.send_form(to, &fields).await, console.send_form(to, &fields).await)
}

fn secret(page: &str) -> &str {
    page.split_once("data-plain=\"").expect("a secret").1.split('"').next().unwrap()
}

#[tokio::test]
async fn a_new_token_whose_page_is_loaded_again_is_one_token() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let fields = [("description", "Nightly import"), ("expires", "never"), ("jobs", "1")];
    let (first, second) = sent_twice(&console, "tokens/new", "tokens", &fields).await;
    let (first, second) = (first.expect(201).text(), second.expect(201).text());
    assert_eq!(secret(&first), secret(&second));
    let list = console.open("tokens").await.expect(200).text();
    assert_eq!(list.matches(">Nightly import</a>").count(), 1, "{list}");
    jeton.verified(secret(&second)).await;
}

#[tokio::test]
async fn a_refresh_whose_page_is_loaded_again_is_one_refresh() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({})).await;
    let ask = format!("tokens/{}/refresh", held.id);
    let (first, second) = sent_twice(&console, &ask, &ask, &[("old", "end")]).await;
    let (first, second) = (first.expect(200).text(), second.expect(200).text());
    assert_eq!(secret(&first), secret(&second));
    jeton.verified(secret(&first)).await;
    let refreshes = jeton.history(&held.id).await;
    assert_eq!(refreshes.iter().filter(|name| *name == "storage.tokenRefreshed").count(), 1);
}

#[tokio::test]
async fn a_share_whose_page_is_loaded_again_is_one_share_and_one_mail() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({})).await;
    let ask = format!("tokens/{}/share", held.id);
    let fields = [("recipientEmail", "bob@example.org"), ("expiresIn", "3600"), ("separateCode", "1")];
    let (first, second) = sent_twice(&console, &ask, &ask, &fields).await;
    let code = |page: &str| page.split_once(" data-once>").unwrap().1[..6].to_owned();
    assert_eq!(code(&first.expect(200).text()), code(&second.expect(200).text()));
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 1);
}

#[tokio::test]
async fn an_invitation_whose_page_is_loaded_again_is_one_invitation_and_one_mail() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let fields = [("email", "eve@example.org"), ("name", "")];
    let (first, second) = sent_twice(&console, "members", "members", &fields).await;
    let told = "An invitation was sent to eve@example.org.";
    assert!(first.expect(200).text().contains(told) && second.expect(200).text().contains(told));
    assert_eq!(jeton.mail_to("eve@example.org").await.len(), 1);
    jeton.pick_up(&jeton.invitation("eve@example.org").await).await.expect(200);
}

#[tokio::test]
async fn an_invitation_that_another_has_replaced_is_not_said_to_be_on_its_way_when_its_page_is_loaded_again()
{
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let hidden = console.hidden_fields("members").await;
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain([("email", "eve@example.org"), ("name", "")]).collect();
    console.send_form("members", &fields).await.expect(200);
    let users = format!("/manage/projects/{}/users", jeton.project);
    let other = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": "eve@example.org"}));
    other.send().await.expect(204);
    let again = console.send_form("members", &fields).await.expect(400).text();
    assert!(again.contains("withdrawn since") && !again.contains("An invitation was sent"), "{again}");
    assert_eq!(jeton.mail_to("eve@example.org").await.len(), 2);
}

#[tokio::test]
async fn a_form_that_is_sent_again_after_ten_minutes_or_with_other_fields_does_nothing_and_says_so() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let hidden = console.hidden_fields("tokens/new").await;
    let send = async |description: &str| {
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain([("description", description), ("jobs", "1")]).collect();
        console.send_form("tokens", &fields).await
    };
    send("One").await.expect(201);
    let other = send("Two").await.expect(400).text();
    assert!(other.contains("This form was submitted before, so nothing was done now"), "{other}");
    jeton.pass_seconds(601);
    send("One").await.expect(400);
    let list = console.open("tokens").await.expect(200).text();
    assert_eq!((list.matches(">One<").count(), list.matches(">Two<").count()), (1, 0), "{list}");
}
