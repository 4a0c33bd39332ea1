//! Accepted credentials.

use jeton_service::authorizer::{Failure, Rules};
use jeton_tests::{jeton::Jeton, random::mistyped};
use serde_json::json;

use crate::scene::{Said, answer, event, http_api, request, rest_api, said, said_by};

const PATH: &str = "/v2/buckets/in.c-main/tables";

#[tokio::test]
async fn a_wrong_missing_or_expired_token_is_unauthorized() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}, "expiresIn": 60})).await;
    for token in ["", "none", &mistyped(&held.token), &jeton.manage] {
        assert_eq!(request(&jeton, token, "POST", PATH).await, Said::Unauthorized, "{token}");
    }
    assert_eq!(request(&jeton, &held.token, "POST", PATH).await, Said::Yes);
    jeton.pass_millis(59_999);
    assert_eq!(request(&jeton, &held.token, "POST", PATH).await, Said::Yes);
    jeton.pass_millis(1);
    assert_eq!(request(&jeton, &held.token, "POST", PATH).await, Said::Unauthorized);
}

#[tokio::test]
async fn the_headers_are_read_as_on_every_other_call() {
    let jeton = Jeton::start().await;
    let bearer = json!(format!("bearer {}", jeton.master));
    let (mut http, mut rest) = (http_api(""), rest_api(""));
    http["headers"]["authorization"] = bearer.clone();
    rest["multiValueHeaders"]["Authorization"] = json!([bearer]);
    assert_eq!(said(&jeton, &http).await, Said::Yes);
    assert_eq!(said(&jeton, &rest).await, Said::Yes);
    // Without a list of all values, as in an event typed in the AWS console.
    let mut rest = rest_api(&jeton.master);
    rest["multiValueHeaders"] = json!(null);
    assert_eq!(said(&jeton, &rest).await, Said::Yes);
    // The identity source is what the gateway looked at, not a credential.
    let mut http = http_api("");
    http["identitySource"] = json!([jeton.master]);
    assert_eq!(said(&jeton, &http).await, Said::Unauthorized);
}

#[tokio::test]
async fn two_tokens_that_differ_are_unauthorized_whichever_is_good() {
    let jeton = Jeton::start().await;
    let other = jeton.create(&json!({})).await.token;
    let http = include_str!("events/http-api-duplicate-headers.json");
    let rest = include_str!("events/rest-api-duplicate-headers.json");
    for text in [http, rest] {
        for (token, other) in [(&jeton.master, &other), (&other, &jeton.master)] {
            assert_eq!(said(&jeton, &event(text, token, other)).await, Said::Unauthorized);
        }
        assert_eq!(said(&jeton, &event(text, &jeton.master, &jeton.master)).await, Said::Yes, "they are one");
    }
    let (mut http, mut rest) = (http_api(&jeton.master), rest_api(&jeton.master));
    http["headers"]["authorization"] = json!(format!("Basic eDp5,Bearer {other}"));
    rest["multiValueHeaders"]["Authorization"] = json!(["Basic eDp5", format!("Bearer {other}")]);
    assert_eq!(said(&jeton, &http).await, Said::Unauthorized);
    assert_eq!(said(&jeton, &rest).await, Said::Unauthorized);
    // The two maps contain different tokens.
    let mut rest = rest_api(&jeton.master);
    rest["headers"]["x-storageapi-token"] = json!(other);
    assert_eq!(said(&jeton, &rest).await, Said::Unauthorized);
}

#[tokio::test]
async fn a_copy_in_its_grace_period_is_accepted_until_that_ends() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}})).await;
    let path = format!("/v2/storage/tokens/{}/refresh", held.id);
    jeton.post(&path).token(&held.token).json(&json!({"gracePeriod": 60})).send().await.expect(200);
    assert_eq!(request(&jeton, &held.token, "POST", PATH).await, Said::Yes);
    assert_eq!(request(&jeton, &held.token, "GET", "/v2/me").await, Said::Yes);
    jeton.pass_seconds(60);
    assert_eq!(request(&jeton, &held.token, "POST", PATH).await, Said::Unauthorized);
}

#[tokio::test]
async fn a_refresh_a_restriction_and_a_delete_are_in_force_at_once() {
    let jeton = Jeton::start().await;
    let old = jeton.create(&json!({"bucketPermissions": {"in.c-main": "write"}})).await;
    assert_eq!(request(&jeton, &old.token, "POST", PATH).await, Said::Yes);
    let new = jeton.refresh(&old).await;
    assert_eq!(request(&jeton, &old.token, "POST", PATH).await, Said::Unauthorized);
    assert_eq!(request(&jeton, &new.token, "POST", PATH).await, Said::Yes);
    let path = format!("/v2/storage/tokens/{}", new.id);
    let wish = json!({"bucketPermissions": {"in.c-main": "read"}});
    jeton.put(&path).token(&jeton.master).json(&wish).send().await.expect(200);
    assert_eq!(request(&jeton, &new.token, "POST", PATH).await, Said::No);
    jeton.delete(&path).token(&jeton.master).send().await.expect(204);
    assert_eq!(request(&jeton, &new.token, "POST", PATH).await, Said::Unauthorized);
}

#[tokio::test]
async fn a_token_authorizer_fails_and_says_what_to_do() {
    let jeton = Jeton::start().await;
    let event = event(include_str!("events/token.json"), &jeton.master, "");
    let failure = answer(&jeton, &event).await.unwrap_err();
    assert!(matches!(failure, Failure::Event(_)) && failure.to_string().contains("REQUEST authorizer"));
}

#[tokio::test]
async fn without_a_rules_file_any_valid_token_is_allowed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for (token, expected) in [(held.token.as_str(), Said::Yes), ("none", Said::Unauthorized)] {
        for event in [http_api(token), rest_api(token)] {
            assert_eq!(said_by(&jeton, &Rules::None, &event).await, expected);
        }
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}
