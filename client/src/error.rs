//! Why a call did not succeed.

use std::time::Duration;

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Jeton answered with a status from 400 on.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// Nobody answered there, or the connection broke.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// The base URL.
        url: String,
        /// What went wrong on the way.
        why: String,
    },
    /// There was no answer in time, tries and waiting for a connection included.
    #[error("{url} did not answer within {} s", .after.as_secs_f32())]
    TimedOut {
        /// The base URL.
        url: String,
        /// How long the call was given.
        after: Duration,
    },
    /// What answered is no Jeton, or speaks another version.
    #[error("what answered at {url} is not understood: {why}")]
    NotUnderstood {
        /// The base URL.
        url: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// What was given as a token cannot be one: it holds what no header can.
    #[error("this is no token: it holds characters that no token has")]
    BadToken,
    /// What was given as an id cannot be one: it is empty or dots alone, and would make another path of that of the call.
    #[error("this is no id: it is empty, or has dots alone")]
    BadId,
    /// The base URL cannot be one. The text says why, and repeats nothing of it.
    #[error("invalid URL of Jeton: {0}; an example is http://127.0.0.1:3000")]
    BadUrl(&'static str),
    /// The base URL is that of a page or of a path within a Jeton, which begins at this address.
    #[error(
        "invalid URL of Jeton: it leads to a page or a path within it; the address of Jeton ends before it: {0}"
    )]
    WithinJeton(String),
    /// This machine has no certificates of authorities, without which no `https://` server is trusted.
    #[error("{url} cannot be trusted: this machine has no CA certificates ({why})")]
    NoCertificates {
        /// The base URL.
        url: String,
        /// What was looked for in vain.
        why: String,
    },
}

/// An answer with a status from 400 on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What kind of error it is, such as `storage.tokens.notFound`; may be empty.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// Finds the answer in Jeton's log.
    pub exception_id: String,
    /// The header `X-Request-Id`, which finds it as well.
    pub request_id: Option<String>,
    /// The header `Retry-After`: in how many seconds to try again.
    pub retry_after: Option<u64>,
    /// The header `WWW-Authenticate`.
    pub www_authenticate: Option<String>,
    /// Why the service is not available, with 503.
    pub reason: Option<String>,
}

impl Error {
    /// The HTTP status of an answer from 400 on.
    pub fn status(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// The answer, when there was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}
