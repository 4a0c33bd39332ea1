//! Errors of calls.

use std::time::Duration;

use crate::Change;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Jeton answered with a status of 400 or above.
    #[error("{}", .0.message)]
    Rejected(Box<Rejection>),
    /// There was no answer of Jeton to a call that changes something: the connection broke, it took too long, or another program
    /// answered. The call may have been carried out.
    #[error("{url} may have carried out the call, but its answer is lost: {why}")]
    AnswerLost {
        /// What the call changes.
        change: Change,
        /// The base URL.
        url: String,
        /// The error of the connection, the timeout, or what is wrong with the answer.
        why: String,
    },
    /// The connection failed, or broke during a read.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// The base URL.
        url: String,
        /// The error of the connection.
        why: String,
    },
    /// There was no answer within the timeout, which includes retries and waiting for a connection.
    #[error("{url} did not answer within {} s", .after.as_secs_f32())]
    TimedOut {
        /// The base URL.
        url: String,
        /// The timeout of the call.
        after: Duration,
    },
    /// An export ended early. What was read of it is not complete.
    #[error("the export of {url} ended early, and is not complete: {why}")]
    Incomplete {
        /// The base URL.
        url: String,
        /// Why it ended.
        why: String,
    },
    /// The answer is not one of Jeton, or is one of another version.
    #[error("the answer of {url} is not one of Jeton: {why}")]
    NotUnderstood {
        /// The base URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What is wrong with the answer.
        why: String,
    },
    /// The token contains characters that no HTTP header can have.
    #[error("invalid token: it contains characters that no token has")]
    BadToken,
    /// The id is empty, `.` or `..`, which would make another path.
    #[error("invalid id: it must not be empty, `.` or `..`")]
    BadId,
    /// The base URL is invalid. The text says why, and does not quote it.
    #[error("invalid URL of Jeton: {0}; an example is http://127.0.0.1:3000")]
    BadUrl(&'static str),
    /// The base URL is that of a page or of a path of the API. The text is the base URL without the path.
    #[error("invalid URL of Jeton: it includes a page or a path of the API; use {0}")]
    WithinJeton(String),
    /// This machine has no CA certificates, so no `https://` server can be verified.
    #[error("{url} cannot be verified: this machine has no CA certificates ({why})")]
    NoCertificates {
        /// The base URL.
        url: String,
        /// Why no certificates were found.
        why: String,
    },
}

/// An answer with a status of 400 or above.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `storage.tokens.notFound`; may be empty.
    pub code: String,
    /// The message.
    pub message: String,
    /// The `exceptionId`: the id of the answer in Jeton's log.
    pub exception_id: String,
    /// The header `X-Request-Id`, the same id.
    pub request_id: Option<String>,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The header `WWW-Authenticate`.
    pub www_authenticate: Option<String>,
    /// The reason of a 503.
    pub reason: Option<String>,
}

impl Error {
    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.rejection().map(|rejection| rejection.status)
    }

    /// The answer, if there was one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}
