//! A Jeton that accepts connections and does not answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, routing::post};
use jeton_client::{Client, Credential, Error, PlainSecret, Question, Tokens, require};
use jeton_tests::client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::guarded::serve;

/// The time limit of a test.
const PATIENCE: Duration = Duration::from_secs(25);

/// The connection limit of a client.
const MOST: usize = 64;

/// Accepts connections, and answers nothing before there are as many as a client opens.
struct Frozen {
    url: String,
    /// The most connections that were open at once.
    most: Arc<AtomicUsize>,
    /// How many it has accepted.
    taken: Arc<AtomicUsize>,
}

impl Frozen {
    /// One that answers once it has so many connections.
    async fn until(enough: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let frozen = Self { url, most: Arc::default(), taken: Arc::default() };
        let (most, taken) = (Arc::clone(&frozen.most), Arc::clone(&frozen.taken));
        let (open, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                most.fetch_max(open.fetch_add(1, SeqCst) + 1, SeqCst);
                if taken.fetch_add(1, SeqCst) + 1 == enough {
                    gate.close();
                }
                let (open, gate) = (Arc::clone(&open), Arc::clone(&gate));
                tokio::spawn(async move { answer(caller, &open, &gate).await });
            }
        });
        frozen
    }

    fn client(&self) -> Client {
        Client::new(&self.url, Credential::Storage(PlainSecret::new("1-2-jtx".to_owned()))).unwrap()
    }
}

/// Answers one request with 401 once the gate is closed, which releases all, and closes the connection.
async fn answer(mut caller: TcpStream, open: &AtomicUsize, gate: &Semaphore) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        if caller.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    drop(gate.acquire().await);
    // Before the caller can know, and so before it can open another one.
    open.fetch_sub(1, SeqCst);
    let body = r#"{"error":"Invalid access token","code":"storage.tokenInvalid"}"#;
    let head =
        format!("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    caller.write_all(format!("{head}{body}").as_bytes()).await?;
    caller.shutdown().await?;
    caller.read_to_end(&mut request).await.map(drop)
}

#[tokio::test]
async fn a_guard_does_not_wait_for_long_and_lets_no_call_through() {
    let frozen = Frozen::until(usize::MAX).await;
    let guard = require(frozen.client(), Tokens::OfAnyProject, |_| Some(Question::to_read("a", "in.c-a")));
    let service = serve(Router::new().route("/", post(async || "done").route_layer(guard))).await;
    let (url, token) = (format!("{service}/"), [("x-storageapi-token", "1-2-jtx")]);
    let call = client::send("POST", &url, &token);
    let answer = tokio::time::timeout(PATIENCE, call).await.expect("an answer long before a client gives up");
    assert_eq!(answer.expect(503).header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_call_that_is_given_no_more_time_is_not_sent_again() {
    let frozen = Frozen::until(usize::MAX).await;
    let ended = frozen.client().within(Duration::from_millis(300)).verify().await.unwrap_err();
    assert!(matches!(ended, Error::TimedOut { .. }), "{ended:?}");
    // On a slow machine the time is over before there is a connection.
    assert!(frozen.taken.load(SeqCst) <= 1);
}

#[tokio::test]
async fn many_callers_share_few_connections() {
    let frozen = Frozen::until(MOST).await;
    let client = frozen.client();
    let calls: Vec<_> = (0..400)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.ask(&Question::to_read("a", "in.c-a")).await.unwrap_err() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().status(), Some(401));
    }
    assert_eq!(frozen.most.load(SeqCst), MOST);
}
