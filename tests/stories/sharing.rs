//! The master shares `MySQL extractor` with a colleague, who picks up a copy of it.

use jeton_tests::{
    jeton::{ADMIN, Held, Invitation, Jeton},
    random::{wrong_code, wrong_codes},
};
use serde_json::{Value, json};

const COLLEAGUE: &str = "colleague@example.org";

async fn extractor(jeton: &Jeton) -> Held {
    let buckets = json!({"in.c-csv-import": "write"});
    jeton.create(&json!({"description": "MySQL extractor", "bucketPermissions": buckets})).await
}

async fn subjects_to(jeton: &Jeton, address: &str) -> Vec<String> {
    jeton.mail_to(address).await.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn the_mail_holds_a_link_and_a_code_but_no_token_and_nothing_else_to_click() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let message = "Zebra! See https://evil.example/x or www.evil.example, ask eve@evil.example.";
    let path = format!("/v2/storage/tokens/{}/share", token.id);
    let body = json!({"recipientEmail": COLLEAGUE, "message": message});
    jeton.post(&path).token(&jeton.master).json(&body).send().await.expect(204);
    let [mail] = &jeton.mail_to(COLLEAGUE).await[..] else { panic!("one mail is sent") };
    let invitation = Invitation::read(mail);
    assert_eq!((invitation.code.len(), invitation.secret.is_empty()), (6, false));
    for part in [&mail.raw, &mail.text, &mail.html] {
        assert!(!part.contains(token.token.split_once("-jt").unwrap().1));
        assert!(!part.contains("evil.example"), "an address in the message could be clicked");
    }
    assert!(mail.text.contains("Zebra!") && mail.html.contains("Zebra!"));
    let links: Vec<&str> = mail.html.split("href=\"").skip(1).collect();
    let pick_up = format!("{}{}#", jeton.url, invitation.path);
    assert!(!links.is_empty() && links.iter().all(|link| link.starts_with(&pick_up)), "{links:?}");
    for sharers in ["Zebra", "MySQL", "Ada", ADMIN] {
        assert!(!mail.subject.contains(sharers), "the subject is in Jeton's own words: {}", mail.subject);
    }
}

#[tokio::test]
async fn opening_the_link_changes_nothing_however_often() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let invitation = jeton.share(&token.id, COLLEAGUE).await;
    let before = jeton.history(&token.id).await;
    let page = jeton.get(&invitation.path).send().await.expect(200);
    for _ in 0..20 {
        assert_eq!(jeton.get(&invitation.path).send().await.expect(200).body, page.body);
        let told = jeton.post(&invitation.path).json(&json!({"secret": invitation.secret})).send().await;
        let told = told.expect(200).json();
        assert_eq!((&told["state"], &told["token"]), (&json!("open"), &Value::Null));
    }
    let unknown = jeton.get("/pickup/0123456789abcdef").send().await.expect(200);
    assert_eq!(unknown.body, page.body, "the page does not tell which shares there are");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(jeton.history(&token.id).await, before);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn a_wrong_code_fails_and_the_right_one_shows_a_copy_once() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let invitation = jeton.share(&token.id, COLLEAGUE).await;
    let wrong = jeton.type_code(&invitation, &wrong_code(&invitation.code)).await;
    wrong.expect_error(403, "pickup.wrongCode");
    jeton.type_code(&invitation, "12345").await.expect(400);
    let copy = jeton.pick_up(&invitation).await.expect(200).json();
    assert_eq!(copy["bucketPermissions"], json!({"in.c-csv-import": "write"}));
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.used");
    assert_eq!(jeton.verify(copy["token"].as_str().unwrap()).await, 200);
    assert_eq!(jeton.verify(&token.token).await, 200);
    assert_eq!(
        jeton.history(&token.id).await,
        [
            "storage.tokenSharePickedUp",
            "storage.tokenShareRefused",
            "storage.tokenShared",
            "storage.tokenCreated",
        ]
    );
}

#[tokio::test]
async fn a_wrong_secret_is_an_unknown_share_and_costs_no_attempt() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let invitation = jeton.share(&token.id, COLLEAGUE).await;
    let forged = Invitation { secret: invitation.secret.replace(|_| true, "x"), ..invitation.clone() };
    for _ in 0..10 {
        jeton.pick_up(&forged).await.expect_error(404, "pickup.notFound");
    }
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn five_wrong_codes_lock_the_share_even_for_the_right_one() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let invitation = jeton.share(&token.id, COLLEAGUE).await;
    for code in wrong_codes(&invitation.code).take(5) {
        let wrong = jeton.type_code(&invitation, &code).await;
        wrong.expect_error(403, "pickup.wrongCode");
    }
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
    assert_eq!(jeton.history(&token.id).await[0], "storage.tokenShareLocked");
    assert_eq!(jeton.verify(&token.token).await, 200, "the token itself has nothing to do with it");
    let subjects = subjects_to(&jeton, ADMIN).await;
    assert_eq!(subjects, ["A token you shared from project Test project is locked"]);
}

#[tokio::test]
async fn the_sharer_is_told_of_the_pick_up() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    jeton.shared_copy(&token.id).await;
    let [mail] = &jeton.mail_to(ADMIN).await[..] else { panic!("one mail is sent") };
    assert_eq!(mail.subject, "The token you shared from project Test project was picked up");
    assert!(mail.text.contains("MySQL extractor"));
}

#[tokio::test]
async fn a_refresh_ends_the_original_the_copy_and_every_open_share_at_once() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let copy = jeton.shared_copy(&token.id).await;
    let open = [
        jeton.share(&token.id, "first@example.org").await,
        jeton.share(&token.id, "second@example.org").await,
    ];
    let refreshed = jeton.refresh(&token).await;
    assert_eq!(jeton.verify(&token.token).await, 401);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    assert_eq!(jeton.verify(&refreshed.token).await, 200);
    for share in open {
        jeton.pick_up(&share).await.expect_error(410, "pickup.ended");
    }
}

#[tokio::test]
async fn a_copy_that_was_picked_up_refreshes_and_deletes_only_itself() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let copy = jeton.shared_copy(&token.id).await;
    let copy = jeton.refresh(&copy).await;
    assert_eq!(jeton.verify(&token.token).await, 200);
    let path = format!("/v2/storage/tokens/{}", token.id);
    jeton.delete(&path).token(&copy.token).send().await.expect(204);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    assert_eq!(jeton.verify(&token.token).await, 200);
}

#[tokio::test]
async fn a_share_closes_by_itself_after_a_day_at_the_very_millisecond() {
    let jeton = Jeton::start().await;
    let token = extractor(&jeton).await;
    let early = jeton.share(&token.id, "early@example.org").await;
    let late = jeton.share(&token.id, "late@example.org").await;
    jeton.pass_millis(86_400_000 - 1);
    jeton.pick_up(&early).await.expect(200);
    jeton.pass_millis(1);
    jeton.pick_up(&late).await.expect_error(410, "pickup.expired");
}
