//! `jeton sweep`.

use std::time::Duration;

use jeton_tests::{
    process::{Served, jeton},
    store::fresh_folder,
};
use serde_json::json;
use tokio::time::sleep;

use crate::secret;

#[tokio::test]
async fn a_sweep_removes_what_has_expired_and_its_history_says_so() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let (client, master) = (server.client(), secret(&folder, "jeton-master-token"));
    let wish = json!({"expiresIn": 1});
    let created = client.post("/v2/storage/tokens").token(&master).json(&wish).send().await.expect(201);
    // The server sweeps as well, at its start and once a minute; it is stopped so that it is not faster.
    assert!(server.end().success());
    // The clock of a process cannot be moved.
    sleep(Duration::from_secs(1)).await;

    let swept = jeton(&folder, &["sweep"], &[]);
    assert!(swept.status.success(), "{}", swept.logged);
    assert_eq!(swept.said, "Removed 1 expired token, mailed 0 expiry notices; 0 could not be processed.\n");
    let again = jeton(&folder, &["sweep"], &[]).said;
    assert_eq!(again, "Removed 0 expired tokens, mailed 0 expiry notices; 0 could not be processed.\n");

    let server = Served::start(&folder);
    let path = format!("/v2/storage/tokens/{}/events", created.field("id"));
    let events = server.client().get(&path).token(&master).send().await.expect(200).json();
    assert_eq!(events[0]["event"], "storage.tokenExpired");
}
