//! `GET` and `POST /pickup/{share}`

use jeton_tests::{
    client::Answer,
    jeton::{Invitation, Jeton},
    snapshot::body,
};
use serde_json::{Value, json};

const BOB: &str = "bob@example.org";

async fn shared(jeton: &Jeton) -> (String, Invitation) {
    let wish = json!({
        "description": "MySQL extractor", "bucketPermissions": {"in.c-main": "write"},
        "componentAccess": ["keboola.ex-db-mysql"], "expiresIn": 3600,
    });
    let held = jeton.create(&wish).await;
    let invitation = jeton.share(&held.id, BOB).await;
    (held.id, invitation)
}

fn wrong(code: &str) -> &'static str {
    if code == "111111" { "222222" } else { "111111" }
}

async fn look(jeton: &Jeton, invitation: &Invitation) -> Answer {
    jeton.post(&invitation.path).json(&json!({"secret": invitation.secret})).send().await
}

fn assert_guarded(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"));
}

#[tokio::test]
async fn every_link_opens_the_same_page_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let before = jeton.detail(&id).await;
    let page = jeton.get(&invitation.path).send().await.expect(200);
    assert_eq!(page.content_type(), Some("text/html; charset=utf-8"));
    for path in ["/pickup/0000000000000000", "/pickup/nonsense", "/pickup/%F0%9F%98%80"] {
        for accept in ["text/html", "application/json"] {
            let other = jeton.get(path).header("accept", accept).send().await.expect(200);
            assert_eq!(other.body, page.body);
        }
    }
    assert_eq!(jeton.detail(&id).await, before);
    assert_eq!(jeton.history(&id).await, ["storage.tokenShared", "storage.tokenCreated"]);
}

#[tokio::test]
async fn every_answer_is_kept_by_nobody_and_runs_no_foreign_script() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    assert_guarded(&jeton.get(&invitation.path).send().await);
    assert_guarded(&jeton.get("/pickup/-/pickup.js").send().await);
    assert_guarded(&jeton.get("/pickup/-/pickup.css").send().await);
    assert_guarded(&look(&jeton, &invitation).await);
    assert_guarded(&jeton.type_code(&invitation, wrong(&invitation.code)).await);
    assert_guarded(&jeton.post("/pickup/nonsense").send().await);
    assert_guarded(&jeton.pick_up(&invitation).await);
    assert_guarded(&jeton.pick_up(&invitation).await);
}

#[tokio::test]
async fn the_secret_alone_tells_what_is_shared_by_whom_and_until_when() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let answer = look(&jeton, &invitation).await.expect(200);
    insta::assert_json_snapshot!("offer", body(&answer));
    assert_eq!(jeton.history(&id).await.len(), 2);
}

#[tokio::test]
async fn secret_and_code_give_the_copy_once() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let answer = jeton.pick_up(&invitation).await.expect(200);
    insta::assert_json_snapshot!("picked_up", body(&answer));
    assert_eq!(jeton.verified(&answer.field("token")).await["id"], id);
    jeton.pass_seconds(5);
    for again in [jeton.pick_up(&invitation).await, look(&jeton, &invitation).await] {
        let error = again.expect_error(410, "pickup.used");
        assert!(error.contains("2026-01-15T12:00:00+0000"), "{error}");
    }
    let event = jeton.last_event(&id).await;
    assert_eq!(event["event"], "storage.tokenSharePickedUp");
    assert_eq!(event["params"]["recipientEmail"], BOB);
    assert_eq!(jeton.mail_to("admin@example.org").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_an_unknown_share_and_is_not_counted() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let mut other = invitation.secret.clone().into_bytes();
    other[0] = if other[0] == b'a' { b'b' } else { b'a' };
    let other = String::from_utf8(other).unwrap();
    let mut answers = Vec::new();
    for secret in [json!(other), json!(""), json!(null)] {
        for _ in 0..2 {
            let guess = json!({"secret": secret, "code": invitation.code});
            answers.push(jeton.post(&invitation.path).json(&guess).send().await);
        }
    }
    let guess = json!({"secret": invitation.secret, "code": invitation.code});
    answers.push(jeton.post("/pickup/0000000000000000").json(&guess).send().await);
    for answer in answers {
        assert_eq!(answer.expect_error(404, "pickup.notFound"), "There is no such share");
    }
    assert_eq!(jeton.history(&id).await.len(), 2);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn what_is_no_six_digits_is_not_counted() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    for code in ["12345", "1234567", "abcdef", "12345a", "１２３４５６"] {
        let error = jeton.type_code(&invitation, code).await.expect_error(400, "validationError");
        assert!(error.contains("code"));
    }
    assert_eq!(jeton.history(&id).await.len(), 2);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn the_fifth_attempt_still_takes_the_copy_when_it_is_right() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    for _ in 0..4 {
        let answer = jeton.type_code(&invitation, wrong(&invitation.code)).await;
        answer.expect_error(403, "pickup.wrongCode");
        assert_eq!(jeton.last_event(&id).await["event"], "storage.tokenShareRefused");
    }
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn a_wrong_fifth_attempt_locks_the_share_and_the_sharer_is_told() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    for left in ["Four", "Three", "Two", "One", "last"] {
        let answer = jeton.type_code(&invitation, wrong(&invitation.code)).await;
        let error = answer.expect_error(403, "pickup.wrongCode");
        assert!(error.contains(left), "{error}");
    }
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
    look(&jeton, &invitation).await.expect_error(410, "pickup.locked");
    assert_eq!(jeton.last_event(&id).await["event"], "storage.tokenShareLocked");
    assert_eq!(jeton.detail(&id).await["shares"], json!([]));
    assert_eq!(jeton.mail_to("admin@example.org").await.len(), 1);
}

#[tokio::test]
async fn a_share_ends_at_the_very_moment_its_time_is_over() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let invitation = jeton.share(&held.id, BOB).await;
    jeton.pass_millis(86_399_999);
    look(&jeton, &invitation).await.expect(200);
    jeton.pass_millis(1);
    look(&jeton, &invitation).await.expect_error(410, "pickup.expired");
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.expired");
}

#[tokio::test]
async fn the_code_is_read_with_the_space_that_the_mail_shows() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let spaced = format!("{} {}", &invitation.code[..3], &invitation.code[3..]);
    jeton.type_code(&invitation, &spaced).await.expect(200);
}

#[tokio::test]
async fn a_form_picks_up_as_well_as_json() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let form = format!("secret={}&code={}", invitation.secret, invitation.code);
    let answer = jeton.post(&invitation.path).form(&form).send().await.expect(200);
    assert_eq!(jeton.verify(&answer.field("token")).await, 200);
}

async fn page(jeton: &Jeton, invitation: &Invitation, wish: &Value) -> Answer {
    let answer = jeton.post(&invitation.path).header("accept", "text/html").json(wish).send().await;
    assert_eq!(answer.content_type(), Some("text/html; charset=utf-8"));
    assert_guarded(&answer);
    answer
}

#[tokio::test]
async fn a_browser_gets_pages_with_what_the_token_may_do_and_a_ready_curl_line() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let secret = &invitation.secret;
    let offer = page(&jeton, &invitation, &json!({"secret": secret})).await.expect(200).text();
    for words in ["Ada Admin", "MySQL extractor", "Test project", "Read and write bucket in.c-main."] {
        assert!(offer.contains(words), "{words}");
    }
    let no = page(&jeton, &invitation, &json!({"secret": secret, "code": wrong(&invitation.code)})).await;
    no.expect(403);
    let copy = page(&jeton, &invitation, &json!({"secret": secret, "code": invitation.code})).await;
    let copy = copy.expect(200).text();
    let curl = copy.split("curl -H 'X-StorageApi-Token: ").nth(1).unwrap();
    let (token, rest) = curl.split_once('\'').unwrap();
    assert!(rest.trim_start().starts_with(&format!("'{}/v2/storage/tokens/verify", jeton.url)));
    assert_eq!(jeton.verify(token).await, 200);
    let used = page(&jeton, &invitation, &json!({"secret": secret})).await.expect(410).text();
    assert!(used.contains("15 January 2026, 12:00 UTC"));
    page(&jeton, &invitation, &json!({"secret": "x"})).await.expect(404);
}

#[tokio::test]
async fn the_copy_may_do_what_the_token_may_do_at_the_time_of_asking() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let copy = jeton.pick_up(&invitation).await.expect(200).field("token");
    assert!(jeton.may(&copy, json!({"bucket": "in.c-main", "access": "write"})).await);
    let path = jeton_tests::reading::path(&id);
    let none = json!({"bucketPermissions": []});
    jeton.put(&path).token(&jeton.master).json(&none).send().await.expect(200);
    assert!(!jeton.may(&copy, json!({"bucket": "in.c-main", "access": "write"})).await);
}
