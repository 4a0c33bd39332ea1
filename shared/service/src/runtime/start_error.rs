//! Why the service cannot start.

use crate::config::BadConfig;

/// Why the service cannot start, with a message for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(String),
    /// The table cannot be created.
    #[error("{0}")]
    Table(String),
    /// The mailer cannot be set up.
    #[error("the mailer cannot be set up: {0}")]
    Mail(String),
    /// The address cannot be bound.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    /// A command, or the first start, failed.
    #[error("{}", sentence(.0))]
    Setup(#[from] jeton_core::Error),
    /// A system call failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The message of an error on a terminal, without the prefix that it has in the log.
fn sentence(error: &jeton_core::Error) -> String {
    match error {
        jeton_core::Error::BadField { message, .. } => message.clone(),
        jeton_core::Error::Conflict(sentence) => (*sentence).to_owned(),
        other => other.to_string(),
    }
}
