//! The same calls in a small store and in a large one, both on SQLite, in turns and without a network:
//!
//!     growth FOLDER TOKENS EVENTS
//!
//! The small store has 1,000 tokens in its project, and one token with 100 events; the large one as many as are
//! asked for. Each also gets 1,000 tokens that expire, whose sweep is timed. Prints, as JSON, the medians by call in
//! microseconds, small and large, and how many tokens a sweep removes.

mod world;

use std::{
    env,
    path::Path,
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::{Map, json};
use world::World;

/// How often each call is timed in each store.
const ROUNDS: usize = 400;

/// How often each store is swept, each time of tokens that were made for it.
const SWEEPS: usize = 5;

/// How often each search that reads many tokens is timed.
const SEARCHES: usize = 5;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [folder, tokens, events] = words.as_slice() else { panic!("usage: growth FOLDER TOKENS EVENTS") };
    let number = |word: &str| word.parse().expect("this is a number");
    let small = World::new(&Path::new(folder).join("small.db"), 1000, 100).await;
    let large = World::new(&Path::new(folder).join("large.db"), number(tokens), number(events)).await;

    let mut medians = Map::new();
    for call in ["verify", "detail", "page of tokens", "page of events", "append"] {
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            for (world, took) in [&small, &large].into_iter().zip(&mut took) {
                let request = world.request(call, round);
                let began = Instant::now();
                world.send(request).await;
                took.push(began.elapsed());
            }
        }
        medians.insert(call.to_owned(), json!(took.map(median)));
    }
    let mut swept = [Vec::new(), Vec::new()];
    for _ in 0..SWEEPS {
        for (world, swept) in [&small, &large].into_iter().zip(&mut swept) {
            swept.push(world.sweep().await);
        }
    }
    medians.insert("sweep".to_owned(), json!(swept.map(median)));
    medians.insert("tokens in a sweep".to_owned(), json!(world::EXPIRING));
    // These read so many tokens at most, however many there are.
    for (call, most) in [("search", 10_000), ("sort", 100_000)] {
        let mut took = Vec::new();
        for round in 0..SEARCHES {
            let request = large.request(call, round);
            let began = Instant::now();
            let status = large.answer(request).await;
            took.push(began.elapsed());
            let is_too_large = call == "sort" && large.tokens_made >= most;
            assert_eq!(status == StatusCode::BAD_REQUEST, is_too_large, "{call}: {status}");
        }
        medians.insert(format!("{call} of {most}"), json!([0.0, median(took)]));
    }
    println!("{}", serde_json::Value::Object(medians));
}

/// In microseconds.
fn median(mut of: Vec<Duration>) -> f64 {
    of.sort_unstable();
    of[of.len() / 2].as_secs_f64() * 1e6
}
