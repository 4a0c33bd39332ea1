//! Answers that no client reads.

use jeton_tests::{process::Served, store::fresh_folder};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::{secret, verify};

/// The number of connections that read no more than the beginning of their answers.
const CONNECTIONS: usize = 80;

/// The limit of the process's peak memory, in bytes: much less than all of their answers.
const MOST: u64 = 200 << 20;

/// A connection with three pipelined requests of the same, and a small receive buffer.
async fn ask(jeton: &Served, path: &str, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(jeton.address()).await.unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-StorageApi-Token: {token}\r\n\r\n");
    stream.write_all(asked.repeat(3).as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn answers_that_nobody_reads_take_little_memory_and_others_are_answered_meanwhile() {
    let folder = fresh_folder();
    let mut jeton = Served::start(&folder);
    let (client, master) = (jeton.client(), secret(&folder, "jeton-master-token"));
    let created = client.post("/v2/storage/tokens").token(&master).json(&json!({})).send().await.expect(201);
    let token = created.field("token");
    let event = json!({"component": "it", "message": "x".repeat(190_000)});
    for _ in 0..26 {
        client.post("/v2/storage/events").token(&token).json(&event).send().await.expect(201);
    }
    let list = "/v2/storage/events?limit=100";
    let size = client.get(list).token(&token).send().await.expect(200).body.len() as u64;
    assert!(size > 4_500_000 && size * CONNECTIONS as u64 > MOST + (100 << 20), "{size}");
    let mut unread = Vec::new();
    for _ in 0..CONNECTIONS {
        unread.push(ask(&jeton, list, &token).await);
    }
    verify(&client, &token).await.expect(200);
    // Each token has its own budget.
    client.get(list).token(&master).send().await.expect(200);
    let mut answered = Vec::new();
    for stream in &mut unread {
        let mut beginning = [0; 12];
        stream.read_exact(&mut beginning).await.unwrap();
        answered.push(String::from_utf8(beginning.to_vec()).unwrap());
    }
    let some = |status: &str| answered.iter().filter(|answer| answer.ends_with(status)).count();
    assert!(some("200") > 1 && some("200") + some("503") == CONNECTIONS, "{answered:?}");
    client.get(list).token(&master).send().await.expect(200);
    let peak = jeton.process().peak_memory();
    assert!(peak < MOST, "{peak} bytes of memory");
}
