//! `POST /v2/storage/tokens/verify`

use jeton_tests::{
    client::Answer,
    jeton::Jeton,
    reading::path,
    snapshot::{body, keys},
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens/verify";

async fn ask(jeton: &Jeton, token: &str, question: &Value) -> Answer {
    jeton.post(PATH).token(token).json(question).send().await
}

#[tokio::test]
async fn a_question_is_answered_with_a_reason_and_with_who_asked() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await;
    let question = json!({"operation": "storage.tableImported", "bucket": "in.c-main", "access": "read"});
    let yes = ask(&jeton, &held.token, &question).await.expect(200);
    assert_eq!(keys(&yes), ["allowed", "reason", "token"]);
    assert_eq!(yes.json()["token"], jeton.verified(&held.token).await);
    assert_eq!(yes.content_type(), Some("application/json"));
    let question = json!({"operation": "storage.tableImported", "bucket": "in.c-main", "access": "write"});
    let no = ask(&jeton, &held.token, &question).await.expect(200);
    insta::assert_json_snapshot!("refused", body(&no));
}

#[tokio::test]
async fn each_right_answers_its_own_questions() {
    let jeton = Jeton::start().await;
    let held = jeton
        .create(&json!({
            "bucketPermissions": {"in.r": "read", "in.w": "write"}, "componentAccess": ["a"],
            "canReadAllFileUploads": true,
        }))
        .await;
    for (question, allowed) in [
        (json!({"bucket": "in.r", "access": "read"}), true),
        (json!({"bucket": "in.r", "access": "write"}), false),
        (json!({"bucket": "in.w", "access": "read"}), true),
        (json!({"bucket": "in.w", "access": "write"}), true),
        (json!({"bucket": "in.w", "access": "manage"}), false),
        (json!({"bucket": "in.none", "access": "read"}), false),
        (json!({"component": "a"}), true),
        (json!({"component": "b"}), false),
        (json!({"component": "a", "bucket": "in.none", "access": "read"}), false),
        (json!({"capability": "readAllFileUploads"}), true),
        (json!({"capability": "purgeTrash"}), false),
        (json!({"capability": "manageBuckets"}), false),
        (json!({"capability": "manageTokens"}), false),
        (json!({"capability": "createJobs"}), false),
    ] {
        assert_eq!(jeton.may(&held.token, question.clone()).await, allowed, "{question}");
        assert!(jeton.may(&jeton.master, question).await);
    }
}

#[tokio::test]
async fn a_question_is_remembered_field_by_field() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "importer"})).await;
    let question = json!({
        "operation": "storage.tableImported", "bucket": "in.c-main", "access": "write",
        "objectType": "table", "objectId": "in.c-main.users", "runId": "12.34",
    });
    let call =
        jeton.post(PATH).token(&held.token).header("user-agent", "importer/1").header("referer", "http://a");
    call.json(&question).send().await.expect(200);
    let list = jeton.read(&jeton.master, &format!("{}/events?limit=1", path(&held.id))).await;
    insta::assert_json_snapshot!("event", body(&list));
    assert_eq!(list.json()[0]["token"]["id"], held.id);
}

#[tokio::test]
async fn a_bucket_is_the_object_unless_another_is_named() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "read"})).await;
    let event = jeton.last_event(&held.id).await;
    assert_eq!((&event["objectType"], &event["objectId"]), (&json!("bucket"), &json!("in.c-main")));
    let path = "/v2/storage/buckets/in.c-main/events";
    assert_eq!(jeton.events(&jeton.master, path).await[0]["uuid"], event["uuid"]);
}

#[tokio::test]
async fn the_run_id_of_the_header_stands_in_for_one_in_the_question() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for (run_id, remembered) in [(json!(null), "of-header"), (json!(""), "of-header"), (json!("own"), "own")]
    {
        let question = json!({"operation": "op", "component": "a", "runId": run_id});
        let call = jeton.post(PATH).token(&held.token).header("x-kbc-runid", "of-header").json(&question);
        call.send().await.expect(200);
        assert_eq!(jeton.last_event(&held.id).await["runId"], remembered);
    }
}

#[tokio::test]
async fn several_questions_are_answered_in_order_and_remembered_as_one_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"componentAccess": ["a"]})).await;
    let questions = json!({"questions": [
        {"operation": "job.started", "component": "a"},
        {"operation": "job.started", "component": "b"},
    ]});
    let answer = ask(&jeton, &held.token, &questions).await.expect(200).json();
    assert_eq!(answer["allowed"], false);
    let allowed: Vec<_> = answer["answers"].as_array().unwrap().iter().map(|one| &one["allowed"]).collect();
    assert_eq!(allowed, [&json!(true), &json!(false)]);
    assert_eq!(jeton.history(&held.id).await, ["job.started", "storage.tokenCreated"]);
    let event = jeton.last_event(&held.id).await;
    assert_eq!(event["params"]["questions"][1]["component"], "b");
    assert_eq!(event["results"]["answers"][0]["allowed"], true);
}

#[tokio::test]
async fn questions_of_different_operations_are_remembered_under_a_name_for_several() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"componentAccess": ["a"]})).await;
    let questions = json!({"questions": [
        {"operation": "job.started", "component": "a"},
        {"operation": "job.ended", "component": "a"},
    ]});
    ask(&jeton, &held.token, &questions).await.expect(200);
    assert_eq!(jeton.history(&held.id).await, ["storage.questionsAnswered", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_list_holds_one_to_a_hundred_questions() {
    let jeton = Jeton::start().await;
    let one = json!({"operation": "op", "component": "a"});
    let many = |count| json!({"questions": vec![one.clone(); count]});
    ask(&jeton, &jeton.master, &many(1)).await.expect(200);
    ask(&jeton, &jeton.master, &many(100)).await.expect(200);
    for bad in [many(0), many(101), json!({"questions": [one], "operation": "op"})] {
        let error = ask(&jeton, &jeton.master, &bad).await.expect_error(400, "validationError");
        assert!(error.contains("questions"));
    }
}

#[tokio::test]
async fn nobody_forges_history_by_the_name_of_an_operation() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let long = "x".repeat(101);
    for operation in ["storage.tokenCreated", "STORAGE.TOKENdeleted", "storage.token", "", "a b", &long] {
        let question = json!({"operation": operation, "component": "a"});
        for body in [question.clone(), json!({"questions": [question]})] {
            let error = ask(&jeton, &held.token, &body).await.expect_error(400, "validationError");
            assert!(error.contains("operation"));
        }
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
    let longest = json!({"operation": "x".repeat(100), "component": "a"});
    ask(&jeton, &held.token, &longest).await.expect(200);
}

#[tokio::test]
async fn a_question_that_asks_nothing_sensible_is_rejected_by_the_name_of_its_field() {
    let jeton = Jeton::start().await;
    for (question, field) in [
        (json!({}), "bucket"),
        (json!({"bucket": "in.c-main"}), "access"),
        (json!({"access": "read"}), "bucket"),
        (json!({"bucket": "in.c-main", "access": "own"}), "access"),
        (json!({"bucket": "nowhere", "access": "read"}), "nowhere"),
        (json!({"capability": "fly"}), "capability"),
    ] {
        let mut question = question;
        question["operation"] = json!("op");
        let error = ask(&jeton, &jeton.master, &question).await.expect_error(400, "validationError");
        assert!(error.contains(field), "{error}");
    }
}

#[tokio::test]
async fn a_form_asks_as_well_as_json() {
    let jeton = Jeton::start().await;
    let call = jeton.post(PATH).token(&jeton.master).form("operation=op&bucket=in.c-main&access=write");
    assert_eq!(call.send().await.expect(200).json()["allowed"], true);
}

#[tokio::test]
async fn the_names_of_jetons_own_events_cannot_be_asked_under() {
    let jeton = Jeton::start().await;
    for name in ["storage.accessDenied", "Storage.MemberRemoved", "storage.projectCreated", "STORAGE.TOKENX"]
    {
        let question = json!({"operation": name, "capability": "purgeTrash"});
        let call = jeton.post("/v2/storage/tokens/verify").token(&jeton.master).json(&question);
        assert!(call.send().await.expect_error(400, "validationError").contains("operation"), "{name}");
    }
}

#[tokio::test]
async fn a_question_that_says_a_field_twice_is_rejected_and_leaves_no_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let events = format!("/v2/storage/tokens/{}/events", held.id);
    let before = jeton.get(&events).token(&jeton.master).send().await.expect(200).body;
    let json = r#"{"operation": "op", "bucket": "in.c-secret", "access": "read", "bucket": "in.c-a"}"#;
    let list = r#"{"questions": [{"operation": "op", "bucket": "in.c-secret", "access": "read", "bucket": "in.c-a"}]}"#;
    let form = "operation=op&bucket=in.c-secret&access=read&bucket=in.c-a";
    for (kind, body) in
        [("application/json", json), ("application/json", list), ("application/x-www-form-urlencoded", form)]
    {
        let call = jeton.post(PATH).token(&held.token).raw(kind, body.to_owned());
        call.send().await.expect_error(400, "malformedRequest");
    }
    assert_eq!(jeton.get(&events).token(&jeton.master).send().await.expect(200).body, before);
}
