//! The error enum of all operations.
//!
//! `http/error.rs` of the service maps each error to its status, code and message. The `Display` texts here are for logs, so
//! they contain nothing that a client sent. Fields that reach the client are marked.

use crate::{share::closed::Closed, time::Timestamp};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The call needs a token and has none.
    #[error("no access token")]
    MissingToken,
    /// The token is unknown, wrong or no longer valid. A caller cannot tell which.
    #[error("invalid access token")]
    InvalidToken,
    /// The token is genuine and has expired.
    #[error("the token has expired")]
    TokenExpired,
    /// The token is genuine and disabled.
    #[error("the token is disabled")]
    TokenDisabled,
    /// The presented copy was replaced by a refresh with `keepOldUntilUsed`.
    #[error("the copy was replaced by a newer one, live: {live}")]
    CopySuperseded {
        /// True while the copy works, and only this call is denied. False once its successor was used.
        live: bool,
    },
    /// The presented copy ends with the token that shared or created it, so this call is denied.
    #[error("the copy ends with the token that shared or made it")]
    CopyEndsWithMaker,
    /// A page of the console needs a session.
    #[error("nobody is signed in")]
    SignedOut,
    /// The operation needs a recent sign-in.
    #[error("the sign-in is not recent")]
    SignInAgain,
    /// A form of the console was submitted from another site (CSRF).
    #[error("the request comes from another site")]
    CrossSite,
    /// The caller may not do this. The reason goes to the log and to the access-denied event.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The caller is a read-only member, and the endpoint changes something.
    #[error("a read-only member changes nothing")]
    ReadOnly,
    /// A master token cannot be shared.
    #[error("a master token cannot be shared")]
    CannotShareMaster,
    /// The requested permissions are invalid. The message reaches the client.
    #[error("invalid permissions")]
    InvalidPermissions(String),
    /// `expiresIn` was below one second.
    #[error("expiresIn below one second")]
    MinimalExpiration,
    /// A field is invalid. Both fields reach the client.
    #[error("bad field {field}")]
    BadField {
        /// The name of the field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// The body or query does not parse. The message reaches the client.
    #[error("malformed request")]
    Malformed(String),
    /// The `q` of an event list does not parse. The message reaches the client.
    #[error("query not parsed")]
    QueryNotParsed(String),
    /// A posted event exceeds its limit.
    #[error("event too large")]
    EventTooLarge,
    /// A body exceeds its limit.
    #[error("body too large")]
    BodyTooLarge,
    /// The body is neither JSON nor a form.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The `Content-Type` names a charset other than UTF-8. The charset reaches the client.
    #[error("unsupported charset")]
    UnsupportedCharset(String),
    /// The body is compressed or otherwise encoded. The header and its value reach the client.
    #[error("unsupported encoding of a body")]
    UnsupportedEncoding(&'static str, String),
    /// An unpaged answer would exceed its limit. The client is told how to page.
    #[error("answer too large")]
    AnswerTooLarge,
    /// There is no such route, or an id in the path is invalid.
    #[error("resource not found")]
    NoRoute,
    /// The route has no such method. The allowed methods reach the client.
    #[error("method not allowed")]
    MethodNotAllowed(String),
    /// The caller's project has no such token.
    #[error("token not found")]
    TokenNotFound,
    /// There is no such event, or the caller may not read it.
    #[error("event not found")]
    EventNotFound,
    /// There is no such object. Its kind reaches the client.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// There is no such share, or the secret in its link is wrong.
    #[error("share not found")]
    ShareNotFound,
    /// The code of a share is wrong.
    #[error("wrong code, {left} attempts left")]
    WrongCode {
        /// The attempts that are left before the share locks.
        left: u8,
    },
    /// The share can no longer be picked up.
    #[error("share closed: {0:?}")]
    ShareClosed(Closed),
    /// The token of a share, or the one that sent it, is disabled.
    #[error("what is shared is disabled")]
    ShareDisabled,
    /// The token that sent a share now has fewer rights than the shared token, so it may not share it.
    #[error("the sender of the share may not share the token any more")]
    SenderMayNotShare,
    /// The token has the maximum number of live copies and pending shares.
    #[error("too many copies")]
    TooManyCopies,
    /// The token belongs to a configuration, so it cannot be deleted directly.
    #[error("the token belongs to a configuration")]
    BelongsToConfiguration {
        /// The component.
        component: String,
        /// The configuration.
        configuration: String,
    },
    /// The calling token has changed since it was authenticated. The call is authenticated and run again.
    #[error("the caller has changed")]
    CallerChanged,
    /// The change conflicts with the current state. The message reaches the client.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The project is closed: it is moving to another store, or comes from one or from a backup.
    #[error("the project is closed")]
    ProjectClosed,
    /// Too many wrong tokens came from this source. The value is the seconds until the limit resets.
    #[error("too many wrong tokens from one source")]
    TooManyWrongTokens(u64),
    /// The body of the request did not arrive in time.
    #[error("the request came too slowly")]
    TooSlow,
    /// Too many requests are running.
    #[error("too many requests at once")]
    Overloaded,
    /// A quota of mails is used up. The value is the seconds until it resets.
    #[error("a budget of mails is used up for {0} seconds")]
    TooManyMails(u64),
    /// A quota of events is used up. The value is the seconds until it resets.
    #[error("a budget of events is used up for {0} seconds")]
    TooManyEvents(u64),
    /// The token makes too many changes. The value is the seconds to wait.
    #[error("the token makes too many changes")]
    TooManyChanges(u64),
    /// A mail could not be sent, so its share or invitation was withdrawn.
    #[error("mail not sent")]
    MailNotSent,
    /// The mail server rejected a mail permanently, so its share or invitation was withdrawn.
    #[error("mail refused for good")]
    MailRejected,
    /// The mail server rejected the recipient's address, so the share or invitation was withdrawn.
    #[error("the recipient's address was refused")]
    AddressRejected,
    /// The mail of a repeated call failed. Its share stays open, since an earlier mail may have arrived. The text is for the log only.
    #[error("mail not sent again: {0}")]
    MailUnavailable(String),
    /// The store cannot be reached, or did not answer in time. The text is for the log only.
    #[error("store not available: {0}")]
    Unavailable(String),
    /// The service itself failed: a task panicked or was cancelled, or a value could not be encoded. The text is for the
    /// log alone.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A [`Error::BadField`].
    pub fn bad_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadField { field: field.into(), message: message.into() }
    }

    /// A share that was picked up at this moment.
    pub fn used(at: Timestamp) -> Self {
        Self::ShareClosed(Closed::Used(at))
    }
}

impl From<crate::permission::InvalidPermissions> for Error {
    fn from(error: crate::permission::InvalidPermissions) -> Self {
        Self::InvalidPermissions(error.0)
    }
}

impl From<crate::permission::question::BadQuestion> for Error {
    fn from(error: crate::permission::question::BadQuestion) -> Self {
        Self::bad_field(error.0, error.1)
    }
}
