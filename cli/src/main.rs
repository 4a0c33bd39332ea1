//! The `jeton` command.

mod first_start;
mod init;
mod reveal;
mod serve;
mod sweep;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jeton_service::{config::Config, runtime};

/// API tokens you can hand out, watch, and take back.
///
/// Without a command, jeton serves.
#[derive(Parser)]
#[command(version, after_help = CONFIGURATION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What `--help` says of the environment.
const CONFIGURATION: &str = "\
Configuration comes from the environment:
  JETON_STORE            sqlite:PATH (default sqlite:jeton.db) or dynamodb:TABLE
  JETON_MAIL             outbox:DIR (default outbox:outbox), ses:FROM, or smtp://USER:PASSWORD@HOST?from=FROM
  JETON_LISTEN           address to serve on (default 127.0.0.1:3000); PORT sets the port of all addresses
  JETON_PUBLIC_URL       where people reach the service; https:// when it listens beyond this machine
  JETON_METRICS          address on which Prometheus is answered too; /metrics answers this machine
  JETON_TRUSTED_PROXIES  addresses whose X-Forwarded-For is believed
  JETON_LOG              what is logged (default info)";

#[derive(Subcommand)]
enum Command {
    /// Serve the whole API in this process (what a bare `jeton` does).
    Serve,
    /// Add a project, a member or a manage token, and show its secret once.
    #[command(subcommand)]
    Init(init::Init),
    /// Remove expired tokens now.
    Sweep,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jeton: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), runtime::StartError> {
    let config = Config::from_env()?;
    match command {
        Command::Serve => serve::serve(&config).await,
        Command::Init(init) => init::init(&config, init).await,
        Command::Sweep => sweep::sweep(&config).await,
    }
}
