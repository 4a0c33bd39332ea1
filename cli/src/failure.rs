//! How a command ends.

use std::process::ExitCode;

use jeton_client::Error;
use jeton_service::{history::HistoryError, relocation::MoveError, runtime::StartError};

use crate::output::printable;

/// What every `--help` says of how a command ends.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done; for a question: allowed
  1  it did not work
  2  the command is not understood
  3  refused: the token is not valid, or may not do this
  4  there is no such thing";

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service itself cannot start, or its store is not as it should be.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The Jeton that was called says no, or nothing.
    #[error(transparent)]
    Call(#[from] Error),
    /// A backup cannot be made.
    #[error("no backup is made: {0}")]
    NoBackup(String),
    /// A project cannot move.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// So much of history is not as it was sealed, which has been said already.
    #[error("history is not as it was sealed; findings: {0}")]
    NotAsSealed(usize),
    /// A sweep has left a part of history to the next one, which the log says more about.
    #[error(
        "projects whose history could not be sealed: {unsealed}; anchors that JETON_SEAL_ANCHOR has not taken: {undelivered}; the next sweep tries again"
    )]
    NotSealed {
        /// Projects that could not be sealed.
        unsealed: u64,
        /// Anchors that were not delivered.
        undelivered: u64,
    },
    /// The command needs something that it was not given.
    #[error("{0}")]
    Missing(String),
    /// Whoever was asked said no.
    #[error("nothing is changed")]
    NotConfirmed,
    /// A question was answered no, which has been said already.
    #[error("not allowed")]
    NotAllowed,
    /// What a command says could not be written.
    #[error("standard output: {0}")]
    Output(String),
    /// A secret was made that nobody sees, and this became of it.
    #[error("the secret could not be written to standard output ({why}): {outcome}")]
    SecretLost {
        /// Why it could not be written.
        why: String,
        /// What was done about it.
        outcome: String,
    },
    /// Something could not be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
}

impl From<jeton_core::Error> for Failure {
    fn from(error: jeton_core::Error) -> Self {
        Self::Start(error.into())
    }
}

impl Failure {
    /// What is said of it. What it quotes of a server, a store or a file stays within its line.
    pub fn sentence(&self) -> String {
        let hint = if let Self::Call(error) = self { hint(error) } else { "" };
        printable(&self.to_string()) + hint
    }

    /// The exit code that tells a script.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Missing(_) => 2,
            Self::NotAllowed => 3,
            Self::Call(error) => match error.status() {
                Some(401 | 403) => 3,
                Some(404 | 410) => 4,
                _ => 1,
            },
            _ => 1,
        })
    }
}

/// What to do about it, in a line of its own.
fn hint(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { .. } | Error::TimedOut { .. } => {
            "\nIs it running there? JETON_URL says where; `jeton serve` starts one."
        }
        Error::Refused(refusal) if refusal.status == 401 => {
            "\nJETON_TOKEN (JETON_MANAGE_TOKEN for member and project), or the file of --token-file, must hold a valid token."
        }
        Error::NotUnderstood { .. } | Error::BadUrl(_) | Error::WithinJeton(_) => {
            "\nJETON_URL says where Jeton is."
        }
        _ => "",
    }
}
