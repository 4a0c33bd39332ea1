//! Programs that do only the bare work, each the floor of a figure. Servers:
//!
//!     floor noop PORT            answers at once
//!     floor lookup PORT FILE     answers the row that a header names, by one lookup
//!     floor append PORT FILE     appends the body as one row, and answers when it is on the disk
//!
//! and the calls alone, for the items whose partition keys are the lines of a file, after each of which an item with
//! a text of LENGTH is written if there is one:
//!
//!     floor calls ENDPOINT TABLE KEYS LOOPS SECONDS [LENGTH]
//!
//! `lookup` makes its 10,000 rows when the file is new.

mod append;
mod calls;
mod lookup;

use std::{env, path::Path, time::Duration};

use axum::{Router, routing::get, serve::ListenerExt as _};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["calls", endpoint, table, keys, loops, seconds, rest @ ..] = words.as_slice() {
        let loops = loops.parse().expect("LOOPS is a number");
        let time = Duration::from_secs(seconds.parse().expect("SECONDS is a number"));
        let calls = calls::Calls {
            endpoint: (*endpoint).to_owned(),
            table: (*table).to_owned(),
            keys: std::fs::read_to_string(keys)
                .expect("the file is there")
                .lines()
                .map(str::to_owned)
                .collect(),
            written: rest.first().map(|length| length.parse().expect("a length is a number")),
        };
        println!("{}", calls::measure(calls, loops, time).await);
        return;
    }
    let (port, routes) = match words.as_slice() {
        ["noop", port] => (port, Router::new().route("/", get(|| async { "{}" }))),
        ["lookup", port, file] => (port, lookup::routes(Path::new(file))),
        ["append", port, file] => (port, append::routes(Path::new(file))),
        _ => panic!(
            "usage: floor noop PORT | lookup PORT FILE | append PORT FILE | calls ENDPOINT TABLE KEYS LOOPS SECONDS [LENGTH]"
        ),
    };
    let listener =
        tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await.expect("it listens until it is ended");
}

/// The file with its settings: those that a store with the same promises would have.
fn connect(file: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).expect("the file opens");
    connection.pragma_update(None, "journal_mode", "WAL").expect("it has a write-ahead log");
    connection.pragma_update(None, "synchronous", "FULL").expect("each commit reaches the disk");
    connection
}
