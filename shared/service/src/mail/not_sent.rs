//! Why a mail did not leave.

/// A mail that did not leave. Its text is for the operator's log: it says where to look and holds
/// neither an address nor anything else of the mail, whatever the other side answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The recipient's address is none.
    #[error("the recipient's address is not a mail address")]
    Address,
    /// The message could not be built.
    #[error("the mail could not be put together")]
    Message,
    /// The outbox directory did not take the file.
    #[error("the outbox directory could not be written: {0}")]
    Outbox(std::io::ErrorKind),
    /// The mail server was not reached, or did not answer in time.
    #[error("the mail server could not be reached, or did not answer in time")]
    Unreachable,
    /// No encrypted connection could be agreed on.
    #[error("the mail server could not be spoken to over TLS, which is required off loopback")]
    Tls,
    /// The connection broke, or the server spoke something other than SMTP.
    #[error("the conversation with the mail server failed")]
    Protocol,
    /// The server does not accept the recipient's address, with its SMTP reply code.
    #[error("the mail server does not accept the recipient's address (SMTP code {0})")]
    NoSuchAddress(u16),
    /// The server refused, with its SMTP reply code.
    #[error("the mail server refused the mail (SMTP code {0})")]
    Refused(u16),
    /// SES refused, with its error code.
    #[error("SES refused the mail ({0}); is the sender verified and the account out of the sandbox?")]
    Ses(String),
}

impl NotSent {
    /// Whether it is the recipient's address that was refused, so that trying again is of no use. SES says
    /// `MessageRejected` of addresses that it does not send to.
    pub fn refuses_address(&self) -> bool {
        match self {
            Self::Address | Self::NoSuchAddress(_) => true,
            Self::Ses(code) => matches!(code.as_str(), "MessageRejected" | "InvalidParameterValue"),
            _ => false,
        }
    }

    /// Whether the mail server refused the mail, or the address, for good: to try the same again is of no use.
    pub fn is_for_good(&self) -> bool {
        matches!(self, Self::Refused(500..=599)) || self.refuses_address()
    }

    /// Whether the next mail is likely to fare the same: what failed is the way out, rather than this
    /// one mail. Where it cannot be told, as with SES, it counts as the way out.
    pub fn stops_all(&self) -> bool {
        match self {
            Self::Address | Self::Message | Self::NoSuchAddress(_) | Self::Refused(_) => false,
            Self::Outbox(_) | Self::Unreachable | Self::Tls | Self::Protocol | Self::Ses(_) => true,
        }
    }
}
