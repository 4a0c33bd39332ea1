//! What the table takes for the requests of a first call, without a function around them.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Instant,
};

/// The requests that one first call sends to the table, as bytes.
pub struct Requests {
    table: String,
    requests: Vec<Vec<u8>>,
}

impl Requests {
    /// Has a function call the table through a listener, which forwards each of its requests and keeps it.
    ///
    /// `call` gets the address of the listener, and returns when the function has answered.
    pub fn of(table: &str, call: impl FnOnce(&str)) -> Self {
        let table = table.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = mpsc::channel();
        let behind = table.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender, behind) = (stream.unwrap(), sender.clone(), behind.clone());
                thread::spawn(move || {
                    let mut behind = TcpStream::connect(behind).unwrap();
                    while let Some(request) = message(&mut stream) {
                        behind.write_all(&request).unwrap();
                        let answer = message(&mut behind).expect("the table answers");
                        // Before the function can answer: what counts is all that was sent until then.
                        sender.send(request).unwrap();
                        stream.write_all(&answer).unwrap();
                    }
                });
            }
        });
        call(&address);
        let requests: Vec<_> = receiver.try_iter().collect();
        assert!(!requests.is_empty(), "the function asked the table");
        Self { table, requests }
    }

    /// Sends them beside each other, each on a connection of its own, and returns the time in milliseconds until
    /// all are answered.
    pub fn answered(&self) -> f64 {
        let started = Instant::now();
        thread::scope(|scope| {
            for request in &self.requests {
                scope.spawn(|| {
                    let mut stream = TcpStream::connect(&self.table).unwrap();
                    stream.set_nodelay(true).unwrap();
                    stream.write_all(request).unwrap();
                    let answer = message(&mut stream).expect("the table answers");
                    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
                });
            }
        });
        started.elapsed().as_secs_f64() * 1e3
    }
}

/// Reads a request or an answer whose length is told. None at the end of the connection.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut message, mut part) = (Vec::new(), [0; 16_384]);
    loop {
        let read = stream.read(&mut part).unwrap();
        if read == 0 {
            return None;
        }
        message.extend_from_slice(&part[..read]);
        if whole(&message) {
            return Some(message);
        }
    }
}

fn whole(message: &[u8]) -> bool {
    let Some(head) = message.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    message.len() >= head + 4 + length.unwrap_or(0)
}
