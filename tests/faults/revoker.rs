//! A token that revokes others over many connections all the time, through two processes, holds up neither a change nor a revocation of
//! itself: each of its revocations checks one of its guards, and no check is urgent. The same holds of a manage token.

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

/// The number of connections over which the token revokes others, each another one. What its guards and its reservation do for that is
/// tested without chance in `guards`, `manage_guards` and `priority`.
const CONNECTIONS: usize = 64;

/// How long a transaction holds its items: so long that as many come meanwhile as the table admits.
const HOLD: Duration = Duration::from_millis(200);

/// The kind of token that changes others of its kind.
#[derive(Clone, Copy)]
enum Of {
    Tokens,
    ManageTokens,
}

impl Of {
    fn base(self) -> &'static str {
        match self {
            Self::Tokens => "/v2/storage/tokens",
            Self::ManageTokens => "/manage/tokens",
        }
    }

    fn path(self, token: &Held) -> String {
        format!("{}/{}", self.base(), token.id)
    }

    fn with(self, call: Call, token: &str) -> Call {
        match self {
            Self::Tokens => call.token(token),
            Self::ManageTokens => call.manage(token),
        }
    }

    /// One that may change others.
    async fn manager(self, jeton: &Jeton) -> Held {
        match self {
            Self::Tokens => jeton.create_manager(json!({})).await,
            Self::ManageTokens => self.other(jeton).await,
        }
    }

    async fn other(self, jeton: &Jeton) -> Held {
        match self {
            Self::Tokens => jeton.create(&json!({})).await,
            Self::ManageTokens => {
                let call = jeton.post(self.base()).manage(&jeton.manage).json(&json!({}));
                let answer = call.send().await.expect(201);
                Held { id: answer.json()["id"].to_string(), token: answer.field("token") }
            }
        }
    }

    /// The token of whoever changes the manager.
    fn master(self, jeton: &Jeton) -> &str {
        match self {
            Self::Tokens => &jeton.master,
            Self::ManageTokens => &jeton.manage,
        }
    }
}

/// A Jeton of two processes on a table with transaction conflicts.
struct Scene {
    of: Of,
    fronts: [Jeton; 2],
    manager: Held,
    others: Vec<Held>,
}

impl Scene {
    async fn new(of: Of) -> (Self, FaultProxy) {
        let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        let other = jeton.front_on(Arc::new(proxy.store(&table))).await;
        let manager = of.manager(&jeton).await;
        let others = join_all((0..CONNECTIONS).map(|_| of.other(&jeton))).await;
        proxy.conflict(HOLD);
        (Self { of, fronts: [jeton, other], manager, others }, proxy)
    }

    fn path(&self) -> String {
        self.of.path(&self.manager)
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
                    let refresh = front.post(&format!("{}/refresh", self.of.path(token))).json(&json!({}));
                    let answer = self.of.with(refresh, &self.manager.token).send().await;
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
            let front = &self.fronts[0];
            let answer = self.of.with(call(front), self.of.master(front)).send().await;
            answered.store(true, Ordering::SeqCst);
            stop.store(self.works().await || !answer.status.is_success(), Ordering::SeqCst);
            answer
        };
        tokio::join!(join_all(revoking), story).1
    }

    /// Whether the manager's token is valid.
    async fn works(&self) -> bool {
        let verify = self.fronts[0].get(&format!("{}/verify", self.of.base()));
        self.of.with(verify, &self.manager.token).send().await.status == 200
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_changed_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new(Of::Tokens).await;
    let edit = json!({"description": "changed"});
    scene.amid_revocations(|jeton| jeton.put(&scene.path()).json(&edit)).await.expect(200);
    assert!(scene.works().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_disabled_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new(Of::Tokens).await;
    let edit = json!({"isDisabled": true});
    scene.amid_revocations(|jeton| jeton.put(&scene.path()).json(&edit)).await.expect(200);
    assert!(!scene.works().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_deleted_while_all_of_its_guards_are_in_use_by_its_revocations_of_others() {
    let (scene, _proxy) = Scene::new(Of::Tokens).await;
    scene.amid_revocations(|jeton| jeton.delete(&scene.path())).await.expect(204);
    assert!(!scene.works().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manage_token_is_disabled_while_it_revokes_others_over_many_connections() {
    let (scene, _proxy) = Scene::new(Of::ManageTokens).await;
    let edit = json!({"isDisabled": true});
    scene.amid_revocations(|jeton| jeton.put(&scene.path()).json(&edit)).await.expect(200);
    assert!(!scene.works().await);
}
