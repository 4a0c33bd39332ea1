//! HTTP transport with pooled connections.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    Error,
    base_url::BaseUrl,
    connector::Bounded,
    reply::{NoAnswer, Reply, is_json},
};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Hyper, ResponseFuture, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The timeout of opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The most bytes of an answer. Jeton's lists have at most 5 MB.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A connection pool for one server. Clones share it.
#[derive(Clone)]
pub struct Transport {
    http: Http,
    reached: Arc<AtomicBool>,
}

/// Certificates are loaded for `https` only: a machine may have none.
#[derive(Clone)]
enum Http {
    Plain(Hyper<Bounded, Full<Bytes>>),
    Tls(Hyper<HttpsConnector<Bounded>, Full<Bytes>>),
}

impl Transport {
    /// Errors: [`Error::NoCertificates`].
    pub fn new(url: &BaseUrl) -> Result<Self, Error> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let builder = Hyper::builder(TokioExecutor::new());
        let http = if url.is_https() {
            connector.enforce_http(false);
            let connector = Bounded::new(connector);
            let roots = HttpsConnectorBuilder::new().with_native_roots();
            let roots = roots
                .map_err(|error| Error::NoCertificates { url: url.to_string(), why: error.to_string() })?;
            Http::Tls(builder.build(roots.https_only().enable_http1().wrap_connector(connector)))
        } else {
            Http::Plain(builder.build(Bounded::new(connector)))
        };
        Ok(Self { http, reached: Arc::default() })
    }

    /// Whether the server was reached once.
    pub fn reached(&self) -> &AtomicBool {
        &self.reached
    }

    /// Sends a request on a free connection and reads the answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply, NoAnswer> {
        let (status, headers, body) = self.open(request).await?;
        let body = collected(body).await.map_err(NoAnswer::Lost)?;
        if is_cut(status, &headers, &body) {
            return Err(NoAnswer::Lost("the answer is not complete".to_owned()));
        }
        Ok((status, headers, body))
    }

    /// Sends a request on a free connection and reads the head of the answer.
    pub async fn open(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, HeaderMap, Incoming), NoAnswer> {
        let answer = self.http.request(request).await.map_err(|error| {
            let why = causes(&error);
            if error.is_connect() {
                NoAnswer::NotConnected { why, passing: is_passing(&error) }
            } else {
                NoAnswer::Lost(why)
            }
        });
        if !matches!(answer, Err(NoAnswer::NotConnected { .. })) {
            self.reached.store(true, Relaxed);
        }
        let answer = answer?;
        let (head, body) = answer.into_parts();
        Ok((head.status, head.headers, body))
    }
}

/// Whether an answer of the server ended early, which its length does not tell if it has none.
fn is_cut(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let says_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    status.is_success() && says_json && !is_json(body)
}

/// Whether a failed connection may succeed later. Unknown names and invalid certificates have other kinds of errors.
fn is_passing(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::NetworkDown
            )
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// Reads the body of an answer. The error is for people.
pub async fn collected(body: Incoming) -> Result<Bytes, String> {
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    body.map(Collected::to_bytes).map_err(|error| causes(error.as_ref()))
}

impl Http {
    fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(http) => http.request(request),
            Self::Tls(http) => http.request(request),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

/// An error with its causes, since the outermost one often says least.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    // What rustls says of an answer that is no TLS.
    if text.contains("InvalidContentType") {
        "the server does not speak https at this address".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use jeton_tests::functions::quiet_address;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// Why a connection to this address fails, and whether it may succeed later.
    async fn failed(url: &str) -> (String, bool) {
        let transport = Transport::new(&BaseUrl::parse(url).unwrap()).unwrap();
        let failed = transport.open(Request::get(url).body(Full::default()).unwrap()).await.unwrap_err();
        assert!(!transport.reached().load(Relaxed));
        match failed {
            NoAnswer::NotConnected { why, passing } => (why, passing),
            NoAnswer::Lost(why) => panic!("{why}"),
        }
    }

    #[tokio::test]
    async fn a_restart_may_pass_and_an_unknown_name_or_a_server_without_tls_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plain = tokio::spawn(async move {
            let (mut caller, _) = listener.accept().await.unwrap();
            assert_ne!(caller.read_buf(&mut Vec::new()).await.unwrap(), 0);
            caller.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        });
        let no_tls = failed(&format!("https://{address}")).await;
        assert_eq!(no_tls, ("the server does not speak https at this address".to_owned(), false));
        plain.await.unwrap();
        assert!(failed(&format!("http://{}", quiet_address())).await.1, "nobody listens there");
        assert!(!failed("http://jeton.invalid").await.1);
    }
}
