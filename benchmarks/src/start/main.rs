//! What the start of a function costs: `verify` beside a function that does nothing.
//!
//! Both are started again and again, in turns, by a runtime API that does the least it can. Prints as JSON, of
//! each, the medians of the time from exec to its first poll and to its first answer in milliseconds, of its memory
//! in megabytes, and its size in bytes. `./bench start` builds both and runs this.

mod measure;
mod table;

use std::{path::PathBuf, process::ExitCode, thread, time::Duration};

use jeton_tests::{
    cold_start::{RuntimeApi, World},
    dynamodb,
};
use measure::{Round, Summary, median};
use serde_json::json;
use table::Requests;

/// How often each is started.
const ROUNDS: usize = 40;

/// How many rounds before that do not count: DynamoDB Local, which runs on a JVM, answers its first
/// hundred or so of requests much later than any after them, and DynamoDB itself is never so new.
const WARM_UP: usize = 150;

/// How long all of it may take, which only a program takes that does not answer.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(hello), Some(verify)) = (arguments.next(), arguments.next()) else {
        eprintln!("start HELLO VERIFY: the two programs, built for release");
        return ExitCode::from(2);
    };
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        eprintln!("not done after {} seconds: does each program start and answer?", PATIENCE.as_secs());
        std::process::exit(1);
    });
    let world = World::new().await;
    let api = RuntimeApi::listen();
    let requests = Requests::of(&dynamodb::endpoint(), |address| {
        Round::of(&api, &verify, &world, &[("AWS_ENDPOINT_URL_DYNAMODB", address)]);
    });
    let (mut hellos, mut verifies, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        // Each goes first every other time, so that neither profits from the other.
        let programs = [(&hello, &mut hellos), (&verify, &mut verifies)];
        let programs: Vec<_> = if round % 2 == 0 {
            programs.into_iter().collect()
        } else {
            programs.into_iter().rev().collect()
        };
        for (program, rounds) in programs {
            let measured = Round::of(&api, program, &world, &[]);
            if round >= WARM_UP {
                rounds.push(measured);
            }
        }
        let answered = requests.answered();
        if round >= WARM_UP {
            bare.push(answered);
        }
    }
    let both = [Summary::of(&hello, &hellos), Summary::of(&verify, &verifies)];
    println!("{}", json!({"hello": both[0], "verify": both[1], "table": median(bare.into_iter())}));
    ExitCode::SUCCESS
}
