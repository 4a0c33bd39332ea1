//! Linearizability: whatever many concurrent clients do, the results of each are consistent with some order.
//!
//! A token is split into values: whether a copy is valid, whether the token is enabled, whether it has
//! expired, and its rights. A change takes effect at some moment between its call and its answer. So a verify
//! saw a wrong value if each change to that value was either called only after the verify was answered, or
//! followed by another one that was answered before the verify was called.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::future::join_all;
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    client::Call,
    jeton::{Held, Jeton},
    store::fresh_folder,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{Two, expect_only, share_with, terminal::Terminal};

const HISTORIES: u32 = 6;
const CLIENTS: usize = 8;
const STEPS: usize = 30;

/// The commands: a sweep, an import, and readers of the histories of both tokens.
const COMMANDS: usize = 4;

/// The next action of a client; the number selects one of the existing copies or tokens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Verify(usize),
    Refresh(usize),
    Share(usize),
    Update(usize),
    Switch(usize, bool),
}

fn any_step() -> impl Strategy<Value = Step> {
    let number = || 0..1000_usize;
    prop_oneof![
        12 => number().prop_map(Step::Verify),
        2 => number().prop_map(Step::Refresh),
        1 => number().prop_map(Step::Share),
        3 => number().prop_map(Step::Update),
        2 => (number(), any::<bool>()).prop_map(|(token, on)| Step::Switch(token, on)),
    ]
}

#[test]
fn what_anybody_sees_could_have_been_so_whatever_others_do_meanwhile() {
    told(&async |plans| Box::pin(lived(plans, Two::start().await, None)).await);
}

/// The server keeps tokens in memory between the commands.
#[test]
fn what_anybody_sees_could_have_been_so_whatever_commands_of_the_terminal_do_on_the_file_of_a_server() {
    told(&async |plans| {
        let folder = fresh_folder();
        let store = Sqlite::open_alone(&folder.join("jeton.db")).unwrap();
        let two = Two::of(Jeton::start_on(Arc::new(store)).await).await;
        Box::pin(lived(plans, two, Some(Terminal::new(&folder).await))).await
    });
}

/// Fails when a history has a contradiction.
fn told(lived: &impl AsyncFn(&[Vec<Step>]) -> History) {
    let runtime = Runtime::new().unwrap();
    let config =
        Config { cases: HISTORIES, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let plans = vec(vec(any_step(), STEPS), CLIENTS);
    let told = TestRunner::new(config).run(&plans, |plans| {
        let history = runtime.block_on(lived(&plans));
        let seen = history.things.values().map(|thing| thing.seen.len()).sum::<usize>();
        prop_assert!(seen > CLIENTS * STEPS / 4, "there was something to see");
        for (name, thing) in &history.things {
            prop_assert_eq!(thing.contradiction(), None, "{}", name);
        }
        Ok(())
    });
    if let Err(failure) = told {
        panic!("{failure}");
    }
}

/// The start and end of an operation, by one global counter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct During {
    from: u64,
    to: u64,
}

/// A value that was set or read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    during: During,
    value: u64,
}

/// A register: one value at a time.
#[derive(Debug, Default)]
struct Thing {
    set: Vec<Moment>,
    seen: Vec<Moment>,
}

impl Thing {
    /// The first value read that was impossible.
    fn contradiction(&self) -> Option<Moment> {
        let could_be = |seen: &Moment, set: &Moment| {
            let replaced = |by: &&Moment| {
                by.value != set.value && set.during.to < by.during.from && by.during.to < seen.during.from
            };
            set.value == seen.value
                && set.during.from < seen.during.to
                && self.set.iter().find(replaced).is_none()
        };
        self.seen.iter().find(|seen| !self.set.iter().any(|set| could_be(seen, set))).copied()
    }
}

#[test]
fn a_value_from_before_an_answered_change_or_from_nowhere_is_a_contradiction() {
    let at = |from, to, value| Moment { during: During { from, to }, value };
    let thing = |seen| Thing { set: vec![at(0, 0, 1), at(10, 20, 2)], seen: vec![seen] };
    for could_be in [at(5, 6, 1), at(15, 16, 1), at(15, 16, 2), at(12, 30, 1), at(21, 22, 2)] {
        assert_eq!(thing(could_be).contradiction(), None, "{could_be:?}");
    }
    for could_not in [at(21, 22, 1), at(5, 9, 2), at(21, 22, 3)] {
        assert_eq!(thing(could_not).contradiction(), Some(could_not));
    }
}

/// The history so far, and what there is to act on.
#[derive(Default)]
struct History {
    things: BTreeMap<String, Thing>,
    copies: Vec<(usize, String)>,
    /// The ends of a token's copies, except for one.
    ended: Vec<(usize, During, Option<String>)>,
}

/// A running history: two tokens, the clients, and their records.
struct Life {
    two: Two,
    tokens: [Held; 2],
    history: Mutex<History>,
    turn: AtomicU64,
    /// Whether the clients have ended.
    are_done: AtomicBool,
}

/// Runs all actions of the clients. Halfway, one token is deleted, and the other one expires. Commands of the
/// terminal run meanwhile, if there is one.
async fn lived(plans: &[Vec<Step>], two: Two, terminal: Option<Terminal>) -> History {
    let for_a_minute = json!({"description": "0", "expiresIn": 60});
    let tokens =
        [two.jeton.create(&json!({"description": "0"})).await, two.jeton.create(&for_a_minute).await];
    let (turn, are_done) = (AtomicU64::new(1), AtomicBool::new(false));
    let life = Life { two, tokens, history: Mutex::default(), turn, are_done };
    for (token, held) in life.tokens.iter().enumerate() {
        life.set(format!("rights of {token}"), During { from: 0, to: 0 }, 0);
        life.set(format!("switch of {token}"), During { from: 0, to: 0 }, 1);
        life.set(format!("time of {token}"), During { from: 0, to: 0 }, 1);
        life.copy(token, During { from: 0, to: 0 }, held.token.clone());
    }
    let clients = plans.iter().enumerate().map(|(client, steps)| {
        let life = &life;
        async move {
            for (number, step) in steps.iter().enumerate() {
                life.step(client, number, *step).await;
                if client == 0 && number == STEPS / 2 {
                    life.end_both().await;
                }
            }
        }
    });
    let clients = async {
        join_all(clients).await;
        life.are_done.store(true, Ordering::SeqCst);
    };
    let commands = async {
        if let Some(terminal) = &terminal {
            Box::pin(life.run_commands(terminal)).await;
        }
    };
    tokio::join!(clients, commands);
    life.told()
}

impl Life {
    async fn step(&self, client: usize, number: usize, step: Step) {
        let (front, master) = (self.two.front(client + number), &self.two.jeton.master);
        let path = |token: usize| format!("/v2/storage/tokens/{}", self.tokens[token % 2].id);
        match step {
            Step::Verify(chosen) => self.verify(client + number, chosen).await,
            Step::Refresh(token) => {
                let call = front.post(&format!("{}/refresh", path(token))).token(master).send();
                let (during, answer) = self.during(call).await;
                if answer.status == 200 {
                    let secret = answer.field("token");
                    self.end(token % 2, during, Some(secret.clone()));
                    self.copy(token % 2, during, secret);
                } else {
                    expect_only(&[answer], &[404, 409]);
                }
            }
            Step::Share(token) => {
                let recipient = format!("client{client}.{number}@example.org");
                let share = front.post(&format!("{}/share", path(token))).token(master);
                let shared = share.json(&share_with(&recipient)).send().await;
                if shared.status != 204 {
                    return expect_only(&[shared], &[400, 404, 409]);
                }
                let invitation = front.invitation(&recipient).await;
                let (during, answer) = self.during(front.pick_up(&invitation)).await;
                if answer.status == 200 {
                    self.copy(token % 2, during, answer.field("token"));
                } else {
                    expect_only(&[answer], &[404, 409, 410]);
                }
            }
            Step::Update(token) => {
                // Each has a unique value.
                let value = u64::try_from(1 + client * STEPS + number).unwrap();
                let change =
                    json!({"description": value.to_string(), "componentAccess": [format!("it.{value}")]});
                self.change(front.put(&path(token)).json(&change), format!("rights of {}", token % 2), value)
                    .await;
            }
            Step::Switch(token, on) => {
                let change = front.put(&path(token)).json(&json!({"isDisabled": !on}));
                self.change(change, format!("switch of {}", token % 2), u64::from(on)).await;
            }
        }
    }

    async fn change(&self, call: Call, thing: String, value: u64) {
        let (during, answer) = self.during(call.token(&self.two.jeton.master).send()).await;
        if answer.status == 200 {
            self.set(thing, during, value);
        } else {
            expect_only(&[answer], &[404, 409]);
        }
    }

    async fn verify(&self, front: usize, chosen: usize) {
        let (token, secret) = {
            let history = self.history.lock().unwrap();
            // Mostly the newest ones: most older ones have ended long ago.
            let back = (chosen % 6).min(history.copies.len() - 1);
            history.copies[history.copies.len() - 1 - back].clone()
        };
        let call = self.two.front(front).get("/v2/storage/tokens/verify").token(&secret).send();
        let (during, answer) = self.during(call).await;
        let alive = format!("copy {secret}");
        if answer.status == 200 {
            let who = answer.json();
            let rights: u64 = who["description"].as_str().unwrap().parse().unwrap();
            let of_rights = if rights > 0 { json!([format!("it.{rights}")]) } else { json!(null) };
            assert_eq!(who["componentAccess"], of_rights, "description and rights come from one state");
            self.saw(format!("rights of {token}"), during, rights);
            self.saw(format!("switch of {token}"), during, 1);
            self.saw(format!("time of {token}"), during, 1);
            self.saw(alive, during, 1);
            return;
        }
        let code = answer.json()["code"].clone();
        expect_only(&[answer], &[401]);
        match code.as_str().unwrap() {
            "storage.tokenDisabled" => self.saw(format!("switch of {token}"), during, 0),
            "storage.tokenExpired" => self.saw(format!("time of {token}"), during, 0),
            _ => self.saw(alive, during, 0),
        }
    }

    /// Runs commands, one after the other, until the clients have ended.
    async fn run_commands(&self, terminal: &Terminal) {
        let server = &self.two.jeton;
        for number in 0.. {
            if number >= 2 * COMMANDS && self.are_done.load(Ordering::SeqCst) {
                return;
            }
            match number % COMMANDS {
                0 => {
                    let (during, removed) = Box::pin(self.during(terminal.sweep(server))).await;
                    if removed > 0 {
                        self.end(1, during, None);
                    }
                }
                1 => terminal.import(server).await,
                token => {
                    let token = token - 2;
                    let answered = self.updates(token);
                    let told = terminal.updates(server, &self.tokens[token]).await;
                    assert!(told >= answered, "{told} of {answered} updates of {token} are in its history");
                }
            }
        }
    }

    /// How many updates of a token were answered.
    fn updates(&self, token: usize) -> usize {
        self.history.lock().unwrap().things[&format!("rights of {token}")].set.len() - 1
    }

    /// Deletes the first token, and lets the second one expire.
    async fn end_both(&self) {
        let path = format!("/v2/storage/tokens/{}", self.tokens[0].id);
        let call = self.two.other.delete(&path).token(&self.two.jeton.master).send();
        let (during, answer) = self.during(call).await;
        answer.expect(204);
        self.end(0, during, None);
        let (during, ()) = self.during(async { self.two.jeton.pass_seconds(60) }).await;
        self.set("time of 1".to_owned(), during, 0);
    }

    async fn during<T>(&self, call: impl Future<Output = T>) -> (During, T) {
        let from = self.turn.fetch_add(1, Ordering::SeqCst);
        let answer = call.await;
        (During { from, to: self.turn.fetch_add(1, Ordering::SeqCst) }, answer)
    }

    fn set(&self, thing: String, during: During, value: u64) {
        self.history.lock().unwrap().things.entry(thing).or_default().set.push(Moment { during, value });
    }

    fn saw(&self, thing: String, during: During, value: u64) {
        self.history.lock().unwrap().things.entry(thing).or_default().seen.push(Moment { during, value });
    }

    fn copy(&self, token: usize, during: During, secret: String) {
        self.set(format!("copy {secret}"), during, 1);
        self.history.lock().unwrap().copies.push((token, secret));
    }

    fn end(&self, token: usize, during: During, but: Option<String>) {
        self.history.lock().unwrap().ended.push((token, during, but));
    }

    /// The history, with the end of every copy.
    fn told(self) -> History {
        let mut history = self.history.into_inner().unwrap();
        for (token, secret) in &history.copies {
            let thing = history.things.entry(format!("copy {secret}")).or_default();
            let ends =
                history.ended.iter().filter(|(of, _, but)| of == token && but.as_ref() != Some(secret));
            thing.set.extend(ends.map(|(_, during, _)| Moment { during: *during, value: 0 }));
        }
        history
    }
}
