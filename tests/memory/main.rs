//! The memory of cached tokens, by an allocator that counts. It is a program of its own, because others would count too.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicI64},
};

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jeton_core::{
    email::Email,
    id::{ProjectId, TokenId},
};
use jeton_service::{
    app::App,
    clock::Clock,
    http::{Peer, Routes},
    mail::{Mailer, Outbox},
    operation::setup,
    runtime::serve::routes,
};
use jeton_store_sqlite::Sqlite;
use jeton_store_support::item_cache::ItemCache;
use jeton_tests::jeton::START;
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// As many as it takes for what they share to count for little.
const TOKENS: usize = 1_000;

const VERIFY: &str = "/v2/storage/tokens/verify";

struct World {
    store: Arc<Sqlite>,
    app: Arc<App>,
    routes: Routes,
    peer: Peer,
    master: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open_alone(&folder.path().join("jeton.db")).unwrap());
        let mailer = Mailer::Outbox(Outbox::new(folder.path()));
        let clock = Clock::Manual(Arc::new(AtomicI64::new(START)));
        let app = Arc::new(App::new(Arc::clone(&store) as _, mailer, clock, "https://jeton.example.org"));
        let project = setup::project(&app, "Measured", 1).await.unwrap();
        let email = Email::parse("admin@example.org").unwrap();
        let (_, _, master) = setup::member(&app, project.id, &email, "Ada Lovelace").await.unwrap();
        let peer = Peer::new(SocketAddr::from(([127, 0, 0, 1], 9)));
        let routes = routes(Arc::clone(&app));
        Self { store, app, routes, peer, master: master.expose().to_owned(), _folder: folder }
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: Body) -> (StatusCode, Vec<u8>) {
        let request = Request::builder().method(method).uri(path).header("x-storageapi-token", token);
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = self.routes.respond(request, Some(&self.peer)).await;
        (answer.status(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    async fn make(&self, wish: Value) -> String {
        let (status, made) =
            self.call("POST", "/v2/storage/tokens", &self.master, wish.to_string().into()).await;
        assert_eq!(status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&made));
        serde_json::from_slice::<Value>(&made).unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// Makes tokens, of which several wait for a commit at a time.
    async fn make_all(&self, count: usize, wish: impl Fn(usize) -> Value) -> Vec<String> {
        stream::iter(0..count).map(|number| self.make(wish(number))).buffer_unordered(100).collect().await
    }

    /// The memory that tokens take once they are cached with their answers, in bytes: really, and as the cache counts it.
    async fn cache(&self, tokens: &[String]) -> (usize, usize) {
        // The first call of a day changes a token, so only the second one is cached.
        for token in tokens {
            self.verify(token).await;
        }
        let before = (MEMORY.current_usage(), self.counted());
        for token in tokens {
            self.verify(token).await;
        }
        let after = (MEMORY.current_usage(), self.counted());
        (after.0 - before.0, after.1 - before.1)
    }

    async fn verify(&self, token: &str) {
        assert_eq!(self.call("GET", VERIFY, token, Body::empty()).await.0, StatusCode::OK);
    }

    fn counted(&self) -> usize {
        self.store.cached_bytes() + self.app.answer_texts.bytes()
    }
}

/// One test, because all count in one allocator, and the threads of a server free memory after it has ended.
#[tokio::test]
async fn a_cached_token_takes_a_kilobyte_and_none_takes_more_than_is_counted() {
    cached_with_their_texts();
    cached_by_a_server().await;
}

/// As a server on SQLite keeps them.
async fn cached_by_a_server() {
    let world = World::start().await;
    let usual = world
        .make_all(TOKENS, |_| {
            json!({
                "description": "made to be measured", "canReadAllFileUploads": true,
                "bucketPermissions": {"in.c-main": "write", "out.c-main": "read"},
                "componentAccess": ["keboola.ex-db-mysql"],
            })
        })
        .await;
    let (taken, counted) = world.cache(&usual).await;
    println!("{TOKENS} tokens with the same rights: {taken} bytes, {counted} as counted");
    assert!(taken <= 1_000 * TOKENS, "{taken}");
    assert!(taken <= counted && counted <= 2 * taken, "{taken} bytes, {counted} as counted");

    let with_rights_of_their_own = |number: usize| {
        let rights: serde_json::Map<_, _> =
            (0..20).map(|bucket| (format!("in.c-{number}-{bucket}"), json!("read"))).collect();
        json!({"description": format!("{number}"), "bucketPermissions": rights, "expiresIn": 3600 + number})
    };
    let with_one_right = |number: usize| json!({"bucketPermissions": {format!("in.c-{number}"): "write"}});
    let long = |number: usize| json!({"description": format!("{number}{}", "\"".repeat(240))});
    let bare = |_| json!({});
    let kinds: [(&str, &dyn Fn(usize) -> Value); 4] = [
        ("rights of their own", &with_rights_of_their_own),
        ("one right", &with_one_right),
        ("long descriptions", &long),
        ("no rights", &bare),
    ];
    for (name, wish) in kinds {
        let tokens = world.make_all(200, wish).await;
        let (taken, counted) = world.cache(&tokens).await;
        println!("200 tokens with {name}: {taken} bytes, {counted} as counted");
        assert!(taken <= counted && counted <= 3 * taken, "{name}: {taken} bytes, {counted} as counted");
    }
}

/// The rights of the token with this number, as JSON.
type Rights<'a> = &'a dyn Fn(u64) -> String;

/// As a server on DynamoDB keeps them.
fn cached_with_their_texts() {
    let one_right = |number: u64| format!(r#""in.c-{number}":"read""#);
    let rights = |_| (0..20).map(one_right).collect::<Vec<_>>().join(",");
    let own_rights =
        |number| (0..20).map(|bucket| one_right(100 * number + bucket)).collect::<Vec<_>>().join(",");
    let none = |_| String::new();
    let kinds: [(&str, usize, Rights<'_>); 4] = [
        ("no rights", 1, &none),
        ("the same rights", 20, &rights),
        ("rights of their own", 20, &own_rights),
        ("long descriptions", 250, &none),
    ];
    for (name, long, rights) in kinds {
        let (cache, project) = (ItemCache::<Arc<str>>::default(), ProjectId::new(1).unwrap());
        let before = MEMORY.current_usage();
        for number in 1..=TOKENS as u64 {
            let text = format!(
                r#"{{"project":1,"id":{number},"version":1,"keys":[],"identity":{{"kind":"limited","description":"{}",
                "permissions":{{"buckets":{{{}}}}},"created":0,"refreshed":0,"owner":{{"name":"P","created":0,"organization":1}}}}}}"#,
                "d".repeat(long),
                rights(number),
            );
            let item = Arc::new(jeton_core::json::from_str(&text).unwrap());
            cache.insert((project, TokenId::new(number).unwrap()), cache.entry(item, text.into()));
        }
        let (taken, counted) = (MEMORY.current_usage() - before, cache.bytes());
        println!("{TOKENS} tokens with {name}: {taken} bytes, {counted} as counted");
        assert!(taken <= counted && counted <= 3 * taken, "{name}: {taken} bytes, {counted} as counted");
    }
}
