//! Calls the router without a network, so that an instruction counter tells what one verify costs:
//!
//!     instructions get|post|malformed TIMES
//!
//!     instructions form-KIND TIMES
//!
//! The second reads forms without any of the rest.
//!
//! The difference between two numbers of times is that of the calls alone. `./test instructions` holds it
//! against what was counted before.

mod forms;

use std::{env, net::SocketAddr, path::Path, sync::Arc};

use axum::body::Body;
use http::{Request, StatusCode};
use jeton_core::email::Email;
use jeton_service::{
    app::App,
    clock::Clock,
    http::{Peer, Routes},
    mail::{Mailer, Outbox},
    operation::setup,
    runtime::serve::routes,
};
use jeton_store_sqlite::Sqlite;

const QUESTION: &str = r#"{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}"#;
const WISH: &str = r#"{"bucketPermissions":{"in.c-main":"write"},"componentAccess":["keboola.ex-db-mysql"]}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [method, times] = words.as_slice() else { panic!("usage: instructions get|post|malformed TIMES") };
    if let Some(kind) = method.strip_prefix("form-") {
        let times = times.parse().expect("TIMES is a number");
        return forms::read(kind, times).expect("there are such forms");
    }
    let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
    let (routes, mut token) = jeton(folder.path()).await;
    // As a connection of `jeton serve`.
    let peer = Peer::new(SocketAddr::from(([127, 0, 0, 1], 9)));
    let mut status = StatusCode::OK;
    if *method == "malformed" {
        (token, status) = ("not-a-token".to_owned(), StatusCode::UNAUTHORIZED);
    }
    for _ in 0..times.parse().expect("TIMES is a number") {
        let request =
            Request::builder().uri("/v2/storage/tokens/verify").header("x-storageapi-token", &token);
        let request = match *method {
            "get" | "malformed" => request.method("GET").body(Body::empty()),
            _ => request.method("POST").header("content-type", "application/json").body(Body::from(QUESTION)),
        };
        let answer = routes.respond(request.expect("it is a request"), Some(&peer)).await;
        assert_eq!(answer.status(), status);
    }
}

/// A Jeton on a new file, with a limited token.
async fn jeton(folder: &Path) -> (Routes, String) {
    let app = Arc::new(App::new(
        Arc::new(Sqlite::open_alone(&folder.join("jeton.db")).expect("the file is new")),
        Mailer::Outbox(Outbox::new(folder)),
        Clock::System,
        "http://127.0.0.1:3000",
    ));
    let project = setup::project(&app, "Measured", 1).await.expect("the store works");
    let email = Email::parse("admin@example.org").expect("it is an address");
    let (_, _, master) = setup::member(&app, project.id, &email, "Ada").await.expect("the store works");
    let routes = routes(app);
    let create = Request::post("/v2/storage/tokens")
        .header("x-storageapi-token", master.expose())
        .header("content-type", "application/json")
        .body(Body::from(WISH))
        .expect("it is a request");
    let answer = routes.answer(create).await;
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("the body is whole");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("the body is JSON");
    (routes, body["token"].as_str().expect("there is a token").to_owned())
}
