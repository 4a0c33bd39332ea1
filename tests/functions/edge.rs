//! The address of a caller behind the edge, `CloudFront`.

use http::Method;
use serde_json::json;

use crate::thread;

const SECRET: &str = "Qx7mB2vKpL9sT4wYhN6cRfJ8dG3zAeUo";

#[tokio::test]
async fn an_event_has_the_client_behind_cloud_front_and_nobody_who_calls_past_it_forges_one() {
    let variables = vec![("JETON_EDGE_SECRET", SECRET.to_owned())];
    let (mut gateway, master, _) = thread::gateway_with(variables).await;
    // The gateway's source is 203.0.113.7: CloudFront, or whoever calls past it.
    let forwarded = ("x-forwarded-for", "198.51.100.1, 192.0.2.44, 203.0.113.7");
    for (secret, wanted) in [(SECRET, "192.0.2.44"), ("guessed", "203.0.113.7")] {
        let headers = [("x-storageapi-token", master.as_str()), forwarded, ("x-jeton-edge", secret)];
        let body = Some(json!({"description": "import"}));
        let created = gateway.call_with(Method::POST, "/v2/storage/tokens", &headers, body).await.expect(201);
        let path = format!("/v2/storage/tokens/{}/events", created.field("id"));
        let events = gateway.call(Method::GET, &path, &master, None).await.expect(200).json();
        assert_eq!(events[0]["context"]["remoteAddr"], wanted);
    }
    for (name, written) in gateway.written() {
        assert!(!written.contains(SECRET), "{name} logs the secret");
    }
}
