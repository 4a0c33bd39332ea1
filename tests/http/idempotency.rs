//! `Idempotency-Key`: a lost answer is returned again.

use jeton_core::{Error, budget, email::Email};
use jeton_tests::{
    client::{Answer, Call},
    jeton::{Held, Jeton},
    random::{wrong_code, wrong_codes},
    reading::path,
};
use serde_json::{Value, json};

fn key(fill: char) -> String {
    fill.to_string().repeat(43)
}

/// Sends the same call twice, as after a lost answer, and expects the same answer.
async fn twice(call: impl Fn() -> Call, status: u16) -> Answer {
    let lost = call().header("idempotency-key", &key('k')).send().await.expect(status);
    let again = call().header("idempotency-key", &key('k')).send().await.expect(status);
    assert_eq!(lost.text(), again.text());
    again
}

async fn copies(jeton: &Jeton, id: &str) -> usize {
    jeton.detail(id).await["copies"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_made_one_token_with_one_secret() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "once", "bucketPermissions": {"in.c-a": "read"}});
    let create = || jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish);
    let held = Held::from(&twice(create, 201).await);
    assert_eq!(jeton.verify(&held.token).await, 200);
    let tokens = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), 2, "the master token and this one");
    assert_eq!(copies(&jeton, &held.id).await, 1);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn every_other_call_that_shows_a_token_takes_a_key_too() {
    let jeton = Jeton::start().await;
    let configuration = "/v2/storage/components/keboola.ex-db/configs/7/token";
    let put = || jeton.put(configuration).token(&jeton.master).json(&json!({"canCreateJobs": true}));
    assert_eq!(jeton.verify(&twice(put, 201).await.field("token")).await, 200);

    let tokens = format!("/manage/projects/{}/tokens", jeton.project);
    let wish = json!({"canManageTokens": true});
    let create =
        || jeton.post(&tokens).manage(&jeton.manage).json(&wish).header("idempotency-key", &key('m'));
    let (lost, again) = (create().send().await.expect(201), create().send().await.expect(201));
    assert_eq!(lost.text(), again.text());
}

#[tokio::test]
async fn a_token_that_refreshed_itself_gets_its_secret_by_the_copy_that_was_replaced() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refresh = format!("{}/refresh", path(&held.id));
    let renewed = Held::from(&twice(|| jeton.post(&refresh).token(&held.token), 200).await);
    assert_eq!((jeton.verify(&held.token).await, jeton.verify(&renewed.token).await), (401, 200));
    assert_eq!(copies(&jeton, &held.id).await, 1);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenRefreshed", "storage.tokenCreated"]);

    let other_key = jeton.post(&refresh).token(&held.token).header("idempotency-key", &key('x'));
    other_key.send().await.expect_error(401, "storage.tokenInvalid");
    let without = jeton.post(&refresh).token(&held.token);
    without.send().await.expect_error(401, "storage.tokenInvalid");
    let elsewhere = jeton.post("/v2/storage/tokens").token(&held.token).header("idempotency-key", &key('k'));
    elsewhere.send().await.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn who_refreshed_another_token_gets_its_secret_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refresh = format!("{}/refresh", path(&held.id));
    let renewed = Held::from(&twice(|| jeton.post(&refresh).token(&jeton.master), 200).await);
    assert_eq!((jeton.verify(&held.token).await, jeton.verify(&renewed.token).await), (401, 200));
}

#[tokio::test]
async fn a_share_sent_again_is_one_share_whose_mail_has_the_same_link_and_code() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let share = format!("{}/share", path(&held.id));
    let body = json!({"recipientEmail": "bob@example.org"});
    twice(|| jeton.post(&share).token(&jeton.master).json(&body), 204).await;
    assert_eq!(jeton.detail(&held.id).await["shares"].as_array().unwrap().len(), 1);
    let mails = jeton.mail_to("bob@example.org").await;
    assert_eq!(mails.len(), 2, "nothing tells whether the first one had left");
    assert_eq!(mails[0].text, mails[1].text);
    let invitation = jeton.invitation("bob@example.org").await;
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn the_code_that_a_sharer_asked_for_is_given_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let share = format!("{}/share", path(&held.id));
    let body = json!({"recipientEmail": "bob@example.org", "separateCode": true});
    let code = twice(|| jeton.post(&share).token(&jeton.master).json(&body), 200).await.field("code");
    let invitation = jeton.invitation("bob@example.org").await;
    jeton.type_code(&invitation, &code).await.expect(200);
}

#[tokio::test]
async fn the_code_of_an_open_share_is_given_again_beyond_the_quota_of_mails_without_another_mail() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let body = json!({"recipientEmail": "bob@example.org", "separateCode": true});
    let call = |path: &str, key: char| {
        let call = jeton.post(path).token(&jeton.master).json(&body);
        call.header("idempotency-key", &self::key(key)).send()
    };
    let share = format!("{}/share", path(&held.id));
    let shared = call(&share, 's').await.expect(200).field("code");
    let use_up = async || {
        let to = Email::parse("bob@example.org").unwrap();
        let (by, now) = (jeton.master_id.parse().unwrap(), jeton.app.clock.now());
        let budget = budget::share_mail(jeton.project, by, &to, now);
        while jeton.app.budgets().spend(&budget, now, Error::TooManyMails).await.is_ok() {}
    };
    use_up().await;
    assert_eq!(call(&share, 's').await.expect(200).field("code"), shared);
    call(&share, 'x').await.expect_error(429, "mail.tooMany");
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 1);
    jeton.type_code(&jeton.invitation("bob@example.org").await, &shared).await.expect(200);

    jeton.pass_seconds(3600);
    let open = jeton.share(&held.id, "bob@example.org").await;
    let again = format!("{}/shares/{}/send", path(&held.id), open.path.rsplit('/').next().unwrap());
    let sent = call(&again, 't').await.expect(200).field("code");
    use_up().await;
    let mails = jeton.mail_to("bob@example.org").await.len();
    assert_eq!(call(&again, 't').await.expect(200).field("code"), sent);
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), mails);
}

#[tokio::test]
async fn a_manager_does_not_get_a_token_again_that_may_do_more_by_now_than_they() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"componentAccess": ["a"]})).await;
    let call = |key: char, by: &str, path: &str| {
        let call = jeton.post(path).token(by).json(&json!({"componentAccess": ["a"]}));
        call.header("idempotency-key", &self::key(key)).send()
    };
    let set = async |id: &str, components: &[&str]| {
        let call = jeton.put(&path(id)).token(&jeton.master).json(&json!({"componentAccess": components}));
        call.send().await.expect(200);
    };
    let made = Held::from(&call('k', &manager.token, "/v2/storage/tokens").await.expect(201));
    set(&made.id, &["a", "b"]).await;
    call('k', &manager.token, "/v2/storage/tokens").await.expect_error(403, "accessDenied");
    assert!(jeton.history(&manager.id).await.contains(&"storage.accessDenied".to_owned()));
    set(&made.id, &["a"]).await;
    assert_eq!(call('k', &manager.token, "/v2/storage/tokens").await.expect(201).field("token"), made.token);

    let refresh = format!("{}/refresh", path(&made.id));
    let renew = || {
        let call = jeton.post(&refresh).token(&manager.token);
        call.header("idempotency-key", &self::key('r')).send()
    };
    let renewed = renew().await.expect(200).field("token");
    set(&made.id, &["a", "b"]).await;
    renew().await.expect_error(403, "accessDenied");
    set(&made.id, &["a"]).await;
    assert_eq!(renew().await.expect(200).field("token"), renewed);

    // A picked-up copy of a manager creates, too, although it refreshes no other token.
    let copy = jeton.shared_copy(&manager.id).await;
    let made = call('c', &copy.token, "/v2/storage/tokens").await.expect(201).field("token");
    assert_eq!(call('c', &copy.token, "/v2/storage/tokens").await.expect(201).field("token"), made);
}

#[tokio::test]
async fn a_pick_up_whose_answer_was_lost_made_one_copy_that_its_recipient_gets() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for accept in ["application/json", "text/html"] {
        let invitation = jeton.share(&held.id, "bob@example.org").await;
        let body = json!({"secret": invitation.secret, "code": invitation.code});
        let before = copies(&jeton, &held.id).await;
        let key = key(if accept == "text/html" { 'h' } else { 'j' });
        let pick_up = |body: &Value, key: &str| {
            let call = jeton.post(&invitation.path).json(body).header("accept", accept);
            call.header("idempotency-key", key)
        };
        let lost = pick_up(&body, &key).send().await.expect(200);
        let again = pick_up(&body, &key).send().await.expect(200);
        assert_eq!(lost.text(), again.text());
        assert_eq!(copies(&jeton, &held.id).await, before + 1);

        pick_up(&body, &"x".repeat(43)).send().await.expect(410);
        let guess = json!({"secret": invitation.secret, "code": wrong_code(&invitation.code)});
        pick_up(&guess, &key).send().await.expect(410);
    }
}

#[tokio::test]
async fn the_same_call_at_the_same_time_is_one_call() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refresh = format!("{}/refresh", path(&held.id));
    let calls = (0..8).map(|_| {
        let call = jeton.post(&refresh).token(&held.token).header("idempotency-key", &key('k'));
        tokio::spawn(async move { call.send().await.expect(200).field("token") })
    });
    let mut secrets = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        secrets.push(call.await.unwrap());
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 1, "all get the one secret");
    assert_eq!(jeton.verify(&secrets[0]).await, 200);
}

#[tokio::test]
async fn a_key_that_stands_for_another_call_is_rejected_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let create = |description: &str, by: &str| {
        let call = jeton.post("/v2/storage/tokens").token(by).json(&json!({"description": description}));
        call.header("idempotency-key", &key('k'))
    };
    let first = Held::from(&create("first", &jeton.master).send().await.expect(201));
    create("second", &jeton.master).send().await.expect_error(409, "conflict");
    let manager = jeton.create_manager(json!({})).await;
    create("first", &manager.token).send().await.expect_error(409, "conflict");
    let refresh = jeton.post(&format!("{}/refresh", path(&first.id))).token(&first.token);
    refresh.header("idempotency-key", &key('k')).send().await.expect_error(409, "conflict");
    assert_eq!(jeton.verify(&first.token).await, 200);
}

#[tokio::test]
async fn a_key_that_can_be_guessed_is_rejected() {
    let jeton = Jeton::start().await;
    for bad in ["", "6fa459ea-ee8a-3ca4-894e-db77e160355e", &"k".repeat(129), &"k ".repeat(30)] {
        let call = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&json!({}));
        let answer = call.header("idempotency-key", bad).send().await;
        assert!(answer.expect_error(400, "validationError").contains("256 random bits"));
    }
    let verify = jeton.get("/v2/storage/tokens/verify").token(&jeton.master);
    verify.header("idempotency-key", "1").send().await.expect(200);
}

#[tokio::test]
async fn who_may_no_longer_call_is_not_told_what_they_made() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let create = || {
        let call = jeton.post("/v2/storage/tokens").token(&manager.token).json(&json!({}));
        call.header("idempotency-key", &key('k'))
    };
    create().send().await.expect(201);
    let off = jeton.put(&path(&manager.id)).token(&jeton.master).json(&json!({"isDisabled": true}));
    off.send().await.expect(200);
    create().send().await.expect_error(401, "storage.tokenDisabled");
    jeton.delete(&path(&manager.id)).token(&jeton.master).send().await.expect(204);
    create().send().await.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn after_ten_minutes_the_answer_is_given_no_more_and_the_key_is_not_used_again() {
    let jeton = Jeton::start().await;
    let create = || {
        let call = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&json!({}));
        call.header("idempotency-key", &key('k'))
    };
    let held = Held::from(&create().send().await.expect(201));
    jeton.pass_millis(599_999);
    assert_eq!(create().send().await.expect(201).field("token"), held.token);
    jeton.pass_millis(1);
    create().send().await.expect_error(409, "conflict");
    jeton.pass_seconds(86_400);
    jeton.app.store.clean(jeton.app.clock.now()).await.unwrap();
    let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token);
    refresh.header("idempotency-key", &key('r')).send().await.expect(200);
    jeton.pass_seconds(600);
    let late = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token);
    late.header("idempotency-key", &key('r')).send().await.expect_error(401, "storage.tokenInvalid");
}

/// Every token that can refresh itself: a limited one, a manager, a picked-up copy, a master.
async fn callers(jeton: &Jeton) -> Vec<Held> {
    let limited = jeton.create(&json!({})).await;
    let shared = jeton.create(&json!({})).await;
    vec![
        jeton.create_manager(json!({})).await,
        jeton.shared_copy(&shared.id).await,
        jeton.join("bob@example.org").await,
        limited,
    ]
}

#[tokio::test]
async fn a_token_that_refreshed_itself_with_an_overlap_gets_its_secret_by_the_copy_that_was_replaced() {
    let jeton = Jeton::start().await;
    for (number, held) in callers(&jeton).await.into_iter().enumerate() {
        let mut held = held;
        for (mode, wish) in [
            json!({}),
            json!({"gracePeriod": 60}),
            json!({"keepOldUntilUsed": true}),
            json!({"keepOldUntilUsed": true, "gracePeriod": 60}),
        ]
        .iter()
        .enumerate()
        {
            let key = format!("{number}-{mode}-{}", "k".repeat(43));
            let refresh = || {
                let call = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token);
                call.json(wish).header("idempotency-key", &key).send()
            };
            let (lost, again) = (refresh().await.expect(200), refresh().await.expect(200));
            assert_eq!(lost.text(), again.text(), "{number} {wish}");
            let names = jeton.history(&held.id).await;
            assert_eq!(names[0], "storage.tokenRefreshed", "nothing was refused: {names:?}");
            held = Held::from(&again);
            assert_eq!(jeton.verify(&held.token).await, 200, "{number} {wish}");
            jeton.pass_seconds(60);
        }
    }
}

#[tokio::test]
async fn the_copy_that_was_replaced_opens_the_lost_answer_and_no_other() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let refresh = |key: char, wish: Value| {
        let call = jeton.post(&format!("{}/refresh", path(&held.id))).token(&held.token).json(&wish);
        call.header("idempotency-key", &self::key(key)).send()
    };
    let grace = json!({"gracePeriod": 60});
    refresh('k', grace.clone()).await.expect(200);
    refresh('x', grace.clone()).await.expect(403);
    refresh('k', json!({"gracePeriod": 61})).await.expect(403);
    refresh('k', grace.clone()).await.expect(200);
    // Also once its grace period is over, within the ten minutes.
    jeton.pass_seconds(60);
    refresh('k', grace).await.expect(200);
}

#[tokio::test]
async fn what_was_made_and_has_ended_since_is_not_given_again() {
    let jeton = Jeton::start().await;
    let create = |key: &'static str, wish: Value| {
        let call = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish);
        call.header("idempotency-key", &key.repeat(43)).send()
    };
    let replaced = Held::from(&create("a", json!({})).await.expect(201));
    jeton.refresh(&replaced).await;
    create("a", json!({})).await.expect_error(409, "conflict");

    let off = Held::from(&create("b", json!({})).await.expect(201));
    let switch = |on: bool| {
        let call = jeton.put(&path(&off.id)).token(&jeton.master).json(&json!({"isDisabled": !on}));
        async move { call.send().await.expect(200) }
    };
    switch(false).await;
    create("b", json!({})).await.expect_error(409, "conflict");
    switch(true).await;
    assert_eq!(create("b", json!({})).await.expect(201).field("token"), off.token);

    let deleted = Held::from(&create("c", json!({})).await.expect(201));
    jeton.delete(&path(&deleted.id)).token(&jeton.master).send().await.expect(204);
    create("c", json!({})).await.expect_error(409, "conflict");

    create("d", json!({"expiresIn": 5})).await.expect(201);
    jeton.pass_seconds(5);
    create("d", json!({"expiresIn": 5})).await.expect_error(409, "conflict");
}

#[tokio::test]
async fn a_copy_that_was_picked_up_and_deleted_is_not_given_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let invitation = jeton.share(&held.id, "bob@example.org").await;
    let pick_up = || {
        let body = json!({"secret": invitation.secret, "code": invitation.code});
        jeton.post(&invitation.path).json(&body).header("idempotency-key", &key('k')).send()
    };
    pick_up().await.expect(200);
    pick_up().await.expect(200);
    let copy = format!("{}/copies/2", path(&held.id));
    jeton.delete(&copy).token(&jeton.master).send().await.expect(204);
    pick_up().await.expect_error(409, "conflict");
}

#[tokio::test]
async fn a_share_is_not_mailed_again_once_nothing_can_be_picked_up() {
    let jeton = Jeton::start().await;
    for end in ["off", "refreshed", "withdrawn", "deleted", "expired", "used", "locked"] {
        let recipient = format!("{end}@example.org");
        let held = jeton.create(&json!({"expiresIn": 300})).await;
        let share = || {
            let call = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master);
            let call = call.json(&json!({"recipientEmail": recipient}));
            call.header("idempotency-key", &format!("{}-{}", "k".repeat(43), held.id)).send()
        };
        share().await.expect(204);
        let own = path(&held.id);
        match end {
            "off" => {
                let off = jeton.put(&own).token(&jeton.master).json(&json!({"isDisabled": true}));
                off.send().await.expect(200);
            }
            "refreshed" => drop(jeton.refresh(&held).await),
            "withdrawn" => {
                jeton.pass_millis(1);
                let share = jeton.detail(&held.id).await["shares"][0]["id"].as_str().unwrap().to_owned();
                let withdraw = jeton.delete(&format!("{own}/shares/{share}")).token(&jeton.master);
                withdraw.send().await.expect(204);
            }
            "deleted" => drop(jeton.delete(&own).token(&jeton.master).send().await.expect(204)),
            "used" => drop(jeton.pick_up(&jeton.invitation(&recipient).await).await.expect(200)),
            "locked" => {
                let invitation = jeton.invitation(&recipient).await;
                for wrong in wrong_codes(&invitation.code).take(5) {
                    jeton.type_code(&invitation, &wrong).await.expect(403);
                }
            }
            _ => jeton.pass_seconds(300),
        }
        let again = share().await;
        assert!([404, 409].contains(&again.status.as_u16()), "{end}: {}", again.status);
        let said = match end {
            "used" => "was picked up: there is nothing to do",
            "locked" => "is locked, because wrong codes were entered",
            "off" => "is disabled: enable it, and send the same call again",
            _ => "",
        };
        assert!(again.text().contains(said), "{end}: {}", again.text());
        assert_eq!(jeton.mail_to(&recipient).await.len(), 1, "{end}");
    }
}

#[tokio::test]
async fn a_manager_who_was_narrowed_does_not_get_the_token_of_a_configuration() {
    let jeton = Jeton::start().await;
    let rights = json!({"componentAccess": ["a", "b"]});
    let manager = jeton.create_manager(rights.clone()).await;
    let put = || {
        let call = jeton.put("/v2/storage/components/a/configs/1/token").token(&manager.token).json(&rights);
        call.header("idempotency-key", &key('k')).send()
    };
    put().await.expect(201);
    let narrow = jeton.put(&path(&manager.id)).token(&jeton.master).json(&json!({"componentAccess": ["a"]}));
    narrow.send().await.expect(200);
    put().await.expect_error(403, "accessDenied");
}
