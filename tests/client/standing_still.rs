//! A Jeton that takes connections and answers nothing.

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
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::guarded::serve;

/// How long a test waits before it gives up on what it tests.
const PATIENCE: Duration = Duration::from_secs(25);

/// Takes connections and answers nothing. Counts those that are open at once.
struct Frozen {
    url: String,
    most: Arc<AtomicUsize>,
    taken: Arc<AtomicUsize>,
}

impl Frozen {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (open, most, taken) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default(), Arc::default());
        let (counts, all) = (Arc::clone(&most), Arc::clone(&taken));
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                let open = Arc::clone(&open);
                counts.fetch_max(open.fetch_add(1, SeqCst) + 1, SeqCst);
                AtomicUsize::fetch_add(&all, 1, SeqCst);
                tokio::spawn(async move {
                    let mut bytes = [0; 1024];
                    while matches!(caller.read(&mut bytes).await, Ok(1..)) {}
                    open.fetch_sub(1, SeqCst);
                });
            }
        });
        Self { url, most, taken }
    }

    fn client(&self) -> Client {
        Client::new(&self.url, Credential::Storage(PlainSecret::new("1-2-jtx".to_owned()))).unwrap()
    }
}

#[tokio::test]
async fn a_guard_does_not_wait_for_long_and_lets_nobody_through() {
    let frozen = Frozen::start().await;
    let guard = require(frozen.client(), Tokens::OfAnyProject, |_| Some(Question::to_read("a", "in.c-a")));
    let service = serve(Router::new().route("/", post(async || "done").route_layer(guard))).await;
    let (url, token) = (format!("{service}/"), [("x-storageapi-token", "1-2-jtx")]);
    let call = client::send("POST", &url, &token);
    let answer = tokio::time::timeout(PATIENCE, call).await.expect("an answer long before a client gives up");
    assert_eq!(answer.expect(503).header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_call_that_is_given_no_more_time_is_not_sent_again() {
    let frozen = Frozen::start().await;
    let ended = frozen.client().within(Duration::from_millis(300)).verify().await.unwrap_err();
    assert!(matches!(ended, Error::TimedOut { .. }), "{ended:?}");
    assert_eq!(frozen.taken.load(SeqCst), 1);
}

#[tokio::test]
async fn many_callers_share_few_connections() {
    let frozen = Frozen::start().await;
    let client = frozen.client().within(Duration::from_secs(1));
    let calls: Vec<_> = (0..400)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.ask(&Question::to_read("a", "in.c-a")).await.unwrap_err() })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Error::TimedOut { .. }));
    }
    // Of those that were closed here the other side may not know yet.
    assert!(frozen.most.load(SeqCst) <= 2 * 64, "{}", frozen.most.load(SeqCst));
}
