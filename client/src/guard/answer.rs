//! The answers of a guard to rejected requests.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use rand::rngs::SysRng;
use rand_core::{Rng as _, UnwrapErr};
use serde_json::json;

use crate::{Error, Rejection, answer::REQUEST_ID};

/// The default `Retry-After`, in seconds.
const TRY_AGAIN: u64 = 2;

/// 403.
pub fn denied(message: &str) -> Box<Rejection> {
    rejection(403, "accessDenied", message)
}

/// 401.
pub fn unauthorized(code: &str, message: &str) -> Box<Rejection> {
    rejection(401, code, message)
}

/// The answer for an error of a call. A status that only a misconfigured guard gets becomes 502.
pub fn rejection_of(error: &Error) -> Box<Rejection> {
    match error {
        Error::Rejected(rejection) if matches!(rejection.status, 400 | 401 | 403 | 409 | 413 | 429 | 503) => {
            rejection.clone()
        }
        Error::BadToken => unauthorized("storage.tokenInvalid", "Invalid access token"),
        Error::Rejected(_) | Error::NotUnderstood { .. } => {
            rejection(502, "badGateway", "The service that checks tokens gave an invalid answer")
        }
        Error::AnswerLost { .. }
        | Error::Unreachable { .. }
        | Error::TimedOut { .. }
        | Error::Incomplete { .. }
        | Error::BadId
        | Error::BadUrl(_)
        | Error::WithinJeton(_)
        | Error::NoCertificates { .. } => {
            let words = "The service that checks tokens cannot be reached; please try again";
            Box::new(Rejection {
                retry_after: Some(TRY_AGAIN),
                ..*rejection(503, "serviceUnavailable", words)
            })
        }
    }
}

/// An answer that Jeton did not give.
fn rejection(status: u16, code: &str, message: &str) -> Box<Rejection> {
    Box::new(Rejection {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        exception_id: format!("guard-{:016x}", UnwrapErr(SysRng).next_u64()),
        ..Rejection::default()
    })
}

/// An answer in the format of Jeton's errors.
pub fn response<R: From<String>>(rejection: &Rejection) -> Response<R> {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
    let mut body = json!({
        "error": rejection.message,
        "code": rejection.code,
        "exceptionId": rejection.exception_id,
        "status": if unavailable { "maintenance" } else { "error" },
    });
    if let Some(reason) = &rejection.reason {
        body["reason"] = reason.as_str().into();
    }
    let mut response = Response::new(R::from(body.to_string()));
    *response.status_mut() = status;
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, "application/json");
    // A token can be revoked at any moment.
    set(header::CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        set(header::WWW_AUTHENTICATE, rejection.www_authenticate.as_deref().unwrap_or("Bearer"));
    }
    if let Some(seconds) = rejection.retry_after {
        set(header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some(id) = &rejection.request_id {
        set(REQUEST_ID, id);
    }
    response
}
