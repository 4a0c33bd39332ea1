//! Why a call did not succeed.

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Jeton refused it.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What kind of refusal it is, such as `storage.tokens.notFound`; may be empty.
        code: String,
        /// A sentence for a person.
        message: String,
        /// By which the answer is found in Jeton's log.
        exception_id: String,
    },
    /// Nobody answered there.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What went wrong on the way.
        why: String,
    },
    /// What answered is no Jeton, or speaks another version.
    #[error("what answered at {url} is not understood: {why}")]
    NotUnderstood {
        /// Where.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// What was given as a token cannot be one: it holds what no header can.
    #[error("this is no token: it holds characters that no token has")]
    BadToken,
    /// The address is none.
    #[error("{0} is no address of a Jeton; one is http://127.0.0.1:3000")]
    BadUrl(String),
}

impl Error {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
