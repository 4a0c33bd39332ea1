//! Answers of the authorizer, and how long gateways cache them.

use jeton_service::authorizer::Rules;
use jeton_tests::jeton::Jeton;
use serde_json::{Value, json};

use crate::scene::{ARN, Said, answer, events, http_api, rest_api, said_by};

async fn events_of(jeton: &Jeton, id: &str) -> Vec<Value> {
    let path = format!("/v2/storage/tokens/{id}/events");
    let listed = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    listed.as_array().unwrap().clone()
}

#[tokio::test]
async fn an_http_api_reads_a_simple_response() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}})).await;
    let said = answer(&jeton, &http_api(&held.token)).await.unwrap();
    assert_eq!(said["isAuthorized"], true);
    let context = &said["context"];
    assert_eq!(context["project"], jeton.project.to_string());
    assert_eq!(context["token"], held.id);
    let permissions: Value = serde_json::from_str(context["permissions"].as_str().unwrap()).unwrap();
    assert_eq!(permissions["bucketPermissions"], json!({"in.c-main": "write"}));
    assert_eq!(permissions["canManageBuckets"], false);
    let copies = jeton.get(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master).send().await;
    assert_eq!(context["copy"], copies.expect(200).json()["copies"][0]["id"]);
    let unknown = answer(&jeton, &http_api("none")).await.unwrap();
    assert_eq!(unknown, json!({"isAuthorized": false, "context": {}}));
}

#[tokio::test]
async fn a_rest_api_reads_a_policy_on_the_exact_method() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}})).await;
    let none = jeton.create(&json!({})).await;
    let policy = |effect: &str| {
        json!({
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": ARN}],
        })
    };
    for (held, effect) in [(&held, "Allow"), (&none, "Deny")] {
        let said = answer(&jeton, &rest_api(&held.token)).await.unwrap();
        assert_eq!(said["principalId"], format!("{}-{}", jeton.project, held.id));
        assert_eq!(said["policyDocument"], policy(effect));
        let context = said["context"].as_object().unwrap();
        assert!(context.values().all(Value::is_string), "{said}");
    }
    let failure = answer(&jeton, &rest_api("none")).await.unwrap_err();
    assert_eq!(failure.to_string(), "Unauthorized", "to the letter, or the gateway makes 500 of it");
}

#[tokio::test]
async fn a_policy_never_stands_for_more_than_its_request() {
    let jeton = Jeton::start().await;
    for path in ["/v2/*", "/v2/m?", "/v2/${aws:userid}"] {
        let [_, mut event] = events(&jeton.master, "GET", path);
        assert_eq!(said_by(&jeton, &Rules::None, &event).await, Said::No, "{path}");
        // The path may be decoded, and the ARN as it was sent.
        event["path"] = json!("/v2/me");
        assert_eq!(said_by(&jeton, &Rules::None, &event).await, Said::No, "{path}");
    }
}

#[tokio::test]
async fn no_context_holds_what_was_presented() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await;
    let secret = held.token.rsplit('-').next().unwrap();
    for path in ["/v2/me".to_owned(), format!("/v2/buckets/in.{secret}/tables"), format!("/{}", held.token)] {
        for event in events(&held.token, "GET", &path) {
            // A policy contains the requested path, which the gateway knows already.
            let said = answer(&jeton, &event).await.unwrap()["context"].to_string();
            assert!(!said.contains(secret), "{path}");
        }
    }
}

#[tokio::test]
async fn a_question_is_remembered_like_any_other() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}})).await;
    let mut event = http_api(&held.token);
    event["headers"]["x-kbc-runid"] = json!("run-7");
    answer(&jeton, &event).await.unwrap();
    let remembered = events_of(&jeton, &held.id).await.remove(0);
    assert_eq!(remembered["event"], "storage.tableImported");
    assert_eq!(remembered["origin"], "question");
    assert_eq!(remembered["type"], "info");
    assert_eq!(remembered["objectId"], "in.c-main");
    assert_eq!(remembered["runId"], "run-7");
    assert_eq!(remembered["results"]["allowed"], true);
    assert_eq!(remembered["context"]["remoteAddr"], "203.0.113.7", "the gateway's word, and no header's");
    assert_eq!(remembered["context"]["httpUserAgent"], "curl/8.5.0");
    let [read, _] = events(&held.token, "GET", "/v2/buckets/in.c-other/tables");
    answer(&jeton, &read).await.unwrap();
    let remembered = events_of(&jeton, &held.id).await.remove(0);
    assert_eq!(remembered["event"], "GET:/v2/buckets/{bucket}/tables", "a rule without a name has this one");
    assert_eq!((&remembered["type"], &remembered["results"]["allowed"]), (&json!("warn"), &json!(false)));
}

#[tokio::test]
async fn a_deny_is_cached_and_an_allow_without_any_right_is_not() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for event in events(&held.token, "GET", "/v2/me") {
        answer(&jeton, &event).await.unwrap();
    }
    answer(&jeton, &http_api("none")).await.unwrap();
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
    let [_, mut event] = events(&held.token, "GET", "/v2/secret-plans");
    event["resource"] = json!("/v2/{proxy+}");
    answer(&jeton, &event).await.unwrap();
    let remembered = events_of(&jeton, &held.id).await.remove(0);
    assert_eq!(remembered["event"], "storage.accessDenied");
    let params = json!({"method": "GET", "route": "/v2/{proxy+}", "function": "authorizer"});
    assert_eq!(remembered["params"], params, "the route, and nothing that the client wrote");
}
