//! Prometheus metrics.

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

/// The upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 13] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// The metrics. Callers cannot choose any label value.
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
    /// New metrics of a process that started now.
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
            "The start time of the process",
            Unit::Seconds,
            started,
        );
        let jeton = registry.sub_registry_with_prefix("jeton");
        jeton.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        jeton.register("http_requests", "Answered requests", metrics.requests.clone());
        jeton.register_with_unit(
            "http_request_duration",
            "The duration of requests",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        jeton.register("questions", "Answered questions", metrics.questions.clone());
        jeton.register("sweep_tokens", "Tokens that sweeps processed", metrics.swept.clone());
        jeton.register_with_unit(
            "sweep_oldest_overdue",
            "The age of the most overdue token when the last sweep started",
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

    /// All metrics, in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The name of a standard method, because callers can invent others.
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
