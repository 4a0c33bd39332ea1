//! `kill -9` of a serving `jeton` at any moment loses nothing that it has acknowledged, and leaves
//! nothing half-done.
//!
//! Each round starts the real command on the files of the rounds before, puts a mixed load on it, and kills
//! it after so many acknowledged answers, while others are in progress. Then it is started again, and every
//! token must have the state of its caller's last answer; only the one call that each caller was still
//! waiting for may have happened or not, but wholly.

mod disk;
mod file;
mod life;
mod load;
mod reserve;
mod room;

use std::{
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use jeton_tests::{dynamodb, process::Served, store::fresh_folder};
use tokio::{sync::Notify, task::JoinSet};

use crate::{life::Life, load::Caller};

/// The number of concurrent callers.
const CALLERS: usize = 8;

/// The number of rounds before a new file is used: checking all of it after each takes the longer the more
/// there is in it.
const ROUNDS_OF_A_FILE: usize = 250;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    let rounds = rounds(50);
    for first in (0..rounds).step_by(ROUNDS_OF_A_FILE) {
        a_file_goes_through(first..rounds.min(first + ROUNDS_OF_A_FILE)).await;
    }
}

async fn a_file_goes_through(rounds: Range<usize>) {
    let folder = fresh_folder();
    let mut lives = Vec::new();
    for round in rounds.clone() {
        // Every other time the file is checked as the kill has left it, before its own server may repair anything.
        let look = |at| {
            if round % 2 == at {
                file::is_sound(&folder.join("jeton.db"));
            }
        };
        let touched = load_and_kill(&folder, &[], round).await;
        look(0);
        lives.extend(settled(&folder, &[], touched).await);
        look(1);
    }
    // Later rounds have not harmed the tokens of earlier ones.
    let lives = settled(&folder, &[], lives).await;
    assert!(lives.len() > rounds.len() * CALLERS, "{} tokens in {rounds:?}", lives.len());
    file::is_sound(&folder.join("jeton.db"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_dynamodb() {
    let (folder, rounds) = (fresh_folder(), rounds(10).min(10));
    let (endpoint, table) = (dynamodb::endpoint(), dynamodb::create_table().await);
    let store = format!("dynamodb:{table}");
    let variables = [
        ("JETON_STORE", store.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let mut lives = Vec::new();
    for round in 0..rounds {
        let touched = load_and_kill(&folder, &variables, round).await;
        lives.extend(settled(&folder, &variables, touched).await);
    }
    settled(&folder, &variables, lives).await;
}

fn rounds(usual: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "how long a suite runs is no configuration of Jeton")]
    let asked = std::env::var("JETON_CRASH_ROUNDS");
    asked.map_or(usual, |asked| asked.parse().expect("JETON_CRASH_ROUNDS is a number"))
}

/// The number of answers in a round before the kill: from none to some hundred and fifty, in an order without
/// a pattern.
fn answers_of(round: usize) -> usize {
    round * 67 % 151
}

/// Lets callers work until the server is killed, and returns all of their tokens.
async fn load_and_kill(folder: &Path, variables: &[(&str, &str)], round: usize) -> Vec<Life> {
    let server = serve(folder, variables);
    let (client, master) = (server.client(), master(folder));
    let answers = Arc::new(AtomicUsize::new(0));
    let (enough_answers, enough) = (Arc::new(Notify::new()), answers_of(round));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let mut caller = Caller::new(client.clone(), &master, format!("{round}.{number}"));
        let (answers, reached) = (Arc::clone(&answers), Arc::clone(&enough_answers));
        callers.spawn(async move {
            loop {
                if answers.load(Ordering::SeqCst) >= enough {
                    reached.notify_one();
                }
                // The first call without an answer is the kill: nothing else fails here.
                if !caller.step().await {
                    return caller.lives;
                }
                answers.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    // A caller that ends before the kill has met another failure.
    tokio::select! {
        () = enough_answers.notified() => server.kill(),
        ended = callers.join_next() => {
            panic!("{:?}; the server says: {}", ended.unwrap().map(|lives| lives.last().map(|l| l.pending.clone())), server.logged())
        }
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Starts the server again, and checks every token against its caller's state.
async fn settled(folder: &Path, variables: &[(&str, &str)], lives: Vec<Life>) -> Vec<Life> {
    let server = serve(folder, variables);
    let (client, master) = (server.client(), master(folder));
    let mut settled = Vec::new();
    for life in lives {
        settled.extend(life.settle(&client, &master).await);
    }
    settled
}

fn serve(folder: &Path, variables: &[(&str, &str)]) -> Served {
    let variables: Vec<_> = [("JETON_LOG", "warn")].iter().chain(variables).copied().collect();
    Served::start_with(folder, &variables)
}

fn master(folder: &Path) -> String {
    let file = folder.join("jeton-master-token");
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}
