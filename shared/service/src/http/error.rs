//! The one place that turns an error into HTTP.

use http::{HeaderValue, StatusCode, header};
use jeton_core::{Error, secret, share::Closed};
use serde::Serialize;
use utoipa::ToSchema;

use super::Reply;

/// What a client reads of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What went wrong, as a sentence.
    pub error: String,
    /// What went wrong, as a word that programs compare.
    pub code: &'static str,
    /// Identifies this answer in the log.
    pub exception_id: String,
    /// `error`; `maintenance` while the store is not available.
    pub status: &'static str,
    /// Why the service is not available, in answers with status 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// Status, code and sentence of an error.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The HTTP status.
    pub status: StatusCode,
    /// The word that programs compare.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

/// Maps an error to HTTP. Exhaustive, so that a new error cannot be forgotten here.
#[expect(clippy::too_many_lines, reason = "one table is easier to check than its parts")]
pub fn problem(error: &Error) -> ProblemKind {
    let of = |status, code, message: &str| ProblemKind { status, code, message: message.to_owned() };
    match error {
        Error::MissingToken => of(StatusCode::UNAUTHORIZED, "", "Access token must be set"),
        Error::InvalidToken => of(StatusCode::UNAUTHORIZED, "storage.tokenInvalid", "Invalid access token"),
        Error::TokenExpired => {
            of(StatusCode::UNAUTHORIZED, "storage.tokenExpired", "Access token has expired")
        }
        Error::TokenDisabled => {
            of(StatusCode::UNAUTHORIZED, "storage.tokenDisabled", "Access token is disabled")
        }
        Error::CopySuperseded { live: false } => of(
            StatusCode::UNAUTHORIZED,
            "storage.tokenSuperseded",
            "This copy of the token was replaced, and its successor is in use: read the new secret from its place",
        ),
        Error::CopySuperseded { live: true } => of(
            StatusCode::FORBIDDEN,
            "storage.tokenSuperseded",
            "This copy of the token was replaced and makes nothing any more: read the new secret from its place",
        ),
        Error::CopyEndsWithMaker => of(
            StatusCode::FORBIDDEN,
            "accessDenied",
            "This copy ends with the token that shared it or made it by a refresh, so it makes no token, copy or share, gives \
             no rights that last longer, and does not end itself",
        ),
        Error::SignedOut => of(StatusCode::UNAUTHORIZED, "console.signedOut", "Please sign in"),
        Error::SignInAgain => {
            of(StatusCode::FORBIDDEN, "console.signInAgain", "For your security, sign in again to continue")
        }
        Error::CrossSite => of(
            StatusCode::FORBIDDEN,
            "console.crossSite",
            "This request does not come from a page of the console, or its page is too old: please load it again",
        ),
        Error::Forbidden(_) => {
            of(StatusCode::FORBIDDEN, "accessDenied", "You don't have access to the resource.")
        }
        Error::CannotShareMaster => of(
            StatusCode::FORBIDDEN,
            "storage.token.cannotShareMasterToken",
            "A master token cannot be shared: invite its recipient as a member instead",
        ),
        Error::InvalidPermissions(message) => {
            of(StatusCode::BAD_REQUEST, "storage.tokens.invalidPermissions", message)
        }
        Error::MinimalExpiration => of(
            StatusCode::BAD_REQUEST,
            "storage.tokens.invalidExpiration",
            "Minimal expiration must be greater or equal to 1 second(s)",
        ),
        Error::BadField { message, .. } => of(StatusCode::BAD_REQUEST, "validationError", message),
        Error::Malformed(message) => of(StatusCode::BAD_REQUEST, "malformedRequest", message),
        Error::QueryNotParsed(message) => ProblemKind {
            status: StatusCode::BAD_REQUEST,
            code: "storage.events.invalidQuery",
            message: format!("Failed to parse query: {message}"),
        },
        Error::EventTooLarge => {
            of(StatusCode::BAD_REQUEST, "requestTooLarge", "An event may have at most 200 KB")
        }
        Error::BodyTooLarge => {
            of(StatusCode::PAYLOAD_TOO_LARGE, "requestTooLarge", "The body of this request is too large")
        }
        Error::UnsupportedMediaType => of(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupportedMediaType",
            "The body must be application/json or application/x-www-form-urlencoded",
        ),
        Error::UnsupportedCharset(charset) => ProblemKind {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "unsupportedMediaType",
            message: format!("The body must be UTF-8: the charset {charset} is not supported"),
        },
        Error::UnsupportedEncoding(header, encoding) => ProblemKind {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "unsupportedContentEncoding",
            message: format!("The body must be sent as it is: {header} {encoding} is not supported"),
        },
        Error::AnswerTooLarge => of(
            StatusCode::BAD_REQUEST,
            "answerTooLarge",
            "The answer would exceed 5 MB: page through it with the parameters limit and afterId",
        ),
        Error::NoRoute => {
            of(StatusCode::NOT_FOUND, "notFound", "The requested resource not found: no such path")
        }
        Error::MethodNotAllowed(allowed) => ProblemKind {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "methodNotAllowed",
            message: format!("This path takes {allowed} only"),
        },
        Error::TokenNotFound => {
            of(StatusCode::NOT_FOUND, "storage.tokens.notFound", "There is no such token in this project")
        }
        Error::EventNotFound => of(StatusCode::NOT_FOUND, "storage.events.notFound", "Event not found"),
        Error::NotFound(what) => ProblemKind {
            status: StatusCode::NOT_FOUND,
            code: "notFound",
            message: format!("There is no such {what}"),
        },
        Error::ShareNotFound => of(StatusCode::NOT_FOUND, "pickup.notFound", "There is no such share"),
        Error::WrongCode { left } => of(
            StatusCode::FORBIDDEN,
            "pickup.wrongCode",
            match left {
                0 => "This code is wrong, and it was the last attempt: the share is locked now.",
                1 => "This code is wrong. One attempt is left before the share is locked.",
                2 => "This code is wrong. Two attempts are left before the share is locked.",
                3 => "This code is wrong. Three attempts are left before the share is locked.",
                _ => "This code is wrong. Four attempts are left before the share is locked.",
            },
        ),
        Error::ShareClosed(Closed::Used(at)) => ProblemKind {
            status: StatusCode::GONE,
            code: "pickup.used",
            message: format!("This share was picked up at {at}"),
        },
        Error::ShareClosed(Closed::Locked) => {
            of(StatusCode::GONE, "pickup.locked", "This share is locked: too many wrong codes were typed")
        }
        Error::ShareClosed(Closed::Expired) => {
            of(StatusCode::GONE, "pickup.expired", "This share has expired")
        }
        Error::ShareClosed(Closed::Ended) => {
            of(StatusCode::GONE, "pickup.ended", "What was shared here has been refreshed or taken back")
        }
        Error::ShareDisabled => of(
            StatusCode::CONFLICT,
            "pickup.disabled",
            "What is shared here is switched off at the moment; please try again later",
        ),
        Error::SenderMayNotShare => of(
            StatusCode::CONFLICT,
            "pickup.senderMayNotShare",
            "The token that sent this share has fewer rights at the moment than the token it shared, so it may not share it",
        ),
        Error::TooManyCopies => of(
            StatusCode::CONFLICT,
            "storage.token.tooManyCopies",
            "This token has 16 live copies and open shares; refresh it to start again with one",
        ),
        Error::BelongsToConfiguration { component, configuration } => ProblemKind {
            status: StatusCode::BAD_REQUEST,
            code: "storage.tokens.cannotDeleteDueToOrchestration",
            message: format!(
                "Cannot delete token, because it's used for event trigger inside component \"{component}\" \
                 with configuration id \"{configuration}\""
            ),
        },
        Error::CallerChanged => {
            of(StatusCode::CONFLICT, "conflict", "The calling token is being changed; please try again")
        }
        Error::Conflict(message) => of(StatusCode::CONFLICT, "conflict", message),
        Error::ProjectClosed => of(
            StatusCode::CONFLICT,
            "projectClosed",
            "This project is closed while it moves to another place; please try again later",
        ),
        Error::TooManyWrongTokens(_) => of(
            StatusCode::TOO_MANY_REQUESTS,
            "tooManyWrongTokens",
            "Too many wrong access tokens came from this address within a minute",
        ),
        Error::TooSlow => of(
            StatusCode::REQUEST_TIMEOUT,
            "requestTimeout",
            "The body of the request did not arrive in time",
        ),
        Error::TooManyMails(_) => of(
            StatusCode::TOO_MANY_REQUESTS,
            "mail.tooMany",
            "Too many mails were sent within this hour by this token, by this project or to this address",
        ),
        Error::TooManyEvents(_) => of(
            StatusCode::TOO_MANY_REQUESTS,
            "events.tooMany",
            "Too many bytes of events were reported within this hour by this token or in this project",
        ),
        Error::TooManyChanges(_) => of(
            StatusCode::TOO_MANY_REQUESTS,
            "changes.tooMany",
            "This token makes too many changes within a second; please try again later",
        ),
        Error::MailNotSent => of(
            StatusCode::FAILED_DEPENDENCY,
            "mail.notSent",
            "The mail could not be sent, so nothing was shared; please try again later",
        ),
        Error::MailRefused => of(
            StatusCode::FAILED_DEPENDENCY,
            "mail.notSent",
            "The mail server refused the mail, so nothing was shared; trying again does not help until the operator of \
             this service or of the mail server has changed something",
        ),
        Error::AddressRefused => of(
            StatusCode::FAILED_DEPENDENCY,
            "mail.addressRefused",
            "The mail server does not accept this e-mail address, so nothing was shared; please check the address",
        ),
        Error::Unavailable(_) | Error::Overloaded => of(
            StatusCode::SERVICE_UNAVAILABLE,
            "serviceUnavailable",
            "The service is not available at the moment; please try again",
        ),
    }
}

/// After how many seconds to try again, where that is known.
pub fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error {
        Error::Unavailable(_) => Some(HeaderValue::from_static("2")),
        Error::Overloaded => Some(HeaderValue::from_static("1")),
        Error::TooManyMails(seconds)
        | Error::TooManyEvents(seconds)
        | Error::TooManyChanges(seconds)
        | Error::TooManyWrongTokens(seconds) => Some(HeaderValue::from(*seconds)),
        _ => None,
    }
}

impl Reply {
    /// The answer for an error.
    pub fn error(error: &Error, exception_id: String) -> Self {
        let ProblemKind { status, code, message } = problem(error);
        // A sentence may quote what the client sent, and that may be a secret in the wrong place.
        let message = secret::masked(&message).into_owned();
        let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
        let body = ErrorBody {
            error: message,
            code,
            exception_id,
            status: if unavailable { "maintenance" } else { "error" },
            reason: unavailable.then_some(match error {
                Error::Overloaded => "There are too many requests at once",
                _ => "The store did not answer in time",
            }),
        };
        let reply = Self::json(status, &body);
        let reply = match retry_after(error) {
            Some(seconds) => reply.with(header::RETRY_AFTER, seconds),
            None => reply,
        };
        match error {
            Error::UnsupportedEncoding(..) => {
                reply.with(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            }
            Error::MethodNotAllowed(allowed) => match HeaderValue::from_str(allowed) {
                Ok(allowed) => reply.with(header::ALLOW, allowed),
                Err(_) => reply,
            },
            _ => reply,
        }
    }
}
