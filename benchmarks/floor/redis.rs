//! One value read and one entry appended to a stream for each request, by redis, which answers once its log is on the
//! disk. Both commands are sent at once; concurrent requests share a connection, and redis a write to the disk.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use bytes::Bytes;
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisResult, aio::MultiplexedConnection, cmd, pipe};

use crate::{ANSWER, ROWS, json, row};

/// How many entries of the stream are kept, about: it must not grow beyond the memory of the machine.
const KEPT: u32 = 500_000;

/// How long an answer may take. By default half a second, which a stopped floor exceeds.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn routes(socket: &str) -> Router {
    let mut connection = connect(socket).await;
    for first in (1..=ROWS).step_by(100) {
        let mut rows = pipe();
        for id in first..first + 100 {
            let body = format!("{{\"id\":\"{id}\",\"text\":\"{}\"}}", "x".repeat(ANSWER));
            rows.set(format!("1-{id}"), body).ignore();
        }
        rows.exec_async(&mut connection).await.expect("the values are stored");
    }
    Router::new().route("/", post(verify)).with_state(connection)
}

async fn verify(
    State(mut connection): State<MultiplexedConnection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((project, id)) = row(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let answer: RedisResult<(Bytes,)> =
        get_and_append(&format!("{project}-{id}"), &body).query_async(&mut connection).await;
    answer.map_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response(), |(value,)| json(value))
}

fn get_and_append(key: &str, event: &[u8]) -> Pipeline {
    let mut both = pipe();
    both.add_command(cmd("GET")).arg(key);
    both.add_command(cmd("XADD"))
        .arg("events")
        .arg("MAXLEN")
        .arg("~")
        .arg(KEPT)
        .arg("*")
        .arg("body")
        .arg(event)
        .ignore();
    both
}

/// Asks for so long on so many connections, each again once it is answered. Tells the rate, in requests per second,
/// and how long the middle one and the hundredth longest took, in milliseconds, as JSON.
pub async fn load(socket: &str, connections: u32, time: Duration, length: usize) -> String {
    let event: Arc<[u8]> = vec![b'x'; length].into();
    let mut running = Vec::new();
    let started = Instant::now();
    for number in 0..connections {
        running.push(tokio::spawn(repeat(connect(socket).await, number, Arc::clone(&event), started + time)));
    }
    let mut took = Vec::new();
    for one in running {
        took.extend(one.await.expect("a connection comes to its end"));
    }
    let elapsed = started.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
    let requests = took.len();
    format!(
        "{{\"requests\":{requests},\"seconds\":{elapsed:.4},\"p50\":{:.4},\"p99\":{:.4}}}",
        at(50),
        at(99)
    )
}

async fn repeat(
    mut connection: MultiplexedConnection,
    number: u32,
    event: Arc<[u8]>,
    until: Instant,
) -> Vec<Duration> {
    let (mut id, mut took) = (number, Vec::new());
    while Instant::now() < until {
        let began = Instant::now();
        // A step that shares no divisor with the number of rows goes through all of them.
        id = (id + 7919) % ROWS;
        let (value,): (Option<Bytes>,) = get_and_append(&format!("1-{}", id + 1), &event)
            .query_async(&mut connection)
            .await
            .expect("redis answers");
        assert!(value.is_some(), "the value is there");
        took.push(began.elapsed());
    }
    took
}

async fn connect(socket: &str) -> MultiplexedConnection {
    let client = Client::open(format!("redis+unix://{socket}")).expect("this is the path of a socket");
    let patient = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    client.get_multiplexed_async_connection_with_config(&patient).await.expect("redis listens")
}
