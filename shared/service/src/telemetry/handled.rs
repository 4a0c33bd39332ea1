//! A request that has been answered, as the log line and the metrics tell of it.

use std::time::Duration;

use http::Method;
use jeton_core::Error;

use super::presented::Presented;

/// The route of a request that no row of the endpoint table fits.
pub const UNMATCHED: &str = "unmatched";

/// A request that has been answered.
#[derive(Debug)]
pub struct Handled<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// The pattern of its path, or [`UNMATCHED`].
    pub route: &'static str,
    /// As much of the path as may stand in a log, where no pattern tells.
    pub path: Option<&'a str>,
    /// The status of the answer.
    pub status: u16,
    /// How long the answer took.
    pub elapsed: Duration,
    /// The token behind the request, once it was known.
    pub token: Option<Presented>,
    /// What went wrong, and the id by which the answer names it.
    pub failure: Option<(&'a Error, &'a str)>,
}

/// A duration as lines show it.
pub(crate) fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
