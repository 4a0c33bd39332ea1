//! The runtime API of Lambda, only for one invocation, on blocking sockets: so that the function alone is measured.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::ExitStatus,
};

use crate::process::{Kept, wait_until};

/// Listens for functions that start.
pub struct RuntimeApi(TcpListener);

/// A function that has requested its first event.
pub struct Connection {
    stream: BufReader<TcpStream>,
    listener: TcpListener,
}

impl RuntimeApi {
    /// Takes a free port of this machine.
    pub fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits until a function requests its first event.
    pub fn first_poll(&self) -> Connection {
        self.connection(self.0.accept().unwrap().0)
    }

    /// The same for a function that may never do so, which fails the test.
    pub fn first_poll_in_time(&self) -> Connection {
        self.0.set_nonblocking(true).unwrap();
        let (stream, _) = wait_until("the function requests an event", || self.0.accept().ok());
        self.0.set_nonblocking(false).unwrap();
        self.connection(stream)
    }

    fn connection(&self, stream: TcpStream) -> Connection {
        let stream = BufReader::new(stream);
        let mut connection = Connection { stream, listener: self.0.try_clone().unwrap() };
        connection.polled();
        connection
    }
}

impl Connection {
    /// Sends it the event, and waits for the answer.
    pub fn invoke(&mut self, event: &str) -> String {
        self.send(event);
        self.answer()
    }

    /// Waits for the answer to the event that was sent.
    pub fn answer(&mut self) -> String {
        loop {
            let Some((line, body)) = self.request() else {
                // It answers on another connection.
                self.stream = BufReader::new(self.listener.accept().unwrap().0);
                continue;
            };
            assert!(line.contains("/invocation/1/response "), "{line}: {body}");
            return body;
        }
    }

    /// Takes its answer, and waits until it requests the next event.
    pub fn next_poll(&mut self) {
        self.stream.get_mut().write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").unwrap();
        self.polled();
    }

    fn polled(&mut self) {
        let (line, _) = self.request().unwrap();
        assert!(line.ends_with("/runtime/invocation/next HTTP/1.1"), "{line}");
    }

    /// Waits until the process ends, and returns what it has said about the event, if anything.
    pub fn end(mut self, process: &mut Kept) -> (ExitStatus, Option<String>) {
        let status = process.ended();
        let said = self.request().or_else(|| {
            self.listener.set_nonblocking(true).unwrap();
            self.stream = BufReader::new(self.listener.accept().ok()?.0);
            self.request()
        });
        (status, said.map(|(line, body)| format!("{line}: {body}")))
    }

    /// Sends it the event.
    pub fn send(&mut self, event: &str) {
        let head = "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 1\r\n\
                    lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:1:function:x\r\n\
                    lambda-runtime-deadline-ms: 4102444800000\r\ncontent-type: application/json\r\n";
        let answer = format!("{head}content-length: {}\r\n\r\n{event}", event.len());
        self.stream.get_mut().write_all(answer.as_bytes()).unwrap();
    }

    /// Reads a request: its first line and its body. None at the end of the connection.
    fn request(&mut self) -> Option<(String, String)> {
        let mut first = String::new();
        if self.stream.read_line(&mut first).unwrap() == 0 {
            return None;
        }
        let (mut length, mut chunked) = (0, false);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
        }
        let body = if chunked { self.chunks() } else { self.bytes(length) };
        Some((first.trim_end().to_owned(), String::from_utf8_lossy(&body).into_owned()))
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            body.extend(self.bytes(length));
            self.bytes(2);
            if length == 0 {
                return body;
            }
        }
    }
}
