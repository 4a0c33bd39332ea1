//! Misleading input: hosts, links, paths and keys in disguise.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

const FOREIGN: [&str; 4] =
    ["evil.example", "127.0.0.1.evil.example", "localhost:1@evil.example", "[::1].evil"];

#[tokio::test]
async fn no_answer_leads_to_a_host_that_the_request_names() {
    let jeton = Jeton::start().await;
    for host in FOREIGN {
        for (path, token) in
            [("/v2/storage", ""), ("/v2/storage/tokens", &jeton.master), ("/console", ""), ("/docs", "")]
        {
            let call = jeton.get(path).token(token).header("host", host).header("x-forwarded-host", host);
            let answer = call.header("forwarded", &format!("host={host}")).send().await;
            let location = answer.header("location").unwrap_or_default().to_owned();
            // With a dot, which no random key of a page has.
            let leads = |text: &str| ["evil.", ".evil"].iter().any(|part| text.contains(part));
            assert!(!leads(&answer.text()) && !leads(&location), "{path} for {host}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_leads_to_the_console_and_nowhere_else_whatever_it_is_asked_for() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    for name in ["next", "redirect", "return", "url"] {
        let page = jeton.get(&format!("/console?{name}=https%3A%2F%2Fevil.example")).send().await;
        assert!(!page.text().contains("evil.example"));
    }
    let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(signed_in.header("location"), Some("/console"));
}

#[tokio::test]
async fn keys_that_mean_something_to_a_script_or_a_class_are_keys_like_any_other() {
    let jeton = Jeton::start().await;
    for key in ["__proto__", "constructor", "prototype", "$where", "$ne", "__class__"] {
        let event = json!({"component": "a.b", "message": "x", "params": {key: {"polluted": true}}});
        let posted =
            jeton.post("/v2/storage/events").token(&jeton.master).json(&event).send().await.expect(201);
        let path = format!("/v2/storage/events/{}", posted.field("uuid"));
        let read = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
        assert_eq!(read["params"], json!({key: {"polluted": true}}));
        let form = format!("{key}[polluted]=1&description={key}");
        let created =
            jeton.post("/v2/storage/tokens").token(&jeton.master).form(&form).send().await.expect(201);
        assert_eq!(
            (created.field("description").as_str(), &created.json()["canManageBuckets"]),
            (key, &json!(false))
        );
    }
}

#[tokio::test]
async fn a_path_that_is_written_in_another_way_is_not_another_way_in() {
    let jeton = Jeton::start().await;
    for path in [
        "/v2/storage/tokens/verify/..%2f..",
        "/v2/storage/tokens/%2e%2e/tokens",
        "/v2/storage//tokens",
        "/v2/storage/tokens;jsessionid=1",
        "/V2/STORAGE/TOKENS",
        "/v2/storage/tokens%00",
        "/v2/storage/tokens/%2e",
        "/manage/projects/1/../../v2/storage/tokens",
    ] {
        let answer = jeton.get(path).token(&jeton.master).send().await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.text());
    }
}
