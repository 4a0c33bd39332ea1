//! Why the mail of a share failed.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Why the mail of a share failed, which ended the share. A repeated call is answered the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailFailure {
    /// The mail server rejected the address.
    Address,
    /// The mail server rejected the mail.
    Mail,
    /// The mail server could not be reached, or did not accept the mail for now. Also one that a newer Jeton stored.
    #[serde(other)]
    Unsent,
}

impl MailFailure {
    /// The reason, for an event.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Address => "the mail server refused the address",
            Self::Mail => "the mail server refused the mail",
            Self::Unsent => "the mail could not be sent",
        }
    }

    /// The error of the call.
    pub const fn error(self) -> Error {
        match self {
            Self::Address => Error::AddressRejected,
            Self::Mail => Error::MailRejected,
            Self::Unsent => Error::MailNotSent,
        }
    }
}
