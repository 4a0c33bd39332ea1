//! What the start of a function costs: `verify` beside a function that does nothing.
//!
//! Both are started again and again, in turns, by a runtime API that does the least it can. Prints for
//! each the time from exec to its first poll and to its first answer, its size and its memory, and ends
//! with 1 when a target is missed. `./bench start` builds both and runs this.

mod measure;

use std::{path::PathBuf, process::ExitCode, thread, time::Duration};

use jeton_tests::cold_start::{RuntimeApi, World};
use measure::{Round, Summary};

/// How often each is started.
const ROUNDS: usize = 40;

/// How many rounds before that do not count: DynamoDB Local, which runs on a JVM, answers its first
/// hundred or so of requests much later than any after them, and DynamoDB itself is never so new.
const WARM_UP: usize = 150;

/// The first poll of `verify` comes at most this many times as late as that of the floor.
const FIRST_POLL: f64 = 2.0;

/// Its first answer comes at most this much later, in milliseconds.
const FIRST_ANSWER: f64 = 3.0;

/// How long all of it may take, which only a program takes that does not answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// The most that its binary may measure, in bytes.
const SIZE: u64 = 7_000_000;

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
    let (mut hellos, mut verifies) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        // Each goes first every other time, so that neither profits from the other.
        let programs = [(&hello, &mut hellos), (&verify, &mut verifies)];
        let programs: Vec<_> = if round % 2 == 0 {
            programs.into_iter().collect()
        } else {
            programs.into_iter().rev().collect()
        };
        for (program, rounds) in programs {
            let measured = Round::of(&api, program, &world);
            if round >= WARM_UP {
                rounds.push(measured);
            }
        }
    }
    report(&Summary::of(&hello, &hellos), &Summary::of(&verify, &verifies))
}

/// Prints both, and which targets are met.
fn report(hello: &Summary, verify: &Summary) -> ExitCode {
    println!("{ROUNDS} starts of each, in turns; medians, and between which values half of them lie\n");
    println!("| | hello | verify |\n| --- | --- | --- |");
    println!("| exec to first poll | {} | {} |", hello.first_poll, verify.first_poll);
    println!("| exec to first answer | {} | {} |", hello.first_answer, verify.first_answer);
    println!("| size of the binary | {:.2} MB | {:.2} MB |", megabytes(hello.size), megabytes(verify.size));
    println!("| memory after the answer | {:.1} MB | {:.1} MB |\n", hello.memory, verify.memory);
    let ratio = verify.first_poll.median / hello.first_poll.median;
    let later = verify.first_answer.median - hello.first_answer.median;
    let targets = [
        (format!("first poll: {ratio:.2} times the floor, at most {FIRST_POLL}"), ratio <= FIRST_POLL),
        (
            format!("first answer: {later:.2} ms after the floor, at most {FIRST_ANSWER}"),
            later <= FIRST_ANSWER,
        ),
        (
            format!("size: {:.2} MB, at most {:.0}", megabytes(verify.size), megabytes(SIZE)),
            verify.size <= SIZE,
        ),
    ];
    for (target, met) in &targets {
        println!("{} {target}", if *met { "met   " } else { "MISSED" });
    }
    if targets.iter().all(|(_, met)| *met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::cast_precision_loss, reason = "no binary has that many bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
