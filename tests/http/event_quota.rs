//! Event quota: how much history one token may cause within an hour, by any calls.

use jeton_core::{Error, budget, id::TokenId};
use jeton_service::limits::denied_events::tell_counts;
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

const VERIFY: &str = "/v2/storage/tokens/verify";

/// Uses up the event quota of a token in this hour. Each process still allows a little.
async fn use_up(jeton: &Jeton, token: &str) {
    let now = jeton.app.clock.now();
    let token: TokenId = token.parse().unwrap();
    let spent = budget::event_bytes(jeton.project, token, budget::EVENT_BYTES_OF_TOKEN, now);
    jeton.app.budgets().spend(&spent, now, Error::TooManyEvents).await.unwrap();
}

/// As many questions as fit into a body, with fields of the maximum length.
fn most_questions() -> Value {
    let long = "x".repeat(200);
    let question = json!({"operation": "o".repeat(100), "bucket": format!("in.{}", "x".repeat(90)), "access": "read",
        "objectType": long, "objectId": long, "objectName": long, "runId": long});
    json!({"questions": vec![question; 78]})
}

async fn ask(jeton: &Jeton, held: &Held, questions: &Value) -> Answer {
    jeton.post(VERIFY).token(&held.token).json(questions).send().await
}

/// Uses it up in this process too: sends changes until they are rejected.
async fn exhaust(jeton: &Jeton, manager: &Held, target: &Held) {
    use_up(jeton, &manager.id).await;
    for change in 0..100 {
        let description = json!({"description": format!("change {change}")});
        let renamed = jeton.put(&path(&target.id)).token(&manager.token).json(&description).send().await;
        if renamed.status == 429 {
            return;
        }
        renamed.expect(200);
    }
    panic!("a hundred changes, and no end to it");
}

async fn refresh(jeton: &Jeton, caller: &str, id: &str) -> Answer {
    jeton.post(&format!("{}/refresh", path(id))).token(caller).send().await
}

#[tokio::test]
async fn questions_count_against_what_a_token_may_cause_and_beyond_it_are_429() {
    let jeton = Jeton::start().await;
    let (held, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let questions = most_questions();
    ask(&jeton, &held, &questions).await.expect(200);
    use_up(&jeton, &other.id).await;
    let rejected = ask(&jeton, &other, &questions).await;
    assert!(rejected.header("retry-after").is_some());
    rejected.expect_error(429, "events.tooMany");
    assert_eq!(jeton.history(&other.id).await, ["storage.tokenCreated"]);
    ask(&jeton, &held, &questions).await.expect(200);
    jeton.pass_seconds(3600);
    ask(&jeton, &other, &questions).await.expect(200);
}

#[tokio::test]
async fn no_token_asks_more_than_64_megabytes_within_an_hour() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let questions = most_questions();
    let mut asked = 0;
    while ask(&jeton, &held, &questions).await.status == 200 {
        asked += 1;
        assert!(asked < 2000, "there is no end to it");
    }
    let page = jeton.read(&jeton.master, &format!("{}/events?limit=1", path(&held.id))).await;
    let (caused, all) = (asked * page.body.len(), budget::EVENT_BYTES_OF_TOKEN as usize);
    assert!((all * 9 / 10..all * 11 / 10).contains(&caused), "{asked} times, {caused} bytes");
}

#[tokio::test]
async fn a_token_that_has_used_up_its_bytes_changes_nothing_and_its_denied_calls_are_only_counted() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"canCreateJobs": true})).await;
    let target = jeton.create_by(&manager.token, &json!({"canCreateJobs": true})).await;
    exhaust(&jeton, &manager, &target).await;
    let create = jeton.post("/v2/storage/tokens").token(&manager.token).json(&json!({}));
    create.send().await.expect_error(429, "events.tooMany");
    let rename = jeton.put(&path(&target.id)).token(&manager.token).json(&json!({"description": "other"}));
    rename.send().await.expect_error(429, "events.tooMany");
    refresh(&jeton, &manager.token, &manager.id).await.expect_error(429, "events.tooMany");
    let before = jeton.history(&manager.id).await.len();
    for _ in 0..3 {
        refresh(&jeton, &manager.token, &jeton.master_id).await.expect(403);
    }
    assert_eq!(jeton.history(&manager.id).await.len(), before);
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    let told = jeton.last_event(&manager.id).await;
    assert_eq!(told["params"]["count"], 3);
    // None has an event that they would follow.
    assert!(told["message"].as_str().unwrap().ends_with(" (3 times)"), "{told}");
}

#[tokio::test]
async fn an_action_that_ended_early_ends_there_again_when_its_call_is_repeated() {
    let jeton = Jeton::start().await;
    jeton.pass_seconds(3590);
    let eve = jeton.join("eve@example.org").await;
    let mut tokens = Vec::new();
    for number in 0..40 {
        tokens.push(jeton.create(&json!({"description": format!("import {number}")})).await);
    }
    let act = async |caller: &str, fill: &str, action: &str, after: &Value| {
        let body = json!({"action": action, "filter": {"search": "import"}, "after": after});
        let call = jeton.post("/v2/storage/tokens/actions").token(caller).json(&body);
        call.header("idempotency-key", &fill.repeat(43)).send().await.expect(200)
    };
    act(&jeton.master, "a", "disable", &Value::Null).await;
    use_up(&jeton, &eve.id).await;
    let first = act(&eve.token, "b", "enable", &Value::Null).await;
    let (enabled, next) = (first.json()["changed"].as_u64().unwrap(), &first.json()["next"]);
    assert!((1..40).contains(&enabled) && next.is_string(), "{}", first.text());
    let rest = act(&jeton.master, "c", "enable", next).await.json();
    assert_eq!((&rest["changed"], &rest["next"]), (&json!(40 - enabled), &Value::Null));
    act(&jeton.master, "d", "disable", &Value::Null).await;
    // In the next hour she may cause events again.
    jeton.pass_seconds(10);
    assert_eq!(act(&eve.token, "b", "enable", &Value::Null).await.text(), first.text());
    for token in &tokens {
        assert_eq!(jeton.detail(&token.id).await["isDisabled"], true, "it was disabled since");
    }
}

#[tokio::test]
async fn a_share_is_not_sent_again_for_a_token_that_has_used_up_its_bytes() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"canCreateJobs": true})).await;
    let target = jeton.create_by(&manager.token, &json!({"canCreateJobs": true})).await;
    let share = jeton.post(&format!("{}/share", path(&target.id))).token(&manager.token);
    share.json(&json!({"recipientEmail": "bob@example.org"})).send().await.expect(204);
    exhaust(&jeton, &manager, &target).await;
    let share = jeton.detail(&target.id).await["shares"][0]["id"].as_str().unwrap().to_owned();
    let again = jeton.post(&format!("{}/shares/{share}/send", path(&target.id))).token(&manager.token);
    again.json(&json!({})).send().await.expect_error(429, "events.tooMany");
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 1);
}

#[tokio::test]
async fn what_takes_rights_away_is_never_denied_for_what_was_caused_before() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"canCreateJobs": true})).await;
    let make = async || jeton.create_by(&manager.token, &json!({"canCreateJobs": true})).await;
    let (one, two, three) = (make().await, make().await, make().await);
    exhaust(&jeton, &manager, &one).await;
    for id in [&one.id, &two.id, &three.id, &jeton.master_id] {
        use_up(&jeton, id).await;
    }
    let put = async |caller: &str, id: &str, change: Value| {
        jeton.put(&path(id)).token(caller).json(&change).send().await
    };
    put(&manager.token, &one.id, json!({"canCreateJobs": false})).await.expect(200);
    put(&manager.token, &one.id, json!({"isDisabled": true})).await.expect(200);
    put(&manager.token, &one.id, json!({"isDisabled": false})).await.expect(429);
    refresh(&jeton, &manager.token, &two.id).await.expect(200);
    let leaked = json!({"tokens": [three.token]});
    jeton.post("/v2/storage/tokens/leaked").json(&leaked).send().await.expect(204);
    assert_eq!(jeton.verify(&three.token).await, 401);
    jeton.delete(&path(&two.id)).token(&manager.token).send().await.expect(204);
    refresh(&jeton, &jeton.master, &manager.id).await.expect(200);
    refresh(&jeton, &jeton.master, &jeton.master_id).await.expect(200);
}

#[tokio::test]
async fn a_token_that_does_little_in_many_processes_takes_little_of_its_bytes_and_its_projects() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let event = json!({"component": "it", "message": "small"});
    for _ in 0..6 {
        jeton.second_front().await.post_event(&held.token, &event).await;
    }
    // The part that the six processes have not leased is still available.
    let now = jeton.app.clock.now();
    let rest = budget::EVENT_BYTES_OF_TOKEN - 6 * 1000;
    let token: TokenId = held.id.parse().unwrap();
    let spent = budget::posted_bytes(jeton.project, token, rest, now);
    jeton.app.budgets().spend(&spent, now, Error::TooManyEvents).await.unwrap();
}

#[tokio::test]
async fn the_first_denied_question_of_a_minute_is_in_the_feed_of_the_project_and_the_others_are_counted() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let names = async || {
        let query = "/v2/storage/events?q=type:warn";
        pluck(&jeton.events(&jeton.master, query).await, "event")
    };
    for bucket in 0..16 {
        let question =
            json!({"operation": "storage.imported", "bucket": format!("in.c-{bucket}"), "access": "read"});
        assert_eq!(ask(&jeton, &held, &question).await.expect(200).json()["allowed"], false);
    }
    assert_eq!(names().await, ["storage.imported"]);
    assert_eq!(jeton.history(&held.id).await.len(), 17, "each is in that of the token");
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    assert_eq!(names().await, ["storage.questionsDenied", "storage.imported"]);
    let told =
        jeton.events(&jeton.master, "/v2/storage/events?q=event:storage.questionsDenied").await.remove(0);
    assert_eq!((&told["params"]["count"], &told["token"]["id"]), (&json!(15), &json!(held.id)));
    // Nobody who counts the questions of the token counts them twice.
    assert_eq!(jeton.history(&held.id).await.len(), 17);
    for path in ["events?q=denied", "events/export"] {
        let path = format!("/v2/storage/tokens/{}/{path}", held.id);
        let answer = jeton.get(&path).token(&jeton.master).send().await.expect(200).text();
        assert!(!answer.contains("questionsDenied"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_number_of_further_denied_questions_names_a_right_only_if_all_of_them_lacked_it() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for (buckets, message) in [
        // The first one has an event of its own.
        (&["a", "b", "b"][..], "2 further questions were denied: This token may not read bucket in.c-b."),
        (&["a", "b", "c", "c"], "3 further questions were denied, for different reasons"),
        (&["a", "a"], "1 further question was denied: This token may not read bucket in.c-a."),
    ] {
        for bucket in buckets {
            jeton.may(&held.token, json!({"bucket": format!("in.c-{bucket}"), "access": "read"})).await;
        }
        jeton.pass_seconds(60);
        tell_counts(&jeton.app, false).await;
        let query = "/v2/storage/events?q=event:storage.questionsDenied";
        let told = jeton.events(&jeton.master, query).await.remove(0);
        assert_eq!(told["message"], message);
        assert_eq!(told["params"]["count"], buckets.len() - 1);
    }
}

#[tokio::test]
async fn a_read_only_member_who_has_used_up_their_events_still_refreshes_their_token() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read("bob@example.org").await;
    use_up(&jeton, &bob.id).await;
    let questions = most_questions();
    let mut asked = 0;
    while ask(&jeton, &bob, &questions).await.status != 429 {
        asked += 1;
        assert!(asked < 100, "a hundred bodies, and no end to it");
    }
    let refreshed = refresh(&jeton, &bob.token, &bob.id).await.expect(200).field("token");
    assert_eq!((jeton.verify(&bob.token).await, jeton.verify(&refreshed).await), (401, 200));
}

#[tokio::test]
async fn a_call_that_was_carried_out_is_answered_again_beyond_the_quota_to_a_caller_who_may_make_it() {
    let jeton = Jeton::start().await;
    let reads = json!({"bucketPermissions": {"in.c-a": "read"}});
    let manager =
        jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "read", "in.c-b": "read"}})).await;
    let target = jeton.create_by(&manager.token, &reads).await;
    let share = format!("{}/share", path(&target.id));
    let call = async |path: &str, body: &Value, key: &str| {
        let call = jeton.post(path).token(&manager.token).json(body);
        call.header("idempotency-key", &key.repeat(43)).send().await
    };
    let sends = json!({"recipientEmail": "bob@example.org"});
    let calls = [("/v2/storage/tokens", &reads, "a", 201), (share.as_str(), &sends, "b", 204)];
    let mut first = Vec::new();
    for (path, body, key, status) in calls {
        first.push(call(path, body, key).await.expect(status).text());
    }
    exhaust(&jeton, &manager, &target).await;
    for ((path, body, key, status), first) in calls.into_iter().zip(&first) {
        assert_eq!(call(path, body, key).await.expect(status).text(), *first);
        call(path, body, "c").await.expect_error(429, "events.tooMany");
    }
    let less = json!({"bucketPermissions": {"in.c-b": "read"}});
    jeton.put(&path(&manager.id)).token(&jeton.master).json(&less).send().await.expect(200);
    call("/v2/storage/tokens", &reads, "a").await.expect(403);
}
