//! A whole Jeton for one test: its own store, its own outbox, and a clock that moves only when the test moves it.
//!
//! It runs in this process, unless the run is about functions: then they are processes behind nginx or `cargo
//! lambda watch`, and the parts in this process only set up and read their store. Their clock is the real
//! one; the files `left-out*.txt` beside the suites list the tests that this rules out.

use std::{
    net::SocketAddr,
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jeton_core::{email::Email, id::ProjectId, store::Store};
use jeton_service::{
    app::App,
    clock::Clock,
    mail::{Mailer, Outbox},
    operation::{
        expiry_sweep::{self, Swept},
        seal::{self, Sealing},
        setup,
    },
    runtime::serve::routes,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    client::{Answer, Client},
    functions::Functions,
    github,
    store::{Front, Place, fresh_folder, front, open_store, open_store_at},
    watch::Watch,
};

/// The start time of every test: 2026-01-15T12:00:00Z.
pub const START: i64 = 1_768_478_400_000;

/// The e-mail address of the first member.
pub const ADMIN: &str = "admin@example.org";

/// A Jeton with one project, its first member, and a manage token.
///
/// It is also a [`Client`] of itself: `jeton.get("/v2/storage").send()`.
pub struct Jeton {
    /// Its parts, for state that HTTP does not show.
    pub app: Arc<App>,
    /// Its base URL.
    pub url: String,
    /// The project.
    pub project: ProjectId,
    /// The string of the first member's master token.
    pub master: String,
    /// The id of that token.
    pub master_id: String,
    /// The string of a manage token.
    pub manage: String,
    /// Its outbox. Functions behind `cargo lambda watch` mail through SES.
    pub outbox: PathBuf,
    client: Client,
    clock: Arc<AtomicI64>,
    pub(crate) behind: Behind,
}

/// The server, if it is not this process.
pub(crate) enum Behind {
    /// This process serves.
    Nothing,
    /// Functions behind nginx.
    #[expect(dead_code, reason = "they run as long as this is there")]
    Nginx(Functions),
    /// Functions behind `cargo lambda watch`.
    CargoLambda(Watch),
}

/// Serves these parts on a free local port, and returns the address.
///
/// Not for parts that need the address beforehand.
pub async fn serve_app(app: Arc<App>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

/// A token and its secret.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// The secret string.
    pub token: String,
}

impl Jeton {
    /// Starts one on an empty store of the kind that the run is about.
    pub async fn start() -> Self {
        match (front(), open_store_at().await) {
            (Some(front), (store, Place::Table(table))) => Self::start_functions(front, store, &table).await,
            (_, (store, _)) => Self::start_on(store).await,
        }
    }

    async fn start_functions(front: Front, store: Arc<dyn Store>, table: &str) -> Self {
        let (url, outbox, behind) = match front {
            Front::Nginx => {
                let functions = Functions::start(table);
                (functions.url.clone(), functions.outbox.clone(), Behind::Nginx(functions))
            }
            Front::CargoLambda => {
                let watch = Watch::start_quick(table);
                (watch.url.clone(), PathBuf::new(), Behind::CargoLambda(watch))
            }
        };
        let app = Arc::new(App {
            github: github::published(),
            ..App::new(store, Mailer::Outbox(Outbox::new(&outbox)), Clock::System, url.clone())
        });
        Self { outbox, behind, ..Self::set_up(app, url, Arc::default()).await }
    }

    /// Starts one on an existing store. Two on the same store are like two processes of one service.
    pub async fn start_on(store: Arc<dyn Store>) -> Self {
        Self::start_on_as(store, |app| app).await
    }

    /// Starts one on an empty store with this mailer; its outbox stays empty.
    pub async fn start_with_mailer(mailer: Mailer) -> Self {
        Self::start_with(open_store().await, mailer).await
    }

    /// Starts one in this process with changed parts.
    pub async fn start_as(change: impl FnOnce(App) -> App) -> Self {
        Self::start_on_as(open_store().await, change).await
    }

    /// The same on an existing store.
    pub async fn start_on_as(store: Arc<dyn Store>, change: impl FnOnce(App) -> App) -> Self {
        let outbox = fresh_folder().join("outbox");
        let mailer = Mailer::Outbox(Outbox::new(&outbox));
        Self { outbox, ..Self::start_changed(store, mailer, change).await }
    }

    async fn start_with(store: Arc<dyn Store>, mailer: Mailer) -> Self {
        Self::start_changed(store, mailer, |app| app).await
    }

    async fn start_changed(store: Arc<dyn Store>, mailer: Mailer, change: impl FnOnce(App) -> App) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Arc::new(change(App {
            github: github::published(),
            ..App::new(store, mailer, Clock::Manual(Arc::clone(&clock)), url.clone())
        }));
        let service = routes(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self::set_up(app, url, clock).await
    }

    async fn set_up(app: Arc<App>, url: String, clock: Arc<AtomicI64>) -> Self {
        let project = setup::project(&app, "Test project", 11).await.unwrap();
        let email = Email::parse(ADMIN).unwrap();
        let (_, master_token, master) = setup::member(&app, project.id, &email, "Ada Admin").await.unwrap();
        let (_, manage) = setup::manage_token(&app, "test").await.unwrap();
        Self {
            project: project.id,
            master: master.expose().to_owned(),
            master_id: master_token.id.to_string(),
            manage: manage.expose().to_owned(),
            client: Client::new(&url),
            app,
            url,
            outbox: PathBuf::new(),
            clock,
            behind: Behind::Nothing,
        }
    }

    /// A second process of the same service: same store, project, clock and outbox, but another address and
    /// another sequence of events.
    pub async fn second_front(&self) -> Self {
        self.front_on(Arc::clone(&self.app.store)).await
    }

    /// The same, with another connection to the store.
    pub async fn front_on(&self, store: Arc<dyn Store>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Arc::new(App {
            github: github::published(),
            ..App::new(
                store,
                Mailer::Outbox(Outbox::new(&self.outbox)),
                Clock::Manual(Arc::clone(&self.clock)),
                self.app.public_url.clone(),
            )
        });
        let service = routes(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            project: self.project,
            master: self.master.clone(),
            master_id: self.master_id.clone(),
            manage: self.manage.clone(),
            outbox: self.outbox.clone(),
            client: Client::new(&url),
            clock: Arc::clone(&self.clock),
            behind: Behind::Nothing,
            app,
            url,
        }
    }

    /// Advances the clock.
    pub fn pass_seconds(&self, seconds: i64) {
        self.pass_millis(seconds * 1000);
    }

    /// Advances the clock, in milliseconds.
    pub fn pass_millis(&self, millis: i64) {
        let movable = matches!(self.behind, Behind::Nothing);
        assert!(movable, "the clock of a process cannot be moved: name this test in the files left-out*.txt");
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    /// Removes expired tokens, and returns how many there were.
    pub async fn sweep(&self) -> u64 {
        self.swept().await.removed
    }

    /// Runs a sweep, and returns its counts.
    pub async fn swept(&self) -> Swept {
        expiry_sweep::sweep(&self.app, 1000).await.unwrap()
    }

    /// Runs the sealing of history, and returns its counts.
    pub async fn sealed(&self) -> Sealing {
        seal::seal(&self.app).await.unwrap()
    }

    /// Creates a token with the master token.
    pub async fn create(&self, wish: &Value) -> Held {
        self.create_by(&self.master, wish).await
    }

    /// Creates a token with another one.
    pub async fn create_by(&self, creator: &str, wish: &Value) -> Held {
        Held::from(&self.post("/v2/storage/tokens").token(creator).json(wish).send().await.expect(201))
    }

    /// Creates a limited token that manages tokens: only a manage token can.
    pub async fn create_manager(&self, mut wish: Value) -> Held {
        wish["canManageTokens"] = json!(true);
        self.create_by_manage(&wish).await
    }

    /// Creates a token with the manage token.
    pub async fn create_by_manage(&self, wish: &Value) -> Held {
        let path = format!("/manage/projects/{}/tokens", self.project);
        Held::from(&self.post(&path).manage(&self.manage).json(wish).send().await.expect(201))
    }

    /// Shares a token with an address, using the master token, and reads the mail.
    pub async fn share(&self, id: &str, recipient: &str) -> Invitation {
        let path = format!("/v2/storage/tokens/{id}/share");
        let body = json!({"recipientEmail": recipient, "message": "for you"});
        self.post(&path).token(&self.master).json(&body).send().await.expect(204);
        self.invitation(recipient).await
    }

    /// Picks a share up with the right code.
    pub async fn pick_up(&self, invitation: &Invitation) -> Answer {
        self.type_code(invitation, &invitation.code).await
    }

    /// Enters a code for a share.
    pub async fn type_code(&self, invitation: &Invitation, code: &str) -> Answer {
        let body = json!({"secret": invitation.secret, "code": code});
        self.post(&invitation.path).json(&body).send().await
    }

    /// Shares a token and picks it up: returns another copy of it.
    pub async fn shared_copy(&self, id: &str) -> Held {
        let invitation = self.share(id, "colleague@example.org").await;
        let token = self.pick_up(&invitation).await.expect(200).field("token");
        Held { id: id.to_owned(), token }
    }

    /// Refreshes a token with one of its own copies.
    pub async fn refresh(&self, held: &Held) -> Held {
        let path = format!("/v2/storage/tokens/{}/refresh", held.id);
        Held::from(&self.post(&path).token(&held.token).send().await.expect(200))
    }

    /// The status of a verify.
    pub async fn verify(&self, token: &str) -> u16 {
        self.get("/v2/storage/tokens/verify").token(token).send().await.status.as_u16()
    }

    /// Whether a token is allowed to do something.
    pub async fn may(&self, token: &str, mut question: Value) -> bool {
        question["operation"] = json!("test.asked");
        let answer = self.post("/v2/storage/tokens/verify").token(token).json(&question).send().await;
        answer.expect(200).json()["allowed"].as_bool().unwrap()
    }

    /// The names of a token's events, newest first, as the master token sees them.
    pub async fn history(&self, id: &str) -> Vec<String> {
        let path = format!("/v2/storage/tokens/{id}/events");
        let events = self.get(&path).token(&self.master).send().await.expect(200).json();
        events.as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }
}

impl Deref for Jeton {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl From<&Answer> for Held {
    fn from(answer: &Answer) -> Self {
        Self { id: answer.field("id"), token: answer.field("token") }
    }
}

pub use crate::mailbox::Invitation;
