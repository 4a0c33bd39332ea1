//! Everything that can go wrong, as one enum.
//!
//! What a client reads of each is decided in one place, the service's HTTP mapping. The texts here
//! are for logs, so they hold nothing that a client sent; those fields that reach a client say so.

use crate::{share::closed::Closed, time::Timestamp};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No token came with a call that needs one.
    #[error("no access token")]
    MissingToken,
    /// The token is unknown, wrong or dead: all three look the same.
    #[error("invalid access token")]
    InvalidToken,
    /// The token is genuine, but its time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// The token is genuine, but disabled.
    #[error("the token is disabled")]
    TokenDisabled,
    /// The presented copy was kept until its successor is used.
    #[error("the copy was replaced by a newer one, live: {live}")]
    CopySuperseded {
        /// Whether that is still so, and it only may not do what was asked for; else it has ended.
        live: bool,
    },
    /// The presented copy ends with the token that shared it or made it, so it may not do what was asked for.
    #[error("the copy ends with the token that shared or made it")]
    CopyEndsWithMaker,
    /// A page of the console needs somebody who is signed in, and nobody is.
    #[error("nobody is signed in")]
    SignedOut,
    /// What was asked for needs a sign-in that is recent.
    #[error("the sign-in is not recent")]
    SignInAgain,
    /// A change in the console was not asked for by one of its own pages.
    #[error("the request comes from another site")]
    CrossSite,
    /// The caller may not do this. The reason goes to the log and the refusal event.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// A master token cannot be shared.
    #[error("a master token cannot be shared")]
    CannotShareMaster,
    /// The permissions asked for are not valid. The sentence reaches the client.
    #[error("invalid permissions")]
    InvalidPermissions(String),
    /// `expiresIn` was below one second.
    #[error("expiresIn below one second")]
    MinimalExpiration,
    /// A field was not what it must be. Both reach the client.
    #[error("bad field {field}")]
    BadField {
        /// The field, as the client spells it.
        field: String,
        /// What is wrong with it, as a sentence.
        message: String,
    },
    /// The body or query does not parse. The sentence reaches the client.
    #[error("malformed request")]
    Malformed(String),
    /// The `q` of an event list does not parse. The text names the part that does not.
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
    /// The text of the body is not in UTF-8, as it says itself. The name of its charset reaches the client.
    #[error("unsupported charset")]
    UnsupportedCharset(String),
    /// The body is compressed, or encoded in another way. The header that says so and how reach the client.
    #[error("unsupported encoding of a body")]
    UnsupportedEncoding(&'static str, String),
    /// An unpaged answer would exceed its limit; the parameters to page with reach the client.
    #[error("answer too large")]
    AnswerTooLarge,
    /// There is no such route, or an id in it is no id.
    #[error("resource not found")]
    NoRoute,
    /// The route exists, but not for this method. The allowed ones reach the client.
    #[error("method not allowed")]
    MethodNotAllowed(String),
    /// There is no such token in the caller's project.
    #[error("token not found")]
    TokenNotFound,
    /// There is no such event that the caller may see.
    #[error("event not found")]
    EventNotFound,
    /// There is no such thing; what it is reaches the client.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// There is no such share, or the secret in its link is wrong.
    #[error("share not found")]
    ShareNotFound,
    /// The code at a pick-up is wrong.
    #[error("wrong code, {left} attempts left")]
    WrongCode {
        /// How many more may be typed before the share locks.
        left: u8,
    },
    /// The share can no longer be picked up.
    #[error("share closed: {0:?}")]
    ShareClosed(Closed),
    /// The token of a share, or the one that sent it, is switched off at the moment.
    #[error("what is shared is disabled")]
    ShareDisabled,
    /// The token that sent a share has fewer rights than the shared token at the moment, so it may not share it.
    #[error("the sender of the share may not share the token any more")]
    SenderMayNotShare,
    /// The token already has as many live copies and open shares as it may have.
    #[error("too many copies")]
    TooManyCopies,
    /// A token that belongs to a configuration is not deleted by itself. Names the configuration.
    #[error("the token belongs to a configuration")]
    BelongsToConfiguration {
        /// The component.
        component: String,
        /// The configuration.
        configuration: String,
    },
    /// The token that makes the call has changed since it was read. The call starts over.
    #[error("the caller has changed")]
    CallerChanged,
    /// The change clashes with the state it met. The sentence reaches the client.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The project is closed, because it moves to another store or has just come from one.
    #[error("the project is closed")]
    ProjectClosed,
    /// Wrong tokens come from this source too often, for so many seconds to go.
    #[error("too many wrong tokens from one source")]
    TooManyWrongTokens(u64),
    /// The rest of a request did not come in time.
    #[error("the request came too slowly")]
    TooSlow,
    /// There is more to do than can be done soon.
    #[error("too many requests at once")]
    Overloaded,
    /// A budget of mails is used up until so many seconds have passed.
    #[error("a budget of mails is used up for {0} seconds")]
    TooManyMails(u64),
    /// A budget of posted events is used up until so many seconds have passed.
    #[error("a budget of events is used up for {0} seconds")]
    TooManyEvents(u64),
    /// The token has made too many changes within a second; so many seconds later it may go on.
    #[error("the token makes too many changes")]
    TooManyChanges(u64),
    /// The mailer refused a mail, so what it announced was withdrawn.
    #[error("mail not sent")]
    MailNotSent,
    /// The mail server refused a mail for good, so what it announced was withdrawn.
    #[error("mail refused for good")]
    MailRefused,
    /// The recipient's address was refused for good, so what the mail announced was withdrawn.
    #[error("the recipient's address was refused")]
    AddressRefused,
    /// The store cannot be reached, or did not answer in time. The text is for the log alone.
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
