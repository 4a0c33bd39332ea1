//! Concurrent callers, at two processes of one service: the rules that hold in any order.

mod codes;
mod configuration;
mod contests;
mod histories;
mod invitations;
mod manage_tokens;
mod pick_up;
mod refresh;
mod removal;
mod self_change;
mod shares;
mod sweep;
mod terminal;
mod verify;
mod withdrawals;
mod writers;

use futures_util::future::join_all;
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    store::open_twice,
};
use serde_json::{Value, json};

/// The number of callers in most of these stories.
const MANY: usize = 64;

/// Two processes of one service on one store, used in turns.
struct Two {
    jeton: Jeton,
    other: Jeton,
}

impl Two {
    async fn start() -> Self {
        let ([store, others], _) = open_twice().await;
        let jeton = Jeton::start_on(store).await;
        let other = jeton.front_on(others).await;
        Self { jeton, other }
    }

    async fn of(jeton: Jeton) -> Self {
        let other = jeton.second_front().await;
        Self { jeton, other }
    }

    /// The process for the caller of this number.
    fn front(&self, number: usize) -> &Jeton {
        if number.is_multiple_of(2) { &self.jeton } else { &self.other }
    }

    /// A token as its manager sees it.
    async fn detail(&self, token: &Held) -> Value {
        let path = format!("/v2/storage/tokens/{}", token.id);
        self.jeton.get(&path).token(&self.jeton.master).send().await.expect(200).json()
    }

    /// How many events of this name are in the history of a token.
    async fn count_events(&self, token: &Held, name: &str) -> usize {
        self.jeton.history(&token.id).await.iter().filter(|event| *event == name).count()
    }
}

/// Sends calls concurrently and waits for all answers.
async fn at_once<F: Future>(count: usize, call: impl FnMut(usize) -> F) -> Vec<F::Output> {
    join_all((0..count).map(call)).await
}

/// The answers of this status.
fn answered(answers: &[Answer], status: u16) -> Vec<&Answer> {
    answers.iter().filter(|answer| answer.status == status).collect()
}

/// Fails unless every answer has one of these statuses.
#[track_caller]
fn expect_only(answers: &[Answer], statuses: &[u16]) {
    let other = answers.iter().find(|answer| !statuses.contains(&answer.status.as_u16()));
    assert!(other.is_none(), "neither of {statuses:?}: {other:?}");
}

/// The body that shares a token with an address.
fn share_with(address: &str) -> Value {
    json!({"recipientEmail": address, "message": ""})
}
