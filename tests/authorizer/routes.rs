//! Routes that a token is allowed.

use jeton_service::authorizer::Rules;
use jeton_tests::jeton::Jeton;
use serde_json::json;

use crate::scene::{Said, events, request, said_by};

#[tokio::test]
async fn a_rule_asks_about_the_bucket_in_the_path() {
    let jeton = Jeton::start().await;
    let wish = json!({"bucketPermissions": {"in.c-main": "write", "in.c-other": "read"}});
    let token = jeton.create(&wish).await.token;
    for (method, path, expected) in [
        ("POST", "/v2/buckets/in.c-main/tables", Said::Yes),
        ("GET", "/v2/buckets/in.c-main/tables", Said::Yes),
        ("POST", "/v2/buckets/in.c-other/tables", Said::No),
        ("GET", "/v2/buckets/in.c-other/tables", Said::Yes),
        ("GET", "/v2/buckets/in.c-none/tables", Said::No),
        ("DELETE", "/v2/buckets/in.c-main", Said::No),
        ("GET", "/v2/buckets/main/tables", Said::No),
        ("GET", "/v2/me", Said::Yes),
    ] {
        assert_eq!(request(&jeton, &token, method, path).await, expected, "{method} {path}");
    }
    assert_eq!(request(&jeton, &jeton.master, "DELETE", "/v2/buckets/in.c-main").await, Said::Yes);
}

#[tokio::test]
async fn a_route_without_a_rule_is_closed_even_to_a_master_token() {
    let jeton = Jeton::start().await;
    for (method, path) in [
        ("POST", "/v2/me"),
        ("get", "/v2/me"),
        ("HEAD", "/v2/me"),
        ("GET", "/v2/ME"),
        ("GET", "/v2"),
        ("GET", "/"),
        ("GET", "/v2/me/more"),
        ("PUT", "/v2/buckets/in.c-main/tables"),
    ] {
        assert_eq!(request(&jeton, &jeton.master, method, path).await, Said::No, "{method} {path}");
    }
}

#[tokio::test]
async fn no_way_of_writing_a_path_gets_at_more() {
    let jeton = Jeton::start().await;
    // A master token has all rights, so a denial is because of the path.
    let may = async |path: &str| request(&jeton, &jeton.master, "GET", path).await;
    assert_eq!(may("/v2/buckets/in%2Ec-main/tables").await, Said::Yes, "encoded, and still the same");
    for path in [
        "//v2/me",
        "/v2//me",
        "/v2/me/",
        "/v2/me//",
        "/v2/./me",
        "/v2/x/../me",
        "/v2/%2e%2e/v2/me",
        "/v2%2Fme",
        "/v2/me%2F",
        "/v2/me%00",
        "/v2/me%20",
        "/v2/me;a=b",
        "/v2/me%3Fa",
        "/v2\\me",
        "/v2/buckets/in.c-main%2Ftables",
        "/v2/buckets/in.c-main%2F..%2Fin.c-other/tables",
        "/v2/buckets/in.c-main%252Fx/tables",
        "/v2/buckets/in.c-main/../in.c-other/tables",
        "/v2/buckets/../tables",
        "/v2/buckets//tables",
        "/v2/buckets/in.c-main/tables/",
    ] {
        assert_eq!(may(path).await, Said::No, "{path}");
    }
}

#[tokio::test]
async fn an_encoded_path_does_not_slip_past_the_more_specific_rule() {
    let jeton = Jeton::start().await;
    let rules = Rules::parse("GET /v2/{any} authenticate-only\nGET /v2/trash purgeTrash").unwrap();
    let token = jeton.create(&json!({})).await.token;
    for (path, expected) in [
        ("/v2/other", Said::Yes),
        ("/v2/trash", Said::No),
        ("/v2/%74rash", Said::No),
        ("/v2/trash;x", Said::No),
        ("/v2/%2574rash", Said::No),
        ("/v2/trash%2F", Said::No),
    ] {
        for event in events(&token, "GET", path) {
            assert_eq!(said_by(&jeton, &rules, &event).await, expected, "{path}");
        }
    }
}
