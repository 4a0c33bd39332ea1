//! `jeton doctor`: looks for what is wrong, and says what to do.

mod check;
mod profiles;
mod reach;
mod server;
mod table;

use clap::Args;
use serde_json::json;

use self::check::{Check, Level};
use crate::{
    connection::Connection,
    failure::Failure,
    output::{self, Style},
};

const EXAMPLES: &str = "\
Examples:
  jeton doctor                                            the Jeton that commands call
  jeton doctor --profile work
  JETON_STORE=dynamodb:jeton jeton doctor --server        also the configuration of a server on this machine

It changes nothing, but uses the tokens that it checks: the first use of a new secret ends an old one that --keep-old-until-used left. It exits with 1 if there is a failure; warnings do not count.";

/// Checks the Jeton that commands call: whether it answers, its clock, its store, its address, the token and the manage token, and tokens that no profile names. With `--server` also
/// the configuration of a server, as the environment has it here.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Also check the configuration of a server on this machine
    #[arg(long)]
    server: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Doctor {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failure> {
        let connection = self.connection.ready()?;
        let mut checks = Vec::new();
        if self.server {
            checks.extend(server::checks().await);
        }
        checks.extend(reach::checks(&connection).await);
        checks.extend(profiles::check());
        let failures = checks.iter().filter(|check| check.level == Level::Failure).count();
        if connection.format.json {
            output::json(&checks.iter().map(as_json).collect());
        } else {
            checks.iter().for_each(print);
        }
        if failures == 0 { Ok(()) } else { Err(Failure::Unwell(failures)) }
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Failure => "failure",
    }
}

fn as_json(check: &Check) -> serde_json::Value {
    json!({"check": check.name, "level": word(check.level), "found": check.found, "advice": check.advice})
}

fn print(check: &Check) {
    let style = match check.level {
        Level::Ok => Style::Green,
        Level::Warning => Style::Yellow,
        Level::Failure => Style::Red,
    };
    let word = style.of(&format!("{:<9}", word(check.level)));
    output::raw(format!("{word}{:<15}{}\n", check.name, output::printable(&check.found)).as_bytes());
    if let Some(advice) = &check.advice {
        println!("{:24}{}", "", output::printable(advice));
    }
}
