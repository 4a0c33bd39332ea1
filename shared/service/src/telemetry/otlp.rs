//! Export of traces by OTLP over HTTP.

use std::{
    fmt,
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::{runtime::Handle, task, time};
use tracing_subscriber::{Layer, Registry, filter::Targets};

use super::span;
use crate::{
    config::TracesConfig,
    http_client::{self, Roots},
};

/// The timeout of sending a batch.
const PATIENCE: Duration = Duration::from_secs(5);

/// The maximum size of a collector's answer, in bytes.
const MOST: usize = 64 * 1024;

/// The exporter of spans.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// An exporter to this endpoint, with this service name. `None` if the endpoint cannot be used: that is reported on standard
    /// error, and the service starts without traces.
    ///
    /// OpenTelemetry reads its other variables (headers, sampler, batches) itself.
    pub(super) fn to(config: &TracesConfig, program: &str) -> Option<Self> {
        let sender = sender_to(&config.endpoint);
        let sender = sender.inspect_err(|error| tell(error)).ok()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::new(sender))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&config.endpoint)
            .with_timeout(PATIENCE)
            .build()
            .inspect_err(|error| tell(error))
            .ok()?;
        let service = config.service.clone().unwrap_or_else(|| program.to_owned());
        let resource = Resource::builder().with_service_name(service).build();
        Some(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// The tracing layer, for the spans of this program only.
    pub(super) fn layer(&self) -> impl Layer<Registry> + Send + Sync + use<> {
        let spans = Targets::new().with_target(span::TARGET, tracing::Level::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("jeton"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(spans)
    }

    /// Sends pending spans.
    pub(super) async fn flush(&self) {
        let provider = self.0.clone();
        // Blocks until the batch is sent, which needs this runtime.
        let flushed = task::spawn_blocking(move || provider.force_flush()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "failed to send traces");
        }
    }
}

/// Reports on standard error that there are no traces.
fn tell(error: &dyn fmt::Display) {
    drop(writeln!(io::stderr(), "traces are disabled: {error}"));
}

/// The HTTP client of the exporter. System certificates are loaded for `https` only, since they would slow down the start of a
/// function with a local collector.
fn sender_to(endpoint: &str) -> io::Result<Sender> {
    let is_secure = endpoint.to_ascii_lowercase().starts_with("https://");
    let roots = if is_secure { Roots::System } else { Roots::None };
    Ok(Sender { client: http_client::client(roots.tls()?, Some(PATIENCE)), runtime: Handle::current() })
}

/// Sends batches on the runtime of the program, because the exporter's thread has none.
struct Sender {
    client: http_client::HttpClient,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = async move {
            let answer = client.request(request.map(SdkBody::from)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MOST).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        self.runtime.spawn(async { time::timeout(PATIENCE, sending).await }).await??
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}
