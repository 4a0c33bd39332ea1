//! Every operation over HTTP, with a failure of the table at each of its requests.
//!
//! Whatever fails, the answer is true: the call succeeded, or it is 503 with `Retry-After`. Retried on a
//! working table, the call has its effect exactly once: no extra copy, no change without its event.

use std::sync::Arc;

use futures_util::future::join_all;

use jeton_core::{id::TokenId, store::Store};
use jeton_tests::{
    client::{Answer, Call},
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::{Held, Jeton},
};
use serde_json::{Value, json};

/// The events of changes of a token, one for each of its versions.
const CHANGES: [&str; 8] =
    ["Created", "Updated", "Refreshed", "Shared", "SharePickedUp", "Deleted", "Disabled", "Leaked"];

/// The call of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Verify,
    Ask,
    Create,
    Update,
    Disable,
    Refresh,
    RefreshAnother,
    Share,
    PickUp,
    Delete,
    ActOnMany,
    DeleteCopy,
    Leaked,
    Post,
    PutConfiguration,
    DeleteConfiguration,
    Invite,
    Join,
    Remove,
    CreateByManage,
    Detail,
    List,
    Events,
}

const ALL: [Operation; 23] = {
    use Operation::*;
    [
        Verify,
        Ask,
        Create,
        Update,
        Disable,
        Refresh,
        RefreshAnother,
        Share,
        PickUp,
        Delete,
        ActOnMany,
        DeleteCopy,
        Leaked,
        Post,
        PutConfiguration,
        DeleteConfiguration,
        Invite,
        Join,
        Remove,
        CreateByManage,
        Detail,
        List,
        Events,
    ]
};

/// A call, and its statuses: of the first time, and of a retry after it had succeeded.
struct Ready {
    call: Call,
    done: u16,
    done_before: u16,
    token: Held,
}

/// A Jeton whose table is behind a proxy, and the same table without the proxy.
struct Scene {
    jeton: Jeton,
    proxy: FaultProxy,
    direct: Arc<dyn Store>,
    number: usize,
}

impl Scene {
    async fn new() -> Self {
        let table = dynamodb::create_table().await;
        let proxy = FaultProxy::start().await;
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        Self { jeton, direct: Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table)), proxy, number: 0 }
    }

    async fn ready(&mut self, operation: Operation) -> Ready {
        self.number += 1;
        let (jeton, number) = (&self.jeton, self.number);
        let token = jeton.create(&json!({"description": "before", "canCreateJobs": true})).await;
        let own = format!("/v2/storage/tokens/{}", token.id);
        let somebody = format!("somebody{number}@example.org");
        let config = format!("/v2/storage/components/a.b/configs/{number}/token");
        let users = format!("/manage/projects/{}/users", jeton.project);
        let by_master = |call: Call| call.token(&jeton.master);
        let (call, done, done_before) = match operation {
            Operation::Verify => (jeton.get("/v2/storage/tokens/verify").token(&token.token), 200, 200),
            Operation::Ask => {
                let ask = json!({"operation": "test.asked", "capability": "createJobs"});
                (jeton.post("/v2/storage/tokens/verify").token(&token.token).json(&ask), 200, 200)
            }
            Operation::Create => (by_master(jeton.post("/v2/storage/tokens").json(&json!({}))), 201, 201),
            Operation::Update => {
                (by_master(jeton.put(&own).json(&json!({"description": "after"}))), 200, 200)
            }
            Operation::Disable => (by_master(jeton.put(&own).json(&json!({"isDisabled": true}))), 200, 200),
            Operation::Refresh => (jeton.post(&format!("{own}/refresh")).token(&token.token), 200, 200),
            Operation::RefreshAnother => (by_master(jeton.post(&format!("{own}/refresh"))), 200, 200),
            Operation::Share => {
                let to = json!({"recipientEmail": somebody});
                (by_master(jeton.post(&format!("{own}/share")).json(&to)), 204, 204)
            }
            Operation::PickUp => {
                let mail = jeton.share(&token.id, &somebody).await;
                let typed = json!({"secret": mail.secret, "code": mail.code});
                (jeton.post(&mail.path).json(&typed), 200, 200)
            }
            Operation::Delete => (by_master(jeton.delete(&own)), 204, 404),
            Operation::ActOnMany => {
                let other = jeton.create(&json!({})).await;
                let body = json!({"tokens": [token.id, other.id], "action": "delete"});
                (by_master(jeton.post("/v2/storage/tokens/actions").json(&body)), 200, 200)
            }
            Operation::DeleteCopy => (by_master(jeton.delete(&format!("{own}/copies/1"))), 204, 404),
            Operation::Leaked => {
                let report = json!({"tokens": [token.token]});
                (jeton.post("/v2/storage/tokens/leaked").json(&report), 204, 204)
            }
            Operation::Post => {
                let event = json!({"component": "a.b", "message": "It ran"});
                (jeton.post("/v2/storage/events").token(&token.token).json(&event), 201, 201)
            }
            Operation::PutConfiguration => (by_master(jeton.put(&config).json(&json!({}))), 201, 201),
            Operation::DeleteConfiguration => {
                by_master(jeton.put(&config).json(&json!({}))).send().await.expect(201);
                (by_master(jeton.delete(&config)), 204, 404)
            }
            Operation::Invite => {
                (jeton.post(&users).manage(&jeton.manage).json(&json!({"email": somebody})), 204, 204)
            }
            Operation::Join => {
                let mail = jeton.invite(&somebody).await;
                let typed = json!({"secret": mail.secret, "code": mail.code});
                (jeton.post(&mail.path).json(&typed), 200, 200)
            }
            Operation::Remove => {
                let mail = jeton.invite(&somebody).await;
                jeton.pick_up(&mail).await.expect(200);
                (jeton.delete(&format!("{users}/{somebody}")).manage(&jeton.manage), 204, 404)
            }
            Operation::CreateByManage => {
                let path = format!("/manage/projects/{}/tokens", jeton.project);
                (jeton.post(&path).manage(&jeton.manage).json(&json!({})), 201, 201)
            }
            Operation::Detail => (by_master(jeton.get(&own)), 200, 200),
            Operation::List => (by_master(jeton.get("/v2/storage/tokens")), 200, 200),
            Operation::Events => (by_master(jeton.get(&format!("{own}/events"))), 200, 200),
        };
        // Calls that must not lose the answer send a key; the others ignore it.
        let call = call.header("idempotency-key", &format!("{number:043}"));
        Ready { call, done, done_before, token }
    }

    /// Checks that the history of a token agrees with its state.
    async fn is_sound(&self, about: &str, token: &Held) {
        let id: TokenId = token.id.parse().unwrap();
        let history = self.jeton.history(&token.id).await;
        let changes =
            history.iter().filter(|name| CHANGES.iter().any(|c| **name == format!("storage.token{c}")));
        let changes = changes.count() as u64;
        match self.direct.token(self.jeton.project, id).await.unwrap() {
            Some(stored) => assert_eq!(stored.version, changes, "{about}: {history:?}"),
            None => assert_eq!(history[0], "storage.tokenDeleted", "{about}: {history:?}"),
        }
        let once = |name: &str| history.iter().filter(|event| *event == name).count() <= 1;
        for name in ["storage.tokenRefreshed", "storage.tokenSharePickedUp", "storage.tokenShared"] {
            assert!(once(name), "{about}: {history:?}");
        }
    }

    /// Lets the table fail from the n-th request on, once or for good; false if the operation makes fewer.
    async fn fails_at(&mut self, operation: Operation, nth: usize, kind: Kind, for_good: bool) -> bool {
        let about =
            format!("{operation:?}, request {nth}, {kind:?}, {}", if for_good { "for good" } else { "once" });
        let Ready { call, done, done_before, token } = self.ready(operation).await;
        self.proxy.forget();
        let fault = Fault::after_requests(nth, kind);
        self.proxy.inject(if for_good { fault.always() } else { fault });
        let answer = call.clone().send().await;
        let made = self.proxy.total();
        self.proxy.heal();
        honest(&about, &answer, done);
        let again = call.send().await;
        let status = again.status.as_u16();
        assert!(status == done || status == done_before, "{about}: then {status} {}", again.text());
        if answer.status == done
            && [Operation::Create, Operation::Refresh, Operation::PickUp].contains(&operation)
        {
            assert_eq!(
                again.field("token"),
                answer.field("token"),
                "{about}: one secret, however often it is asked for"
            );
        }
        if operation == Operation::ActOnMany {
            let body = again.json();
            let told = (&body["changed"], &body["unchanged"], &body["failed"], &body["next"]);
            // One that ended early has stored so, whether its answer came or not, and its repetition ends there, too.
            if body["next"].is_string() {
                let is_same = answer.status != done || again.text() == answer.text();
                assert!(is_same && body["changed"] == 1, "{about}: {}", again.text());
            } else {
                assert_eq!(
                    told,
                    (&json!(2), &json!(0), &json!(0), &Value::Null),
                    "{about}: each was deleted by this call"
                );
            }
        }
        self.is_sound(&about, &token).await;
        made > nth
    }
}

/// Checks that it succeeded, or that the client is asked to retry; never an internal error.
fn honest(about: &str, answer: &Answer, done: u16) {
    let status = answer.status.as_u16();
    assert!(status == done || status == 503, "{about}: {status} {}", answer.text());
    assert!(status != 503 || answer.header("retry-after").is_some(), "{about}");
}

/// Lets each operation fail at each of its requests, with all operations concurrently.
async fn all_fail(kind: Kind, for_good: bool) {
    let mut running = tokio::task::JoinSet::new();
    for operation in ALL {
        running.spawn(async move {
            let (mut scene, mut nth) = (Scene::new().await, 0);
            while scene.fails_at(operation, nth, kind, for_good).await {
                nth += 1;
            }
            (operation, nth)
        });
    }
    for (operation, requests) in running.join_all().await {
        assert!(requests > 0, "{operation:?} asked the table for nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_lost_once_is_no_reason_to_lie() {
    all_fail(Kind::LoseRequest, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_once_is_no_reason_to_do_it_twice() {
    all_fail(Kind::LoseAnswer, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_conflict_or_one_throttled_request_is_waited_out() {
    all_fail(Kind::Throttle, false).await;
    all_fail(Kind::Conflict, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_stops_answering_at_any_request_is_said_to_be_away() {
    all_fail(Kind::LoseRequest, true).await;
    all_fail(Kind::InternalError, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_whose_answers_are_all_lost_loses_nothing() {
    all_fail(Kind::LoseAnswer, true).await;
}

#[tokio::test]
async fn a_denied_call_that_could_not_be_stored_hides_none_that_follow() {
    let table = dynamodb::create_table().await;
    let proxy = FaultProxy::start().await;
    let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
    let limited = jeton.create(&json!({})).await;
    jeton.verify(&limited.token).await;
    let rejected = || {
        let calls =
            (0..20).map(|_| jeton.post("/v2/storage/tokens").token(&limited.token).json(&json!({})).send());
        join_all(calls)
    };
    proxy.inject(Fault::next("TransactWriteItems", Kind::InternalError).always());
    proxy.inject(Fault::next("PutItem", Kind::InternalError).always());
    for answer in rejected().await {
        assert_eq!(answer.status, 503, "{}", answer.text());
    }
    proxy.heal();
    for answer in rejected().await {
        answer.expect_error(403, "accessDenied");
    }
    let history = jeton.history(&limited.id).await;
    assert_eq!(history.iter().filter(|event| *event == "storage.accessDenied").count(), 1, "{history:?}");
}
