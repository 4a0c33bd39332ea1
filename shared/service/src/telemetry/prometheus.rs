//! Numbers for Prometheus.

use http::Method;
use jeton_core::time::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};

use super::Handled;
use crate::operation::swept::Swept;

/// Upper bounds of what latencies are counted in, in seconds.
const BUCKETS: [f64; 13] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// All that is counted. No label is anything that a caller can make up.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    latency: Family<OfRoute, Histogram, Latency>,
    questions: Family<OfQuestion, Counter>,
    swept: Family<OfSweep, Counter>,
    oldest_overdue: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    method: &'static str,
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfQuestion {
    allowed: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSweep {
    outcome: &'static str,
}

/// Makes the histogram of a route.
#[derive(Debug, Clone, Copy)]
struct Latency;

impl MetricConstructor<Histogram> for Latency {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

impl Metrics {
    /// Nothing counted yet, in a process that has started now.
    pub(super) fn new(now: Timestamp) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(Latency),
            questions: Family::default(),
            swept: Family::default(),
            oldest_overdue: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        let started = ConstGauge::new(now.millis() / 1000);
        registry.register_with_unit(
            "process_start_time",
            "When this process started",
            Unit::Seconds,
            started,
        );
        let jeton = registry.sub_registry_with_prefix("jeton");
        jeton.register("build", "What runs here", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        jeton.register("http_requests", "Requests that were answered", metrics.requests.clone());
        jeton.register_with_unit(
            "http_request_duration",
            "How long answers took",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        jeton.register("questions", "Questions that were answered", metrics.questions.clone());
        jeton.register("sweep_tokens", "Tokens that a sweep has dealt with", metrics.swept.clone());
        jeton.register_with_unit(
            "sweep_oldest_overdue",
            "How long ago the most overdue token had come due when the last sweep began",
            Unit::Seconds,
            metrics.oldest_overdue.clone(),
        );
        metrics
    }

    pub(super) fn handled(&self, handled: &Handled<'_>) {
        let (method, route) = (known(handled.method), handled.route);
        self.requests.get_or_create(&OfRequest { method, route, status: handled.status }).inc();
        self.latency.get_or_create(&OfRoute { method, route }).observe(handled.elapsed.as_secs_f64());
    }

    pub(super) fn asked(&self, allowed: usize, denied: usize) {
        for (label, count) in [("true", allowed), ("false", denied)] {
            self.questions.get_or_create(&OfQuestion { allowed: label }).inc_by(count as u64);
        }
    }

    pub(super) fn swept(&self, swept: &Swept) {
        let outcomes = [
            ("removed", swept.removed),
            ("noticed", swept.noticed),
            ("unaddressed", swept.unaddressed),
            ("refused", swept.refused),
            ("failed", swept.failed),
        ];
        for (outcome, count) in outcomes {
            self.swept.get_or_create(&OfSweep { outcome }).inc_by(count);
        }
        self.oldest_overdue.set(swept.oldest_overdue_seconds.cast_signed());
    }

    /// Everything, in the text format that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A method by its name, when it is one that anybody knows: callers may invent more.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
