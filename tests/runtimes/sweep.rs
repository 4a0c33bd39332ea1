//! The sweep, called by a scheduler.

use http::Method;
use jeton_service::function::Function;
use jeton_tests::{client::fetch, raw};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_scheduler_lets_the_sweep_run_by_a_post() {
    let mut world = World::start().await;
    let wish = json!({"expiresIn": 1});
    let created =
        world.client.post("/v2/storage/tokens").token(&world.master).json(&wish).send().await.expect(201);
    let token = created.field("token");
    // The clock of a process cannot be moved, so this waits a second.
    while world.call(Method::GET, "/v2/storage/tokens/verify", &token, None).await.status != 401 {}

    let url = format!("http://{}", world.functions.function(Function::ExpirySweep).address);
    fetch(&url, &[]).await.expect_error(405, "methodNotAllowed");
    fetch(&format!("{url}/v2/storage"), &[]).await.expect(404);
    let mut removed = Vec::new();
    for path in ["/", "/", "/expiry-sweep"] {
        let swept = raw::post(&url, path).await.expect(200).json();
        assert_eq!((&swept["failed"], &swept["more"]), (&json!(0), &json!(false)), "{swept}");
        removed.push(swept["removed"].as_u64().unwrap());
    }
    assert_eq!(removed, [1, 0, 0]);
    let path = format!("/v2/storage/tokens/{}/events", created.field("id"));
    let events = world.call(Method::GET, &path, &world.master, None).await.expect(200).json();
    assert_eq!(events[0]["event"], "storage.tokenExpired");
}
