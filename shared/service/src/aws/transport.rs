//! The HTTP client of the AWS SDK, over [`http_client`](crate::http_client).
//!
//! It replaces `aws-smithy-http-client`, which cannot be built without HTTP/2: DynamoDB and SES do not speak it, and it is
//! a twentieth of a function. It behaves like that client: the same pool, timeouts and kinds of errors, and no proxies.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connection::{CaptureSmithyConnection, ConnectionMetadata},
        http::{
            HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_util::client::legacy::{
    self,
    connect::{CaptureConnection, HttpInfo, capture_connection},
};
use rustls::ClientConfig;
use tokio::time::{error::Elapsed, timeout};

use crate::http_client::{HttpClient, Roots, client, without_roots};

/// The client of a configuration. Its connectors are created at first use, one for each pair of timeouts.
#[derive(Debug)]
pub(super) struct Transport {
    roots: Roots,
    /// Created at first use: the certificates of the system are in some 150 files.
    tls: OnceLock<ClientConfig>,
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

/// The timeouts to connect, and from there to the head of the answer.
type Timeouts = (Option<Duration>, Option<Duration>);

impl Transport {
    pub(super) fn new(roots: Roots) -> Self {
        Self { roots, tls: OnceLock::new(), connectors: Mutex::default() }
    }

    fn tls(&self) -> ClientConfig {
        let tls = self.tls.get_or_init(|| {
            // Credentials may still come from an address without TLS.
            self.roots.tls().unwrap_or_else(|error| {
                tracing::warn!(%error, "no root certificates: requests to AWS over TLS will fail");
                without_roots()
            })
        });
        tls.clone()
    }
}

impl SdkHttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || SharedHttpConnector::new(Connector::new(self.tls(), timeouts));
        connectors.entry(timeouts).or_insert_with(new).clone()
    }
}

struct Connector {
    client: HttpClient,
    read_timeout: Option<Duration>,
}

impl Connector {
    fn new(tls: ClientConfig, (connect_timeout, read_timeout): Timeouts) -> Self {
        Self { client: client(tls, connect_timeout), read_timeout }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        // The SDK does not use a connection again after some failures.
        let used = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&used));
        }
        let (answer, read_timeout) = (self.client.request(request), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let answer = match read_timeout {
                Some(limit) => {
                    timeout(limit, answer).await.map_err(|late| ConnectorError::timeout(late.into()))?
                }
                None => answer.await,
            };
            let answer = answer.map_err(|error| classified(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// The connection of a request, once it has one.
fn metadata(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extensions = http::Extensions::new();
    used.connection_metadata().as_ref()?.get_extras(&mut extensions);
    let info = extensions.get::<HttpInfo>();
    let used = used.clone();
    let mut found = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = used.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    found.set_local_addr(info.map(HttpInfo::local_addr)).set_remote_addr(info.map(HttpInfo::remote_addr));
    Some(found.build())
}

/// The kind of a failure, by which the SDK decides whether to send the request again.
fn classified(error: BoxError) -> ConnectorError {
    if cause::<Elapsed>(&*error).is_some() {
        return ConnectorError::timeout(error);
    }
    if let Some(failed) = cause::<hyper::Error>(&*error) {
        return if failed.is_timeout() {
            ConnectorError::timeout(error)
        } else if failed.is_user() {
            ConnectorError::user(error)
        } else if failed.is_closed() || failed.is_canceled() || cause::<std::io::Error>(failed).is_some() {
            ConnectorError::io(error)
        } else {
            let kind = failed.is_incomplete_message().then_some(ErrorKind::TransientError);
            ConnectorError::other(error, kind)
        };
    }
    let connecting = cause::<legacy::Error>(&*error).is_some_and(legacy::Error::is_connect);
    if connecting || cause::<std::io::Error>(&*error).is_some() {
        ConnectorError::io(error)
    } else {
        ConnectorError::other(error, None)
    }
}

/// The first cause of this type.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests;
