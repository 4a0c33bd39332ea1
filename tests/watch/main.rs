//! Functions without an endpoint, called like a developer does: by `cargo lambda invoke`.

use std::{fs, path::PathBuf, sync::Arc};

use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;
use jeton_tests::{
    dynamodb,
    jeton::{ADMIN, Jeton, START},
    program,
    store::fresh_folder,
    watch::Watch,
};
use serde_json::json;

/// A Jeton in this process, whose clock is months behind, and functions on the same table.
async fn started(more: &[(&str, &str)]) -> (Jeton, Watch) {
    let table = dynamodb::create_table().await;
    let store = Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table));
    (Jeton::start_on(store).await, Watch::start(&table, more))
}

/// The lifetime in seconds of a token that was created then and has this many days left now.
fn seconds_until_days_from_now(days: u64) -> i64 {
    (Clock::System.now().plus_seconds(days * 86_400).millis() - Timestamp::from_millis(START).millis()) / 1000
}

/// A file of the source tree.
fn event(path: &str) -> PathBuf {
    program::root().join("tests").join(path)
}

#[tokio::test]
async fn a_scheduled_sweep_removes_what_expired_and_mails_what_soon_will_once() {
    let (jeton, watch) = started(&[]).await;
    let expired = jeton.create(&json!({"expiresIn": 3600})).await;
    let wish = json!({"description": "Nightly import", "expiresIn": seconds_until_days_from_now(3)});
    let soon = jeton.create(&wish).await;
    let lasting = jeton.create(&json!({})).await;

    let swept = watch.invoke("expiry-sweep", &event("watch/schedule.json"));
    let counts = |name: &str| swept[name].as_u64().unwrap();
    assert_eq!((counts("removed"), counts("noticed"), counts("failed")), (1, 1, 0), "{swept}");
    assert_eq!(jeton.history(&expired.id).await[0], "storage.tokenExpired");
    assert_eq!(jeton.history(&soon.id).await[0], "storage.tokenExpiryNoticed");
    assert_eq!(jeton.history(&lasting.id).await, ["storage.tokenCreated"]);
    let [mail] = &watch.mail_to(ADMIN).await[..] else { panic!("one mail is sent") };
    assert!(mail.subject.contains("expires within 3 days"), "{}", mail.subject);
    assert!(mail.text.contains("Nightly import"));

    let again = watch.invoke("expiry-sweep", &event("watch/schedule.json"));
    assert_eq!((&again["removed"], &again["noticed"], &again["failed"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(watch.mail_to(ADMIN).await.len(), 1);
}

#[tokio::test]
async fn a_gateways_event_is_answered_by_the_rules_file() {
    let folder = fresh_folder();
    let (rules, http) = (folder.join("rules"), folder.join("event.json"));
    fs::write(&rules, "POST /v2/buckets/{bucket}/tables write on bucket\n").unwrap();
    let (jeton, watch) = started(&[("JETON_AUTHORIZER_RULES", rules.to_str().unwrap())]).await;
    let reader = jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await;
    let sample = fs::read_to_string(event("authorizer/events/http-api.json")).unwrap();
    for (token, allowed) in [(&jeton.master, true), (&reader.token, false)] {
        fs::write(&http, sample.replace("{token}", token)).unwrap();
        let said = watch.invoke("authorizer", &http);
        assert_eq!(said["isAuthorized"], allowed, "{said}");
    }
}
