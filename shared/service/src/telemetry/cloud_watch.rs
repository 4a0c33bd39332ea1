//! Metrics for `CloudWatch`, as log lines in its embedded metric format.
//!
//! The log line of a request is also its metrics, because `CloudWatch` bills by bytes. The only dimension is the function; all
//! other fields are searchable properties.

use std::io::Write as _;

use jeton_core::time::Timestamp;
use serde::Serialize;

use super::{Authorized, Handled, Presented, micros};
use crate::operation::{sealing::Sealing, swept::Swept};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Jeton";

/// The only dimension: the name of the Lambda function.
pub const FUNCTION_NAME: &str = "FunctionName";

/// The metric of the age of the most overdue token, in seconds.
pub const OLDEST_OVERDUE: &str = "OldestOverdue";

/// A log line. Its field names are those of the metrics and properties.
#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(rename = "_aws")]
    aws: Metadata<'a>,
    level: &'static str,
    message: &'static str,
    #[serde(rename = "FunctionName")]
    function: &'a str,
    #[serde(flatten)]
    about: T,
}

/// The metadata of the metrics in the line.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [[&'a str; 1]; 1],
    metrics: &'a [Metric],
}

/// A metric of `CloudWatch`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// The unit, as `CloudWatch` names it.
    pub unit: &'static str,
    /// The description in the reference.
    #[serde(skip)]
    pub about: &'static str,
}

#[derive(Serialize)]
struct OfRequest<'a> {
    request: &'a str,
    method: &'a str,
    route: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    status: u16,
    micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Presented>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(rename = "Latency")]
    latency: f64,
    #[serde(rename = "Refused")]
    refused: u8,
    #[serde(rename = "Failed")]
    failed: u8,
}

/// The metrics in the line of each request.
pub const OF_REQUESTS: &[Metric] = &[
    Metric {
        name: "Latency",
        unit: "Milliseconds",
        about: "The duration of the request. Its sample count is the number of requests.",
    },
    Metric { name: "Refused", unit: "Count", about: "1 for an answer with a status of 4xx, else 0." },
    Metric { name: "Failed", unit: "Count", about: "1 for an answer with a status of 5xx, else 0." },
];

#[derive(Serialize)]
struct OfAuthorization<'a> {
    request: &'a str,
    method: &'a str,
    route: &'a str,
    micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(rename = "answer.allowed", skip_serializing_if = "Option::is_none")]
    allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(rename = "Latency")]
    latency: f64,
    #[serde(rename = "Refused")]
    refused: u8,
    #[serde(rename = "Failed")]
    failed: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfSweep {
    removed: u64,
    noticed: u64,
    left: u64,
    oldest_overdue: u64,
    unaddressed: u64,
    refused: u64,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfSealing {
    sealed: u64,
    unsealed: u64,
    oldest_unsealed: u64,
    undelivered: u64,
    on_hold: u64,
    more: bool,
}

/// The metrics in the line of each sweep.
pub const OF_SWEEPS: &[Metric] = &[
    Metric { name: "Removed", unit: "Count", about: "Expired tokens that were removed." },
    Metric { name: "Noticed", unit: "Count", about: "Notices that were mailed." },
    Metric {
        name: "Left",
        unit: "Count",
        about: "Tokens that could not be processed. The next sweep tries again.",
    },
    Metric {
        name: OLDEST_OVERDUE,
        unit: "Seconds",
        about: "The age of the most overdue token. An alarm fires above 900 for ten minutes.",
    },
];

/// The metrics in the line of each run of sealing.
pub const OF_SEALING: &[Metric] = &[
    Metric { name: "Sealed", unit: "Count", about: "Days of projects that were sealed." },
    Metric { name: "Unsealed", unit: "Count", about: "Projects whose history could not be sealed." },
    Metric {
        name: "OldestUnsealed",
        unit: "Seconds",
        about: "How long ago the oldest day ended that is being sealed or could not be. An alarm fires above 3600 for ten minutes.",
    },
    Metric { name: "Undelivered", unit: "Count", about: "Anchors of sealed days that are not delivered." },
    Metric {
        name: "OnHold",
        unit: "Count",
        about: "Projects that are not sealed until an operator runs `jeton sweep --seal-all`. An alarm fires above 0 for an hour.",
    },
];

/// The line of a request.
pub(super) fn handled(function: &str, handled: &Handled<'_>, now: Timestamp) {
    tell(&of_request(function, handled, now));
}

/// The line of a sweep. Every sweep writes one, so that a missing metric is a signal.
pub(super) fn swept(function: &str, swept: &Swept, now: Timestamp) {
    tell(&of_sweep(function, swept, now));
}

/// The line of a run of sealing.
pub(super) fn sealing(function: &str, sealing: &Sealing, now: Timestamp) {
    tell(&of_sealing(function, sealing, now));
}

/// The line of a call of the authorizer.
pub(super) fn authorized(function: &str, authorized: &Authorized<'_>, now: Timestamp) {
    tell(&of_authorization(function, authorized, now));
}

fn of_authorization(function: &str, authorized: &Authorized<'_>, now: Timestamp) -> String {
    let Authorized { id: request, method, route, elapsed, outcome } = *authorized;
    let level = if outcome.is_failure() { "ERROR" } else { "INFO" };
    let about = OfAuthorization {
        request,
        method,
        route,
        micros: micros(elapsed),
        token: outcome.decided().map(|(token, _)| token),
        allowed: outcome.decided().map(|(_, allowed)| allowed),
        error: outcome.error().map(ToString::to_string),
        latency: elapsed.as_secs_f64() * 1000.0,
        refused: u8::from(outcome.is_denied()),
        failed: u8::from(outcome.is_failure()),
    };
    line(now, level, OF_REQUESTS, "authorize", function, about)
}

fn of_request(function: &str, handled: &Handled<'_>, now: Timestamp) -> String {
    let micros = micros(handled.elapsed);
    let status = handled.status;
    let request = OfRequest {
        request: handled.id,
        method: handled.method.as_str(),
        route: handled.route,
        path: handled.path,
        status,
        micros,
        token: handled.token,
        exception: handled.failure.map(|(_, exception)| exception),
        error: handled.failure.map(|(error, _)| error.to_string()),
        latency: handled.elapsed.as_secs_f64() * 1000.0,
        refused: u8::from((400..500).contains(&status)),
        failed: u8::from(status >= 500),
    };
    line(now, "INFO", OF_REQUESTS, "request", function, request)
}

fn of_sweep(function: &str, swept: &Swept, now: Timestamp) -> String {
    let sweep = OfSweep {
        removed: swept.removed,
        noticed: swept.noticed,
        left: swept.failed,
        oldest_overdue: swept.oldest_overdue_seconds,
        unaddressed: swept.unaddressed,
        refused: swept.refused,
        more: swept.more,
    };
    line(now, "INFO", OF_SWEEPS, "sweep", function, sweep)
}

fn of_sealing(function: &str, sealing: &Sealing, now: Timestamp) -> String {
    let about = OfSealing {
        sealed: sealing.sealed,
        unsealed: sealing.unsealed,
        oldest_unsealed: sealing.oldest_unsealed_seconds,
        undelivered: sealing.undelivered,
        on_hold: sealing.on_hold,
        more: sealing.more,
    };
    line(now, "INFO", OF_SEALING, "seal", function, about)
}

fn line(
    now: Timestamp,
    level: &'static str,
    metrics: &'static [Metric],
    message: &'static str,
    function: &str,
    about: impl Serialize,
) -> String {
    let directive = Directive { namespace: NAMESPACE, dimensions: [[FUNCTION_NAME]], metrics };
    let line = Line {
        aws: Metadata { timestamp: now.millis(), cloud_watch_metrics: [directive] },
        level,
        message,
        function,
        about,
    };
    // Serialization of plain structs cannot fail.
    serde_json::to_string(&line).unwrap_or_default()
}

/// Writes a line to standard output at once. A failed write does not fail the request.
fn tell(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;
    use jeton_core::Error;
    use serde_json::{Value, json};

    use super::*;
    use crate::telemetry::Outcome;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_768_478_400_000)
    }

    /// Holds a line against the embedded metric format: each metric that the metadata names is a number of
    /// the line, and each dimension a text of it.
    fn is_embedded_metrics(line: &str) -> Value {
        assert!(!line.contains('\n') && line.len() < 256 * 1024);
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["_aws"]["Timestamp"], now().millis());
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            for dimension in
                directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap())
            {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
            }
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
                assert!(matches!(metric["Unit"].as_str(), Some("Count" | "Milliseconds" | "Seconds")));
            }
        }
        line
    }

    fn request<'a>(status: u16, failure: Option<(&'a Error, &'a str)>) -> Handled<'a> {
        Handled {
            id: "8f5d",
            method: &Method::GET,
            route: "/v2/storage/tokens/verify",
            path: None,
            status,
            elapsed: Duration::from_micros(1500),
            token: Some(Presented::Storage("1".parse().unwrap(), "2".parse().unwrap())),
            failure,
        }
    }

    #[test]
    fn the_line_of_an_authorization_is_its_metrics_too() {
        let line = |outcome| {
            let (id, method, route) = ("8f5d", "GET", "GET /v2/me");
            let authorized = Authorized { id, method, route, elapsed: Duration::from_micros(1500), outcome };
            is_embedded_metrics(&of_authorization("jeton-authorizer", &authorized, now()))
        };
        for (allowed, refused) in [(true, 0), (false, 1)] {
            let line = line(Outcome::Decided { token: "1-2", allowed });
            assert_eq!((&line["answer.allowed"], &line["token"]), (&json!(allowed), &json!("1-2")));
            assert_eq!(
                (&line["Latency"], &line["Refused"], &line["Failed"]),
                (&json!(1.5), &json!(refused), &json!(0))
            );
        }
        let denied = line(Outcome::Unauthenticated(&Error::InvalidToken));
        assert_eq!(
            (&denied["Refused"], &denied["Failed"], &denied["level"]),
            (&json!(1), &json!(0), &json!("INFO"))
        );
        let failed = line(Outcome::Failed(&Error::Unavailable("gone".to_owned())));
        assert_eq!(
            (&failed["Refused"], &failed["Failed"], &failed["level"]),
            (&json!(0), &json!(1), &json!("ERROR"))
        );
        assert!(failed["error"].as_str().unwrap().contains("gone") && failed.get("token").is_none());
    }

    #[test]
    fn the_line_of_a_request_is_its_metrics_too() {
        let line = is_embedded_metrics(&of_request("jeton-verify", &request(200, None), now()));
        assert_eq!(
            (&line[FUNCTION_NAME], &line["Latency"], &line["Failed"]),
            (&json!("jeton-verify"), &json!(1.5), &json!(0))
        );
        assert_eq!(
            (&line["request"], &line["token"], &line["status"]),
            (&json!("8f5d"), &json!("1-2"), &json!(200))
        );
        assert_eq!(line.get("error"), None);
    }

    #[test]
    fn client_errors_and_server_errors_are_counted_apart() {
        let error = Error::Unavailable("gone".to_owned());
        let counts = |status| {
            let line = is_embedded_metrics(&of_request(
                "jeton-verify",
                &request(status, Some((&error, "jeton-1"))),
                now(),
            ));
            assert_eq!(line["exception"], "jeton-1");
            (line["Refused"].as_u64().unwrap(), line["Failed"].as_u64().unwrap())
        };
        assert_eq!((counts(401), counts(503)), ((1, 0), (0, 1)));
    }

    #[test]
    fn the_line_of_a_sweep_tells_how_late_it_is() {
        let swept = Swept { removed: 3, failed: 1, oldest_overdue_seconds: 95, ..Swept::default() };
        let line = is_embedded_metrics(&of_sweep("jeton-expiry-sweep", &swept, now()));
        assert_eq!((&line[FUNCTION_NAME], &line[OLDEST_OVERDUE]), (&json!("jeton-expiry-sweep"), &json!(95)));
        assert_eq!((&line["Removed"], &line["Left"]), (&json!(3), &json!(1)));
    }

    #[test]
    fn the_line_of_sealing_tells_how_late_it_is() {
        let sealing =
            Sealing { undelivered: 2, oldest_unsealed_seconds: 7, on_hold: 3, ..Sealing::default() };
        let line = is_embedded_metrics(&of_sealing("jeton-seal", &sealing, now()));
        assert_eq!((&line[FUNCTION_NAME], &line["OldestUnsealed"]), (&json!("jeton-seal"), &json!(7)));
        assert_eq!((&line["Unsealed"], &line["Undelivered"]), (&json!(0), &json!(2)));
        assert_eq!(line["OnHold"], json!(3));
    }
}
