//! `GET` and `POST /pickup/{share}`

use std::sync::Arc;

use jeton_core::{secret::Code, share::ShareId};
use jeton_service::{app::App, brand::Brand};
use jeton_tests::{
    client::{Answer, fetch},
    console_client::ConsoleClient,
    jeton::{Invitation, Jeton},
    random::wrong_code,
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
async fn pages_show_the_brand_and_nothing_invisible() {
    let brand = Brand::default().named("Acme Tokens").unwrap().coloured("#ff0000").unwrap();
    let brand = brand.supported_by("support@acme.example").unwrap();
    let jeton = Jeton::start_as(|app| App { brand: Arc::new(brand), ..app }).await;
    let held = jeton.create(&json!({"description": "pay\u{200b}roll\u{2060}", "expiresIn": 3600})).await;
    let invitation = jeton.share(&held.id, BOB).await;
    let page = jeton.get(&invitation.path).send().await.expect(200).text();
    assert!(page.contains("· Acme Tokens</title>") && page.contains("mailto:support@acme.example"), "{page}");
    let offer = jeton.post(&invitation.path).header("accept", "text/html");
    let offer = offer.json(&json!({"secret": invitation.secret})).send().await.expect(200).text();
    assert!(offer.contains(">payroll</dd>"), "{offer}");
    let style = jeton.get("/pickup/-/pickup.css").send().await.expect(200).text();
    assert_eq!(style, jeton.get("/console/-/console.css").send().await.expect(200).text());
    // Pure red is too light to be read on white.
    assert!(style.contains("--accent: #") && !style.contains("--accent: #ff0000"), "{style}");
    let missing =
        fetch(&format!("{}/nowhere", jeton.url), &[("accept", "text/html")]).await.expect(404).text();
    assert!(missing.contains("Acme Tokens") && !missing.contains("Jeton"), "{missing}");
}

#[tokio::test]
async fn what_a_token_is_called_is_said_to_be_nobodys_name() {
    let jeton = Jeton::start().await;
    let by = |answer: Answer| {
        let answer = answer.expect(200).json();
        (answer["sharer"].clone(), answer["sharerToken"].clone())
    };
    let share = async |id: &str, token: &str| {
        let call = jeton.post(&format!("/v2/storage/tokens/{id}/share")).token(token);
        call.json(&json!({"recipientEmail": BOB})).send().await.expect(204);
        jeton.invitation(BOB).await
    };
    let held = jeton.create(&json!({"description": "Nightly import"})).await;
    let bank = jeton.create_manager(json!({"description": "Security of your bank"})).await;
    for (token, sharer, named) in [
        (&jeton.master, "Ada Admin", None),
        (&bank.token, "Another API token", Some("Security of your bank")),
    ] {
        let sent = share(&held.id, token).await;
        for answer in [look(&jeton, &sent).await, jeton.pick_up(&sent).await] {
            assert_eq!(by(answer), (json!(sharer), json!(named)));
        }
    }
    let invited = jeton.invite("eve@example.org").await;
    for answer in [look(&jeton, &invited).await, jeton.pick_up(&invited).await] {
        assert_eq!(by(answer), (json!("A manage token"), Value::Null));
    }
}

#[tokio::test]
async fn every_answer_is_kept_by_nobody_and_runs_no_foreign_script() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    assert_guarded(&jeton.get(&invitation.path).send().await);
    assert_guarded(&jeton.get("/pickup/-/pickup.js").send().await);
    assert_guarded(&jeton.get("/pickup/-/pickup.css").send().await);
    assert_guarded(&look(&jeton, &invitation).await);
    assert_guarded(&jeton.type_code(&invitation, &wrong_code(&invitation.code)).await);
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
    for code in ["12345", "1234567", "abcdef", "12345a", "\u{200b}", "１２３４５"] {
        let error = jeton.type_code(&invitation, code).await.expect_error(400, "validationError");
        assert!(error.contains("code"));
        let body = json!({"secret": invitation.secret, "code": code});
        let page = jeton.post(&invitation.path).header("accept", "text/html").json(&body).send().await;
        let page = page.expect(400).text();
        assert!(page.contains("The code has six digits.") && !page.contains("must be"), "{page}");
    }
    assert_eq!(jeton.history(&id).await.len(), 2);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn a_code_counts_as_people_paste_it() {
    let jeton = Jeton::start().await;
    let wide = |code: &str| -> String {
        code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect()
    };
    let (_, invitation) = shared(&jeton).await;
    let pasted = format!("\u{202a}{}\u{202c} ", invitation.code);
    jeton.type_code(&invitation, &pasted).await.expect(200);
    let invitation = jeton.invite("new@example.org").await;
    jeton.type_code(&invitation, &wide(&wrong_code(&invitation.code))).await.expect(403);
    jeton.type_code(&invitation, &wide(&invitation.code)).await.expect(200);
}

#[tokio::test]
async fn the_fifth_attempt_still_takes_the_copy_when_it_is_right() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    for _ in 0..4 {
        let answer = jeton.type_code(&invitation, &wrong_code(&invitation.code)).await;
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
        let answer = jeton.type_code(&invitation, &wrong_code(&invitation.code)).await;
        let error = answer.expect_error(403, "pickup.wrongCode");
        assert!(error.contains(left), "{error}");
    }
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
    look(&jeton, &invitation).await.expect_error(410, "pickup.locked");
    assert_eq!(jeton.last_event(&id).await["event"], "storage.tokenShareLocked");
    assert_eq!(jeton.detail(&id).await["shares"], json!([]));
    assert_eq!(jeton.mail_to("admin@example.org").await.len(), 1);
}

/// Reserves an attempt whose call is then aborted.
async fn reserved(jeton: &Jeton, invitation: &Invitation, code: &str) -> Option<u8> {
    let id = ShareId::parse(invitation.path.rsplit('/').next().unwrap()).unwrap();
    let share = jeton.app.store.share(&id).await.unwrap().unwrap();
    let attempt = share.attempt(&invitation.secret, &Code::parse(code).unwrap());
    jeton.app.store.reserve_attempt(&id, &attempt).await.unwrap()
}

#[tokio::test]
async fn the_right_code_whose_answers_were_lost_takes_the_copy_however_often_that_was() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    for _ in 0..7 {
        assert_eq!(reserved(&jeton, &invitation, &invitation.code).await, Some(1));
    }
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn wrong_codes_whose_answers_were_lost_count_and_lock_the_share_with_an_event_and_a_mail() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let codes = (0..1_000_000).map(|code| format!("{code:06}")).filter(|code| *code != invitation.code);
    let codes: Vec<String> = codes.take(6).collect();
    for code in &codes[..5] {
        assert!(reserved(&jeton, &invitation, code).await.is_some());
    }
    assert_eq!(jeton.mail_to("admin@example.org").await.len(), 0);
    jeton.type_code(&invitation, &codes[5]).await.expect_error(410, "pickup.locked");
    assert_eq!(jeton.last_event(&id).await["event"], "storage.tokenShareLocked");
    assert_eq!(jeton.detail(&id).await["shares"], json!([]));
    assert_eq!(jeton.mail_to("admin@example.org").await.len(), 1);
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
}

#[tokio::test]
async fn a_wrong_code_whose_answer_was_lost_is_counted_once_when_it_comes_again() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let code = &wrong_code(&invitation.code);
    reserved(&jeton, &invitation, code).await;
    for left in ["Four", "Three"] {
        let error = jeton.type_code(&invitation, code).await.expect_error(403, "pickup.wrongCode");
        assert!(error.contains(left), "{error}");
    }
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
    let no =
        page(&jeton, &invitation, &json!({"secret": secret, "code": wrong_code(&invitation.code)})).await;
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

async fn refresh_with(jeton: &Jeton, id: &str, wish: &Value) {
    let refresh = jeton.post(&format!("{}/refresh", jeton_tests::reading::path(id))).token(&jeton.master);
    refresh.json(wish).send().await.expect(200);
}

#[tokio::test]
async fn until_when_a_copy_works_is_the_earliest_of_all_its_ends() {
    let jeton = Jeton::start().await;
    // The end of the grace period, of the token, and neither.
    for (wish, end, people) in [
        (json!({}), "2026-01-15T12:01:00+0000", "15 January 2026, 12:01 UTC"),
        (json!({"expiresIn": 3600}), "2026-01-15T12:01:00+0000", "15 January 2026, 12:01 UTC"),
        (json!({"expiresIn": 30}), "2026-01-15T12:00:30+0000", "15 January 2026, 12:00 UTC"),
    ] {
        let held = jeton.create(&wish).await;
        let (invitation, seen) = (jeton.share(&held.id, BOB).await, jeton.share(&held.id, BOB).await);
        refresh_with(&jeton, &held.id, &json!({"gracePeriod": 60})).await;
        let detail = jeton.detail(&held.id).await;
        assert_eq!(detail["shares"][0]["expires"], end, "{wish}");
        assert_eq!(detail["copies"][0]["expires"], end, "{wish}: the copy of before");
        let looked = look(&jeton, &invitation).await.expect(200).json();
        assert_eq!((&looked["expires"], &looked["openUntil"]), (&json!(end), &json!(end)), "{wish}");
        let shown = page(&jeton, &seen, &json!({"secret": seen.secret})).await.expect(200).text();
        assert!(shown.contains(people) && !shown.contains("refreshed or deleted"), "{wish}: {shown}");
        let key = "k".repeat(30) + &held.id;
        let pick_up = || {
            let body = json!({"secret": invitation.secret, "code": invitation.code});
            let call = jeton.post(&invitation.path).json(&body);
            call.header("idempotency-key", &format!("{key:k<43}")).send()
        };
        assert_eq!(pick_up().await.expect(200).json()["expires"], end, "{wish}");
        assert_eq!(pick_up().await.expect(200).json()["expires"], end, "{wish}: and once more");
        let body = json!({"secret": seen.secret, "code": seen.code});
        let copy = page(&jeton, &seen, &body).await.expect(200).text();
        assert!(copy.contains(people) && !copy.contains("refreshed or deleted"), "{wish}: {copy}");
        let detail = jeton.detail(&held.id).await;
        assert_eq!(detail["copies"][2]["expires"], end, "{wish}");
        let listed = jeton.read(&jeton.master, "/v2/storage/tokens").await.json();
        let listed = listed.as_array().unwrap().iter().find(|token| token["id"] == held.id).unwrap().clone();
        assert_eq!(listed["copies"], detail["copies"], "{wish}");
    }
}

#[tokio::test]
async fn a_share_of_a_token_that_ends_soon_ends_with_it_and_says_so() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    let invitation = jeton.share(&held.id, BOB).await;
    let mail = jeton.mail_to(BOB).await.remove(0);
    assert!(mail.text.contains("until 15 January 2026, 12:01 UTC"), "{}", mail.text);
    let looked = look(&jeton, &invitation).await.expect(200).json();
    assert_eq!(looked["openUntil"], "2026-01-15T12:01:00+0000");
    jeton.pass_seconds(60);
    look(&jeton, &invitation).await.expect_error(410, "pickup.expired");
    let shown = page(&jeton, &invitation, &json!({"secret": invitation.secret})).await.expect(410).text();
    assert!(shown.contains("This link has expired"), "{shown}");
    jeton.sweep().await;
    look(&jeton, &invitation).await.expect_error(410, "pickup.expired");
}

#[tokio::test]
async fn a_share_of_a_disabled_token_is_paused() {
    let jeton = Jeton::start().await;
    let (id, invitation) = shared(&jeton).await;
    let own = jeton_tests::reading::path(&id);
    let switch = |off: bool| jeton.put(&own).token(&jeton.master).json(&json!({"isDisabled": off})).send();
    switch(true).await.expect(200);
    look(&jeton, &invitation).await.expect_error(409, "pickup.disabled");
    for _ in 0..6 {
        jeton
            .type_code(&invitation, &wrong_code(&invitation.code))
            .await
            .expect_error(409, "pickup.disabled");
    }
    let shown = page(&jeton, &invitation, &json!({"secret": invitation.secret})).await.expect(409).text();
    assert!(shown.contains("is disabled") && !shown.contains("refreshed"), "{shown}");
    switch(false).await.expect(200);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn a_share_whose_sender_is_disabled_is_paused() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let held = jeton.create(&json!({})).await;
    let share = jeton.post(&format!("{}/share", jeton_tests::reading::path(&held.id))).token(&manager.token);
    share.json(&json!({"recipientEmail": BOB})).send().await.expect(204);
    let invitation = jeton.invitation(BOB).await;
    let own = jeton_tests::reading::path(&manager.id);
    let switch = |off: bool| jeton.put(&own).token(&jeton.master).json(&json!({"isDisabled": off})).send();
    switch(true).await.expect(200);
    let message = jeton.pick_up(&invitation).await.expect_error(409, "pickup.disabled");
    assert!(message.contains("or its sender, is disabled"), "{message}");
    switch(false).await.expect(200);
    jeton.pick_up(&invitation).await.expect(200);
}

/// A manager with this right on a bucket, who has shared a token with read access to it.
async fn shared_by_manager(jeton: &Jeton, access: &str, given: &str) -> (String, String, Invitation) {
    let manager = jeton.create_manager(json!({"bucketPermissions": {"in.c-secret": access}})).await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-secret": given}})).await;
    let share = jeton.post(&format!("{}/share", jeton_tests::reading::path(&held.id))).token(&manager.token);
    share.json(&json!({"recipientEmail": BOB})).send().await.expect(204);
    (manager.id, held.id, jeton.invitation(BOB).await)
}

#[tokio::test]
async fn a_share_waits_while_its_sender_may_not_share_the_token_as_both_are_now() {
    let jeton = Jeton::start().await;
    let put = |id: &str, buckets: Value| {
        let put = jeton.put(&jeton_tests::reading::path(id)).token(&jeton.master);
        put.json(&json!({"bucketPermissions": buckets})).send()
    };
    // The sender's rights are narrowed; or those of the token exceed the sender's.
    for (sender_has, given, sender_gets, given_gets) in [
        ("write", "write", Some(json!({"in.c-a": "read"})), None),
        ("read", "read", None, Some(json!({"in.c-secret": "write"}))),
    ] {
        let (manager, held, invitation) = shared_by_manager(&jeton, sender_has, given).await;
        if let Some(narrow) = &sender_gets {
            put(&manager, narrow.clone()).await.expect(200);
        }
        if let Some(wide) = &given_gets {
            put(&held, wide.clone()).await.expect(200);
        }
        look(&jeton, &invitation).await.expect_error(409, "pickup.senderMayNotShare");
        for _ in 0..6 {
            let typed = jeton.type_code(&invitation, &wrong_code(&invitation.code)).await;
            typed.expect_error(409, "pickup.senderMayNotShare");
        }
        jeton.pick_up(&invitation).await.expect_error(409, "pickup.senderMayNotShare");
        let shown = page(&jeton, &invitation, &json!({"secret": invitation.secret})).await.expect(409).text();
        assert!(shown.contains("fewer rights") && !shown.contains("refreshed"), "{shown}");
        assert_eq!(jeton.detail(&held).await["copies"].as_array().unwrap().len(), 1);
        // It works again once the sender may give these rights.
        if sender_gets.is_some() {
            put(&manager, json!({"in.c-secret": "write"})).await.expect(200);
        } else {
            put(&held, json!({"in.c-secret": "read"})).await.expect(200);
        }
        let copy = jeton.pick_up(&invitation).await.expect(200).field("token");
        assert!(jeton.may(&copy, json!({"bucket": "in.c-secret", "access": given})).await);
    }
}

#[tokio::test]
async fn a_sender_that_is_narrowed_and_may_still_share_the_token_keeps_its_share_open() {
    let jeton = Jeton::start().await;
    let (manager, _, invitation) = shared_by_manager(&jeton, "write", "read").await;
    let put = jeton.put(&jeton_tests::reading::path(&manager)).token(&jeton.master);
    put.json(&json!({"bucketPermissions": {"in.c-secret": "read"}})).send().await.expect(200);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn the_console_says_why_a_share_is_on_hold() {
    let jeton = Jeton::start().await;
    let (manager, held, _) = shared_by_manager(&jeton, "write", "write").await;
    let console = ConsoleClient::signed_in(&jeton, jeton_tests::jeton::ADMIN).await;
    let page = format!("/console/projects/{}/tokens/{held}", jeton.project);
    let shown = console.open(&page).await.expect(200).text();
    assert!(!shown.contains("On hold"), "{shown}");
    let own = jeton_tests::reading::path(&manager);
    for (change, why) in [
        (json!({"bucketPermissions": {"in.c-a": "read"}}), "has fewer rights than this one"),
        (json!({"isDisabled": true}), "the token that sent it is disabled"),
    ] {
        jeton.put(&own).token(&jeton.master).json(&change).send().await.expect(200);
        let shown = console.open(&page).await.expect(200).text();
        assert!(shown.contains("On hold") && shown.contains(why), "{shown}");
    }
}
