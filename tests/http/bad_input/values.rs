//! Values of the right type that a field does not allow.

use serde_json::{Value, json};

use super::{
    bench::{Bench, FORBIDDEN, Rejection, bad_field, rejection},
    rows::{ROWS, assert_complete},
    world::World,
};

const CREATE: &str = "POST /v2/storage/tokens";
const CONFIGURATION: &str = "PUT /v2/storage/components/{component}/configs/{config}/token";
const BY_MANAGE: &str = "POST /manage/projects/{project}/tokens";
const UPDATE: &str = "PUT /v2/storage/tokens/{token}";
const DRY_RUN: &str = "POST /v2/storage/tokens/{token}/advice";
const REFRESH: &str = "POST /v2/storage/tokens/{token}/refresh";
const SHARE: &str = "POST /v2/storage/tokens/{token}/share";
const SEND_SHARE: &str = "POST /v2/storage/tokens/{token}/shares/{share}/send";
const ASK: &str = "POST /v2/storage/tokens/verify";
const EVENT: &str = "POST /v2/storage/events";
const PROJECT: &str = "POST /manage/organizations/{organization}/projects";
const MANAGE_TOKEN: &str = "POST /manage/tokens";
const UPDATE_MANAGE_TOKEN: &str = "PUT /manage/tokens/{manageToken}";
const REFRESH_MANAGE_TOKEN: &str = "POST /manage/tokens/{manageToken}/refresh";
const INVITE: &str = "POST /manage/projects/{project}/users";
const ROLE: &str = "PUT /manage/projects/{project}/users/{member}";
const ACTIONS: &str = "POST /v2/storage/tokens/actions";
const LEAKED: &str = "POST /v2/storage/tokens/leaked";
const PICK_UP: &str = "POST /pickup/{share}";

const PERMISSIONS: Rejection<'_> = rejection(400, "storage.tokens.invalidPermissions", "");
const EXPIRATION: Rejection<'_> = rejection(
    400,
    "storage.tokens.invalidExpiration",
    "Minimal expiration must be greater or equal to 1 second(s)",
);

/// The place of a value, the change of a good body, and the expected error.
type Bad = (&'static [&'static str], Value, Rejection<'static>);

fn long(length: usize) -> String {
    "é".repeat(length)
}

/// Settings of tokens.
fn of_tokens() -> Vec<Bad> {
    const ALL: &[&str] = &[CREATE, CONFIGURATION, BY_MANAGE, UPDATE];
    const RIGHTS: &[&str] = &[CREATE, CONFIGURATION, BY_MANAGE, UPDATE, DRY_RUN];
    const NEW: &[&str] = &[CREATE, BY_MANAGE];
    let buckets = |id: &str| json!({"bucketPermissions": {id: "read"}});
    let many: serde_json::Map<String, Value> =
        (0..900).map(|n| (format!("in.c-a-bucket-{n}"), json!("read"))).collect();
    vec![
        (ALL, json!({"description": long(256)}), bad_field("description")),
        (ALL, json!({"description": "a\u{0}b"}), bad_field("description")),
        (ALL, json!({"description": "a\u{202e}b"}), bad_field("description")),
        (ALL, json!({"description": "\u{2066}ab"}), bad_field("description")),
        (NEW, json!({"expiresIn": 0}), EXPIRATION),
        (NEW, json!({"expiresIn": -1}), EXPIRATION),
        (NEW, json!({"expiresIn": i64::MIN}), EXPIRATION),
        (NEW, json!({"expiresIn": "0"}), EXPIRATION),
        (NEW, json!({"expiresIn": i64::MAX}), bad_field("expiresIn")),
        (NEW, json!({"expiresIn": 3_153_600_001_i64}), bad_field("expiresIn")),
        (RIGHTS, buckets("foo.c-main"), PERMISSIONS),
        (RIGHTS, buckets("in"), PERMISSIONS),
        (RIGHTS, buckets("in."), PERMISSIONS),
        (RIGHTS, buckets(""), PERMISSIONS),
        (RIGHTS, buckets("*"), PERMISSIONS),
        (RIGHTS, buckets("in.c-main.table"), PERMISSIONS),
        (RIGHTS, buckets("IN.c-main"), PERMISSIONS),
        (RIGHTS, buckets("in.c main"), PERMISSIONS),
        (RIGHTS, buckets("in.c-\u{0}"), PERMISSIONS),
        (RIGHTS, buckets(&format!("in.{}", "a".repeat(300))), PERMISSIONS),
        (RIGHTS, json!({"bucketPermissions": {"in.c-main": "manage"}}), PERMISSIONS),
        (RIGHTS, json!({"bucketPermissions": {"in.c-main": ""}}), PERMISSIONS),
        (RIGHTS, json!({"bucketPermissions": {"in.c-main": "READ"}}), PERMISSIONS),
        (NEW, json!({"bucketPermissions": {"foo": "read"}, "canManageBuckets": true}), PERMISSIONS),
        (RIGHTS, json!({"bucketPermissions": many}), PERMISSIONS),
        (RIGHTS, json!({"componentAccess": [""]}), PERMISSIONS),
        (RIGHTS, json!({"componentAccess": ["a b"]}), PERMISSIONS),
        (RIGHTS, json!({"componentAccess": ["keboola.ex-db", "\u{0}"]}), PERMISSIONS),
        (RIGHTS, json!({"componentAccess": ["a".repeat(300)]}), PERMISSIONS),
        (RIGHTS, json!({"canManageProtectedDefaultBranch": true}), FORBIDDEN),
        (&[CREATE], json!({"canManageTokens": true}), FORBIDDEN),
        (&[CONFIGURATION], json!({"canManageBuckets": true}), bad_field("canManageBuckets")),
        (&[REFRESH], json!({"gracePeriod": -1}), bad_field("gracePeriod")),
        (&[REFRESH], json!({"gracePeriod": 604_801}), bad_field("gracePeriod")),
        (&[REFRESH], json!({"gracePeriod": i64::MAX}), bad_field("gracePeriod")),
    ]
}

/// Settings of manage tokens.
fn of_manage_tokens() -> Vec<Bad> {
    const BOTH: &[&str] = &[MANAGE_TOKEN, UPDATE_MANAGE_TOKEN];
    vec![
        (BOTH, json!({"description": long(256)}), bad_field("description")),
        (BOTH, json!({"description": "a\u{0}b"}), bad_field("description")),
        (BOTH, json!({"description": "a\nb"}), bad_field("description")),
        (BOTH, json!({"description": "a\u{202e}b"}), bad_field("description")),
        (&[UPDATE_MANAGE_TOKEN], json!({"expiresIn": 60}), bad_field("expiresIn")),
        (BOTH, json!({"expires": "2026-02-01T00:00:00+0000"}), bad_field("expires")),
        (&[MANAGE_TOKEN], json!({"expiresIn": 0}), EXPIRATION),
        (&[MANAGE_TOKEN], json!({"expiresIn": -1}), EXPIRATION),
        (&[MANAGE_TOKEN], json!({"expiresIn": 3_153_600_001_i64}), bad_field("expiresIn")),
        (&[REFRESH_MANAGE_TOKEN], json!({"grace_period": 60}), bad_field("grace_period")),
        (&[REFRESH_MANAGE_TOKEN], json!({"gracePeriod": -1}), bad_field("gracePeriod")),
        (&[REFRESH_MANAGE_TOKEN], json!({"gracePeriod": 604_801}), bad_field("gracePeriod")),
        (&[REFRESH_MANAGE_TOKEN], json!({"gracePeriod": i64::MAX}), bad_field("gracePeriod")),
    ]
}

/// Fields of shares and pick-ups.
fn of_shares() -> Vec<Bad> {
    let to = |address: &str| json!({"recipientEmail": address});
    vec![
        (&[SHARE], json!({"recipientEmail": null}), bad_field("recipientEmail")),
        (&[SHARE], to(""), bad_field("recipientEmail")),
        (&[SHARE], to("nobody"), bad_field("recipientEmail")),
        (&[SHARE], to("a@example.org,b@example.org"), bad_field("recipientEmail")),
        (&[SHARE], to("a@example.org\r\nBcc: b@example.org"), bad_field("recipientEmail")),
        (&[SHARE], to("a@example.org\u{0}"), bad_field("recipientEmail")),
        (&[SHARE], to(&format!("{}@example.org", "a".repeat(300))), bad_field("recipientEmail")),
        (&[SHARE, SEND_SHARE], json!({"message": long(1001)}), bad_field("message")),
        (&[SHARE, SEND_SHARE], json!({"message": "a\u{0}b"}), bad_field("message")),
        (&[SHARE, SEND_SHARE], json!({"expiresIn": 0}), bad_field("expiresIn")),
        (&[SHARE, SEND_SHARE], json!({"expiresIn": -1}), bad_field("expiresIn")),
        (&[SHARE, SEND_SHARE], json!({"expiresIn": 604_801}), bad_field("expiresIn")),
        (&[SHARE, SEND_SHARE], json!({"expiresIn": i64::MAX}), bad_field("expiresIn")),
        (&[SHARE], json!({"expires_in": 60}), bad_field("expires_in")),
        (&[SHARE], json!({"separate_code": true}), bad_field("separate_code")),
        (&[REFRESH], json!({"grace_period": 60}), bad_field("grace_period")),
        (&[REFRESH], json!({"keepolduntilused": true}), bad_field("keepolduntilused")),
        (&[PICK_UP], json!({"secret": ""}), rejection(404, "pickup.notFound", "no such share")),
        (&[PICK_UP], json!({"secret": null}), rejection(404, "pickup.notFound", "no such share")),
        (&[PICK_UP], json!({"secret": "wrong", "code": "123456"}), rejection(404, "pickup.notFound", "")),
        (&[PICK_UP], json!({"secret": "\u{0}".repeat(300)}), rejection(404, "pickup.notFound", "")),
        (&[PICK_UP], json!({"code": "12345"}), bad_field("code")),
        (&[PICK_UP], json!({"code": "1234567"}), bad_field("code")),
        (&[PICK_UP], json!({"code": "abcdef"}), bad_field("code")),
        (&[PICK_UP], json!({"code": "-12345"}), bad_field("code")),
        (&[PICK_UP], json!({"code": "١٢٣٤٥"}), bad_field("code")),
        (&[PICK_UP], json!({"code": "12345\u{0}"}), bad_field("code")),
        (&[PICK_UP], json!({"code": 12_345}), bad_field("code")),
    ]
}

/// Fields of questions and posted events.
fn of_events() -> Vec<Bad> {
    let ask = |question: Value| json!({"operation": null, "capability": null, "questions": question});
    let good = json!({"operation": "test.asked", "capability": "createJobs"});
    vec![
        (&[ASK], json!({"operation": null}), bad_field("operation")),
        (&[ASK], json!({"operation": ""}), bad_field("operation")),
        (&[ASK], json!({"operation": "a".repeat(101)}), bad_field("operation")),
        (&[ASK], json!({"operation": "two words"}), bad_field("operation")),
        (&[ASK], json!({"operation": "a\u{0}b"}), bad_field("operation")),
        (&[ASK], json!({"operation": "storage.tokenCreated"}), bad_field("operation")),
        (&[ASK], json!({"operation": "Storage.TOKENCreated"}), bad_field("operation")),
        (&[ASK], json!({"capability": null}), bad_field("bucket")),
        (&[ASK], json!({"capability": "everything"}), bad_field("capability")),
        (&[ASK], json!({"bucket": "in.c-main"}), bad_field("access")),
        (&[ASK], json!({"access": "read"}), bad_field("bucket")),
        (&[ASK], json!({"bucket": "in.c-main", "access": "own"}), bad_field("access")),
        (&[ASK], json!({"bucket": "foo.c-main", "access": "read"}), bad_field("Bucket")),
        (&[ASK], json!({"component": "a b"}), bad_field("Component")),
        (&[ASK], json!({"objectType": long(201)}), bad_field("objectType")),
        (&[ASK], json!({"objectId": long(201)}), bad_field("objectId")),
        (&[ASK], json!({"runId": long(201)}), bad_field("runId")),
        (&[ASK], json!({"questions": [good]}), bad_field("questions")),
        (&[ASK], ask(json!([])), bad_field("questions")),
        (&[ASK], ask(json!(vec![&good; 101])), bad_field("questions")),
        (&[ASK], ask(json!([{"operation": {}}])), bad_field("operation")),
        (&[ASK], ask(json!([good, {"operation": "test.asked"}])), bad_field("bucket")),
        (&[EVENT], json!({"component": null}), bad_field("component")),
        (&[EVENT], json!({"component": ""}), bad_field("component")),
        (&[EVENT], json!({"component": long(201)}), bad_field("component")),
        (&[EVENT], json!({"message": null}), bad_field("message")),
        (&[EVENT], json!({"message": ""}), bad_field("message")),
        (&[EVENT], json!({"type": "fatal"}), bad_field("type")),
        (&[EVENT], json!({"type": "INFO"}), bad_field("type")),
        (&[EVENT], json!({"runId": long(201)}), bad_field("runId")),
        (&[EVENT], json!({"configurationId": long(201)}), bad_field("configurationId")),
        (&[EVENT], json!({"objectId": long(201)}), bad_field("objectId")),
        (&[EVENT], json!({"objectName": long(201)}), bad_field("objectName")),
        (&[EVENT], json!({"objectType": long(201)}), bad_field("objectType")),
        (&[EVENT], json!({"params": "["}), bad_field("params")),
        (&[EVENT], json!({"results": "[".repeat(1000)}), bad_field("results")),
    ]
}

/// Fields of projects and members.
fn of_projects() -> Vec<Bad> {
    let member = rejection(409, "conflict", "member of the project already");
    vec![
        (&[PROJECT], json!({"name": null}), bad_field("name")),
        (&[PROJECT], json!({"name": ""}), bad_field("name")),
        (&[PROJECT, INVITE], json!({"name": long(256)}), bad_field("name")),
        (&[PROJECT, INVITE], json!({"name": "a\u{0}b"}), bad_field("name")),
        (&[PROJECT, INVITE], json!({"name": "a\u{202e}b"}), bad_field("name")),
        (&[PROJECT, INVITE], json!({"name": "a\r\nBcc: b@example.org"}), bad_field("name")),
        (&[INVITE], json!({"email": null}), bad_field("email")),
        (&[INVITE], json!({"email": "nobody"}), bad_field("email")),
        (&[INVITE], json!({"email": "a@example.org b@example.org"}), bad_field("email")),
        (&[INVITE], json!({"email": "BOB@example.org"}), member),
        (&[INVITE, ROLE], json!({"role": "guest"}), bad_field("role")),
        (&[INVITE, ROLE], json!({"role": ""}), bad_field("role")),
        (&[INVITE, ROLE], json!({"role": "Admin"}), bad_field("role")),
        (&[ROLE], json!({"role": null}), bad_field("role")),
        (&[ROLE], json!({"canManageTokens": true}), bad_field("canManageTokens")),
        (&[INVITE], json!({"expirationSeconds": 3600}), bad_field("expirationSeconds")),
        (&[INVITE], json!({"expiresIn": 3600}), bad_field("expiresIn")),
        (&[INVITE], json!({"canManageTokens": true}), bad_field("canManageTokens")),
    ]
}

/// Fields of leak reports.
fn of_leaks() -> Vec<Bad> {
    vec![
        (&[LEAKED], json!({"tokens": vec!["hello"; 101]}), bad_field("tokens")),
        (&[LEAKED], json!({"tokens": "hello"}), bad_field("tokens")),
        (&[LEAKED], json!({"tokens": [{}]}), bad_field("tokens")),
    ]
}

/// Fields of actions on tokens.
fn of_actions() -> Vec<Bad> {
    let filter = |field: &str, value: Value| json!({"filter": {field: value}});
    vec![
        (&[ACTIONS], json!({"action": "Delete"}), bad_field("action")),
        (&[ACTIONS], json!({"action": ""}), bad_field("action")),
        (&[ACTIONS], json!({"action": null}), bad_field("action")),
        (&[ACTIONS], json!({"filter": {}}), bad_field("filter")),
        (&[ACTIONS], json!({"filter": null}), bad_field("filter")),
        (&[ACTIONS], json!({"filter": "nothing"}), bad_field("filter")),
        (&[ACTIONS], filter("search", json!("")), bad_field("filter")),
        (&[ACTIONS], filter("search", json!(long(256))), bad_field("filter.search")),
        (&[ACTIONS], filter("search", json!({})), bad_field("filter.search")),
        (&[ACTIONS], filter("Search", json!("x")), bad_field("filter.Search")),
        (&[ACTIONS], filter("bucket", json!("main")), bad_field("filter.bucket")),
        (&[ACTIONS], filter("component", json!("a b")), bad_field("filter.component")),
        (&[ACTIONS], filter("creator", json!("Ada")), bad_field("filter.creator")),
        (&[ACTIONS], filter("unusedSince", json!("2026-02-30")), bad_field("filter.unusedSince")),
        (&[ACTIONS], filter("expiresBefore", json!(5)), bad_field("filter.expiresBefore")),
        (&[ACTIONS], filter("isDisabled", json!("x")), bad_field("filter.isDisabled")),
        (&[ACTIONS], json!({"tokens": ["1"]}), bad_field("tokens")),
        (&[ACTIONS], json!({"filter": null, "tokens": []}), bad_field("tokens")),
        (&[ACTIONS], json!({"filter": null, "tokens": ["x"]}), bad_field("tokens")),
        (&[ACTIONS], json!({"filter": null, "tokens": vec!["1"; 101]}), bad_field("tokens")),
        (&[ACTIONS], json!({"dryrun": true}), bad_field("dryrun")),
        (&[ACTIONS], json!({"after": "xyz"}), bad_field("after")),
    ]
}

fn all() -> Vec<Bad> {
    [of_tokens(), of_manage_tokens(), of_shares(), of_events(), of_projects(), of_leaks(), of_actions()]
        .concat()
}

#[test]
fn every_endpoint_that_takes_a_body_has_bad_values() {
    let table = all();
    let named = table.iter().flat_map(|(endpoints, ..)| endpoints.iter().copied());
    assert_complete("the tables in bad_input/values.rs", named, |endpoint| endpoint.shape.takes.is_some());
}

#[tokio::test]
async fn a_value_that_a_field_cannot_have_is_rejected_and_the_field_named() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for (endpoints, fields, expected) in all() {
        for row in ROWS.iter().filter(|row| endpoints.contains(&row.endpoint)) {
            let mut body = world.body(row);
            for (field, value) in fields.as_object().unwrap() {
                body[field] = value.clone();
            }
            let call = world.call_well(row.endpoint()).json(&body);
            bench.rejects(row.endpoint(), &fields.to_string(), call, expected, &[]).await;
        }
    }
    bench.nothing_changed("bad values").await;
    bench.finish();
}
