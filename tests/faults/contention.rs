//! Revocations on a table with transaction conflicts, while the token concerned changes itself over many
//! connections all the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jeton_tests::{
    client::Call,
    contest::{KINDS, TAKINGS, any_plan, hold},
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::{Held, Jeton},
};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use serde_json::json;
use tokio::sync::Semaphore;

/// The number of connections over which the token changes itself.
const CONNECTIONS: usize = 64;

/// How long a transaction holds its items.
const HOLD: Duration = Duration::from_millis(15);

/// A Jeton of two processes on a table with transaction conflicts.
struct Scene {
    fronts: [Jeton; 2],
    proxy: FaultProxy,
}

/// The writers, and their answers.
struct Writers {
    stop: AtomicBool,
    written: Semaphore,
    limited: AtomicUsize,
}

impl Scene {
    async fn new() -> Self {
        let table = dynamodb::create_table().await;
        let proxy = FaultProxy::start().await;
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        let other = jeton.front_on(Arc::new(proxy.store(&table))).await;
        proxy.conflict(HOLD);
        Self { fronts: [jeton, other], proxy }
    }

    /// Lets the token change itself until it is not allowed any more, while a story runs.
    async fn amid_writers(&self, token: &Held, story: impl Future<Output = ()>) -> Writers {
        let writers = Writers {
            stop: AtomicBool::new(false),
            written: Semaphore::new(0),
            limited: AtomicUsize::new(0),
        };
        let path = format!("/v2/storage/tokens/{}", token.id);
        let writing = (0..CONNECTIONS).map(|number| {
            let (front, writers, path) = (&self.fronts[number % 2], &writers, &path);
            async move {
                for round in 0.. {
                    if writers.stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let edit = json!({"description": format!("{number}, {round}")});
                    let answer = front.put(path).token(&token.token).json(&edit).send().await;
                    match answer.status.as_u16() {
                        200 => writers.written.add_permits(1),
                        409 | 503 => {}
                        429 => {
                            assert!(answer.header("retry-after").is_some());
                            answer.expect_error(429, "changes.tooMany");
                            writers.limited.fetch_add(1, Ordering::SeqCst);
                        }
                        _ => {
                            answer.expect(401);
                            return;
                        }
                    }
                }
            }
        });
        let story = async {
            writers.written.acquire_many(4).await.unwrap().forget();
            story.await;
            writers.stop.store(true, Ordering::SeqCst);
        };
        tokio::join!(join_all(writing), story);
        writers
    }

    async fn by_master(&self, call: Call, status: u16) {
        call.token(&self.fronts[0].master).send().await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_rights_away_succeeds_while_the_token_writes_itself_from_many_connections() {
    let scene = Scene::new().await;
    let [jeton, _] = &scene.fronts;
    let wide = json!({"componentAccess": ["a.b", "c.d"]});
    for end in ["disable", "refresh", "delete", "leak"] {
        let token = jeton.create_manager(wide.clone()).await;
        let path = format!("/v2/storage/tokens/{}", token.id);
        let story = async {
            let narrow = json!({"componentAccess": ["a.b"]});
            scene.by_master(jeton.put(&path).json(&narrow), 200).await;
            match end {
                "disable" => scene.by_master(jeton.put(&path).json(&json!({"isDisabled": true})), 200).await,
                "refresh" => scene.by_master(jeton.post(&format!("{path}/refresh")), 200).await,
                "delete" => scene.by_master(jeton.delete(&path), 204).await,
                _ => {
                    let found = json!({"tokens": [token.token]});
                    jeton.post("/v2/storage/tokens/leaked").json(&found).send().await.expect(204);
                }
            }
            assert_eq!(jeton.verify(&token.token).await, 401, "{end}");
        };
        scene.amid_writers(&token, story).await;
        assert_eq!(jeton.verify(&token.token).await, 401, "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_disabled_amid_its_own_writes_although_answers_are_lost() {
    let scene = Scene::new().await;
    let [jeton, _] = &scene.fronts;
    let token = jeton.create_manager(json!({})).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    let story = async {
        for kind in [Kind::LoseAnswer, Kind::LoseRequest] {
            scene.proxy.inject(Fault::next("TransactWriteItems", kind).times(3));
        }
        scene.by_master(jeton.put(&path).json(&json!({"isDisabled": true})), 200).await;
    };
    scene.amid_writers(&token, story).await;
    assert_eq!(jeton.verify(&token.token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_master_takes_away_is_gone_although_transactions_conflict_and_answers_are_lost() {
    let mut runner = TestRunner::default();
    for kind in KINDS {
        let scene = Scene::new().await;
        let [jeton, other] = &scene.fronts;
        for taking in TAKINGS {
            let plan = any_plan().new_tree(&mut runner).unwrap().current();
            for fault in [Kind::LoseAnswer, Kind::LoseRequest] {
                let lost = Fault::next("TransactWriteItems", fault).partition("V#").times(2);
                scene.proxy.inject(lost.after(6));
            }
            hold([jeton, other], kind, taking, &plan).await;
            scene.proxy.heal();
        }
    }
}
