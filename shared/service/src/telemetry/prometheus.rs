//! Prometheus metrics.

use std::sync::OnceLock;

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
use crate::operation::{sealing::Sealing, swept::Swept};

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
    /// Those of requests without a route.
    unmatched: RouteMetrics,
    /// The counters of allowed and denied questions.
    answered: OnceLock<[Counter; 2]>,
    swept: Family<OfSweep, Counter>,
    oldest_overdue: Gauge,
    oldest_unsealed: Gauge,
}

/// The names of methods in labels. Callers can invent others.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "other"];

/// The statuses of nearly all answers.
const STATUSES: [u16; 8] = [200, 201, 204, 400, 401, 403, 404, 409];

/// The metrics of one route, which are found by their labels only once.
#[derive(Debug, Default)]
pub struct RouteMetrics([OnceLock<OfMethod>; METHODS.len()]);

#[derive(Debug)]
struct OfMethod {
    latency: Histogram,
    answers: [OnceLock<Counter>; STATUSES.len()],
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
            unmatched: RouteMetrics::default(),
            answered: OnceLock::new(),
            swept: Family::default(),
            oldest_overdue: Gauge::default(),
            oldest_unsealed: Gauge::default(),
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
        jeton.register_with_unit(
            "seal_oldest_unsealed",
            "How long ago the oldest day ended that is being sealed or could not be",
            Unit::Seconds,
            metrics.oldest_unsealed.clone(),
        );
        metrics
    }

    pub(super) fn handled(&self, metrics: Option<&RouteMetrics>, handled: &Handled<'_>) {
        let (place, route, status) = (known(handled.method), handled.route, handled.status);
        let method = METHODS[place];
        let of_method = metrics.unwrap_or(&self.unmatched).0[place].get_or_init(|| OfMethod {
            latency: self.latency.get_or_create_owned(&OfRoute { method, route }),
            answers: Default::default(),
        });
        of_method.latency.observe(handled.elapsed.as_secs_f64());
        let answers = || self.requests.get_or_create_owned(&OfRequest { method, route, status });
        match STATUSES.iter().position(|known| *known == status) {
            Some(place) => of_method.answers[place].get_or_init(answers).inc(),
            None => answers().inc(),
        };
    }

    pub(super) fn asked(&self, allowed: usize, denied: usize) {
        let counters = self.answered.get_or_init(|| {
            ["true", "false"].map(|allowed| self.questions.get_or_create_owned(&OfQuestion { allowed }))
        });
        for (counter, count) in counters.iter().zip([allowed, denied]) {
            counter.inc_by(count as u64);
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

    pub(super) fn sealing(&self, sealing: &Sealing) {
        self.oldest_unsealed.set(sealing.oldest_unsealed_seconds.cast_signed());
    }

    /// All metrics, in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The place of a method in [`METHODS`].
fn known(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}
