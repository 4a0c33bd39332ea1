//! A store with so many tokens and events, and the calls on it.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use futures_util::{StreamExt as _, stream};
use http::{Request, StatusCode};
use jeton_core::{
    email::Email,
    event::{EventRange, Feed, Order},
    event_context::Actor,
    id::{NewTokenIds, ProjectId, TokenId},
    permission::Permissions,
    project::Project,
    store::{Commit, Write},
    token::{Kind, NewToken, Settings},
};
use jeton_service::{
    app::{App, Outcome},
    clock::{Clock, entropy},
    mail::{Mailer, Outbox},
    operation::{expiry_sweep::sweep, setup},
    runtime::serve::routes,
};
use jeton_store_sqlite::Sqlite;
use tower::ServiceExt as _;

/// How many tokens expire before each sweep.
pub const EXPIRING: usize = 1000;

/// How many requests that fill the store are under way at a time.
const FILLING: usize = 256;

/// How many tokens are created in a second of the stores' own time.
const A_SECOND: usize = 100;

/// How many of the tokens are called with.
const CALLED: usize = 1000;

const START: i64 = 1_790_000_000_000;
const QUESTION: &str = r#"{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}"#;

pub struct World {
    app: Arc<App>,
    routes: Router,
    time: Arc<AtomicI64>,
    project: Project,
    master: String,
    /// Ids and strings of tokens from everywhere in the project.
    tokens: Vec<(TokenId, String)>,
    /// How many were made.
    pub tokens_made: usize,
}

impl World {
    pub async fn new(file: &Path, tokens: usize, events: usize) -> Self {
        let time = Arc::new(AtomicI64::new(START));
        let app = Arc::new(App::new(
            Arc::new(Sqlite::open_alone(file).expect("the file is new")),
            Mailer::Outbox(Outbox::new(file.parent().expect("it is in a folder"))),
            Clock::Manual(Arc::clone(&time)),
            "http://127.0.0.1:3000",
        ));
        let project = setup::project(&app, "Measured", 1).await.expect("the store works");
        let email = Email::parse("admin@example.org").expect("it is an address");
        let (_, _, master) = setup::member(&app, project.id, &email, "Ada").await.expect("the store works");
        let routes = routes(Arc::clone(&app)).into();
        let master = master.expose().to_owned();
        let mut world = Self { app, routes, time, project, master, tokens: Vec::new(), tokens_made: tokens };
        let every = (tokens / CALLED).max(1);
        let made = world.create(tokens, None).await;
        world.tokens = made.into_iter().step_by(every).collect();
        world.tokens.sort_unstable();
        world.append(events).await;
        // The first call of a day is noted, once for each token.
        for round in 0..world.tokens.len() {
            world.send(world.request("verify", round)).await;
        }
        // While a large file is filled, the system drops from its cache what was written first.
        io::copy(&mut File::open(file).expect("it was made"), &mut io::sink()).expect("it can be read");
        world
    }

    /// A call; those to one token take the one with the events.
    pub fn request(&self, call: &str, round: usize) -> Request<Body> {
        // A prime, so that the calls come from everywhere.
        let (id, token) = &self.tokens[round * 7919 % self.tokens.len()];
        // Behind the last ones there would be no whole page.
        let (early, _) = &self.tokens[round * 7919 % (self.tokens.len() * 4 / 5)];
        let (busy, its_token) = &self.tokens[0];
        let (path, token, body) = match call {
            "verify" => ("/v2/storage/tokens/verify".to_owned(), token, Body::empty()),
            "detail" => (format!("/v2/storage/tokens/{id}"), &self.master, Body::empty()),
            "page of tokens" => {
                (format!("/v2/storage/tokens?limit=100&afterId={early}"), &self.master, Body::empty())
            }
            "page of events" => {
                (format!("/v2/storage/tokens/{busy}/events?limit=50"), &self.master, Body::empty())
            }
            "search" => ("/v2/storage/tokens?search=nothing".to_owned(), &self.master, Body::empty()),
            "sort" => ("/v2/storage/tokens?sort=-lastUsed&limit=100".to_owned(), &self.master, Body::empty()),
            _ => ("/v2/storage/tokens/verify".to_owned(), its_token, Body::from(QUESTION)),
        };
        let request = Request::builder().uri(path).header("x-storageapi-token", token);
        let method = if call == "append" { "POST" } else { "GET" };
        let request = request.method(method).header("content-type", "application/json").body(body);
        request.expect("it is a request")
    }

    /// Sends a request and receives all of its answer.
    pub async fn send(&self, request: Request<Body>) {
        assert_eq!(self.answer(request).await, StatusCode::OK);
    }

    /// Sends a request, receives all of its answer, and returns its status.
    pub async fn answer(&self, request: Request<Body>) -> StatusCode {
        let answer = self.routes.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status();
        axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("the answer is whole");
        status
    }

    /// Makes tokens, lets them expire, and sweeps: how long the sweep takes.
    pub async fn sweep(&self) -> Duration {
        self.create(EXPIRING, Some(3600)).await;
        self.time.fetch_add(2 * 3_600_000, Ordering::SeqCst);
        let began = Instant::now();
        let swept = sweep(&self.app, EXPIRING).await.expect("the store works");
        let took = began.elapsed();
        assert_eq!(swept.removed, EXPIRING as u64);
        took
    }

    async fn create(&self, count: usize, expires_in: Option<u64>) -> Vec<(TokenId, String)> {
        let new = NewToken {
            settings: Settings {
                description: "made to be measured".to_owned(),
                expires_in,
                permissions: Permissions {
                    buckets: serde_json::from_str(r#"{"in.c-main":"write","out.c-main":"read"}"#)
                        .expect("these are rights"),
                    components: serde_json::from_str(r#"["keboola.ex-db-mysql"]"#)
                        .expect("these are components"),
                    ..Permissions::default()
                },
            },
            creator_ends: None,
            kind: Kind::Limited,
            creator: None,
            member: None,
            owner: self.project.owner(),
        };
        let one = |number: usize| {
            if number.is_multiple_of(A_SECOND) {
                self.time.fetch_add(1000, Ordering::SeqCst);
            }
            let event_context = self.app.event_context(self.app.clock.now(), Actor::Jeton);
            let (new, mut ids) = (&new, NewTokenIds::new(event_context.now));
            async move {
                loop {
                    let id = ids.draw(&mut entropy());
                    let made = new.clone().create(self.project.id, id, &event_context, &mut entropy());
                    let (change, secret) = made.expect("it is a token that can be made");
                    let commit =
                        Commit { writes: vec![Write::InsertToken(change.token)], events: vec![change.event] };
                    if let Outcome::Stored = self.app.commit(&commit).await.expect("the store works") {
                        return (id, secret.expose().to_owned());
                    }
                }
            }
        };
        stream::iter(0..count).map(one).buffer_unordered(FILLING).collect().await
    }

    /// Gives the first token as many events like that of a question.
    async fn append(&self, count: usize) {
        self.send(self.request("append", 0)).await;
        let (project, token): (ProjectId, TokenId) = (self.project.id, self.tokens[0].0);
        let newest = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Descending, 1) };
        let feed = Feed::Token(project, token);
        let like = self.app.store.events(&feed, newest).await.expect("the store works").events.remove(0);
        let one = || async {
            let mut event = like.clone();
            event.uuid = self.app.sequence.next(self.app.clock.now(), &mut entropy());
            self.app.store.append(&event, 1).await.expect("the store works");
        };
        stream::iter(1..count).map(|_| one()).buffer_unordered(FILLING).collect::<Vec<()>>().await;
    }
}
