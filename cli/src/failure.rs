//! Errors and exit codes of commands.

use std::process::ExitCode;

use jeton_client::Error;
use jeton_core::secret::redacted;
use jeton_service::{history::HistoryError, relocation::MoveError, runtime::StartError};

use crate::{
    change::what_to_do,
    output::{Lost, printable},
};

/// The exit codes, as every `--help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  success; for a question: allowed
  1  failure
  2  usage error
  3  denied: the token is not valid or may not do this; for a question: not allowed
  4  not found";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service cannot start, or its store is not usable.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The call of Jeton failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// A backup failed.
    #[error("the backup failed: {0}")]
    NoBackup(String),
    /// An export or import failed.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// Projects could not be closed. The reasons are printed already.
    #[error("projects that could not be closed: {0}; run it again")]
    NotClosed(usize),
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// History differs from its seals. The findings are printed already.
    #[error("history is not as it was sealed; findings: {0}")]
    NotAsSealed(usize),
    /// A sweep could not seal or deliver everything. The log has the details.
    #[error(
        "projects whose history could not be sealed: {unsealed}; anchors that JETON_SEAL_ANCHOR has not taken: {undelivered}; the next run tries again"
    )]
    NotSealed {
        /// Projects that could not be sealed.
        unsealed: u64,
        /// Anchors that were not delivered.
        undelivered: u64,
    },
    /// Some tokens could not be changed. The reasons are printed already.
    #[error("tokens that could not be changed: {0}")]
    NotChanged(usize),
    /// Some tokens stay in the keyring. They are named already.
    #[error("tokens that could not be removed: {0}")]
    NotRemoved(usize),
    /// A value that the command needs is missing.
    #[error("{0}")]
    Missing(String),
    /// No token is configured. The text says how to give one.
    #[error("{0}")]
    NoToken(String),
    /// The confirmation was answered no.
    #[error("nothing is changed")]
    NotConfirmed,
    /// A question was answered no. The answer is printed already.
    #[error("not allowed")]
    NotAllowed,
    /// Standard output failed.
    #[error("cannot write to standard output: {0}")]
    Output(String),
    /// The filter of `--jq` failed on an answer.
    #[error("--jq: {0}")]
    Filter(String),
    /// A new secret could not be printed.
    #[error("the secret could not be printed ({why}): {outcome}")]
    SecretLost {
        /// Why it could not be printed.
        why: String,
        /// What became of the secret.
        outcome: String,
    },
    /// Checks of `jeton doctor` failed. They are printed already.
    #[error("checks that failed: {0}")]
    Unwell(usize),
    /// A token that was picked up could not be kept.
    #[error("{why}; {outcome}")]
    NotKept {
        /// Why it could not be kept.
        why: String,
        /// What became of the token.
        outcome: String,
    },
    /// A file or a terminal could not be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
}

impl From<jeton_core::Error> for Failure {
    fn from(error: jeton_core::Error) -> Self {
        Self::Start(error.into())
    }
}

impl From<&Lost> for Failure {
    fn from(lost: &Lost) -> Self {
        match lost {
            Lost::Output(error) => Self::Output(error.to_string()),
            Lost::Filter(why) => Self::Filter(why.clone()),
        }
    }
}

impl Failure {
    /// The message. Quoted text of a server, a store or a file cannot break the line.
    pub fn sentence(&self) -> String {
        let sentence = printable(&self.to_string());
        let sentence = redacted(&sentence).into_owned();
        match self {
            Self::Call(Error::AnswerLost { change, .. }) => format!("{sentence}\n{}", what_to_do(*change)),
            Self::Call(error) => sentence + hint(error),
            _ => sentence,
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Missing(_) | Self::NoToken(_) => 2,
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

/// A hint on a line of its own.
fn hint(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { .. } | Error::TimedOut { .. } => {
            "\nIs it running? JETON_URL or a profile sets its address (see `jeton status`); `jeton serve` starts it."
        }
        Error::Rejected(rejection) if rejection.status == 401 => {
            "\nJETON_TOKEN (JETON_MANAGE_TOKEN for member and project), the file of --token-file, or the profile of `jeton login` must hold a valid token."
        }
        Error::NotUnderstood { status: 502..=504, .. } => {
            "\nA proxy answers there, but not Jeton behind it. Try again later (see `jeton doctor`)."
        }
        Error::NotUnderstood { .. } | Error::BadUrl(_) | Error::WithinJeton(_) => {
            "\nJETON_URL, --url or a profile sets the address of Jeton."
        }
        _ => "",
    }
}
