//! `PUT /v2/storage/tokens/{token}`

use jeton_tests::{jeton::Jeton, reading::path, snapshot::body};
use serde_json::{Value, json};

async fn put(jeton: &Jeton, id: &str, change: &Value) -> Value {
    jeton.put(&path(id)).token(&jeton.master).json(change).send().await.expect(200).json()
}

#[tokio::test]
async fn an_update_replaces_what_it_names_and_leaves_the_rest() {
    let jeton = Jeton::start().await;
    let wish = json!({
        "description": "before", "bucketPermissions": {"in.c-a": "write"}, "componentAccess": ["a"],
        "canReadAllFileUploads": true,
    });
    let held = jeton.create(&wish).await;
    let token = put(&jeton, &held.id, &json!({"bucketPermissions": {"in.c-b": "read"}})).await;
    assert_eq!(token["bucketPermissions"], json!({"in.c-b": "read"}));
    assert_eq!((&token["description"], &token["componentAccess"]), (&json!("before"), &json!(["a"])));
    let token = put(&jeton, &held.id, &json!({"componentAccess": ["b", "c"], "description": null})).await;
    assert_eq!(token["componentAccess"], json!(["b", "c"]));
    assert_eq!((&token["description"], &token["canReadAllFileUploads"]), (&json!("before"), &json!(true)));
    let token = put(&jeton, &held.id, &json!({"canPurgeTrash": true, "bucketPermissions": []})).await;
    assert_eq!((&token["canPurgeTrash"], &token["bucketPermissions"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn the_answer_is_the_token_without_secret_and_project() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let change = json!({"description": "after", "canCreateJobs": true});
    let answer = jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await.expect(200);
    assert_eq!(answer.content_type(), Some("application/json"));
    insta::assert_json_snapshot!("updated", body(&answer));
}

#[tokio::test]
async fn a_form_updates_as_well_as_json() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canPurgeTrash": true})).await;
    let form = "description=form&bucketPermissions%5Bin.c-x%5D=read&componentAccess[]=a&canPurgeTrash=0";
    let answer = jeton.put(&path(&held.id)).token(&jeton.master).form(form).send().await.expect(200).json();
    assert_eq!((&answer["description"], &answer["canPurgeTrash"]), (&json!("form"), &json!(false)));
    assert_eq!(answer["bucketPermissions"], json!({"in.c-x": "read"}));
}

#[tokio::test]
async fn new_rights_hold_at_once_for_every_copy() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let copy = jeton.shared_copy(&held.id).await;
    put(&jeton, &held.id, &json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    for token in [&held.token, &copy.token] {
        assert!(!jeton.may(token, json!({"bucket": "in.c-a", "access": "write"})).await);
        assert!(jeton.may(token, json!({"bucket": "in.c-a", "access": "read"})).await);
    }
}

#[tokio::test]
async fn invalid_permissions_change_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let before = jeton.detail(&held.id).await;
    for buckets in [json!({"in.c-a": "manage"}), json!({"nowhere": "read"})] {
        let change = json!({"description": "after", "bucketPermissions": buckets});
        let answer = jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await;
        answer.expect_error(400, "storage.tokens.invalidPermissions");
    }
    assert_eq!(jeton.detail(&held.id).await, before);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn the_rights_to_manage_stay_as_they_were_created() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canManageBuckets": true, "expiresIn": 60})).await;
    for (field, value) in [("canManageBuckets", json!(false)), ("canManageTokens", json!(true))] {
        let change = json!({ field: value });
        let answer = jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await;
        assert_eq!(answer.expect_error(400, "validationError"), format!("{field} cannot be changed"));
    }
    let change = json!({"canManageBuckets": true, "bucketPermissions": {"in.c-a": "read"}});
    let token = put(&jeton, &held.id, &change).await;
    assert_eq!((&token["canManageBuckets"], &token["bucketPermissions"]), (&json!(true), &json!([])));
    assert_eq!(token["expires"], "2026-01-15T12:01:00+0000");
    let change = json!({"bucketPermissions": {"in.c-a": "manage"}});
    let answer = jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await;
    answer.expect_error(400, "storage.tokens.invalidPermissions");
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_no_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "as it is"})).await;
    put(&jeton, &held.id, &json!({})).await;
    put(&jeton, &held.id, &json!({"description": "as it is", "canPurgeTrash": false})).await;
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn a_master_token_is_edited_by_nobody() {
    let jeton = Jeton::start().await;
    let bob = jeton.join("bob@example.org").await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    for caller in [&jeton.master, &bob.token, &manager.token] {
        let change = json!({"description": "mine"});
        let answer = jeton.put(&path(&jeton.master_id)).token(caller).json(&change).send().await;
        answer.expect_error(403, "accessDenied");
    }
}

#[tokio::test]
async fn a_token_that_is_no_manager_edits_nothing_and_not_even_itself() {
    let jeton = Jeton::start().await;
    let own = jeton.create(&json!({})).await;
    let other = jeton.create(&json!({})).await;
    for id in [&own.id, &other.id] {
        let answer = jeton.put(&path(id)).token(&own.token).json(&json!({"description": "x"})).send().await;
        answer.expect_error(403, "accessDenied");
    }
}

#[tokio::test]
async fn old_and_new_rights_lie_within_the_managers_own() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let within = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let beyond = jeton.create(&json!({"bucketPermissions": {"in.c-b": "read"}})).await;
    let put = |id: &str, change: Value| jeton.put(&path(id)).token(&manager.token).json(&change).send();
    put(&within.id, json!({"bucketPermissions": {"in.c-a": "write"}})).await.expect(200);
    put(&within.id, json!({"bucketPermissions": {"in.c-b": "read"}})).await.expect_error(403, "accessDenied");
    put(&within.id, json!({"canCreateJobs": true})).await.expect_error(403, "accessDenied");
    put(&beyond.id, json!({"description": "mine"})).await.expect_error(403, "accessDenied");
    put(&beyond.id, json!({"bucketPermissions": []})).await.expect_error(403, "accessDenied");
    put(&manager.id, json!({"canCreateJobs": true})).await.expect_error(403, "accessDenied");
    put(&manager.id, json!({"description": "renamed"})).await.expect(200);
}

#[tokio::test]
async fn the_protected_default_branch_is_rejected() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let change = json!({"canManageProtectedDefaultBranch": true});
    let answer = jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await;
    answer.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn an_update_leaves_an_event_that_tells_before_and_after() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "before"})).await;
    put(&jeton, &held.id, &json!({"description": "after", "canPurgeTrash": true})).await;
    let event = jeton.last_event(&held.id).await;
    assert_eq!(event["event"], "storage.tokenUpdated");
    assert_eq!(event["params"]["descriptionBefore"], "before");
    assert_eq!(event["params"]["permissions"]["purgeTrash"], true);
}

#[tokio::test]
async fn an_unknown_or_foreign_token_does_not_exist() {
    let jeton = Jeton::start().await;
    let foreign = jeton.foreign().await;
    for id in [foreign.id.as_str(), "281474976710655"] {
        let answer = jeton.put(&path(id)).token(&jeton.master).json(&json!({})).send().await;
        answer.expect_error(404, "storage.tokens.notFound");
    }
}

#[tokio::test]
async fn a_disabled_token_is_not_accepted_until_it_is_enabled_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let open = jeton.share(&held.id, "late@example.org").await;
    put(&jeton, &held.id, &json!({"isDisabled": true})).await;
    for token in [&held.token, &copy.token] {
        let answer = jeton.get("/v2/storage/tokens/verify").token(token).send().await;
        answer.expect_error(401, "storage.tokenDisabled");
    }
    assert_eq!(jeton.detail(&held.id).await["isDisabled"], true);
    assert_eq!(jeton.last_event(&held.id).await["event"], "storage.tokenDisabled");
    jeton.pick_up(&open).await.expect_error(409, "pickup.disabled");
    let share = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master);
    share.json(&json!({"recipientEmail": "new@example.org"})).send().await.expect(409);

    put(&jeton, &held.id, &json!({"isDisabled": false})).await;
    assert_eq!(jeton.last_event(&held.id).await["event"], "storage.tokenEnabled");
    assert_eq!((jeton.verify(&held.token).await, jeton.verify(&copy.token).await), (200, 200));
    jeton.pick_up(&open).await.expect(200);
}

#[tokio::test]
async fn disabling_a_disabled_token_leaves_no_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let before = jeton.history(&held.id).await.len();
    put(&jeton, &held.id, &json!({"isDisabled": false})).await;
    put(&jeton, &held.id, &json!({"isDisabled": true, "description": "off"})).await;
    put(&jeton, &held.id, &json!({"isDisabled": true})).await;
    let event = jeton.last_event(&held.id).await;
    assert_eq!(
        (&event["params"]["isDisabled"], &event["params"]["description"]),
        (&json!(true), &json!("off"))
    );
    assert_eq!(jeton.history(&held.id).await.len(), before + 1);
}

async fn moved(jeton: &Jeton, id: &str, change: Value, status: u16) -> Value {
    let put = jeton.put(&path(id)).token(&jeton.master).json(&change);
    put.send().await.expect(status).json()
}

#[tokio::test]
async fn a_master_moves_the_end_of_a_token_to_both_sides() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    for (change, end) in [
        (json!({"expiresIn": 3600}), "2026-01-15T13:00:00+0000"),
        (json!({"expires": "2026-01-15T12:30:00+0000"}), "2026-01-15T12:30:00+0000"),
        (json!({"expires": "2026-01-15T13:40:00.5+01:00"}), "2026-01-15T12:40:00+0000"),
        (json!({"expires": "2026-01-15T12:00:10Z"}), "2026-01-15T12:00:10+0000"),
        (json!({"expiresIn": "20"}), "2026-01-15T12:00:20+0000"),
    ] {
        let before = jeton.detail(&held.id).await["expires"].clone();
        assert_eq!(moved(&jeton, &held.id, change.clone(), 200).await["expires"], end, "{change}");
        assert_eq!(jeton.detail(&held.id).await["expires"], end, "{change}");
        assert_eq!(jeton.verified(&held.token).await["expires"], end, "{change}");
        let event = jeton.last_event(&held.id).await;
        assert_eq!(event["event"], "storage.tokenUpdated");
        assert_eq!(event["params"], json!({"expires": end, "expiresBefore": before}), "{change}");
    }
    jeton.pass_millis(19_999);
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.pass_millis(1);
    assert_eq!(jeton.verify(&held.token).await, 401);
}

#[tokio::test]
async fn a_token_without_an_end_gets_one() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    moved(&jeton, &held.id, json!({"expiresIn": 5}), 200).await;
    assert_eq!(jeton.last_event(&held.id).await["params"]["expiresBefore"], Value::Null);
    jeton.pass_seconds(5);
    assert_eq!(jeton.verify(&held.token).await, 401);
    assert_eq!(jeton.sweep().await, 1);
}

#[tokio::test]
async fn a_token_is_swept_and_its_member_told_at_the_end_that_it_has_now() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    moved(&jeton, &held.id, json!({"expiresIn": 30 * 86_400}), 200).await;
    jeton.pass_seconds(60);
    assert_eq!(jeton.sweep().await, 0);
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.pass_seconds(24 * 86_400);
    assert_eq!((jeton.swept().await.noticed, jeton.swept().await.noticed), (1, 0));
    // Moved away from the mailed notice: there is one for the new end, too.
    moved(&jeton, &held.id, json!({"expiresIn": 20 * 86_400}), 200).await;
    assert_eq!(jeton.swept().await.noticed, 0);
    jeton.pass_seconds(13 * 86_400);
    assert_eq!(jeton.swept().await.noticed, 1);
    moved(&jeton, &held.id, json!({"expiresIn": 10}), 200).await;
    jeton.pass_seconds(10);
    assert_eq!((jeton.sweep().await, jeton.sweep().await), (1, 0));
}

#[tokio::test]
async fn an_end_that_cannot_be_is_rejected_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    let before = jeton.detail(&held.id).await;
    for change in [
        json!({"expires": "soon"}),
        json!({"expires": ""}),
        json!({"expires": "2026-01-15T12:00:00+0000"}),
        json!({"expires": "2020-01-15T12:00:00+0000"}),
        json!({"expires": "2226-01-15T12:00:00+0000"}),
        json!({"expires": "2026-01-15T12:00:30+0000", "expiresIn": 30}),
        json!({"expiresIn": 3_153_600_001_i64}),
    ] {
        let put = jeton.put(&path(&held.id)).token(&jeton.master).json(&change);
        put.send().await.expect_error(400, "validationError");
    }
    let put = jeton.put(&path(&held.id)).token(&jeton.master).json(&json!({"expiresIn": 0}));
    put.send().await.expect_error(400, "storage.tokens.invalidExpiration");
    assert_eq!(jeton.detail(&held.id).await, before);
    jeton.pass_seconds(60);
    let put = jeton.put(&path(&held.id)).token(&jeton.master).json(&json!({"expiresIn": 60}));
    put.send().await.expect_error(409, "conflict");
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn an_end_is_not_taken_away_and_null_for_one_that_is_not_there_changes_nothing() {
    let jeton = Jeton::start().await;
    let (short, endless) = (jeton.create(&json!({"expiresIn": 60})).await, jeton.create(&json!({})).await);
    let of_configuration = "/v2/storage/components/keboola.orchestrator/configs/1/token";
    let configured = |wish: Value| jeton.put(of_configuration).token(&jeton.master).json(&wish).send();
    configured(json!({"expiresIn": null})).await.expect(201);
    configured(json!({"expiresIn": null, "expires": null, "description": "nightly"})).await.expect(200);
    configured(json!({"expiresIn": 60})).await.expect(200);
    for field in ["expires", "expiresIn"] {
        let rejected = configured(json!({field: null})).await.expect_error(400, "validationError");
        assert!(rejected.contains(field) && rejected.contains("but not removed"), "{rejected}");
    }
    for field in ["expires", "expiresIn"] {
        let change = json!({field: null, "description": "other"});
        let answer = moved(&jeton, &short.id, change.clone(), 400).await;
        assert_eq!(answer["code"], "validationError", "{answer}");
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(field) && message.contains("but not removed"), "{message}");
        assert_ne!(jeton.detail(&short.id).await["description"], "other");
        assert_eq!(moved(&jeton, &endless.id, change, 200).await["expires"], Value::Null);
    }
    let moved = moved(&jeton, &short.id, json!({"expires": null, "expiresIn": 600}), 200).await;
    assert_eq!(moved["expires"], "2026-01-15T12:10:00+0000");
}

#[tokio::test]
async fn only_masters_move_an_end_and_who_sends_what_was_shown_moves_none() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    jeton.pass_millis(123);
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}, "expiresIn": 60})).await;
    for change in [json!({"expiresIn": 600}), json!({"expiresIn": 6})] {
        let put = jeton.put(&path(&held.id)).token(&manager.token).json(&change);
        put.send().await.expect_error(403, "accessDenied");
    }
    let mut shown = jeton.detail(&held.id).await;
    shown["description"] = json!("after");
    for by in [&manager.token, &jeton.master] {
        jeton.put(&path(&held.id)).token(by).json(&shown).send().await.expect(200);
    }
    let event = jeton.last_event(&held.id).await;
    assert_eq!(event["event"], "storage.tokenUpdated");
    assert!(event["params"].get("expires").is_none(), "{event}");
}

#[tokio::test]
async fn what_a_master_disabled_only_a_master_enables() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let off = |id: &str, by: &str, off: bool| {
        jeton.put(&path(id)).token(by).json(&json!({"isDisabled": off})).send()
    };
    // Whether the manager had disabled it before makes no difference.
    for manager_first in [false, true] {
        let held = jeton.create(&json!({})).await;
        if manager_first {
            off(&held.id, &manager.token, true).await.expect(200);
        }
        off(&held.id, &jeton.master, true).await.expect(200);
        off(&held.id, &manager.token, true).await.expect(200);
        off(&held.id, &manager.token, false).await.expect_error(403, "accessDenied");
        assert_eq!(jeton.verify(&held.token).await, 401);
        off(&held.id, &jeton.master, false).await.expect(200);
        assert_eq!(jeton.verify(&held.token).await, 200);
        // From now on it works as before.
        off(&held.id, &manager.token, true).await.expect(200);
        off(&held.id, &manager.token, false).await.expect(200);
    }
}

#[tokio::test]
async fn a_manager_does_not_switch_a_token_on_by_the_way_of_its_configuration() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let config = "/v2/storage/components/a.b/configs/1/token";
    let made = jeton.put(config).token(&manager.token).send().await.expect(201);
    let off = json!({"isDisabled": true});
    jeton.put(&path(&made.field("id"))).token(&jeton.master).json(&off).send().await.expect(200);
    let on = jeton.put(config).token(&manager.token).json(&json!({"isDisabled": false}));
    on.send().await;
    assert_eq!(jeton.verify(&made.field("token")).await, 401);
}

#[tokio::test]
async fn a_token_with_an_end_gives_no_rights_to_one_that_lasts_longer() {
    let jeton = Jeton::start().await;
    let rights = json!({"componentAccess": ["a.b", "c.d"]});
    let manager = jeton.create_manager(json!({"expiresIn": 60, "componentAccess": ["a.b", "c.d"]})).await;
    let lasting = jeton.create(&json!({"componentAccess": ["a.b"]})).await;
    let short = jeton.create(&json!({"componentAccess": ["a.b"], "expiresIn": 60})).await;
    let put = |id: &str, by: &str, wish: &Value| jeton.put(&path(id)).token(by).json(wish).send();
    put(&lasting.id, &manager.token, &rights).await.expect_error(403, "accessDenied");
    put(&short.id, &manager.token, &rights).await.expect(200);
    // Nor does a copy with an end, such as a superseded one.
    let (path_of, kept) = (path(&manager.id), json!({"keepOldUntilUsed": true}));
    let lasts = json!({"expiresIn": 2_000_000});
    jeton.put(&path_of).token(&jeton.master).json(&lasts).send().await.expect(200);
    let middle = jeton.create(&json!({"expiresIn": 1_000_000})).await;
    put(&middle.id, &manager.token, &json!({"componentAccess": ["a.b"]})).await.expect(200);
    let refresh = jeton.post(&format!("{path_of}/refresh")).token(&jeton.master).json(&kept).send().await;
    let new = refresh.expect(200).field("token");
    put(&middle.id, &manager.token, &rights).await.expect_error(403, "storage.tokenSuperseded");
    put(&middle.id, &new, &rights).await.expect(200);
    let manager = jeton_tests::jeton::Held { token: new, ..manager };
    // A change that grants nothing, or revokes, may be made by one that expires earlier.
    put(&lasting.id, &manager.token, &json!({"description": "new", "componentAccess": []})).await.expect(200);
    put(&lasting.id, &jeton.master, &rights).await.expect(200);
}

#[tokio::test]
async fn a_token_with_an_end_switches_on_none_that_lasts_longer() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"expiresIn": 60})).await;
    let (lasting, short) = (jeton.create(&json!({})).await, jeton.create(&json!({"expiresIn": 60})).await);
    let (off, on) = (json!({"isDisabled": true}), json!({"isDisabled": false}));
    let put = |id: &str, by: &str, wish: &Value| jeton.put(&path(id)).token(by).json(wish).send();
    for id in [&lasting.id, &short.id] {
        put(id, &manager.token, &off).await.expect(200);
    }
    put(&short.id, &manager.token, &on).await.expect(200);
    let less = json!({"isDisabled": false, "description": "new"});
    for wish in [&on, &less] {
        put(&lasting.id, &manager.token, wish).await.expect_error(403, "accessDenied");
    }
    assert_eq!(jeton.verify(&lasting.token).await, 401);
    assert_ne!(jeton.detail(&lasting.id).await["description"], "new");
    // Nor does a copy that ends with its creator, or a superseded one, of a token that lasts.
    let owner = jeton.create_manager(json!({})).await;
    let refresh = |by: &str, wish: Value| {
        jeton.post(&format!("{}/refresh", path(&owner.id))).token(by).json(&wish).send()
    };
    let ends = refresh(&manager.token, json!({})).await.expect(200).field("token");
    let why = put(&lasting.id, &ends, &on).await.expect_error(403, "accessDenied");
    assert!(why.contains("ends with the token"), "{why}");
    put(&short.id, &ends, &on).await.expect(200);
    let replaced = refresh(&jeton.master, json!({})).await.expect(200).field("token");
    refresh(&jeton.master, json!({"keepOldUntilUsed": true})).await.expect(200);
    put(&lasting.id, &replaced, &on).await.expect_error(403, "storage.tokenSuperseded");
    // A caller that lasts as long may enable it, and an enabled one is not enabled again.
    let whole = jeton.create_manager(json!({})).await;
    put(&lasting.id, &whole.token, &on).await.expect(200);
    assert_eq!(jeton.verify(&lasting.token).await, 200);
    put(&lasting.id, &manager.token, &on).await.expect(200);
}
