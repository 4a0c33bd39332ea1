//! `POST /v2/storage/events`

use jeton_core::{Error, budget, id::TokenId};
use jeton_tests::{jeton::Jeton, raw, snapshot::body};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/events";

async fn stored(jeton: &Jeton, event: &Value) -> Value {
    let id = jeton.post_event(&jeton.master, event).await;
    jeton.read(&jeton.master, &format!("{PATH}/{id}")).await.json()
}

#[tokio::test]
async fn a_posted_event_is_answered_with_its_id_and_can_be_read_at_once() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "transformer"})).await;
    let event = json!({
        "component": "transformation", "configurationId": 123, "runId": "1.2", "message": "Done",
        "description": "All of it", "type": "success", "duration": 200, "params": {"b": 1, "a": [true]},
        "results": {"rows": 5}, "objectId": "in.c-main.users", "objectName": "users", "objectType": "table",
    });
    let call = jeton.post(PATH).token(&held.token).header("user-agent", "sdk/2").json(&event);
    let answer = call.send().await.expect(201);
    assert_eq!(answer.content_type(), Some("application/json"));
    let uuid = answer.field("uuid");
    assert_eq!(answer.json(), json!({"id": uuid, "uuid": uuid}));
    let read = jeton.read(&held.token, &format!("{PATH}/{uuid}")).await;
    insta::assert_json_snapshot!("posted", body(&read));
    let event = read.json();
    assert_eq!((&event["uuid"], &event["id"]), (&json!(uuid), &json!(uuid)));
    assert_eq!(event["token"], json!({"id": held.id, "name": "transformer"}));
}

#[tokio::test]
async fn component_and_message_are_enough() {
    let jeton = Jeton::start().await;
    let event = stored(&jeton, &json!({"component": "whatever", "message": "x"})).await;
    assert_eq!((&event["event"], &event["type"]), (&json!("ext.whatever."), &json!("info")));
    for empty in ["params", "results", "performance"] {
        assert_eq!(event[empty], json!({}), "{empty}");
    }
    for absent in ["configurationId", "runId", "objectId", "objectName", "objectType"] {
        assert_eq!(event.get(absent), Some(&Value::Null), "{absent}");
    }
    assert_eq!((&event["idBranch"], &event["attachments"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn the_name_ends_with_the_configuration() {
    let jeton = Jeton::start().await;
    let event = json!({"component": "ex-sfdc", "configurationId": "sys.c-sfdc.account-12", "message": "x"});
    assert_eq!(stored(&jeton, &event).await["event"], "ext.ex-sfdc.sys.c-sfdc.account-12");
}

#[tokio::test]
async fn params_and_results_come_as_objects_as_text_or_not_at_all() {
    let jeton = Jeton::start().await;
    for (sent, kept) in [
        (json!({"a": 1}), json!({"a": 1})),
        (json!("{\"a\":1}"), json!({"a": 1})),
        (json!("[]"), json!({})),
        (json!("null"), json!({})),
        (json!(""), json!({})),
        (json!([]), json!({})),
        (json!({}), json!({})),
        (Value::Null, json!({})),
    ] {
        let event = json!({"component": "a", "message": "b", "params": sent, "results": sent});
        let event = stored(&jeton, &event).await;
        assert_eq!((&event["params"], &event["results"]), (&kept, &kept), "{sent}");
    }
    let opened = "{\"v\":{\"$serde_json::private::RawValue\":\"nope\"}}";
    for bad in [json!([1]), json!("[1]"), json!("{"), json!(5), json!(opened)] {
        let event = json!({"component": "a", "message": "b", "params": bad});
        let answer = jeton.post(PATH).token(&jeton.master).json(&event).send().await;
        assert!(answer.expect_error(400, "validationError").contains("params"));
    }
}

#[tokio::test]
async fn empty_and_null_fields_count_as_absent() {
    let jeton = Jeton::start().await;
    let event = json!({
        "component": "a", "message": "b", "type": "", "runId": "", "configurationId": null,
        "description": null, "duration": null, "objectId": "",
    });
    let event = stored(&jeton, &event).await;
    assert_eq!((&event["type"], &event["runId"]), (&json!("info"), &Value::Null));
    assert_eq!((&event["event"], &event["objectId"]), (&json!("ext.a."), &Value::Null));
    assert_eq!((&event["description"], &event["performance"]), (&json!(""), &json!({})));
}

#[tokio::test]
async fn a_form_is_taken_as_well_as_json() {
    let jeton = Jeton::start().await;
    let form = "component=a&message=from+PHP&params=%7B%22x%22%3A1%7D&results=%5B%5D&duration=15&type=warn";
    let answer = jeton.post(PATH).token(&jeton.master).form(form).send().await.expect(201);
    let event = jeton.read(&jeton.master, &format!("{PATH}/{}", answer.field("id"))).await.json();
    assert_eq!((&event["message"], &event["type"]), (&json!("from PHP"), &json!("warn")));
    assert_eq!((&event["params"], &event["results"]), (&json!({"x": 1}), &json!({})));
    assert_eq!(event["performance"], json!({"duration": 15}));
}

#[tokio::test]
async fn the_run_id_of_the_header_stands_in_for_one_in_the_body() {
    let jeton = Jeton::start().await;
    for (sent, kept) in [(Value::Null, "of-header"), (json!(""), "of-header"), (json!("own"), "own")] {
        let event = json!({"component": "a", "message": "b", "runId": sent});
        let call = jeton.post(PATH).token(&jeton.master).header("x-kbc-runid", "of-header").json(&event);
        let id = call.send().await.expect(201).field("id");
        assert_eq!(jeton.read(&jeton.master, &format!("{PATH}/{id}")).await.json()["runId"], kept);
    }
}

#[tokio::test]
async fn the_run_id_of_the_header_is_remembered_by_changes_too() {
    let jeton = Jeton::start().await;
    let call = jeton.post("/v2/storage/tokens").token(&jeton.master).header("x-kbc-runid", "7.8");
    let id = call.json(&json!({})).send().await.expect(201).field("id");
    assert_eq!(jeton.last_event(&id).await["runId"], "7.8");
}

#[tokio::test]
async fn who_when_and_where_are_the_servers_to_tell() {
    let jeton = Jeton::start().await;
    let claim = json!({
        "component": "a", "message": "b", "uuid": "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3", "id": "1",
        "created": "1999-01-01T00:00:00+0000", "token": {"id": "1", "name": "x"}, "copy": "9",
        "context": {"remoteAddr": "1.2.3.4"}, "origin": "system", "event": "storage.tokenDeleted",
    });
    let call = jeton.post(PATH).token(&jeton.master).header("x-forwarded-for", "1.2.3.4").json(&claim);
    let id = call.send().await.expect(201).field("id");
    let event = jeton.read(&jeton.master, &format!("{PATH}/{id}")).await.json();
    assert_ne!(event["uuid"], claim["uuid"]);
    assert_eq!((&event["event"], &event["origin"]), (&json!("ext.a."), &json!("posted")));
    assert_eq!((&event["created"], &event["copy"]), (&json!("2026-01-15T12:00:00+0000"), &json!("1")));
    assert_eq!(
        (&event["token"]["id"], &event["context"]["remoteAddr"]),
        (&json!(jeton.master_id), &json!("127.0.0.1"))
    );
}

#[tokio::test]
async fn what_context_keeps_of_a_header_is_at_most_200_bytes() {
    let jeton = Jeton::start().await;
    let long = "x".repeat(300);
    let call = jeton.post(PATH).token(&jeton.master).header("user-agent", &long).header("referer", &long);
    let id = call.json(&json!({"component": "a", "message": "b"})).send().await.expect(201).field("id");
    let event = jeton.read(&jeton.master, &format!("{PATH}/{id}")).await.json();
    for field in ["httpUserAgent", "httpReferer", "userAgent"] {
        assert_eq!(event["context"][field], "x".repeat(200), "{field}");
    }
}

#[tokio::test]
async fn a_long_message_comes_back_whole_and_too_long_a_body_is_rejected() {
    let jeton = Jeton::start().await;
    let message = "x".repeat(190_000);
    let event = stored(&jeton, &json!({"component": "a", "message": message})).await;
    assert_eq!(event["message"].as_str().unwrap().len(), 190_000);
    for length in [204_800, 250_000] {
        let event = json!({"component": "a", "message": "x".repeat(length)});
        let answer = jeton.post(PATH).token(&jeton.master).json(&event).send().await;
        answer.expect_error(400, "requestTooLarge");
    }
}

#[tokio::test]
async fn an_event_is_posted_without_a_content_length_the_way_go_does() {
    let jeton = Jeton::start().await;
    let token = format!("X-StorageApi-Token: {}", jeton.master);
    let head = [
        "POST /v2/storage/events HTTP/1.1",
        &token,
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ];
    let parts = raw::chunked(&[r#"{"component":"go","message":"#, r#""hi","params":"null","duration":0}"#]);
    let id = raw::send(&jeton.url, &head, &parts).await.expect(201).field("id");
    let event = jeton.read(&jeton.master, &format!("{PATH}/{id}")).await.json();
    assert_eq!((&event["params"], &event["performance"]), (&json!({}), &json!({"duration": 0})));
    let large = "x".repeat(60_000);
    let body = raw::chunked(&[large.as_str(); 4]);
    raw::send(&jeton.url, &head, &body).await.expect_error(400, "requestTooLarge");
}

#[tokio::test]
async fn what_is_missing_or_makes_no_sense_is_named() {
    let jeton = Jeton::start().await;
    for (event, field) in [
        (json!({"message": "b"}), "component"),
        (json!({"component": "a"}), "message"),
        (json!({"component": "a", "message": "b", "type": "fatal"}), "type"),
        (json!({"component": "a", "message": "b", "duration": "long"}), "duration"),
    ] {
        let answer = jeton.post(PATH).token(&jeton.master).json(&event).send().await;
        assert!(answer.expect_error(400, "validationError").contains(field), "{event}");
    }
}

#[tokio::test]
async fn invalid_utf_8_is_a_malformed_request() {
    let jeton = Jeton::start().await;
    for (kind, text) in [
        ("application/json", b"{\"component\": \"a\", \"message\": \"\x80\"}".as_slice()),
        ("application/x-www-form-urlencoded", b"component=a&message=%80"),
    ] {
        let call = jeton.post(PATH).token(&jeton.master).raw(kind, text.to_vec());
        call.send().await.expect_error(400, "malformedRequest");
    }
}

#[tokio::test]
async fn what_could_be_stored_but_not_read_again_is_rejected() {
    let jeton = Jeton::start().await;
    for deep in [json!(format!("{{\"a\":{}{}}}", "[".repeat(120), "]".repeat(120))), nested(70)] {
        let event = json!({"component": "it", "message": "x", "params": deep});
        let answer = jeton.post(PATH).token(&jeton.master).json(&event).send().await;
        assert!(answer.expect_error(400, "validationError").contains("params"));
    }
    stored(&jeton, &json!({"component": "it", "message": "x", "params": nested(60)})).await;
}

#[tokio::test]
async fn an_event_that_would_be_stored_larger_than_any_may_be_is_rejected() {
    let jeton = Jeton::start().await;
    let form = format!("component=it&message=x{}", "\u{1}".repeat(150_000));
    let answer = jeton.post(PATH).token(&jeton.master).form(&form).send().await;
    answer.expect_error(400, "requestTooLarge");
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!({}), |inner, _| json!({"a": inner}))
}

/// Leaves so many bytes of a token's quota for posted events in this hour.
async fn leave(jeton: &Jeton, token: &str, bytes: u32) {
    let now = jeton.app.clock.now();
    let token: TokenId = token.parse().unwrap();
    let spent = budget::event_bytes(jeton.project, token, budget::EVENT_BYTES_OF_TOKEN - bytes, now);
    jeton.app.budgets().spend(&spent, now, Error::TooManyEvents).await.unwrap();
}

#[tokio::test]
async fn a_token_posts_so_many_bytes_within_an_hour_and_then_it_is_429_and_nothing_is_stored() {
    let jeton = Jeton::start().await;
    let (held, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    leave(&jeton, &held.id, 300 * 1024).await;
    let event = json!({"component": "x", "message": "large", "params": {"text": "x".repeat(100 * 1024)}});
    let post = async |token: &str| jeton.post(PATH).token(token).json(&event).send().await;
    for _ in 0..2 {
        post(&held.token).await.expect(201);
    }
    let rejected = post(&held.token).await;
    let seconds: u32 = rejected.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds));
    rejected.expect_error(429, "events.tooMany");
    assert_eq!(jeton.history(&held.id).await.len(), 3, "two events, and its creation");
    post(&other.token).await.expect(201);
    jeton.pass_seconds(3600);
    post(&held.token).await.expect(201);
}

#[tokio::test]
async fn small_events_share_what_is_asked_of_the_store_and_come_to_an_end_as_well() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    leave(&jeton, &held.id, 64 * 1024).await;
    let event = json!({"component": "x", "message": "small", "params": {"text": "x".repeat(10_000)}});
    let mut posted = 0;
    while jeton.post(PATH).token(&held.token).json(&event).send().await.status == 201 {
        posted += 1;
    }
    assert_eq!(posted, 6, "of some 10,400 bytes each");
}

#[tokio::test]
async fn params_and_results_have_at_most_64_levels() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let nested =
        |levels: usize, innermost: Value| {
            (1..levels).fold(innermost, |inner, level| {
                if level == levels - 1 { json!({"a": inner}) } else { json!([inner]) }
            })
        };
    for (levels, innermost, status) in [
        (64, json!({}), 201),
        (64, json!([1]), 201),
        (65, json!({}), 400),
        (65, json!([1]), 400),
        (66, json!({}), 400),
    ] {
        for field in ["params", "results"] {
            let event = json!({"component": "a", "message": "b", field: nested(levels, innermost.clone())});
            let post = jeton.post("/v2/storage/events").token(&held.token).json(&event);
            post.send().await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_component_or_a_message_that_nobody_sees_is_missing() {
    let jeton = Jeton::start().await;
    for unseen in
        ["", "   ", "\t\n", "\u{200b}", "\u{a0}\u{3000}", "\u{3164}", "\u{2800}", "\u{feff}\u{200d}"]
    {
        for (event, field) in [
            (json!({"component": unseen, "message": "x"}), "component"),
            (json!({"component": "x", "message": unseen}), "message"),
        ] {
            let answer = jeton.post(PATH).token(&jeton.master).json(&event).send().await;
            let sentence = answer.expect_error(400, "validationError");
            assert!(sentence.contains(field), "{unseen:?}: {sentence}");
        }
    }
    let kept = json!({"component": "keboola.ex-db", "message": " Done\n"});
    assert_eq!(stored(&jeton, &kept).await["message"], " Done\n", "what is seen stays as it was sent");
}
