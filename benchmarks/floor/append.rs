//! One row more for each request, without an index. Whoever waits at the same time shares a commit, and each is
//! answered when its own row is on the disk.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use bytes::Bytes;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connect;

type Queue = Sender<(Bytes, oneshot::Sender<()>)>;

pub fn routes(file: &Path) -> Router {
    let connection = connect(file);
    let table = "CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, body BLOB) STRICT";
    connection.execute_batch(table).expect("the table is made");
    let (queue, rows) = mpsc::channel();
    thread::spawn(move || write(&connection, &rows));
    Router::new().route("/", post(append)).with_state(queue)
}

async fn append(State(queue): State<Queue>, body: Bytes) -> (StatusCode, &'static str) {
    let (stored, is_stored) = oneshot::channel();
    let sent = queue.send((body, stored));
    match (sent, is_stored.await) {
        (Ok(()), Ok(())) => (StatusCode::OK, "{}"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "{}"),
    }
}

fn write(connection: &Connection, rows: &Receiver<(Bytes, oneshot::Sender<()>)>) {
    let execute = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    while let Ok(first) = rows.recv() {
        let mut group = vec![first];
        group.extend(rows.try_iter().take(511));
        execute("BEGIN IMMEDIATE").expect("nobody else writes");
        for (body, _) in &group {
            let insert = connection.prepare_cached("INSERT INTO rows (body) VALUES (?1)");
            insert.and_then(|mut insert| insert.execute([&body[..]])).expect("there is room");
        }
        execute("COMMIT").expect("the disk works");
        for (_, stored) in group {
            // Whoever hung up does not want to know.
            let _gone = stored.send(());
        }
    }
}
