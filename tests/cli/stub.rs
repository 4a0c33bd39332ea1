//! A server that gives prepared answers, for those that a real one gives rarely.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::json;

/// The server. Each connection gets one answer; after the last one it is gone.
pub struct Stub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub fn answering(answers: Vec<String>) -> Self {
        Self::start(answers, false)
    }

    /// One that takes a further request after its answers, and does not answer it.
    pub fn silent_after(answers: Vec<String>) -> Self {
        Self::start(answers, true)
    }

    fn start(answers: Vec<String>, is_silent_then: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let lines = asked.clone();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                lines.lock().unwrap().push(request(&stream));
                // A client that has gone is what its test is about.
                drop(stream.write_all(answer.as_bytes()));
            }
            if is_silent_then {
                let (stream, _) = listener.accept().unwrap();
                lines.lock().unwrap().push(request(&stream));
                // Until the client has gone.
                drop((&stream).read(&mut [0]));
            }
        });
        Self { url, asked }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The first lines of the requests.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads a request and returns its first line.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    first.trim().to_owned()
}

/// An answer with further headers, each with its line break.
pub fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

/// An answer to an action on tokens.
pub fn acted(ids: &[&str], next: Option<&str>) -> String {
    let token = |id: &&str| json!({"id": id, "description": format!("Import {id}"), "outcome": "changed"});
    let tokens: Vec<_> = ids.iter().map(token).collect();
    let body = json!({
        "action": "disable", "dryRun": false, "changed": ids.len(), "unchanged": 0, "failed": 0,
        "tokens": tokens, "next": next,
    });
    answer(200, "", &body.to_string())
}
