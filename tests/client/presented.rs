//! A guard parses the token of a request exactly as Jeton does.

use jeton_tests::{client::Answer, jeton::Jeton, raw};
use serde_json::{Value, json};

use crate::guarded::service_of;

const QUESTION: &str = r#"{"operation":"storage.tableImported","bucket":"in.c-a","access":"write"}"#;

/// The outcome of a call: its status, and for an error its code and message.
fn told(answer: &Answer) -> (u16, Value, Value) {
    let status = answer.status.as_u16();
    if status == 200 {
        return (status, Value::Null, Value::Null);
    }
    let body = answer.json();
    (status, body["code"].clone(), body["error"].clone())
}

#[tokio::test]
async fn whatever_headers_come_the_guard_and_jeton_say_the_same() {
    let jeton = Jeton::start().await;
    let service = service_of(&jeton).await;
    let wish = json!({"bucketPermissions": {"in.c-a": "write"}});
    let good = jeton.create(&wish).await.token;
    let other = jeton.create(&wish).await.token;
    let lines = [
        format!("X-StorageApi-Token: {good}"),
        format!("x-storageapi-token:   {good}\t "),
        format!("X-STORAGEAPI-TOKEN: {other}"),
        "X-StorageApi-Token: zzz".to_owned(),
        "X-StorageApi-Token:".to_owned(),
        "X-StorageApi-Token:  \t".to_owned(),
        format!("X-StorageApi-Token: {good}\u{e9}"),
        format!("X-StorageApi-Token: {good}, {good}"),
        format!("X-StorageApi-Token: Bearer {good}"),
        format!("Authorization: Bearer {good}"),
        format!("authorization: bEARER    {good} "),
        format!("Authorization: Bearer {other}"),
        "Authorization: Bearer zzz".to_owned(),
        "Authorization: Bearer".to_owned(),
        "Authorization: Bearer ".to_owned(),
        format!("Authorization: Bearer\t{good}"),
        format!("Authorization: {good}"),
        "Authorization: Basic zzz".to_owned(),
        "Authorization: Basic \u{e9}".to_owned(),
        format!("X-KBC-ManageApiToken: {}", jeton.manage),
    ];
    let mut cases: Vec<Vec<&str>> = vec![vec![]];
    for line in &lines {
        cases.push(vec![line]);
        cases.extend(lines.iter().map(|second| vec![line.as_str(), second.as_str()]));
    }
    let length = format!("Content-Length: {}", QUESTION.len());
    let mut rejected = 0;
    for headers in cases {
        let head =
            |first| [&[first, length.as_str(), "Content-Type: application/json"], &headers[..]].concat();
        let own =
            raw::send(&jeton.url, &head("POST /v2/storage/tokens/verify HTTP/1.1"), QUESTION.as_bytes())
                .await;
        let guarded = head("POST /buckets/in.c-a/tables HTTP/1.1");
        let guarded = raw::exchange(&service, &guarded, QUESTION.as_bytes()).await;
        assert_eq!(told(&guarded), told(&own), "{headers:?}");
        rejected += u32::from(own.status == 401);
    }
    assert!(rejected > 100, "most pairs differ: {rejected}");
}
