//! Errors of sending mails.

/// Why a mail was not sent. The text is for the log, and contains neither an address nor anything else of the mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The recipient's address is invalid.
    #[error("the recipient's address is not a mail address")]
    Address,
    /// The message could not be built.
    #[error("the mail could not be built")]
    Message,
    /// The file in the outbox could not be written.
    #[error("the outbox directory could not be written: {0}")]
    Outbox(std::io::ErrorKind),
    /// The mail server cannot be reached, or did not answer in time.
    #[error("the mail server could not be reached, or did not answer in time")]
    Unreachable,
    /// TLS could not be established.
    #[error("TLS with the mail server failed, which is required unless the server is on this machine")]
    Tls,
    /// The connection broke, or the server did not speak SMTP.
    #[error("the SMTP session failed")]
    Protocol,
    /// The server rejected the recipient's address, with this SMTP reply code.
    #[error("the mail server does not accept the recipient's address (SMTP code {0})")]
    NoSuchAddress(u16),
    /// The server rejected the mail, with this SMTP reply code.
    #[error("the mail server refused the mail (SMTP code {0})")]
    Rejected(u16),
    /// SES rejected the mail, with this error code.
    #[error("SES refused the mail ({0}); is the sender verified and the account out of the sandbox?")]
    Ses(String),
}

impl NotSent {
    /// Whether the recipient's address was rejected, so that a retry is useless. SES answers `MessageRejected` for addresses that
    /// it does not send to.
    pub fn rejects_address(&self) -> bool {
        match self {
            Self::Address | Self::NoSuchAddress(_) => true,
            Self::Ses(code) => matches!(code.as_str(), "MessageRejected" | "InvalidParameterValue"),
            _ => false,
        }
    }

    /// Whether the mail server rejected the mail or the address permanently, so that a retry is useless.
    pub fn is_for_good(&self) -> bool {
        matches!(self, Self::Rejected(500..=599)) || self.rejects_address()
    }

    /// Whether the next mail is likely to fail, too, because the mailer failed and not this mail. If unknown, as with SES, it
    /// counts as the mailer.
    pub fn stops_all(&self) -> bool {
        match self {
            Self::Address | Self::Message | Self::NoSuchAddress(_) | Self::Rejected(_) => false,
            Self::Outbox(_) | Self::Unreachable | Self::Tls | Self::Protocol | Self::Ses(_) => true,
        }
    }
}
