//! A completed request, for the log and the metrics.

use std::time::Duration;

use http::Method;
use jeton_core::Error;

use super::presented::Presented;

/// The route label of a request without a route.
pub const UNMATCHED: &str = "unmatched";

/// A completed request.
#[derive(Debug)]
pub struct Handled<'a> {
    /// The request id.
    pub id: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The path pattern of the route, or [`UNMATCHED`].
    pub route: &'static str,
    /// The redacted path, if there is no route.
    pub path: Option<&'a str>,
    /// The status of the answer.
    pub status: u16,
    /// The duration.
    pub elapsed: Duration,
    /// The token of the request, if it was authenticated.
    pub token: Option<Presented>,
    /// The error, and the `exceptionId` of the answer.
    pub failure: Option<(&'a Error, &'a str)>,
}

/// A duration as the log shows it.
pub(crate) fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
