//! What a guard answers to a request that it does not let through.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use rand::rngs::SysRng;
use rand_core::{Rng as _, UnwrapErr};
use serde_json::json;

use crate::{Error, Refusal, client::REQUEST_ID};

/// When to try again, in seconds, where Jeton does not say.
const TRY_AGAIN: u64 = 2;

/// 403.
pub fn denied(message: &str) -> Box<Refusal> {
    own(403, "accessDenied", message)
}

/// 401.
pub fn unauthorized(code: &str, message: &str) -> Box<Refusal> {
    own(401, code, message)
}

/// What a caller reads of an error. A status that only a guard at a wrong URL can get is none of the caller's.
pub fn refusal_of(error: &Error) -> Box<Refusal> {
    match error {
        Error::Refused(refusal) if matches!(refusal.status, 400 | 401 | 403 | 409 | 413 | 429 | 503) => {
            refusal.clone()
        }
        Error::BadToken => unauthorized("storage.tokenInvalid", "Invalid access token"),
        Error::Refused(_) | Error::NotUnderstood { .. } => own(
            502,
            "badGateway",
            "What answers in place of the service that checks tokens is not understood",
        ),
        Error::Unreachable { .. }
        | Error::TimedOut { .. }
        | Error::BadId
        | Error::BadUrl(_)
        | Error::WithinJeton(_)
        | Error::NoCertificates { .. } => {
            let words = "The service that checks tokens cannot be reached; please try again";
            Box::new(Refusal { retry_after: Some(TRY_AGAIN), ..*own(503, "serviceUnavailable", words) })
        }
    }
}

/// One that no answer of Jeton is behind.
fn own(status: u16, code: &str, message: &str) -> Box<Refusal> {
    Box::new(Refusal {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        exception_id: format!("guard-{:016x}", UnwrapErr(SysRng).next_u64()),
        ..Refusal::default()
    })
}

/// The answer, in the one shape of Jeton's errors.
pub fn response<R: From<String>>(refusal: &Refusal) -> Response<R> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
    let mut body = json!({
        "error": refusal.message,
        "code": refusal.code,
        "exceptionId": refusal.exception_id,
        "status": if unavailable { "maintenance" } else { "error" },
    });
    if let Some(reason) = &refusal.reason {
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
    // Whether a token gets in changes at any moment.
    set(header::CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        set(header::WWW_AUTHENTICATE, refusal.www_authenticate.as_deref().unwrap_or("Bearer"));
    }
    if let Some(seconds) = refusal.retry_after {
        set(header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some(id) = &refusal.request_id {
        set(REQUEST_ID, id);
    }
    response
}
