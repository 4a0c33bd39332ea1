//! Bodies that do not come to their end.

use jeton_tests::{process::Served, store::fresh_folder};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{secret, verify};

/// How many connections send most of a body and then wait.
const CONNECTIONS: usize = 1600;

/// How much each of them sends, in bytes, of how much it announces.
const SENT: usize = 250_000;
const ANNOUNCED: usize = 256 << 10;

/// What the process may have in memory at its peak, in bytes: less than all of these bodies.
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
        // Who was cut off to make room need not take the rest.
        let _ = stream.write_all(&part).await;
        unfinished.push(stream);
    }
    verify(&client, &master).await.expect(200);
    let peak = jeton.process().peak_memory();
    assert!(peak < MOST, "{peak} bytes of memory");
}
