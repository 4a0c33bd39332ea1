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
/// Without a command, jeton serves. Configuration comes from the environment: JETON_STORE, JETON_MAIL,
/// JETON_PUBLIC_URL, JETON_LISTEN (or PORT), JETON_TRUSTED_PROXIES, JETON_LOG.
#[expect(clippy::doc_markdown, reason = "this is what --help prints, where backticks would be noise")]
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

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
        Command::Serve => {
            runtime::log_to(&config.log);
            serve::serve(&config).await
        }
        Command::Init(init) => init::init(&config, init).await,
        Command::Sweep => sweep::sweep(&config).await,
    }
}
