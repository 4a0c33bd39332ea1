//! Programs that do only the bare work, each the floor of a figure. Servers:
//!
//!     floor noop PORT                         answers at once
//!     floor lookup PORT FILE                  answers the row that a header names, by one lookup in SQLite
//!     floor append PORT FILE                  appends the body as one row, and answers when it is on the disk
//!     floor redis PORT SOCKET                 reads the value that a header names, and appends the body to a stream
//!     floor dynamodb PORT ENDPOINT TABLE      reads the item that a header names, and stores the body of a POST
//!
//! and a load, for redis speaks no HTTP: so many connections that read a value and append a text of LENGTH, each again
//! once it is answered:
//!
//!     floor load SOCKET CONNECTIONS SECONDS LENGTH
//!
//! `lookup` and `redis` make their 10,000 rows when the store is new. The header of a row is `1-ID`.

mod append;
mod dynamodb;
mod lookup;
mod redis;

use std::{env, path::Path, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::get,
    serve::ListenerExt as _,
};

/// The number of rows that are looked up.
const ROWS: u32 = 10_000;

/// The length of a row: about that of the answer to a verify.
const ANSWER: usize = 1500;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (port, routes) = match words.as_slice() {
        ["noop", port] => (port, Router::new().route("/", get(|| async { "{}" }))),
        ["lookup", port, file] => (port, lookup::routes(Path::new(file))),
        ["append", port, file] => (port, append::routes(Path::new(file))),
        ["redis", port, socket] => (port, redis::routes(socket).await),
        ["dynamodb", port, endpoint, table] => (port, dynamodb::routes(endpoint, table)),
        ["load", socket, connections, seconds, length] => {
            let connections = connections.parse().expect("CONNECTIONS is a number");
            let time = Duration::from_secs(seconds.parse().expect("SECONDS is a number"));
            let length = length.parse().expect("LENGTH is a number");
            println!("{}", redis::load(socket, connections, time, length).await);
            return;
        }
        _ => panic!("main.rs says how this is called"),
    };
    let listener =
        tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await.expect("it listens until it is ended");
}

/// The row that is asked for: the header is `1-ID`, as a token names its project and itself.
fn row(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers
        .get("x-storageapi-token")
        .and_then(|value| value.to_str().ok())
        .and_then(|key| key.split_once('-'))
}

fn json(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.into()).into_response()
}

/// The file with its settings: those that a store with the same promises would have.
fn connect(file: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).expect("the file opens");
    connection.pragma_update(None, "journal_mode", "WAL").expect("it has a write-ahead log");
    connection.pragma_update(None, "synchronous", "FULL").expect("each commit reaches the disk");
    connection
}
