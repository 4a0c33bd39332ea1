//! A token that revokes others over many connections all the time, through two processes, holds up neither a change nor a revocation of
//! itself. Each of its revocations checks one of its guards, and no check is urgent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jeton_tests::{
    client::{Answer, Call},
    dynamodb,
    fault_proxy::FaultProxy,
    jeton::{Held, Jeton},
};
use serde_json::json;
use tokio::sync::Semaphore;

/// The number of connections over which the token revokes others, each another one.
const CONNECTIONS: usize = 64;

/// How long a transaction holds its items: so long that as many come meanwhile as the table admits.
const HOLD: Duration = Duration::from_millis(200);

/// A Jeton of two processes on a table with transaction conflicts.
struct Scene {
    fronts: [Jeton; 2],
    manager: Held,
    others: Vec<Held>,
}

fn path(token: &Held) -> String {
    format!("/v2/storage/tokens/{}", token.id)
}

impl Scene {
    async fn new() -> (Self, FaultProxy) {
        let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        let other = jeton.front_on(Arc::new(proxy.store(&table))).await;
        let manager = jeton.create_manager(json!({})).await;
        let wish = json!({});
        let others = join_all((0..CONNECTIONS).map(|_| jeton.create(&wish))).await;
        proxy.conflict(HOLD);
        (Self { fronts: [jeton, other], manager, others }, proxy)
    }

    /// Lets the manager refresh the others until it is not allowed any more, while a master makes this call once its guards are in
    /// use. Nothing is stored by the manager that it began after the answer.
    async fn amid_revocations(&self, call: impl FnOnce(&Jeton) -> Call) -> Answer {
        let (revoked, answered, stop) = (Semaphore::new(0), AtomicBool::new(false), AtomicBool::new(false));
        let revoking = self.others.iter().enumerate().map(|(number, token)| {
            let (front, revoked, answered, stop) = (&self.fronts[number % 2], &revoked, &answered, &stop);
            async move {
                while !stop.load(Ordering::SeqCst) {
                    let is_late = answered.load(Ordering::SeqCst);
                    let refresh = front.post(&format!("{}/refresh", path(token)));
                    let answer = refresh.token(&self.manager.token).send().await;
                    match answer.status.as_u16() {
                        200 => {
                            assert!(!is_late || self.works().await, "a revoked token revoked another one");
                            revoked.add_permits(1);
                        }
                        401 => return,
                        409 | 503 => {}
                        status => panic!("{status}: {}", answer.text()),
                    }
                }
            }
        });
        let story = async {
            revoked.acquire_many(32).await.unwrap().forget();
            let answer = call(&self.fronts[0]).token(&self.fronts[0].master).send().await;
            answered.store(true, Ordering::SeqCst);
            stop.store(self.works().await || !answer.status.is_success(), Ordering::SeqCst);
            answer
        };
        tokio::join!(join_all(revoking), story).1
    }

    /// Whether the manager's token is valid.
    async fn works(&self) -> bool {
        self.fronts[0].verify(&self.manager.token).await == 200
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_changed_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new().await;
    let edit = json!({"description": "changed"});
    let answer = scene.amid_revocations(|jeton| jeton.put(&path(&scene.manager)).json(&edit)).await;
    answer.expect(200);
    assert!(scene.works().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_disabled_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new().await;
    let edit = json!({"isDisabled": true});
    let answer = scene.amid_revocations(|jeton| jeton.put(&path(&scene.manager)).json(&edit)).await;
    answer.expect(200);
    assert!(!scene.works().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_deleted_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new().await;
    let answer = scene.amid_revocations(|jeton| jeton.delete(&path(&scene.manager))).await;
    answer.expect(204);
    assert!(!scene.works().await);
}
