//! One start, and many of them summed up.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use jeton_tests::{
    cold_start::{RuntimeApi, World},
    process::Kept,
};
use serde::Serialize;

/// What one start took.
pub struct Round {
    first_poll: f64,
    first_answer: f64,
    memory: f64,
}

/// What many starts of a program took: medians.
#[derive(Serialize)]
pub struct Summary {
    /// From exec to the first poll of the runtime API, in milliseconds.
    first_poll: f64,
    /// From exec to the first answered invocation, in milliseconds.
    first_answer: f64,
    /// What it held in memory after that, in MB.
    memory: f64,
    /// The size of its binary, in bytes.
    size: u64,
}

impl Round {
    /// Starts a program, has it answer once, and ends it.
    ///
    /// The last variables take the place of those that the world gives.
    pub fn of(api: &RuntimeApi, program: &Path, world: &World, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(world.variables())
            .envs(variables.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", api.address());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut process = Kept::start(&mut command);
        let mut connection = api.first_poll();
        let first_poll = started.elapsed();
        let answer = connection.invoke(world.event());
        let first_answer = started.elapsed();
        assert!(answer.contains("\"statusCode\":200"), "{}: {answer}", program.display());
        let memory = memory(process.child().id());
        Self {
            first_poll: first_poll.as_secs_f64() * 1e3,
            first_answer: first_answer.as_secs_f64() * 1e3,
            memory,
        }
    }
}

impl Summary {
    /// Sums rounds up.
    pub fn of(program: &Path, rounds: &[Round]) -> Self {
        Self {
            first_poll: median(rounds.iter().map(|round| round.first_poll)),
            first_answer: median(rounds.iter().map(|round| round.first_answer)),
            memory: median(rounds.iter().map(|round| round.memory)),
            size: fs::metadata(program).unwrap().len(),
        }
    }
}

/// The one in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The resident memory of a process, in MB.
fn memory(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1e3
}
