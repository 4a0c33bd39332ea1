//! `POST /v2/storage/tokens/{token}/refresh`

use jeton_tests::{
    client::Call,
    jeton::{Held, Jeton},
    reading::path,
    snapshot::body,
};
use serde_json::{Value, json};

async fn refresh_with(jeton: &Jeton, held: &Held, wish: &Value) -> Held {
    let path = format!("{}/refresh", path(&held.id));
    Held::from(&jeton.post(&path).token(&held.token).json(wish).send().await.expect(200))
}

#[tokio::test]
async fn refresh_ends_every_older_copy_and_every_open_share_at_once() {
    let jeton = Jeton::start().await;
    let created = jeton.create(&json!({})).await;
    let shared = jeton.shared_copy(&created.id).await;
    let open = jeton.share(&created.id, "late@example.org").await;
    let refreshed = jeton.refresh(&created).await;
    assert_eq!(jeton.verify(&created.token).await, 401);
    assert_eq!(jeton.verify(&shared.token).await, 401);
    assert_eq!(jeton.verify(&refreshed.token).await, 200);
    jeton.pick_up(&open).await.expect_error(410, "pickup.ended");
}

#[tokio::test]
async fn the_answer_is_the_token_with_its_new_secret_and_without_its_project() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await;
    jeton.pass_seconds(2);
    let refresh = format!("{}/refresh", path(&held.id));
    let answer = jeton.post(&refresh).token(&held.token).send().await.expect(200);
    assert_eq!(answer.content_type(), Some("application/json"));
    assert_ne!(answer.field("token"), held.token);
    insta::assert_json_snapshot!("refreshed", body(&answer));
}

#[tokio::test]
async fn refreshed_equals_created_at_first_and_moves_with_each_refresh() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let born = jeton.detail(&held.id).await;
    assert_eq!(born["refreshed"], born["created"]);
    jeton.pass_seconds(5);
    jeton.refresh(&held).await;
    let token = jeton.detail(&held.id).await;
    assert_eq!(token["created"], "2026-01-15T12:00:00+0000");
    assert_eq!(token["refreshed"], "2026-01-15T12:00:05+0000");
}

#[tokio::test]
async fn no_body_an_empty_one_and_a_form_all_do() {
    let jeton = Jeton::start().await;
    let mut held = jeton.create(&json!({})).await;
    for (kind, text) in [
        ("application/json", "{}"),
        ("application/json", "[]"),
        ("application/x-www-form-urlencoded", "gracePeriod=0"),
    ] {
        let call = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token).raw(kind, text);
        held = Held::from(&call.send().await.expect(200));
    }
    jeton.refresh(&held).await;
}

#[tokio::test]
async fn older_copies_go_on_verifying_and_asking_within_the_grace_period_and_nothing_else() {
    let jeton = Jeton::start().await;
    let held = jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    refresh_with(&jeton, &held, &json!({"gracePeriod": 60})).await;
    jeton.pass_millis(59_999);
    assert_eq!(jeton.verify(&held.token).await, 200);
    assert!(jeton.may(&held.token, json!({"bucket": "in.c-a", "access": "read"})).await);
    let own = path(&held.id);
    for call in [
        jeton.get("/v2/storage/tokens"),
        jeton.post("/v2/storage/tokens"),
        jeton.get("/v2/storage/events"),
        jeton.post("/v2/storage/events").json(&json!({"component": "a", "message": "b"})),
        jeton.post("/v2/storage/tickets"),
        jeton.get(&own),
        jeton.put(&own),
        jeton.delete(&own),
        jeton.get(&format!("{own}/events")),
        jeton.post(&format!("{own}/refresh")),
        jeton.post(&format!("{own}/share")),
        jeton.put("/v2/storage/components/a/configs/1/token"),
    ] {
        call.token(&held.token).send().await.expect_error(403, "accessDenied");
    }
    jeton.pass_millis(1);
    assert_eq!(jeton.verify(&held.token).await, 401);
}

#[tokio::test]
async fn a_share_opened_before_gives_a_copy_that_ends_with_the_grace_period() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let open = jeton.share(&held.id, "late@example.org").await;
    refresh_with(&jeton, &held, &json!({"gracePeriod": 60})).await;
    let copy = jeton.pick_up(&open).await.expect(200).field("token");
    assert_eq!(jeton.verify(&copy).await, 200);
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&copy).await, 401);
}

#[tokio::test]
async fn a_later_refresh_never_puts_off_an_end_that_was_set() {
    let jeton = Jeton::start().await;
    let first = jeton.create(&json!({})).await;
    let second = refresh_with(&jeton, &first, &json!({"gracePeriod": 60})).await;
    refresh_with(&jeton, &second, &json!({"gracePeriod": 3600})).await;
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&first.token).await, 401);
    assert_eq!(jeton.verify(&second.token).await, 200);
}

#[tokio::test]
async fn a_grace_period_lasts_at_most_a_week() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refresh = format!("{}/refresh", path(&held.id));
    for seconds in [json!(604_801), json!(-1), json!("soon")] {
        let call = jeton.post(&refresh).token(&held.token).json(&json!({"gracePeriod": seconds}));
        assert!(call.send().await.expect_error(400, "validationError").contains("gracePeriod"));
    }
    assert_eq!(jeton.verify(&held.token).await, 200);
    refresh_with(&jeton, &held, &json!({"gracePeriod": "604800"})).await;
}

#[tokio::test]
async fn a_picked_up_copy_refreshes_only_itself() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let open = jeton.share(&held.id, "late@example.org").await;
    let renewed = jeton.refresh(&copy).await;
    assert_eq!(jeton.verify(&copy.token).await, 401);
    assert_eq!(jeton.verify(&renewed.token).await, 200);
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.pick_up(&open).await.expect(200);
    // The new copy is a picked-up copy again, with no more rights.
    jeton.refresh(&renewed).await;
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn a_master_token_is_refreshed_by_itself_only() {
    let jeton = Jeton::start().await;
    let bob = jeton.join("bob@example.org").await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    let refresh = format!("{}/refresh", path(&jeton.master_id));
    for caller in [&bob.token, &manager.token] {
        jeton.post(&refresh).token(caller).send().await.expect_error(403, "accessDenied");
    }
    let answer = jeton.post(&refresh).token(&jeton.master).send().await.expect(200);
    assert_eq!(answer.json()["admin"]["role"], "admin");
    assert_eq!(jeton.verify(&jeton.master).await, 401);
    assert_eq!(jeton.verify(&answer.field("token")).await, 200);
}

#[tokio::test]
async fn others_are_refreshed_by_managers_whose_rights_cover_them() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"componentAccess": ["a"]})).await;
    let limited = jeton.create(&json!({"componentAccess": ["a"]})).await;
    let beyond = jeton.create(&json!({"componentAccess": ["a", "b"]})).await;
    let refresh = |id: &str, by: &str| jeton.post(&format!("{}/refresh", path(id))).token(by).send();
    refresh(&beyond.id, &limited.token).await.expect_error(403, "accessDenied");
    refresh(&beyond.id, &manager.token).await.expect_error(403, "accessDenied");
    refresh(&limited.id, &manager.token).await.expect(200);
    assert_eq!(jeton.verify(&limited.token).await, 401);
    refresh(&beyond.id, &jeton.master).await.expect(200);
    assert_eq!(jeton.verify(&beyond.token).await, 401);
    refresh("281474976710655", &jeton.master).await.expect_error(404, "storage.tokens.notFound");
    let answer = refresh("foo", &jeton.master).await.expect(404);
    assert!(answer.field("error").contains("resource not found"));
}

#[tokio::test]
async fn refreshing_leaves_an_event_that_holds_no_secret() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refreshed = refresh_with(&jeton, &held, &json!({"gracePeriod": 5})).await;
    let event = jeton.last_event(&held.id).await;
    assert_eq!(event["event"], "storage.tokenRefreshed");
    assert_eq!(event["params"], json!({"gracePeriod": 5, "newCopy": "2"}));
    assert_eq!((&event["token"]["id"], &event["copy"]), (&json!(held.id), &json!("1")));
    assert!(!event.to_string().contains(refreshed.token.split("-jt").nth(1).unwrap()));
}

#[tokio::test]
async fn older_copies_that_are_kept_until_the_new_one_is_used_end_before_that_is_answered() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let open = jeton.share(&held.id, "late@example.org").await;
    let wish = json!({"keepOldUntilUsed": true});
    let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token).json(&wish);
    let new = refresh.send().await.expect(200).field("token");
    assert_eq!((jeton.verify(&held.token).await, jeton.verify(&copy.token).await), (200, 200));
    jeton.pick_up(&open).await.expect_error(410, "pickup.ended");
    let history = jeton.history(&held.id).await.len();

    // The first use may be any call, even a denied one.
    let answer = jeton.get(&path(&jeton.master_id)).token(&new).send().await;
    answer.expect_error(403, "accessDenied");
    assert_eq!((jeton.verify(&held.token).await, jeton.verify(&copy.token).await), (401, 401));
    assert_eq!(jeton.verify(&new).await, 200);
    let names = jeton.history(&held.id).await;
    assert_eq!(names.len(), history + 2, "the end of the older copies, and the refusal: {names:?}");
    assert!(names.contains(&"storage.tokenOldCopiesEnded".to_owned()), "{names:?}");
}

#[tokio::test]
async fn older_copies_that_are_to_end_at_once_and_to_be_kept_are_a_contradiction() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let wish = json!({"keepOldUntilUsed": true, "gracePeriod": 0});
    let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token).json(&wish);
    refresh.send().await.expect_error(400, "validationError");
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn older_copies_whose_successor_is_never_used_end_after_a_week_or_the_grace_period() {
    let jeton = Jeton::start().await;
    for (wish, lasts) in [
        (json!({"keepOldUntilUsed": true}), 604_800),
        (json!({"keepOldUntilUsed": true, "gracePeriod": 60}), 60),
    ] {
        let held = jeton.create(&json!({})).await;
        let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&jeton.master).json(&wish);
        let new = refresh.send().await.expect(200).field("token");
        jeton.pass_seconds(lasts - 1);
        assert_eq!(jeton.verify(&held.token).await, 200, "{wish}");
        jeton.pass_seconds(1);
        assert_eq!(jeton.verify(&held.token).await, 401, "{wish}");
        assert_eq!(jeton.verify(&new).await, 200, "{wish}");
    }
}

#[tokio::test]
async fn an_expired_token_is_neither_refreshed_nor_shared() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 5})).await;
    jeton.pass_seconds(5);
    let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&jeton.master);
    refresh.send().await.expect_error(409, "conflict");
    let share = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master);
    let share = share.json(&json!({"recipientEmail": "bob@example.org"}));
    share.send().await.expect_error(409, "conflict");
    assert!(jeton.mail_to("bob@example.org").await.is_empty());
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn copies_kept_until_the_new_one_is_used_keep_their_rights_and_make_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let (other, gone) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    refresh_with(&jeton, &held, &json!({"keepOldUntilUsed": true})).await;
    let event = json!({"component": "a", "message": "b"});
    let (own, other) = (path(&held.id), path(&other.id));
    for (call, status) in [
        (jeton.get("/v2/storage/tokens/verify"), 200),
        (jeton.get("/v2/storage/tokens"), 200),
        (jeton.get("/v2/storage/events"), 200),
        (jeton.post("/v2/storage/events").json(&event), 201),
        (jeton.post("/v2/storage/tickets"), 201),
        (jeton.get(&own), 200),
        (jeton.get(&other), 200),
        (jeton.get(&format!("{own}/events")), 200),
        (jeton.put(&other).json(&json!({"description": "x"})), 200),
        (jeton.put(&own).json(&json!({"description": "y"})), 200),
        (jeton.delete(&path(&gone.id)), 204),
    ] {
        call.token(&held.token).send().await.expect(status);
    }
    let share = json!({"recipientEmail": "bob@example.org"});
    for call in [
        jeton.post("/v2/storage/tokens").json(&json!({})),
        jeton.post(&format!("{other}/share")).json(&share),
        jeton.post(&format!("{own}/share")).json(&share),
        jeton.post(&format!("{own}/refresh")),
        jeton.post(&format!("{other}/refresh")),
        jeton.delete(&own),
        jeton.delete(&format!("{own}/copies/2")),
        jeton.put("/v2/storage/components/a/configs/1/token"),
    ] {
        call.token(&held.token).send().await.expect_error(403, "storage.tokenSuperseded");
    }
}

#[tokio::test]
async fn a_copy_that_ended_because_its_successor_was_used_is_told_so() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let new = refresh_with(&jeton, &held, &json!({"keepOldUntilUsed": true})).await;
    assert_eq!(jeton.verify(&new.token).await, 200);
    let verify = jeton.get("/v2/storage/tokens/verify").token(&held.token);
    verify.send().await.expect_error(401, "storage.tokenSuperseded");
    // Later refreshes and changes keep that, and a wrong secret gets the same error as any other.
    jeton
        .put(&path(&held.id))
        .token(&jeton.master)
        .json(&json!({"description": "x"}))
        .send()
        .await
        .expect(200);
    let newer = refresh_with(&jeton, &new, &json!({"keepOldUntilUsed": true})).await;
    assert_eq!(jeton.verify(&newer.token).await, 200);
    for old in [&held, &new] {
        let verify = jeton.get("/v2/storage/tokens/verify").token(&old.token);
        verify.send().await.expect_error(401, "storage.tokenSuperseded");
    }
}

#[tokio::test]
async fn a_copy_that_ends_before_its_token_verifies_with_its_own_end() {
    let jeton = Jeton::start().await;
    let expires = |token: String| {
        let jeton = &jeton;
        async move { jeton.verified(&token).await["expires"].clone() }
    };
    for (wish, end) in [
        (json!({}), "2026-01-15T12:01:00+0000"),
        (json!({"expiresIn": 3600}), "2026-01-15T12:01:00+0000"),
        (json!({"expiresIn": 30}), "2026-01-15T12:00:30+0000"),
    ] {
        let held = jeton.create(&wish).await;
        let before = expires(held.token.clone()).await;
        let new = refresh_with(&jeton, &held, &json!({"gracePeriod": 60})).await;
        assert_eq!(expires(held.token).await, end, "{wish}");
        assert_eq!(expires(new.token).await, before, "{wish}");
    }
}

#[tokio::test]
async fn a_copy_in_its_grace_period_gets_no_rights_back_by_a_later_refresh() {
    let jeton = Jeton::start().await;
    let first = jeton.create(&json!({})).await;
    let second = refresh_with(&jeton, &first, &json!({"gracePeriod": 600})).await;
    refresh_with(&jeton, &second, &json!({"keepOldUntilUsed": true})).await;
    jeton.get("/v2/storage/events").token(&first.token).send().await.expect_error(403, "accessDenied");
    jeton.get("/v2/storage/events").token(&second.token).send().await.expect(200);
}

#[tokio::test]
async fn a_picked_up_copy_that_is_kept_until_its_successor_is_used_ends_no_other() {
    let jeton = Jeton::start().await;
    let held = jeton.create_manager(json!({})).await;
    let other = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let new = refresh_with(&jeton, &copy, &json!({"keepOldUntilUsed": true})).await;
    let kept = |call: Call| call.token(&copy.token).send();
    kept(jeton.put(&path(&other.id)).json(&json!({"description": "x"}))).await.expect(200);
    kept(jeton.delete(&path(&other.id))).await.expect_error(403, "accessDenied");
    kept(jeton.delete(&format!("{}/copies/1", path(&other.id)))).await.expect_error(403, "accessDenied");
    kept(jeton.delete(&path(&held.id))).await.expect_error(403, "storage.tokenSuperseded");
    assert_eq!(jeton.verify(&new.token).await, 200);
    assert_eq!((jeton.verify(&copy.token).await, jeton.verify(&held.token).await), (401, 200));
}

#[tokio::test]
async fn a_token_that_refreshes_itself_leaves_places_to_others() {
    let jeton = Jeton::start().await;
    let mut held = jeton.create(&json!({})).await;
    let refresh = format!("{}/refresh", path(&held.id));
    let week = json!({"gracePeriod": 604_800});
    for _ in 0..8 {
        held = refresh_with(&jeton, &held, &week).await;
    }
    let again = jeton.post(&refresh).token(&held.token).json(&week).send().await;
    again.expect_error(409, "storage.token.tooManyCopies");
    jeton.share(&held.id, "bob@example.org").await;
    jeton.post(&refresh).token(&jeton.master).json(&week).send().await.expect(200);
}

#[tokio::test]
async fn a_holder_who_refreshes_a_picked_up_copy_leaves_the_places_to_others() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let mut copy = jeton.shared_copy(&held.id).await;
    for _ in 0..20 {
        let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&copy.token);
        let answer = refresh.json(&json!({"gracePeriod": 604_800})).send().await;
        if answer.status == 200 {
            copy = Held::from(&answer);
        } else {
            answer.expect_error(409, "conflict");
            copy = jeton.refresh(&copy).await;
        }
    }
    for number in 0..14 {
        jeton.share(&held.id, &format!("someone{number}@example.org")).await;
    }
    let share = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master);
    let share = share.json(&json!({"recipientEmail": "bob@example.org"}));
    share.send().await.expect_error(409, "storage.token.tooManyCopies");
    // The holder continues whether or not the limit of copies is reached.
    jeton.pass_seconds(604_800);
    refresh_with(&jeton, &copy, &json!({"gracePeriod": 60})).await;
}

#[tokio::test]
async fn a_copy_that_a_token_with_an_end_makes_of_another_ends_with_it() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let short = jeton.create(&json!({"expiresIn": 30})).await;
    let manager = jeton.create_manager(json!({"expiresIn": 60})).await;
    let refresh = |id: &str, by: &str| jeton.post(&format!("{}/refresh", path(id))).token(by).send();
    let answer = refresh(&held.id, &manager.token).await.expect(200);
    assert_eq!(answer.json()["expires"], "2026-01-15T12:01:00+0000");
    let copy = answer.field("token");
    let verified = jeton.get("/v2/storage/tokens/verify").token(&copy).send().await.expect(200).json();
    assert_eq!(verified["expires"], "2026-01-15T12:01:00+0000");
    assert_eq!(jeton.last_event(&held.id).await["params"]["expires"], "2026-01-15T12:01:00+0000");
    // It cannot remove that end by itself.
    let why = refresh(&held.id, &copy).await.expect_error(403, "accessDenied");
    assert!(why.contains("ends with the token") && !why.contains("replaced"), "{why}");
    let sooner = refresh(&short.id, &manager.token).await.expect(200);
    assert_eq!(sooner.json()["expires"], "2026-01-15T12:00:30+0000");
    refresh(&short.id, &sooner.field("token")).await.expect(200);
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&copy).await, 401);
    let whole = refresh(&held.id, &jeton.master).await.expect(200);
    assert_eq!(whole.json()["expires"], json!(null));
    refresh(&held.id, &whole.field("token")).await.expect(200);
}
