//! The client of the SDK against servers that answer, close their connections, or stay silent.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Config, Credentials, Region, SharedHttpClient, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::SdkError,
    operation::list_tables::ListTablesError,
};
use futures_util::future::{BoxFuture, FutureExt as _, join_all, ready};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    net::TcpListener,
    sync::Notify,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;

use super::Transport;
use crate::{aws::Aws, http_client::Roots};

/// What a server does with a request.
enum Turn {
    /// It sends the name of the request back.
    Answer,
    /// The same. Then it closes the connection, without having said so.
    AnswerAndClose,
    /// It closes the connection.
    Close,
    /// It sends the head of an answer, and never its body.
    Stall,
}

/// A server. It counts its connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// A server that decides by the number of the connection, and of the request on it.
    async fn start(turn: impl Fn(usize, usize) -> BoxFuture<'static, Turn> + Send + Sync + 'static) -> Self {
        Self::over(None, turn).await
    }

    /// A server that always answers, over TLS.
    async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::over(Some(acceptor), |_, _| ready(Turn::Answer).boxed()).await
    }

    async fn over(
        acceptor: Option<TlsAcceptor>,
        turn: impl Fn(usize, usize) -> BoxFuture<'static, Turn> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, turn) = (Arc::new(AtomicUsize::new(0)), Arc::new(turn));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, turn) = (acceptor.clone(), Arc::clone(&turn));
                tokio::spawn(async move {
                    let turn = |request| turn(number, request);
                    match acceptor {
                        None => converse(stream, turn).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => converse(stream, turn).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, connections }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads and answers requests until either side closes the connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    turn: impl Fn(usize) -> BoxFuture<'static, Turn>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    for number in 0.. {
        let body = read(&mut stream).await?;
        let turn = turn(number).await;
        if matches!(turn, Turn::Close) {
            break;
        }
        let name = body.rsplit('"').nth(1)?;
        let answer = format!(r#"{{"TableNames":["{name}"]}}"#);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
        let body = if matches!(turn, Turn::Stall) { "" } else { &answer };
        stream.write_all((head + body).as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        if matches!(turn, Turn::Stall) {
            std::future::pending::<()>().await;
        }
        if matches!(turn, Turn::AnswerAndClose) {
            break;
        }
    }
    stream.shutdown().await.ok()
}

/// Reads a request, and returns its body.
async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok()
}

/// A client without timeouts that tries three times.
fn client(url: impl Into<String>) -> Client {
    with(url, Roots::None, TimeoutConfig::disabled())
}

fn with(url: impl Into<String>, roots: Roots, timeouts: TimeoutConfig) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .endpoint_url(url)
        .http_client(SharedHttpClient::new(Transport::new(roots)))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)));
    Client::from_conf(config.build())
}

/// Sends a name, and returns the one that comes back.
async fn echo(client: &Client, name: &str) -> Result<String, SdkError<ListTablesError>> {
    let answer = client.list_tables().exclusive_start_table_name(name).send().await?;
    Ok(answer.table_names().concat())
}

/// Sends several names in turn, which all come back.
async fn echoes(client: &Client) {
    for number in 0..20 {
        let name = format!("name-{number}");
        assert_eq!(echo(client, &name).await.unwrap(), name);
    }
}

fn is_timeout(outcome: Result<String, SdkError<ListTablesError>>) -> bool {
    matches!(outcome.unwrap_err(), SdkError::DispatchFailure(failure) if failure.is_timeout())
}

#[tokio::test]
async fn requests_in_turn_share_a_connection() {
    let server = Server::start(|_, _| ready(Turn::Answer).boxed()).await;
    echoes(&client(server.url())).await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn requests_at_once_get_their_own_answers() {
    let server = Server::start(|_, _| ready(Turn::Answer).boxed()).await;
    let client = client(server.url());
    let names: Vec<_> = (0..64).map(|number| format!("name-{number}")).collect();
    for _ in 0..3 {
        let answers = join_all(names.iter().map(|name| echo(&client, name))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, names);
    }
    assert!(server.connections() < 3 * 64, "{} connections", server.connections());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    let server = Server::start(|_, _| ready(Turn::AnswerAndClose).boxed()).await;
    echoes(&client(server.url())).await;
    assert!(server.connections() >= 20);
}

#[tokio::test]
async fn a_request_whose_connection_closes_under_it_is_sent_again() {
    // Every connection answers once, and closes when it is used again.
    let server = Server::start(|connection, request| {
        ready(if connection == 0 || request > 0 { Turn::Close } else { Turn::Answer }).boxed()
    });
    let server = server.await;
    echoes(&client(server.url())).await;
    assert!(server.connections() >= 20);
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_its_answer_to_nobody() {
    let (received, free) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at, until) = (Arc::clone(&received), Arc::clone(&free));
    let server = Server::start(move |connection, _| {
        let (at, until) = (Arc::clone(&at), Arc::clone(&until));
        async move {
            if connection == 0 {
                at.notify_one();
                until.notified().await;
            }
            Turn::Answer
        }
        .boxed()
    });
    let server = server.await;
    let client = client(server.url());
    tokio::select! {
        answer = echo(&client, "given-up") => panic!("it was answered: {answer:?}"),
        () = received.notified() => {}
    }
    free.notify_one();
    echoes(&client).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_failure() {
    // No program listens on this port by chance, as one may on a port that was free a moment ago.
    let failure = echo(&client("http://127.0.0.1:9"), "name").await.unwrap_err();
    assert!(matches!(failure, SdkError::DispatchFailure(failure) if failure.is_io()));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up_after_the_read_timeout() {
    let server = Server::start(|_, _| std::future::pending().boxed()).await;
    let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_secs(20)).build();
    assert!(is_timeout(echo(&with(server.url(), Roots::None, timeouts), "name").await));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_table_that_stalls_is_given_up_after_the_timeout_of_its_attempt() {
    let server = Server::start(|_, _| ready(Turn::Stall).boxed()).await;
    let client = Aws::of_tests(Some(server.url())).dynamodb(crate::aws::Patience::Answer);
    let began = Instant::now();
    assert!(matches!(echo(&client, "name").await.unwrap_err(), SdkError::TimeoutError(_)));
    // Three attempts of half a second, after random waits of at most one and two seconds.
    assert!(began.elapsed() <= Duration::from_millis(4_600), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_end_is_given_up_after_the_connect_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(20)).build();
    assert!(is_timeout(echo(&with(url, Roots::None, timeouts), "name").await));
}

#[tokio::test]
async fn a_certificate_is_trusted_for_its_host_if_its_root_is() {
    let (root, acceptor) = certified_for("localhost");
    let (other, _) = certified_for("localhost");
    let server = Server::start_tls(acceptor).await;
    let url = |host| format!("https://{host}:{}", server.address.port());

    echoes(&with(url("localhost"), root, TimeoutConfig::disabled())).await;
    assert_eq!(server.connections(), 1);
    for (host, roots) in [("127.0.0.1", root), ("localhost", other), ("localhost", Roots::None)] {
        let failure = echo(&with(url(host), roots, TimeoutConfig::disabled()), "name").await.unwrap_err();
        assert!(
            matches!(failure, SdkError::DispatchFailure(failure) if failure.is_io()),
            "{host}, {roots:?}"
        );
    }
}

/// A root, and a server that has its certificate for a host.
fn certified_for(host: &str) -> (Roots, TlsAcceptor) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (Roots::These(root.pem().leak().as_bytes()), TlsAcceptor::from(Arc::new(config)))
}
