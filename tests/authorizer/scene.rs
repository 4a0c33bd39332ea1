//! Events of a gateway, and the authorizer's answers.

use jeton_service::authorizer::{Failure, Rules, authorize};
use jeton_tests::jeton::Jeton;
use serde_json::{Value, json};

/// The rules of most tests.
pub const RULES: &str = "
    POST   /v2/buckets/{bucket}/tables  write on bucket as storage.tableImported
    GET    /v2/buckets/{bucket}/tables  read on bucket
    DELETE /v2/buckets/{bucket}         manage on bucket
    GET    /v2/me                       authenticate-only
";

/// The ARN in a REST API's event.
pub const ARN: &str =
    "arn:aws:execute-api:us-east-1:123456789012:s4x3opwd6i/test/POST/v2/buckets/in.c-main/tables";

/// A gateway's reading of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Yes,
    /// 401, or on an HTTP API a denial without a context.
    Unauthorized,
    /// 403 for a known token.
    No,
}

/// An HTTP API's event: `POST /v2/buckets/in.c-main/tables`.
pub fn http_api(token: &str) -> Value {
    event(include_str!("events/http-api.json"), token, "")
}

/// The same of a REST API.
pub fn rest_api(token: &str) -> Value {
    event(include_str!("events/rest-api.json"), token, "")
}

/// Fills the tokens into the text of an event.
pub fn event(text: &str, token: &str, other: &str) -> Value {
    serde_json::from_str(&text.replace("{token}", token).replace("{other}", other)).unwrap()
}

/// Both kinds of event for one request.
pub fn events(token: &str, method: &str, path: &str) -> [Value; 2] {
    let (mut http, mut rest) = (http_api(token), rest_api(token));
    http["rawPath"] = json!(path);
    http["requestContext"]["http"]["path"] = json!(path);
    http["requestContext"]["http"]["method"] = json!(method);
    rest["path"] = json!(path);
    rest["httpMethod"] = json!(method);
    let arn = format!("arn:aws:execute-api:us-east-1:123456789012:s4x3opwd6i/test/{method}{path}");
    rest["methodArn"] = json!(arn);
    [http, rest]
}

/// The authorizer's answer under the rules of most tests.
pub async fn answer(jeton: &Jeton, event: &Value) -> Result<Value, Failure> {
    authorize(&jeton.app, &Rules::parse(RULES).unwrap(), event, "request").await
}

/// The gateway's reading of it.
pub async fn said(jeton: &Jeton, event: &Value) -> Said {
    said_by(jeton, &Rules::parse(RULES).unwrap(), event).await
}

/// The same under other rules.
pub async fn said_by(jeton: &Jeton, rules: &Rules, event: &Value) -> Said {
    let answer = match authorize(&jeton.app, rules, event, "request").await {
        Ok(answer) => answer,
        Err(Failure::Unauthorized) => return Said::Unauthorized,
        Err(other) => panic!("{other}"),
    };
    let allowed = answer.get("isAuthorized").map_or_else(
        || answer["policyDocument"]["Statement"][0]["Effect"] == "Allow",
        |allowed| allowed.as_bool().unwrap(),
    );
    match (allowed, &answer["context"]["token"]) {
        (true, _) => Said::Yes,
        (false, Value::Null) => Said::Unauthorized,
        (false, _) => Said::No,
    }
}

/// A gateway's reading for a request, the same for both kinds.
pub async fn request(jeton: &Jeton, token: &str, method: &str, path: &str) -> Said {
    let [http, rest] = events(token, method, path);
    let said_to_http = said(jeton, &http).await;
    assert_eq!(said_to_http, said(jeton, &rest).await, "{method} {path}");
    said_to_http
}
