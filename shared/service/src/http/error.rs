//! Maps errors to HTTP responses: status, code, message and headers. Nothing else does.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode, header};
use jeton_core::{Error, secret, share::Closed};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Reply,
    code::{self, Code},
};
use crate::wire::object::{Object, key};

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The error message, for people.
    pub error: String,
    /// The error code, which stays the same between versions.
    pub code: &'static str,
    /// The id of this error, which is in the log of the service.
    pub exception_id: String,
    /// `error`; `maintenance` while the store is not available.
    pub status: &'static str,
    /// Why the service is not available, in answers with status 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// What a read-only member is told, as a sentence without its full stop.
pub const READ_ONLY: &str = "You can read this project, not change it";

/// An error response before it is rendered, as JSON or as a page.
#[derive(Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error code, for programs to compare.
    pub code: &'static str,
    /// The message, for people. Secrets are masked, because it may quote the request.
    pub message: String,
    /// Why the service is not available. Only with status 503.
    pub reason: Option<&'static str>,
    /// Additional headers, such as `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Maps an error to its response.
pub fn problem(error: &Error) -> Problem {
    let (code, said) = code_and_message(error);
    let reason = (code == code::UNAVAILABLE).then_some(match error {
        Error::Overloaded => "There are too many requests at once",
        Error::MailUnavailable(_) => {
            "The mail could not be sent; the share is open, since an earlier mail may have arrived"
        }
        _ => "The store did not answer in time",
    });
    let message = match said {
        Said::Fixed(message) => message.to_owned(),
        Said::Quoting(message) => secret::masked(&message).into_owned(),
    };
    Problem { status: code.status, code: code.name, message, reason, headers: headers(error) }
}

/// The message of an error.
enum Said<'a> {
    /// A text of this file, in which there is nothing to mask.
    Fixed(&'static str),
    /// A text that may quote the request.
    Quoting(Cow<'a, str>),
}

impl Said<'_> {
    fn of(message: String) -> Self {
        Self::Quoting(Cow::Owned(message))
    }
}

/// The code and message of an error. The match has no wildcard, so a new error does not compile until it is added here.
#[expect(clippy::too_many_lines, reason = "one table is easier to check than its parts")]
fn code_and_message(error: &Error) -> (Code, Said<'_>) {
    let of = |code, message| (code, Said::Fixed(message));
    let quoting = |code, message| (code, Said::Quoting(Cow::Borrowed(message)));
    match error {
        Error::MissingToken => of(code::TOKEN_MISSING, "Access token must be set"),
        Error::InvalidToken => of(code::TOKEN_INVALID, "Invalid access token"),
        Error::TokenExpired => of(code::TOKEN_EXPIRED, "Access token has expired"),
        Error::TokenDisabled => of(code::TOKEN_DISABLED, "Access token is disabled"),
        Error::CopySuperseded { live: false } => of(
            code::COPY_SUPERSEDED,
            "This copy of the token was replaced, and the new copy is in use: read the new secret from where it is stored",
        ),
        Error::CopySuperseded { live: true } => of(
            code::GRACE_COPY,
            "This copy of the token was replaced and cannot create anything: read the new secret from where it is stored",
        ),
        Error::CopyEndsWithMaker => of(
            code::ACCESS_DENIED,
            "This copy ends with the token that shared or refreshed it, so it cannot create tokens, copies or shares, grant \
             rights that last longer, or end itself",
        ),
        Error::SignedOut => of(code::SIGNED_OUT, "Please sign in"),
        Error::SignInAgain => of(code::SIGN_IN_AGAIN, "For your security, sign in again to continue"),
        Error::CrossSite => of(
            code::CROSS_SITE,
            "This request does not come from a page of the console, or the page is too old: please reload it",
        ),
        Error::Forbidden(_) => of(code::ACCESS_DENIED, "You don't have access to the resource."),
        Error::ReadOnly => of(code::READ_ONLY, READ_ONLY),
        Error::CannotShareMaster => of(
            code::MASTER_NOT_SHARED,
            "A master token cannot be shared: invite its recipient as a member instead",
        ),
        Error::InvalidPermissions(message) => quoting(code::INVALID_PERMISSIONS, message),
        Error::MinimalExpiration => {
            of(code::MINIMAL_EXPIRATION, "Minimal expiration must be greater or equal to 1 second(s)")
        }
        Error::BadField { message, .. } => quoting(code::BAD_FIELD, message),
        Error::Malformed(message) => quoting(code::MALFORMED, message),
        Error::QueryNotParsed(message) => {
            (code::QUERY_NOT_PARSED, Said::of(format!("Failed to parse query: {message}")))
        }
        Error::EventTooLarge => of(code::EVENT_TOO_LARGE, "An event may have at most 200 KB"),
        Error::BodyTooLarge => of(code::BODY_TOO_LARGE, "The body of this request is too large"),
        Error::UnsupportedMediaType => of(
            code::UNSUPPORTED_MEDIA_TYPE,
            "The body must be application/json or application/x-www-form-urlencoded",
        ),
        Error::UnsupportedCharset(charset) => (
            code::UNSUPPORTED_MEDIA_TYPE,
            Said::of(format!("The body must be UTF-8: the charset {charset} is not supported")),
        ),
        Error::UnsupportedEncoding(header, encoding) => (
            code::UNSUPPORTED_ENCODING,
            Said::of(format!("The body must not be encoded: {header} {encoding} is not supported")),
        ),
        Error::AnswerTooLarge => of(
            code::ANSWER_TOO_LARGE,
            "The answer would exceed 5 MB: use the parameters limit and afterId to get it in pages",
        ),
        Error::NoRoute => of(code::THING_NOT_FOUND, "resource not found"),
        Error::MethodNotAllowed(allowed) => {
            (code::METHOD_NOT_ALLOWED, Said::of(format!("This path supports only {allowed}")))
        }
        Error::TokenNotFound => of(code::TOKEN_NOT_FOUND, "There is no such token in this project"),
        Error::EventNotFound => of(code::EVENT_NOT_FOUND, "Event not found"),
        Error::NotFound(what) => (code::THING_NOT_FOUND, Said::of(format!("There is no such {what}"))),
        Error::ShareNotFound => of(code::SHARE_NOT_FOUND, "There is no such share"),
        Error::WrongCode { left } => of(
            code::WRONG_CODE,
            match left {
                0 => "This code is wrong, and it was the last attempt: the share is locked now.",
                1 => "This code is wrong. One attempt is left before the share is locked.",
                2 => "This code is wrong. Two attempts are left before the share is locked.",
                3 => "This code is wrong. Three attempts are left before the share is locked.",
                _ => "This code is wrong. Four attempts are left before the share is locked.",
            },
        ),
        Error::ShareClosed(Closed::Used(at)) => {
            (code::SHARE_USED, Said::of(format!("This share was picked up at {at}")))
        }
        Error::ShareClosed(Closed::Locked) => {
            of(code::SHARE_LOCKED, "This share is locked: too many wrong codes were entered")
        }
        Error::ShareClosed(Closed::Expired) => of(code::SHARE_EXPIRED, "This share has expired"),
        Error::ShareClosed(Closed::Ended) => of(
            code::SHARE_ENDED,
            "The token of this share was refreshed or deleted or has expired, the share or invitation was withdrawn or sent again, or its \
             sender may not send any more",
        ),
        Error::ShareDisabled => of(
            code::SHARE_DISABLED,
            "The token of this share, or its sender, is disabled at the moment; please try again later",
        ),
        Error::SenderMayNotShare => of(
            code::SENDER_MAY_NOT_SHARE,
            "The token that sent this share now has fewer rights than the shared token, so the share is on hold",
        ),
        Error::TooManyCopies => of(
            code::TOO_MANY_COPIES,
            "This token has 16 live copies and pending shares: delete some of them, or refresh the token",
        ),
        Error::BelongsToConfiguration { component, configuration } => (
            code::USED_BY_CONFIGURATION,
            Said::of(format!(
                "Cannot delete token, because it's used for event trigger inside component \"{component}\" \
                 with configuration id \"{configuration}\""
            )),
        ),
        Error::CallerChanged => {
            of(code::CONFLICT, "The calling token was changed concurrently; please try again")
        }
        Error::Conflict(message) => of(code::CONFLICT, message),
        Error::ProjectClosed => of(
            code::PROJECT_CLOSED,
            "This project is closed, for example because it is moving to another store; please try again later",
        ),
        Error::TooManyWrongTokens(_) => of(
            code::TOO_MANY_WRONG_TOKENS,
            "Too many wrong access tokens came from this address within a minute",
        ),
        Error::TooSlow => of(code::REQUEST_TIMEOUT, "The body of the request did not arrive in time"),
        Error::TooManyMails(_) => of(
            code::TOO_MANY_MAILS,
            "The quota of mails for this hour is used up: that of this token, of this project or of this address",
        ),
        Error::TooManyEvents(_) => of(
            code::TOO_MANY_EVENTS,
            "The quota of events for this hour is used up: that of this token or of this project",
        ),
        Error::TooManyChanges(_) => of(
            code::TOO_MANY_CHANGES,
            "This token makes too many changes within a second; please try again later",
        ),
        Error::MailNotSent => of(
            code::MAIL_NOT_SENT,
            "The mail could not be sent, so nothing was shared; if it was to replace an earlier link, that has ended. Please share or \
             invite again later",
        ),
        Error::MailRejected => of(
            code::MAIL_NOT_SENT,
            "The mail server rejected the mail, so nothing was shared; if it was to replace an earlier link, that has ended. A retry \
             does not help until the operator of this service or of the mail server has fixed it",
        ),
        Error::AddressRejected => of(
            code::ADDRESS_REJECTED,
            "The mail server does not accept this e-mail address, so nothing was shared; if it was to replace an \
             earlier link, that has ended. Please check the address",
        ),
        Error::Internal(_) => of(code::INTERNAL, "Something went wrong in the service; please try again"),
        Error::Unavailable(_) | Error::MailUnavailable(_) | Error::Overloaded => {
            of(code::UNAVAILABLE, "The service is not available at the moment; please try again")
        }
    }
}

/// The headers of an error response: when to retry, and which encoding or methods are accepted instead.
fn headers(error: &Error) -> Vec<(HeaderName, HeaderValue)> {
    let retry_after = |seconds: u64| vec![(header::RETRY_AFTER, HeaderValue::from(seconds))];
    match error {
        Error::Unavailable(_) | Error::MailUnavailable(_) => retry_after(2),
        Error::Overloaded => retry_after(1),
        Error::TooManyMails(seconds)
        | Error::TooManyEvents(seconds)
        | Error::TooManyChanges(seconds)
        | Error::TooManyWrongTokens(seconds) => retry_after(*seconds),
        Error::UnsupportedEncoding(..) => {
            vec![(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))]
        }
        Error::MethodNotAllowed(allowed) => {
            HeaderValue::from_str(allowed).map(|allowed| (header::ALLOW, allowed)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Reply {
    /// Renders an error as a JSON response.
    pub fn error(error: &Error, exception_id: &str) -> Self {
        let Problem { status, code, message, reason, headers } = problem(error);
        let state = if reason.is_some() { "maintenance" } else { "error" };
        // As `ErrorBody`.
        let mut body = Object::begin(128 + message.len());
        body.text(key!("error"), &message);
        body.text(key!("code"), code);
        body.text(key!("exceptionId"), exception_id);
        body.text(key!("status"), state);
        if let Some(reason) = reason {
            body.text(key!("reason"), reason);
        }
        let reply = Self::written_json(body.end()).with_status(status);
        headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::http::Content;

    #[test]
    fn an_error_is_written_as_its_type_is() {
        let unavailable = Error::Unavailable("no disk".to_owned());
        let quoting = Error::Malformed("a \"quoted\" part".to_owned());
        for error in
            [Error::InvalidToken, Error::Overloaded, unavailable, quoting, Error::WrongCode { left: 1 }]
        {
            let Problem { status, code, message, reason, .. } = problem(&error);
            let state = if status.as_u16() == 503 { "maintenance" } else { "error" };
            let body =
                ErrorBody { error: message, code, exception_id: "jeton-1".to_owned(), status: state, reason };
            let answer = Reply::error(&error, "jeton-1").into_answer(HeaderMap::new());
            assert_eq!(answer.status(), status);
            let Content::Whole(written) = answer.into_body() else { panic!("it is whole") };
            assert_eq!(written, serde_json::to_vec(&body).unwrap());
        }
    }
}
