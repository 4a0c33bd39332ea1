//! Telemetry: a log line for each request, metrics, and traces.
//!
//! They contain no secrets: paths are patterns of the endpoint table. Token ids are only in the log.

mod authorized;
mod cloud_watch;
mod handled;
mod log;
#[cfg(feature = "otlp")]
mod otlp;
pub mod presented;
#[cfg(feature = "serve")]
mod prometheus;
mod request_id;
pub mod span;

pub use authorized::{Authorized, Outcome};
pub use cloud_watch::{FUNCTION_NAME, Metric, NAMESPACE, OF_REQUESTS, OF_SEALING, OF_SWEEPS, OLDEST_OVERDUE};
pub(crate) use handled::micros;
pub use handled::{Handled, UNMATCHED};
pub use presented::Presented;
#[cfg(feature = "serve")]
pub use prometheus::{Metrics, RouteMetrics};
pub use request_id::{REQUEST_ID, RequestId, exception_id};

use crate::{
    clock::Clock,
    config::{Config, Platform},
    operation::{sealing::Sealing, swept::Swept},
};

/// The metrics and traces of a process.
#[derive(Debug, Default)]
pub struct Telemetry {
    numbers: Numbers,
    #[cfg(feature = "otlp")]
    traces: Option<otlp::Traces>,
}

/// The metrics of one route, which are found by their labels only once: none in this build.
#[cfg(not(feature = "serve"))]
#[derive(Debug, Default)]
pub struct RouteMetrics;

/// The kind of metrics.
#[derive(Debug, Default)]
enum Numbers {
    /// No metrics.
    #[default]
    Nobody,
    /// `CloudWatch` metrics, as log lines with the name of this Lambda function.
    CloudWatch(String),
    /// Prometheus metrics.
    #[cfg(feature = "serve")]
    Prometheus(Box<Metrics>),
}

impl Telemetry {
    /// Starts the log and, if a collector is configured, traces.
    ///
    /// A second call starts nothing. `program` is the default service name of traces.
    pub fn start(config: &Config, program: &str) -> Self {
        #[cfg(feature = "otlp")]
        let traces = config.traces.as_ref().and_then(|traces| otlp::Traces::to(traces, program));
        #[cfg(feature = "otlp")]
        log::start(&config.log, traces.as_ref().map(otlp::Traces::layer));
        #[cfg(not(feature = "otlp"))]
        log::start(&config.log, None::<tracing_subscriber::layer::Identity>);
        let numbers = match config.platform {
            Platform::Lambda => {
                Numbers::CloudWatch(config.lambda_function.clone().unwrap_or_else(|| program.to_owned()))
            }
            Platform::Http | Platform::Unknown => Numbers::Nobody,
        };
        Self {
            numbers,
            #[cfg(feature = "otlp")]
            traces,
        }
    }

    /// Adds Prometheus metrics.
    #[cfg(feature = "serve")]
    #[must_use]
    pub fn counting(self, now: jeton_core::time::Timestamp) -> Self {
        Self { numbers: Numbers::Prometheus(Box::new(Metrics::new(now))), ..self }
    }

    /// The Prometheus metrics.
    #[cfg(feature = "serve")]
    pub fn metrics(&self) -> Option<&Metrics> {
        match &self.numbers {
            Numbers::Prometheus(metrics) => Some(metrics),
            Numbers::Nobody | Numbers::CloudWatch(_) => None,
        }
    }

    /// Logs and counts a completed request. `metrics` are those of its route, if it has one.
    pub fn handled(&self, handled: &Handled<'_>, metrics: Option<&RouteMetrics>, clock: &Clock) {
        #[cfg(not(feature = "serve"))]
        let _ = metrics;
        match &self.numbers {
            Numbers::Nobody => log::handled(handled),
            Numbers::CloudWatch(function) => cloud_watch::handled(function, handled, clock.now()),
            #[cfg(feature = "serve")]
            Numbers::Prometheus(all) => {
                log::handled(handled);
                all.handled(metrics, handled);
            }
        }
    }

    /// Counts answered questions: allowed and denied ones.
    pub fn asked(&self, allowed: usize, denied: usize) {
        #[cfg(feature = "serve")]
        if let Numbers::Prometheus(metrics) = &self.numbers {
            metrics.asked(allowed, denied);
        }
        #[cfg(not(feature = "serve"))]
        let _ = (allowed, denied);
    }

    /// Logs and counts a completed call of the authorizer.
    pub fn authorized(&self, authorized: &Authorized<'_>, clock: &Clock) {
        match &self.numbers {
            Numbers::CloudWatch(function) => cloud_watch::authorized(function, authorized, clock.now()),
            _ => authorized.log(),
        }
    }

    /// Logs and counts a completed sweep.
    pub fn swept(&self, swept: &Swept, clock: &Clock) {
        match &self.numbers {
            Numbers::Nobody => log::swept(swept),
            Numbers::CloudWatch(function) => cloud_watch::swept(function, swept, clock.now()),
            #[cfg(feature = "serve")]
            Numbers::Prometheus(metrics) => {
                log::swept(swept);
                metrics.swept(swept);
            }
        }
    }

    /// Logs and counts a completed run of sealing.
    pub fn sealing(&self, sealing: &Sealing, clock: &Clock) {
        match &self.numbers {
            Numbers::Nobody => log::sealing(sealing),
            Numbers::CloudWatch(function) => cloud_watch::sealing(function, sealing, clock.now()),
            #[cfg(feature = "serve")]
            Numbers::Prometheus(metrics) => {
                log::sealing(sealing);
                metrics.sealing(sealing);
            }
        }
    }

    /// Sends pending traces. Lambda freezes the process between invocations, so there it is called before each answer; elsewhere
    /// at the end.
    pub async fn flush(&self) {
        #[cfg(feature = "otlp")]
        if let Some(traces) = &self.traces {
            traces.flush().await;
        }
        #[cfg(not(feature = "otlp"))]
        std::future::ready(()).await;
    }
}
