//! More connections than descriptors.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use jeton_tests::{process::Served, store::fresh_folder};

/// The answer to a health check on a new connection.
fn health(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn connections_that_ask_nothing_keep_nobody_out_however_many_they_are() {
    let jeton = Served::start_with_descriptors(&fresh_folder(), 40, 120);
    let mut idle: Vec<_> = (0..300).map(|_| TcpStream::connect(jeton.address()).unwrap()).collect();
    // A connection that begins a request and then stops sending is not answered either.
    for stream in idle.iter_mut().step_by(2) {
        // A closed connection accepts no more data.
        drop(stream.write_all(b"GET /health HTTP/1.1\r\n"));
    }
    for _ in 0..20 {
        let answer = health(jeton.address());
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(!jeton.logged().contains("failed to accept a connection"), "{}", jeton.logged());
}

#[test]
fn as_many_connections_are_kept_as_the_process_may_have_and_not_as_few_as_it_starts_with() {
    let jeton = Served::start_with_descriptors(&fresh_folder(), 40, 400);
    let mut kept: Vec<_> = (0..100).map(|_| TcpStream::connect(jeton.address()).unwrap()).collect();
    assert!(health(jeton.address()).starts_with("HTTP/1.1 200"));
    for stream in &mut kept {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
