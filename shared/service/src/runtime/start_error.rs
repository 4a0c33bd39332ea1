//! Why the service cannot start.

use crate::config::BadConfig;

/// Why the service cannot start, as a sentence for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not usable.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(String),
    /// Mail cannot go out as configured.
    #[error("the mailer cannot be set up: {0}")]
    Mail(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    /// A command of the terminal, or the first start, did not succeed.
    #[error("{}", sentence(.0))]
    Setup(#[from] jeton_core::Error),
    /// Something of the operating system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What a person at a terminal reads of an error: without the words that sort it in a log.
fn sentence(error: &jeton_core::Error) -> String {
    match error {
        jeton_core::Error::BadField { message, .. } => message.clone(),
        jeton_core::Error::Conflict(sentence) => (*sentence).to_owned(),
        other => other.to_string(),
    }
}
