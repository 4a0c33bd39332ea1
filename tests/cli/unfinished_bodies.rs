//! Unfinished request bodies.

use jeton_tests::{process::Served, store::fresh_folder};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{secret, verify};

/// The number of connections that send most of a body and then wait.
const CONNECTIONS: usize = 1600;

/// How much each of them sends and announces, in bytes.
const SENT: usize = 250_000;
const ANNOUNCED: usize = 256 << 10;

/// The limit of the process's peak memory, in bytes: less than all of these bodies.
const MOST: u64 = 256 << 20;

#[tokio::test]
async fn bodies_that_do_not_end_take_little_memory_and_others_are_answered_meanwhile() {
    let folder = fresh_folder();
    let mut jeton = Served::start(&folder);
    let (client, master) = (jeton.client(), secret(&folder, "jeton-master-token"));
    assert!((CONNECTIONS * SENT) as u64 > MOST);
    let part = vec![b' '; SENT];
    let mut unfinished = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(jeton.address()).await.unwrap();
        let head = format!(
            "POST /v2/storage/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: {ANNOUNCED}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A cancelled connection need not read the rest.
        let _ = stream.write_all(&part).await;
        unfinished.push(stream);
    }
    verify(&client, &master).await.expect(200);
    let peak = jeton.process().peak_memory();
    assert!(peak < MOST, "{peak} bytes of memory");
}
