//! `GET` and `POST /v2/storage/tokens/{token}/advice`

use futures_util::future::join_all;
use jeton_core::{event::Origin, event_context::Actor, id::CopyId};
use jeton_service::limits::denied_events::tell_counts;
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    reading::path,
    snapshot::body,
};
use serde_json::{Value, json};

/// A token with more rights than it needs, and its questions.
async fn asking(jeton: &Jeton) -> Held {
    let wish = json!({
        "description": "Import", "bucketPermissions": {"in.c-main": "write", "in.c-side": "read"},
        "componentAccess": ["keboola.ex-http"], "canCreateJobs": true, "canPurgeTrash": true,
    });
    let held = jeton.create(&wish).await;
    for question in [
        json!({"operation": "storage.tableExported", "bucket": "in.c-main", "access": "read"}),
        json!({"operation": "storage.tableExported", "bucket": "in.c-main", "access": "read"}),
        json!({"operation": "job.run", "component": "keboola.ex-http", "capability": "createJobs"}),
        json!({"operation": "storage.tableDropped", "bucket": "in.c-main", "access": "manage"}),
    ] {
        ask(jeton, &held, &question).await;
    }
    held
}

async fn ask(jeton: &Jeton, held: &Held, question: &Value) {
    jeton.post("/v2/storage/tokens/verify").token(&held.token).json(question).send().await.expect(200);
}

/// Adds questions to its history as if it had asked them.
async fn has_asked(jeton: &Jeton, held: &Held, times: usize) {
    let asked = jeton.events(&jeton.master, &format!("{}/events?limit=1", path(&held.id))).await;
    let author =
        Actor::Token { id: held.id.parse().unwrap(), name: "Import".to_owned(), copy: Some(CopyId(1)) };
    assert_eq!(asked[0]["origin"], "question");
    let event = || {
        let event_context = jeton.app.event_context(jeton.app.clock.now(), author.clone());
        let params =
            json!({"operation": "job.run", "capability": "createJobs"}).as_object().cloned().unwrap();
        let mut event = event_context.event_named(Some(jeton.project), "job.run", String::new(), params);
        event.origin = Origin::Question;
        event
    };
    let events: Vec<_> = (0..times).map(|_| event()).collect();
    for some in events.chunks(200) {
        for stored in join_all(some.iter().map(|event| jeton.app.store.append(event, 1))).await {
            stored.unwrap();
        }
    }
}

async fn advice(jeton: &Jeton, id: &str) -> Answer {
    jeton.get(&format!("{}/advice", path(id))).token(&jeton.master).send().await
}

async fn dry_run(jeton: &Jeton, id: &str, change: &Value) -> Answer {
    jeton.post(&format!("{}/advice", path(id))).token(&jeton.master).json(change).send().await
}

#[tokio::test]
async fn it_says_which_rights_were_used_and_which_were_enough() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let answer = advice(&jeton, &held.id).await.expect(200);
    insta::assert_json_snapshot!("advice", body(&answer));
    let narrowest = &answer.json()["narrowest"];
    let rights = json!({
        "bucketPermissions": narrowest["bucketPermissions"], "componentAccess": narrowest["componentAccess"],
        "canPurgeTrash": narrowest["canPurgeTrash"],
    });
    jeton.put(&path(&held.id)).token(&jeton.master).json(&rights).send().await.expect(200);
    assert_eq!(advice(&jeton, &held.id).await.expect(200).json()["unused"], json!([]));
}

#[tokio::test]
async fn a_dry_run_counts_what_an_update_would_have_denied_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let before = jeton.get(&path(&held.id)).token(&jeton.master).send().await.expect(200).body;
    let answer = dry_run(&jeton, &held.id, &json!({"bucketPermissions": {"in.c-side": "read"}})).await;
    insta::assert_json_snapshot!("dry run", body(&answer.expect(200)));
    let after = jeton.get(&path(&held.id)).token(&jeton.master).send().await.expect(200).body;
    assert_eq!(before, after);
    let harmless = json!({"bucketPermissions": {"in.c-main": "read"}, "canPurgeTrash": false});
    let harmless = dry_run(&jeton, &held.id, &harmless).await.expect(200).json();
    assert_eq!(harmless["dryRun"]["wouldRefuse"], 0);
}

#[tokio::test]
async fn questions_asked_as_a_list_count_each() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"componentAccess": ["a", "b"], "canCreateJobs": true})).await;
    let questions = json!({"questions": [
        {"operation": "job.run", "component": "a"}, {"operation": "job.run", "component": "c"},
    ]});
    ask(&jeton, &held, &questions).await;
    let answer = advice(&jeton, &held.id).await.expect(200).json();
    assert_eq!((&answer["questions"], &answer["refused"]), (&json!(2), &json!(1)));
    assert_eq!(answer["narrowest"]["componentAccess"], json!(["a"]));
    assert_eq!(answer["unused"][0]["right"], "run component b");
}

#[tokio::test]
async fn managing_other_tokens_is_a_use_of_that_right_and_of_those_it_gave() {
    let jeton = Jeton::start().await;
    let manager =
        jeton.create_manager(json!({"bucketPermissions": {"in.c-a": "write", "in.c-b": "read"}})).await;
    let wish = json!({"bucketPermissions": {"in.c-a": "read"}});
    jeton.post("/v2/storage/tokens").token(&manager.token).json(&wish).send().await.expect(201);
    jeton.get("/v2/storage/tokens").token(&manager.token).send().await.expect(200);
    let answer = advice(&jeton, &manager.id).await.expect(200).json();
    assert_eq!(answer["narrowest"]["canManageTokens"], true);
    assert_eq!(answer["narrowest"]["bucketPermissions"], json!({"in.c-a": "read"}));
}

#[tokio::test]
async fn what_others_asked_or_did_to_it_is_not_its_use() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canCreateJobs": true})).await;
    jeton
        .put(&path(&held.id))
        .token(&jeton.master)
        .json(&json!({"description": "b"}))
        .send()
        .await
        .expect(200);
    let answer = advice(&jeton, &held.id).await.expect(200).json();
    assert_eq!((&answer["questions"], &answer["lastAsked"]), (&json!(0), &Value::Null));
    assert_eq!(answer["unused"][0]["right"], "create jobs");
}

#[tokio::test]
async fn a_token_may_ask_about_itself_and_managers_about_all_of_their_project() {
    let jeton = Jeton::start().await;
    let (held, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let of = |id: &str| jeton.get(&format!("{}/advice", path(id)));
    of(&held.id).token(&held.token).send().await.expect(200);
    of(&held.id).token(&other.token).send().await.expect(403);
    of("1").token(&jeton.master).send().await.expect(404);
    of(&held.id).send().await.expect(401);
}

#[tokio::test]
async fn a_range_counts_its_own_calls_alone_by_hour_or_day() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canCreateJobs": true})).await;
    let jobs = json!({"operation": "job.run", "capability": "createJobs"});
    let purge = json!({"operation": "x", "capability": "purgeTrash"});
    ask(&jeton, &held, &jobs).await;
    ask(&jeton, &held, &purge).await;
    jeton.pass_seconds(13 * 3600);
    ask(&jeton, &held, &jobs).await;
    let usage = async |query: &str| {
        let path = format!("{}/advice?{query}", path(&held.id));
        let answer = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
        (answer["questions"].clone(), answer["usage"].clone())
    };
    let (questions, all) = usage("resolution=hour").await;
    let hour = |start: &str, allowed, denied| json!({"start": format!("2026-01-{start}:00:00+0000"), "allowed": allowed, "denied": denied});
    assert_eq!(all["series"], json!([hour("15T12", 1, 1), hour("16T01", 1, 0)]));
    assert_eq!((questions, &all["allowed"], &all["denied"]), (json!(3), &json!(2), &json!(1)));
    let days = usage("resolution=day").await.1;
    assert_eq!(days["series"], json!([hour("15T00", 1, 1), hour("16T00", 1, 0)]));
    let (questions, first) = usage("to=2026-01-16").await;
    assert_eq!((questions, &first["allowed"], first.get("series")), (json!(2), &json!(1), None));
    assert_eq!(first["deniedRights"][0]["right"], "purge the trash");
    let (questions, second) = usage("from=2026-01-16T00:00:00Z&resolution=hour").await;
    assert_eq!((questions, &second["series"]), (json!(1), &json!([hour("16T01", 1, 0)])));
    assert_eq!(second["deniedRights"], json!([]));
}

#[tokio::test]
async fn denied_calls_of_jeton_are_counted_with_those_that_were_only_counted() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let create = async || {
        jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({})).send().await.expect(403);
    };
    for _ in 0..5 {
        create().await;
    }
    jeton.pass_seconds(61);
    create().await;
    let usage = advice(&jeton, &held.id).await.expect(200).json()["usage"].clone();
    assert_eq!((&usage["denied"], &usage["deniedFunctions"][0]["count"]), (&json!(6), &json!(6)));
    assert_eq!(usage["deniedFunctions"][0]["function"], "create");
    assert_eq!(usage["deniedRights"], json!([]));
}

#[tokio::test]
async fn a_number_of_denied_calls_is_in_the_hour_of_the_last_of_them() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.pass_seconds(3590);
    for _ in 0..4 {
        jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({})).send().await.expect(403);
    }
    jeton.pass_seconds(61);
    tell_counts(&jeton.app, false).await;
    let of = async |from: &str| {
        let path = format!("/v2/storage/tokens/{}/advice?resolution=hour{from}", held.id);
        jeton.read(&jeton.master, &path).await.json()["usage"].clone()
    };
    let row = |denied| json!([{"start": "2026-01-15T12:00:00+0000", "allowed": 0, "denied": denied}]);
    let all = of("").await;
    assert_eq!(all["series"], row(4));
    assert_eq!(all["deniedFunctions"][0]["last"], "2026-01-15T12:59:50+0000");
    // Ranges side by side have each number once.
    assert_eq!(of("&to=2026-01-15T13:00:00Z").await["series"], row(1));
    assert_eq!(of("&from=2026-01-15T13:00:00Z").await["series"], row(3));
}

#[tokio::test]
async fn a_denied_right_is_the_one_that_the_answer_named_whatever_the_token_may_now() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"componentAccess": ["a"]})).await;
    let questions = json!({"questions": [
        {"operation": "job.run", "component": "a"}, {"operation": "job.run", "component": "b"},
        {"operation": "job.run", "component": "c"},
    ]});
    ask(&jeton, &held, &questions).await;
    let rights = json!({"componentAccess": ["b", "c"]});
    jeton.put(&path(&held.id)).token(&jeton.master).json(&rights).send().await.expect(200);
    let answer = advice(&jeton, &held.id).await.expect(200).json();
    let usage = &answer["usage"];
    // One call with three questions, of which the present rights deny another.
    assert_eq!((&usage["allowed"], &usage["denied"], &answer["refused"]), (&json!(0), &json!(1), &json!(1)));
    let rights: Vec<_> =
        usage["deniedRights"].as_array().unwrap().iter().map(|right| &right["right"]).collect();
    assert_eq!(rights, ["run component b"]);
}

#[tokio::test]
async fn bad_input_gets_a_clear_error() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for (query, error) in [
        ("resolution=week", "resolution must be hour or day"),
        ("from=2026-01-16&to=2026-01-15", "to must be after from"),
        ("from=yesterday", "from must be a time of RFC 3339, or a day such as 2026-01-31"),
    ] {
        let bad = jeton.get(&format!("{}/advice?{query}", path(&held.id))).token(&jeton.master).send().await;
        assert_eq!(bad.expect(400).json()["error"], error, "{query}");
    }
    let bad = jeton.get(&format!("{}/advice?maxId=x", path(&held.id))).token(&jeton.master).send().await;
    assert_eq!(bad.expect(400).json()["error"], "maxId must be a uuid");
    let bad = dry_run(&jeton, &held.id, &json!({"bucketPermissions": {"x": "read"}})).await;
    assert_eq!(bad.expect(400).json()["code"], "storage.tokens.invalidPermissions");
    let bad = dry_run(&jeton, &held.id, &json!({"canManageBuckets": true})).await;
    assert_eq!(bad.expect(400).json()["error"], "canManageBuckets cannot be changed");
}

#[tokio::test]
async fn a_long_history_is_read_in_parts_that_add_up() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canCreateJobs": true, "canPurgeTrash": true})).await;
    ask(&jeton, &held, &json!({"operation": "trash.purge", "capability": "purgeTrash"})).await;
    has_asked(&jeton, &held, 10_050).await;
    let first = advice(&jeton, &held.id).await.expect(200).json();
    assert_eq!(first["questions"], 10_000);
    let next = first["next"].as_str().unwrap();
    let rest = format!("{}/advice?maxId={next}", path(&held.id));
    let rest = jeton.get(&rest).token(&jeton.master).send().await.expect(200).json();
    assert_eq!((&rest["questions"], &rest["next"]), (&json!(51), &Value::Null));
    assert_eq!(rest["used"][0]["right"], "purge the trash");
}

#[tokio::test]
async fn the_narrowest_rights_can_be_tried_also_where_they_take_a_new_token() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canManageBuckets": true})).await;
    ask(&jeton, &held, &json!({"operation": "x", "bucket": "in.c-a", "access": "read"})).await;
    let narrowest = advice(&jeton, &held.id).await.expect(200).json()["narrowest"].clone();
    assert_eq!(narrowest["canManageBuckets"], false);
    let tried = dry_run(&jeton, &held.id, &narrowest).await.expect(200).json();
    assert_eq!((&tried["dryRun"]["wouldRefuse"], &tried["questions"]), (&json!(0), &json!(1)), "{tried}");
    let nothing = json!({"canManageBuckets": false, "bucketPermissions": {}});
    let tried = dry_run(&jeton, &held.id, &nothing).await.expect(200).json();
    assert_eq!(tried["dryRun"]["wouldRefuse"], 1, "{tried}");
    jeton.post("/v2/storage/tokens").token(&jeton.master).json(&narrowest).send().await.expect(201);
}
