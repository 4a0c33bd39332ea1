//! Tokens with damaged or lost records: their copies can still be revoked.

use jeton_core::id::TokenId;
use jeton_service::operation::expiry_sweep::sweep;
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

use crate::damaged_scene::Scene;

const TOKENS: &str = "/v2/storage/tokens";
const DAY: i64 = 86_400;

impl Scene {
    /// A token with two copies, one of its creator and one of a colleague.
    async fn token(&self) -> (Held, Held) {
        let held = self.jeton.create(&json!({"description": "importer", "canCreateJobs": true})).await;
        let copy = self.jeton.shared_copy(&held.id).await;
        (held, copy)
    }

    /// Loses the record of a token.
    async fn damage(&self, held: &Held, lost: bool) {
        let (project, id) = (self.jeton.project, id(held));
        if lost { self.place.lose(project, id).await } else { self.place.spoil(project, id).await }
    }

    async fn put(&self, held: &Held, change: Value) -> Answer {
        self.jeton.put(&path(&held.id)).token(&self.jeton.master).json(&change).send().await
    }
}

fn id(held: &Held) -> TokenId {
    held.id.parse().unwrap()
}

#[tokio::test]
async fn a_token_whose_record_cannot_be_read_or_is_lost_is_disabled_narrowed_refreshed_and_deleted() {
    for lost in [false, true] {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let mut held = Vec::new();
        for _ in 0..4 {
            let (own, copy) = scene.token().await;
            scene.damage(&own, lost).await;
            assert_eq!(jeton.verify(&copy.token).await, 200, "what opens it is there");
            held.push((own, copy));
        }
        let [off, narrowed, refreshed, deleted] = held.as_slice() else { unreachable!() };
        scene.put(&off.0, json!({"isDisabled": true})).await.expect(200);
        scene.put(&narrowed.0, json!({"canCreateJobs": false})).await.expect(200);
        assert!(!jeton.may(&narrowed.1.token, json!({"capability": "createJobs"})).await);
        jeton
            .post(&format!("{}/refresh", path(&refreshed.0.id)))
            .token(&jeton.master)
            .send()
            .await
            .expect(200);
        jeton.delete(&path(&deleted.0.id)).token(&jeton.master).send().await.expect(204);
        for (own, copy) in [off, refreshed, deleted] {
            assert_eq!((jeton.verify(&own.token).await, jeton.verify(&copy.token).await), (401, 401));
        }
    }
}

#[tokio::test]
async fn a_copy_of_a_token_whose_record_is_lost_ends_by_itself_by_a_report_and_by_a_master() {
    for lost in [false, true] {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let (own, copy) = scene.token().await;
        let second = jeton.shared_copy(&own.id).await;
        scene.damage(&own, lost).await;
        let report = json!({"tokens": [copy.token]});
        jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204);
        assert_eq!((jeton.verify(&own.token).await, jeton.verify(&copy.token).await), (200, 401));
        scene.damage(&own, lost).await;
        jeton.delete(&path(&own.id)).token(&second.token).send().await.expect(204);
        assert_eq!((jeton.verify(&own.token).await, jeton.verify(&second.token).await), (200, 401));
        scene.damage(&own, lost).await;
        jeton.delete(&format!("{}/copies/1", path(&own.id))).token(&jeton.master).send().await.expect(204);
        assert_eq!(jeton.verify(&own.token).await, 401);
    }
}

#[tokio::test]
async fn what_only_adds_to_a_token_whose_record_cannot_be_read_is_rejected_and_overwrites_nothing() {
    let scene = Scene::start().await;
    let (own, _) = scene.token().await;
    scene.damage(&own, false).await;
    scene.put(&own, json!({"description": "other"})).await.expect(503);
    scene.put(&own, json!({"canPurgeTrash": true})).await.expect(503);
    let share = scene.jeton.post(&format!("{}/share", path(&own.id))).token(&scene.jeton.master);
    share.json(&json!({"recipientEmail": "bob@example.org"})).send().await.expect(503);
}

#[tokio::test]
async fn a_list_shows_every_token_and_names_those_that_cannot_be_read() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let (known, unknown) = (scene.token().await.0, scene.token().await.0);
    scene.place.spoil(jeton.project, id(&known)).await;
    scene.place.spoil_all(jeton.project, id(&unknown)).await;
    let list = jeton.get(TOKENS).token(&jeton.master).send().await.expect(200).json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 3);
    let named = |held: &Held| list.iter().find(|token| token["id"] == held.id).unwrap();
    assert_eq!(named(&known)["description"], "importer");
    assert_eq!(named(&unknown)["description"], "(this token cannot be read)");
    assert_eq!(named(&unknown)["isDisabled"], true);
    let ids = pluck(list, "id");
    let mut sorted: Vec<u64> = ids.iter().map(|id| id.parse().unwrap()).collect();
    sorted.sort_unstable();
    assert_eq!(ids, sorted.iter().map(ToString::to_string).collect::<Vec<_>>());
    jeton
        .get(&format!("{TOKENS}?limit=1&afterId={}", sorted[0]))
        .token(&jeton.master)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn what_is_left_of_tokens_that_are_gone_and_what_fails_does_not_keep_a_sweep_from_what_has_ended() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let living = async |days: i64| jeton.create(&json!({"expiresIn": days * DAY})).await;
    for _ in 0..3 {
        scene.place.orphan(jeton.project, id(&living(1).await)).await;
        scene.place.spoil_all(jeton.project, id(&living(2).await)).await;
    }
    let ended = living(3).await;
    jeton.pass_seconds(3 * DAY);
    let mut rounds = 0;
    while !jeton.history(&ended.id).await.contains(&"storage.tokenExpired".to_owned()) {
        sweep(&jeton.app, 2).await.unwrap();
        rounds += 1;
        assert!(rounds < 4, "it waits behind what cannot be seen to");
    }
    let due = jeton.app.store.due(jeton.app.clock.now(), None, 100).await.unwrap();
    assert_eq!(due.len(), 3, "only what cannot be read is left");
}

#[tokio::test]
async fn what_has_ended_is_removed_before_any_notice_leaves() {
    let jeton = Jeton::start().await;
    for _ in 0..5 {
        jeton.create(&json!({"expiresIn": 8 * DAY})).await;
    }
    jeton.pass_seconds(DAY);
    let ended = jeton.create(&json!({"expiresIn": 60})).await;
    jeton.pass_seconds(60);
    // The five notices were due first. They are one mail, which no limit of tokens parts.
    let swept = sweep(&jeton.app, 2).await.unwrap();
    assert_eq!((swept.removed, swept.noticed, swept.more), (1, 5, false));
    assert!(jeton.history(&ended.id).await.contains(&"storage.tokenExpired".to_owned()));
}

#[tokio::test]
async fn an_event_whose_body_a_parser_would_open_again_and_again_is_named_as_one_that_cannot_be_read() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let event = json!({"component": "it", "message": "Step", "params": {"step": "HERE"}});
    let uuid = jeton.post_event(&jeton.master, &event).await;
    let mut text = "1".to_owned();
    for _ in 0..20 {
        let escaped = text.replace('\\', "\\u005c").replace('"', "\\u0022");
        let (open, close) = ("[".repeat(100), "]".repeat(100));
        text = format!("{open}{{\"$serde_json::private::RawValue\":\"{escaped}\"}}{close}");
    }
    assert!(scene.place.tamper("HERE", Some(("\"HERE\"", &text))).await > 0);
    let events = jeton.events(&jeton.master, "/v2/storage/events").await;
    let named = events.iter().find(|event| event["uuid"] == json!(uuid)).unwrap();
    assert_eq!(named["event"], "storage.eventUnreadable");
}

#[tokio::test]
async fn a_history_names_the_event_that_cannot_be_read_and_tells_all_others() {
    for left in [&b"{"[..], b"", b"\xff\xfe"] {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let held = jeton.create(&json!({"description": "importer"})).await;
        let mut uuids = Vec::new();
        for number in 0..3 {
            let event = json!({"component": "it", "message": format!("Step {number}"),
                "objectType": "table", "objectId": "in.c-main.t"});
            uuids.push(jeton.post_event(&held.token, &event).await);
        }
        scene.place.spoil_event(&uuids[1], left).await;
        let of_token = format!("{}/events", path(&held.id));
        for feed in ["/v2/storage/events", &of_token, "/v2/storage/tables/in.c-main.t/events"] {
            let events = jeton.events(&jeton.master, feed).await;
            let messages = pluck(&events, "message");
            assert_eq!(messages[..3], ["Step 2", "(this event cannot be read)", "Step 0"], "{feed}");
            assert_eq!(
                (&events[1]["uuid"], &events[1]["event"]),
                (&json!(uuids[1]), &json!("storage.eventUnreadable"))
            );
            // Page by page, from both ends.
            let part = async |query: &str| {
                pluck(&jeton.events(&jeton.master, &format!("{feed}?limit=1&{query}")).await, "uuid")
            };
            assert_eq!(part(&format!("maxId={}", uuids[2])).await, [uuids[1].as_str()]);
            assert_eq!(part(&format!("maxId={}", uuids[1])).await, [uuids[0].as_str()]);
            assert_eq!(part(&format!("sortOrder=asc&sinceId={}", uuids[0])).await, [uuids[1].as_str()]);
            assert_eq!(part(&format!("sortOrder=asc&sinceId={}", uuids[1])).await, [uuids[2].as_str()]);
        }
        // The object is unknown, so callers who may see only their own events do not see it.
        let own = jeton.events(&held.token, "/v2/storage/events").await;
        assert_eq!(pluck(&own, "message"), ["Step 2", "Step 0"]);
        let console = ConsoleClient::signed_in(jeton, ADMIN).await;
        for page in
            ["events", &format!("tokens/{}/events", held.id), "export?format=csv", "export?format=ndjson"]
        {
            let page = console.open(page).await.expect(200).text();
            assert!(
                page.contains("Step 2")
                    && page.contains("(this event cannot be read)")
                    && page.contains("Step 0")
            );
        }
        jeton.read(&jeton.master, &format!("{}/advice", path(&held.id))).await.expect(200);
        console.open(&format!("tokens/{}/usage", held.id)).await.expect(200);
    }
}
