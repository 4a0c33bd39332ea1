//! `POST /v2/storage/tokens/actions`

use futures_util::future::join_all;
use jeton_core::token::{Place, Sort};
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens/actions";

async fn act_as(jeton: &Jeton, token: &str, body: &Value) -> Answer {
    jeton.post(PATH).token(token).json(body).send().await
}

async fn act(jeton: &Jeton, body: &Value) -> Value {
    act_as(jeton, &jeton.master, body).await.expect(200).json()
}

/// How many were changed, were not, and failed.
fn counts(answer: &Value) -> [u64; 3] {
    ["changed", "unchanged", "failed"].map(|name| answer[name].as_u64().unwrap())
}

async fn some(jeton: &Jeton, count: usize) -> Vec<Held> {
    let mut made = Vec::new();
    for number in 0..count {
        made.push(jeton.create(&json!({"description": format!("import {number}")})).await);
    }
    made
}

async fn statuses(jeton: &Jeton, tokens: &[Held]) -> Vec<u16> {
    join_all(tokens.iter().map(|held| jeton.verify(&held.token))).await
}

#[tokio::test]
async fn tokens_are_disabled_enabled_and_deleted_at_once_with_an_event_each() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, 3).await;
    let kept = jeton.create(&json!({"description": "kept"})).await;
    let filter = json!({"search": "IMPORT"});
    for (action, status, event) in [
        ("disable", 401, "storage.tokenDisabled"),
        ("enable", 200, "storage.tokenEnabled"),
        ("delete", 401, "storage.tokenDeleted"),
    ] {
        let answer = act(&jeton, &json!({"filter": filter, "action": action})).await;
        assert_eq!(counts(&answer), [3, 0, 0], "{answer}");
        assert_eq!(
            (&answer["action"], &answer["dryRun"], &answer["next"]),
            (&json!(action), &json!(false), &Value::Null)
        );
        let ids: Vec<_> = tokens.iter().map(|held| held.id.clone()).collect();
        let mut acted = pluck(answer["tokens"].as_array().unwrap(), "id");
        acted.sort();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(acted, expected);
        assert_eq!(statuses(&jeton, &tokens).await, [status; 3], "{action}");
        for id in &ids {
            assert_eq!(jeton.history(id).await[0], event);
        }
        // The same again finds nothing to do.
        let again = act(&jeton, &json!({"filter": filter, "action": action})).await;
        let left = if action == "delete" { 0 } else { 3 };
        assert_eq!(counts(&again), [0, left, 0], "{again}");
        for id in &ids {
            assert_eq!(jeton.history(id).await.iter().filter(|name| *name == event).count(), 1);
        }
    }
    assert_eq!(jeton.verify(&kept.token).await, 200);
}

#[tokio::test]
async fn no_action_is_on_a_master_token_or_on_the_caller() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"description": "manager"})).await;
    let other = jeton.create(&json!({"description": "other"})).await;
    let everything = json!({"neverExpires": true});
    for action in ["disable", "enable", "delete"] {
        let answer = act_as(&jeton, &manager.token, &json!({"filter": everything, "action": action})).await;
        let answer = answer.expect(200).json();
        assert_eq!(pluck(answer["tokens"].as_array().unwrap(), "id"), [other.id.as_str()], "{action}");
    }
    assert_eq!(jeton.verify(&jeton.master).await, 200);
    assert_eq!(jeton.verify(&manager.token).await, 200);
}

#[tokio::test]
async fn a_dry_run_tells_what_the_action_does_then_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, 2).await;
    let off = json!({"isDisabled": true});
    jeton.put(&path(&tokens[0].id)).token(&jeton.master).json(&off).send().await.expect(200);
    let before: Vec<_> = [jeton.history(&tokens[0].id).await, jeton.history(&tokens[1].id).await].into();
    let filter = json!({"search": "import"});
    for (action, expected) in [("disable", [1, 1, 0]), ("enable", [1, 1, 0]), ("delete", [2, 0, 0])] {
        let mut body = json!({"filter": filter, "action": action, "dryRun": true});
        let answer = act(&jeton, &body).await;
        assert_eq!((counts(&answer), &answer["dryRun"]), (expected, &json!(true)), "{action}");
        assert_eq!(statuses(&jeton, &tokens).await, [401, 200]);
        let after: Vec<_> = [jeton.history(&tokens[0].id).await, jeton.history(&tokens[1].id).await].into();
        assert_eq!(after, before, "{action}");
        if action == "delete" {
            body["dryRun"] = json!(false);
            let done = act(&jeton, &body).await;
            assert_eq!((counts(&done), &done["tokens"]), (expected, &answer["tokens"]));
        }
    }
}

#[tokio::test]
async fn each_token_takes_the_rights_that_its_own_change_takes_and_the_others_are_changed_all_the_same() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"description": "manager"})).await;
    let weak = jeton.create(&json!({"description": "x weak"})).await;
    let strong = jeton.create(&json!({"description": "x strong", "canManageBuckets": true})).await;
    let configured = "/v2/storage/components/keboola.orchestrator/configs/nightly/token";
    let wish = json!({"description": "x configured"});
    let configured = jeton.put(configured).token(&jeton.master).json(&wish).send().await.expect(201);
    let filter = json!({"search": "x "});
    for (dry_run, weak_status) in [(true, 200), (false, 401)] {
        let body = json!({"filter": filter, "action": "disable", "dryRun": dry_run});
        let answer = act_as(&jeton, &manager.token, &body).await.expect(200).json();
        assert_eq!(counts(&answer), [2, 0, 1], "{answer}");
        let failed =
            answer["tokens"].as_array().unwrap().iter().find(|token| token["outcome"] == "failed").unwrap();
        assert_eq!((&failed["id"], &failed["code"]), (&json!(strong.id), &json!("accessDenied")));
        assert!(failed["error"].is_string());
        assert_eq!(jeton.verify(&weak.token).await, weak_status);
    }
    let answer = act(&jeton, &json!({"filter": filter, "action": "delete"})).await;
    assert_eq!(counts(&answer), [2, 0, 1], "{answer}");
    let failed =
        answer["tokens"].as_array().unwrap().iter().find(|token| token["outcome"] == "failed").unwrap();
    assert_eq!(failed["id"], configured.json()["id"]);
    let denied =
        act_as(&jeton, &jeton.create(&json!({})).await.token, &json!({"filter": filter, "action": "delete"}))
            .await;
    denied.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn a_call_does_a_hundred_tokens_and_says_where_to_go_on() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "many"});
    for _ in 0..7 {
        join_all((0..15).map(|_| jeton.create(&wish))).await;
    }
    let mut body = json!({"filter": {"search": "many"}, "action": "disable"});
    let first = act(&jeton, &body).await;
    assert_eq!(counts(&first), [100, 0, 0]);
    body["after"] = first["next"].clone();
    let second = act(&jeton, &body).await;
    assert_eq!((counts(&second), &second["next"]), ([5, 0, 0], &Value::Null));
    // A call that is repeated, since its answer was lost, does nothing twice.
    assert_eq!(counts(&act(&jeton, &body).await), [0, 5, 0]);
}

#[tokio::test]
async fn of_calls_at_once_the_one_that_changed_a_token_says_so_and_the_others_say_unchanged() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, 40).await;
    let filter = json!({"search": "import"});
    for (action, event) in [
        ("disable", "storage.tokenDisabled"),
        ("enable", "storage.tokenEnabled"),
        ("delete", "storage.tokenDeleted"),
    ] {
        let body = json!({"filter": filter, "action": action});
        let answers = join_all((0..3).map(|_| act(&jeton, &body))).await;
        let mut changed: Vec<_> = answers
            .iter()
            .flat_map(|answer| answer["tokens"].as_array().unwrap())
            .filter(|token| token["outcome"] == "changed")
            .map(|token| token["id"].as_str().unwrap())
            .collect();
        changed.sort_by_key(|id| id.parse::<u64>().unwrap());
        let mut all: Vec<_> = tokens.iter().map(|held| held.id.as_str()).collect();
        all.sort_by_key(|id| id.parse::<u64>().unwrap());
        assert_eq!(changed, all, "{action}");
        assert!(answers.iter().all(|answer| counts(answer)[2] == 0), "{action}");
        for held in &tokens {
            assert_eq!(jeton.history(&held.id).await.iter().filter(|name| *name == event).count(), 1);
        }
    }
}

#[tokio::test]
async fn tokens_that_are_named_are_changed_and_no_others() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, 3).await;
    let master = jeton.get("/v2/storage/tokens/verify").token(&jeton.master).send().await.expect(200).json();
    let named = json!([tokens[2].id, tokens[0].id, tokens[0].id, "281474976710655", master["id"]]);
    let mut body = json!({"tokens": named, "action": "disable", "dryRun": true});
    assert_eq!(counts(&act(&jeton, &body).await), [2, 0, 0]);
    assert_eq!(statuses(&jeton, &tokens).await, [200; 3]);
    body["dryRun"] = json!(false);
    let answer = act(&jeton, &body).await;
    let acted = pluck(answer["tokens"].as_array().unwrap(), "id");
    assert_eq!((counts(&answer), &answer["next"]), ([2, 0, 0], &Value::Null));
    let mut expected = vec![tokens[0].id.clone(), tokens[2].id.clone()];
    expected.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(acted, expected);
    assert_eq!(statuses(&jeton, &tokens).await, [401, 200, 401]);
    // A call that is repeated does nothing twice, and one that goes on leaves out what is behind it.
    assert_eq!(counts(&act(&jeton, &body).await), [0, 2, 0]);
    let last = Place::created(expected[1].parse().unwrap());
    body["after"] = json!(Sort::OLDEST_FIRST.cursor(&last));
    assert_eq!(counts(&act(&jeton, &body).await), [0, 0, 0]);
}

#[tokio::test]
async fn an_action_without_a_filter_or_with_a_word_that_is_not_known_changes_nothing() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, 1).await;
    let filter = json!({"search": "import"});
    for (body, field) in [
        (json!({"action": "delete"}), "filter"),
        (json!({"filter": {}, "action": "delete"}), "filter"),
        (json!({"filter": {"search": ""}, "action": "delete"}), "filter.search"),
        (json!({"filter": {"search": " "}, "action": "delete"}), "filter.search"),
        (json!({"filter": {"search": "\u{3000}"}, "action": "delete"}), "filter.search"),
        (json!({"filter": {"search": "\u{301}"}, "action": "delete"}), "filter.search"),
        (json!({"filter": {"search": "", "bucket": "in.c-a"}, "action": "delete"}), "filter.search"),
        (json!({"filter": {"search": "import", "bucket": ""}, "action": "delete"}), "filter.bucket"),
        (json!({"filter": {"isDisabled": null}, "action": "delete"}), "filter"),
        (json!({"filter": "import", "action": "delete"}), "expected an object"),
        (json!({"filter": {"unused_since": "2999-01-01"}, "action": "delete"}), "filter.unused_since"),
        (
            json!({"filter": {"search": "import", "buckets": ["in.c-a"]}, "action": "delete"}),
            "filter.buckets",
        ),
        (json!({"filter": {"unusedSince": "soon"}, "action": "delete"}), "filter.unusedSince"),
        (json!({"filter": filter, "action": "delete", "dry_run": true}), "dry_run"),
        (json!({"filter": filter, "action": "delete", "dryRun": "maybe"}), "dryRun"),
        (json!({"filter": filter, "action": "delete", "dryRun": null}), "dryRun"),
        (json!({"filter": filter, "action": "delete", "dryRun": ""}), "dryRun"),
        (json!({"filter": filter, "action": "Delete"}), "action"),
        (json!({"filter": filter}), "action"),
        (json!({"filter": filter, "tokens": [tokens[0].id], "action": "delete"}), "tokens"),
        (json!({"filter": filter, "tokens": [], "action": "delete"}), "tokens"),
        (json!({"tokens": [], "action": "delete"}), "tokens"),
        (json!({"tokens": [tokens[0].id, "import"], "action": "delete"}), "tokens"),
        (json!({"tokens": vec![&tokens[0].id; 101], "action": "delete"}), "tokens"),
        (json!({"filter": filter, "action": "delete", "after": "00"}), "after"),
    ] {
        let answer = act_as(&jeton, &jeton.master, &body).await;
        assert!(answer.expect_error(400, "validationError").contains(field), "{body}");
    }
    assert_eq!(statuses(&jeton, &tokens).await, [200]);
    let form = "filter[search]=import&action=disable&dryRun=0";
    let answer = jeton.post(PATH).token(&jeton.master).form(form).send().await.expect(200).json();
    assert_eq!(counts(&answer), [1, 0, 0]);
}
