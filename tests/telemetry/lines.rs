//! Log lines.

use http::Method;
use jeton_tests::process::Served;
use serde_json::{Value, json};

use crate::{secret, started};

const VERIFY: &str = "/v2/storage/tokens/verify";

/// The lines about requests, without the one by which the test found the server running.
fn lines(jeton: &Served) -> Vec<Value> {
    let logged = jeton.logged();
    let lines = logged.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == "request" && line["route"] != "/health").collect()
}

#[tokio::test]
async fn a_request_is_one_line_of_json_with_its_id_route_status_time_and_token() {
    let (jeton, master) = started(&[]);
    let answer = jeton.client().get(VERIFY).token(&master).send().await.expect(200);
    let [line] = &lines(&jeton)[..] else { panic!("one line: {}", jeton.logged()) };
    assert_eq!(
        (&line["method"], &line["route"], &line["status"]),
        (&json!("GET"), &json!(VERIFY), &json!(200))
    );
    assert!(line["micros"].as_u64().unwrap() > 0);
    let (address, _) = master.rsplit_once('-').unwrap();
    assert_eq!(line["token"], address);
    assert_eq!(line["request"], answer.header("x-request-id").unwrap());
}

#[tokio::test]
async fn whatever_becomes_of_a_request_it_is_one_line() {
    let (jeton, master) = started(&[]);
    let client = jeton.client();
    client.get("/nowhere/at/all/but/here").send().await.expect(404);
    client.call(Method::PATCH, VERIFY).send().await.expect(405);
    client.get(VERIFY).token("nonsense").send().await.expect(401);
    let large = "x".repeat(300_000);
    client.post("/v2/storage/tokens").token(&master).raw("application/json", large).send().await.expect(413);
    let told: Vec<_> =
        lines(&jeton).iter().map(|line| (line["route"].clone(), line["status"].clone())).collect();
    let expected = [("unmatched", 404), (VERIFY, 405), (VERIFY, 401), ("/v2/storage/tokens", 413)];
    assert_eq!(told, expected.map(|(route, status)| (json!(route), json!(status))));
}

#[tokio::test]
async fn the_line_of_an_error_has_the_id_that_the_answer_has() {
    let (jeton, _) = started(&[]);
    let error = jeton.client().get(VERIFY).send().await.expect(401);
    assert_eq!(lines(&jeton)[0]["exception"], error.field("exceptionId"));
}

#[tokio::test]
async fn the_id_of_a_caller_is_kept_and_answered_unless_it_could_be_a_secret() {
    let (jeton, master) = started(&[]);
    let client = jeton.client();
    let id = "5f0c7a4e-8a3f-4a54-9a39-0f3a4a5f5f00";
    let answer = client.get(VERIFY).header("x-request-id", id).token(&master).send().await.expect(200);
    assert_eq!(answer.header("x-request-id"), Some(id));
    client.get(VERIFY).header("x-request-id", &master).token(&master).send().await.expect(200);
    assert_eq!(lines(&jeton)[0]["request"], id);
    assert_ne!(lines(&jeton)[1]["request"], master);
}

#[tokio::test]
async fn no_secret_gets_into_the_log_wherever_a_caller_puts_it() {
    let (jeton, master) = started(&[("JETON_LOG", "trace")]);
    let client = jeton.client();
    client.get(VERIFY).token(&master).send().await.expect(200);
    client.get(&format!("/{master}")).send().await.expect(404);
    client.get(&format!("/v2/storage/tokens/{master}")).token(&master).send().await.expect(404);
    client.get(&format!("{VERIFY}?token={master}")).token(&master).send().await.expect(200);
    let body = json!({"description": &master});
    let created = client.post("/v2/storage/tokens").token(&master).json(&body).send().await.expect(201);
    let logged = jeton.logged();
    for token in [&master, &created.field("token")] {
        assert!(!logged.contains(secret(token)), "{logged}");
    }
}
