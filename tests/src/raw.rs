//! Raw requests, byte by byte, which a client library would not send.

use http::{HeaderMap, HeaderName, StatusCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{client::Answer, description};

/// Sends a request over its own connection. `head` is its first line and its headers, exactly as sent.
pub async fn send(url: &str, head: &[&str], body: &[u8]) -> Answer {
    let answer = exchange(url, head, body).await;
    let mut words = head[0].split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    description::check(&method.parse().unwrap(), path, &answer);
    answer
}

/// A request without a body, with a header of any bytes, to a page that is not part of the API.
pub async fn send_bytes(url: &str, line: &[u8], header: &[u8]) -> Answer {
    let address = url.trim_start_matches("http://");
    let rest = format!("\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    converse(address, &[line, b"\r\n", header, rest.as_bytes()].concat()).await
}

/// A POST without a body to a URL that is not part of the API, so there is no description of its answer.
pub async fn post(url: &str, path: &str) -> Answer {
    exchange(url, &[&format!("POST {path} HTTP/1.1"), "Content-Length: 0"], b"").await
}

/// Sends a request to a URL that is not part of the API. `head` is as for [`send`].
pub async fn exchange(url: &str, head: &[&str], body: &[u8]) -> Answer {
    let address = url.trim_start_matches("http://");
    let mut request = head.join("\r\n").into_bytes();
    request.extend(format!("\r\nHost: {address}\r\nConnection: close\r\n\r\n").into_bytes());
    request.extend(body);
    converse(address, &request).await
}

/// Sends bytes, and reads until the connection ends. A server that answers early may end it before all of them are sent.
async fn converse(address: &str, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut received = Vec::new();
    let (sent, read) = tokio::join!(to.write_all(request), from.read_to_end(&mut received));
    parse(&received).unwrap_or_else(|| panic!("no answer: {sent:?}, {read:?}"))
}

/// The chunks of a body with `Transfer-Encoding: chunked`.
pub fn chunked(parts: &[&str]) -> Vec<u8> {
    let chunks = parts.iter().map(|part| format!("{:x}\r\n{part}\r\n", part.len()));
    chunks.chain(["0\r\n\r\n".to_owned()]).collect::<String>().into_bytes()
}

/// An answer; `None` without the end of its head.
fn parse(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let mut lines = head.lines();
    let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), value.trim().parse().unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    Some(Answer { status, headers, body: received[end + 4..].to_vec().into() })
}
