//! The HTTP/1.1 client: for requests to AWS, to collectors of traces and to locations of anchors, over TLS where the URL is `https`.
//!
//! They share one type, because each further type compiles the client again, which is a tenth of a megabyte in a function.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aws_smithy_types::body::SdkBody;
use http::Uri;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tower::Service;

/// A client with a pool of connections. Clones share it.
pub(crate) type HttpClient = Client<Connector, SdkBody>;

/// The certificates that a client trusts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Roots {
    /// None: for addresses without TLS.
    None,
    /// These, as PEM.
    These(&'static [u8]),
    /// Those of the system, which are read from its files.
    System,
}

impl Roots {
    /// TLS that trusts them.
    ///
    /// Errors: the certificates cannot be read, or there are none.
    pub(crate) fn tls(self) -> io::Result<ClientConfig> {
        match self {
            Self::None => Ok(without_roots()),
            Self::These(pem) => Ok(tls().with_root_certificates(parsed(pem)?).with_no_client_auth()),
            Self::System => Ok(tls().with_native_roots()?.with_no_client_auth()),
        }
    }
}

/// TLS that trusts no certificate, so that every handshake fails.
pub(crate) fn without_roots() -> ClientConfig {
    tls().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

/// A client that gives up on a connection after this time, with its lookup and its handshake.
///
/// Connections are kept for 90 seconds after their last request.
pub(crate) fn client(tls: ClientConfig, connect_timeout: Option<Duration>) -> HttpClient {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Without it, the end of a request in several writes would wait until the beginning is acknowledged.
    tcp.set_nodelay(true);
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let connector = Connector { https: https.enable_http1().wrap_connector(tcp), timeout: connect_timeout };
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector)
}

fn tls() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3")
}

fn parsed(pem: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    Ok(roots)
}

/// Connects, within a time.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<HttpConnector>,
    timeout: Option<Duration>,
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
    type Error = <HttpsConnector<HttpConnector> as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.https.call(to);
        match self.timeout {
            Some(timeout) => Box::pin(async move { tokio::time::timeout(timeout, connecting).await? }),
            None => Box::pin(connecting),
        }
    }
}
