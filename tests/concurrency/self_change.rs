//! A token changes itself over many connections while a master revokes its rights.

use futures_util::future::join_all;
use jeton_tests::{
    client::{Answer, Call},
    jeton::Held,
};
use serde_json::{Value, json};

use crate::{Two, expect_only, share_with};

/// The number of connections over which the token changes itself.
const CONNECTIONS: usize = 6;

/// The limit of repetitions, should nothing ever stop it.
const MOST: usize = 200;

const ROUNDS: usize = 4;

impl Two {
    async fn manager(&self) -> Held {
        self.jeton.create_manager(json!({"componentAccess": ["a.b", "c.d"]})).await
    }

    /// Repeats a call over many connections until the answer is 401 or 403, while a master does something.
    async fn fighting(&self, call: impl Fn(usize, usize) -> Call, master: impl Future<Output = ()>) {
        let loops = (0..CONNECTIONS).map(|number| {
            let call = &call;
            async move {
                for round in 0..MOST {
                    let answer = call(number, round).send().await;
                    if [401, 403].contains(&answer.status.as_u16()) {
                        return;
                    }
                    expect_only(&[answer], &[200, 204, 409, 429]);
                }
            }
        });
        tokio::join!(join_all(loops), master);
    }

    async fn by_master(&self, call: Call, body: &Value) -> Answer {
        call.token(&self.jeton.master).json(body).send().await
    }
}

fn path(token: &Held) -> String {
    format!("/v2/storage/tokens/{}", token.id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_disabled_while_it_enables_itself_stays_disabled() {
    let two = Two::start().await;
    for round in 0..ROUNDS {
        let token = two.manager().await;
        let edit = |n, r| json!({"isDisabled": false, "description": format!("{n}, {r}")});
        let call = |n, r| two.front(n).put(&path(&token)).token(&token.token).json(&edit(n, r));
        let disabled = async {
            let disable = json!({"isDisabled": true});
            two.by_master(two.front(round).put(&path(&token)), &disable).await.expect(200);
            assert_eq!(two.jeton.verify(&token.token).await, 401);
        };
        two.fighting(call, disabled).await;
        assert_eq!(two.jeton.verify(&token.token).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_narrowed_while_it_widens_itself_stays_narrow() {
    let two = Two::start().await;
    for round in 0..ROUNDS {
        let token = two.manager().await;
        let edit = |n, r| json!({"componentAccess": ["a.b", "c.d"], "description": format!("{n}, {r}")});
        let call = |n, r| two.front(n).put(&path(&token)).token(&token.token).json(&edit(n, r));
        let narrowed = async {
            let narrow = json!({"componentAccess": ["a.b"]});
            two.by_master(two.front(round).put(&path(&token)), &narrow).await.expect(200);
        };
        two.fighting(call, narrowed).await;
        assert_eq!(two.detail(&token).await["componentAccess"], json!(["a.b"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_refreshed_while_it_changes_and_shares_itself_does_neither_any_more() {
    let two = Two::start().await;
    for round in 0..ROUNDS {
        let token = two.manager().await;
        let call = |n: usize, r| {
            if n.is_multiple_of(2) {
                let edit = json!({"description": format!("{n}, {r}")});
                return two.front(n / 2).put(&path(&token)).token(&token.token).json(&edit);
            }
            let to = share_with(&format!("thief{round}.{n}.{r}@example.org"));
            two.front(n / 2).post(&format!("{}/share", path(&token))).token(&token.token).json(&to)
        };
        let mut described = String::new();
        let refreshed = async {
            let refresh = two.front(round).post(&format!("{}/refresh", path(&token)));
            two.by_master(refresh, &json!({})).await.expect(200);
            described = two.detail(&token).await["description"].as_str().unwrap().to_owned();
        };
        two.fighting(call, refreshed).await;
        let detail = two.detail(&token).await;
        assert_eq!(detail["description"], described, "changed after the refresh was answered");
        assert_eq!(detail["shares"], json!([]), "shared after the refresh was answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_refreshes_itself_all_the_time_is_refreshed_by_a_master() {
    let two = Two::start().await;
    for round in 0..2 * ROUNDS {
        let token = two.manager().await;
        let refresh = format!("{}/refresh", path(&token));
        let itself = async {
            let mut own = token.clone();
            for turn in 0..MOST {
                let call = two.front(turn).post(&refresh).token(&own.token).json(&json!({}));
                match call.send().await {
                    lost if lost.status == 401 => return,
                    won => own.token = won.expect(200).field("token"),
                }
            }
            panic!("nobody stopped it");
        };
        let master = async {
            let answer = two.by_master(two.front(round).post(&refresh), &json!({})).await.expect(200);
            assert_eq!(two.jeton.verify(&answer.field("token")).await, 200);
        };
        tokio::join!(itself, master);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_a_manager_refreshes_all_the_time_is_refreshed_by_a_master() {
    let two = Two::start().await;
    for round in 0..2 * ROUNDS {
        let (token, manager) = (two.manager().await, two.manager().await);
        let refresh = format!("{}/refresh", path(&token));
        let done = std::sync::atomic::AtomicBool::new(false);
        let others = async {
            for turn in 0..MOST {
                if done.load(std::sync::atomic::Ordering::SeqCst) {
                    return;
                }
                let call = two.front(turn).post(&refresh).token(&manager.token).json(&json!({}));
                expect_only(&[call.send().await], &[200, 409, 429]);
            }
        };
        let master = async {
            two.by_master(two.front(round).post(&refresh), &json!({})).await.expect(200);
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        };
        tokio::join!(others, master);
    }
}
