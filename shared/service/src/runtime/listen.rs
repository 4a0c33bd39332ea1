//! The HTTP listener: connections, timeouts and graceful shutdown.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use axum::body::{Body, HttpBody as _};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_io_timeout::TimeoutStream;

use super::{
    StartError,
    connections::{Connections, Place},
    ticks::TICK,
};
use crate::http::{Peer, Routes};

/// How long running requests may take to finish after a shutdown signal.
pub const DRAIN: Duration = Duration::from_secs(10);

/// The timeout for the head of a request, including the idle time before it. Load balancers keep idle connections open for
/// a minute, and must not find them closed.
const LONGEST_HEAD: Duration = Duration::from_secs(75);

/// The timeout for a client that reads nothing of its answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The maximum size of the head of a request, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// The wait after a failed `accept`, for example without file descriptors.
const OUT_OF_CONNECTIONS: Duration = Duration::from_secs(1);

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))
}

/// Serves until a shutdown signal, then lets running requests finish, for at most ten seconds.
pub async fn until_told_to_end(
    listener: TcpListener,
    routes: Routes,
    end: End,
    trusted_proxies: &[IpNet],
) -> Result<(), StartError> {
    answer(listener, routes, LONGEST_HEAD, end.told(), Connections::new(trusted_proxies.to_vec())).await;
    Ok(())
}

async fn answer(
    listener: TcpListener,
    routes: Routes,
    patience: Duration,
    end: impl Future<Output = ()>,
    connections: Arc<Connections>,
) {
    let mut end = std::pin::pin!(end);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let accept = async {
            connections.room().await;
            listener.accept().await
        };
        let accepted = tokio::select! {
            accepted = accept => accepted,
            () = &mut end => break,
            _ = ticks.tick() => {
                connections.tick();
                continue;
            }
        };
        match accepted {
            Ok((stream, peer)) => {
                // A source with too many connections gets no more: they are closed at once.
                if let Some(place) = connections.take(peer.ip()) {
                    serve(stream, peer, place, &routes, patience);
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "failed to accept a connection");
                tokio::time::sleep(OUT_OF_CONNECTIONS).await;
            }
        }
    }
    drop(listener);
    // A client that never sends the rest of its request must not block the shutdown.
    drop(tokio::time::timeout(DRAIN, connections.end()).await);
}

/// Serves the requests of a connection, until it is closed by its client, or because it is idle and others need the slot.
fn serve(stream: TcpStream, peer: SocketAddr, place: Place, routes: &Routes, patience: Duration) {
    let (routes, asking, peer) = (routes.clone(), place.asking(), Peer::on(peer, place.told()));
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (asked, routes, peer) = (asking.ask(), routes.clone(), peer.clone());
        async move {
            // Most requests have no body, which needs no box.
            let request =
                request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
            let answer = routes.respond(request, Some(&peer)).await;
            Ok::<_, Infallible>(asked.answered(answer))
        }
    });
    let answering = http1::Builder::new()
        .timer(place.timer())
        .header_read_timeout(patience)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(impatient(stream)), service);
    tokio::spawn(async move {
        let mut answering = std::pin::pin!(answering);
        let (mut waker, mut is_ending) = (None::<Waker>, false);
        let ended = std::future::poll_fn(|context| {
            if waker.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
                place.wakes(context.waker());
                waker = Some(context.waker().clone());
            }
            if place.is_closed() {
                tracing::debug!(
                    "a connection was closed because it was idle, or its client read an answer too slowly"
                );
                return Poll::Ready(Ok(()));
            }
            if !is_ending && place.ends() {
                is_ending = true;
                answering.as_mut().graceful_shutdown();
            }
            answering.as_mut().poll(context)
        });
        if let Err(error) = ended.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// A stream that fails when nothing could be written for this time.
fn impatient<S: AsyncRead + AsyncWrite>(stream: S) -> Pin<Box<TimeoutStream<S>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(LONGEST_PAUSE));
    Box::pin(stream)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// The shutdown signals, from the moment this is created.
///
/// Before that, a signal ends the process at once. So it is created before an address is bound: every accepted connection
/// gets its answer.
#[derive(Debug)]
pub struct End {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl End {
    /// Registers the signal handlers. Errors: those of the operating system.
    pub fn noticed() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for a shutdown signal, which may have come already.
    async fn told(self) {
        #[cfg(unix)]
        {
            let [mut interrupted, mut terminated] = self.signals;
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// The answer of a server to these bytes, until it closes the connection.
    async fn said_to(parts: &[&[u8]]) -> String {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Routes::from(Router::new().route("/", get(|| async { "hello" })));
        let patience = Duration::from_secs(2);
        let server = tokio::spawn(answer(
            listener,
            routes,
            patience,
            std::future::pending(),
            Connections::new(Vec::new()),
        ));
        let mut client = TcpStream::connect(address).await.unwrap();
        for part in parts {
            // A closed connection takes no more bytes.
            drop(client.write_all(part).await);
        }
        let mut said = Vec::new();
        drop(client.read_to_end(&mut said).await);
        server.abort();
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn a_client_that_does_not_come_to_the_end_of_its_head_is_cut_off() {
        let said = said_to(&[b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "]).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }

    #[tokio::test]
    async fn a_connection_that_asks_no_more_is_closed_and_what_it_asked_was_answered() {
        let said = said_to(&[b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"]).await;
        assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("hello"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_its_answer_is_cut_off_and_one_that_does_is_not() {
        let (server, mut client) = tokio::io::duplex(1024);
        let mut server = impatient(server);
        let answer = vec![b'x'; 4096];
        let slowly = tokio::spawn(async move { server.write_all(&answer).await.map(|()| server) });
        for _ in 0..4 {
            tokio::time::sleep(LONGEST_PAUSE / 2).await;
            client.read_exact(&mut [0; 1024]).await.unwrap();
        }
        let mut server = slowly.await.unwrap().unwrap();
        let begun = tokio::time::Instant::now();
        let cut_off = server.write_all(&[b'x'; 4096]).await.unwrap_err();
        assert_eq!((cut_off.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, LONGEST_PAUSE));
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_rejected() {
        let large = format!("GET / HTTP/1.1\r\nx-large: {}\r\n\r\n", "x".repeat(2 * LARGEST_HEAD));
        let said = said_to(&[large.as_bytes()]).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
        assert!(said_to(&[many.as_bytes()]).await.starts_with("HTTP/1.1 431"));
    }
}
