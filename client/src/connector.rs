//! Connections to a server, limited in number.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector},
    rt::TokioIo,
};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower_service::Service;

/// The most connections of a client and its clones.
const MOST: usize = 64;

/// Opens connections up to the limit, and then waits for one to close. So a server that hangs does not use up the file
/// descriptors of its callers.
#[derive(Clone)]
pub struct Bounded {
    http: HttpConnector,
    places: Arc<Semaphore>,
}

/// A connection that counts against the limit until it is dropped.
pub struct Held {
    stream: TokioIo<TcpStream>,
    _place: OwnedSemaphorePermit,
}

impl Bounded {
    /// The type of a connection.
    pub fn new(http: HttpConnector) -> Self {
        Self { http, places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Service<Uri> for Bounded {
    type Response = Held;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Held, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { mut http, places } = self.clone();
        Box::pin(async move {
            let place = places.acquire_owned().await?;
            std::future::poll_fn(|context| http.poll_ready(context)).await?;
            Ok(Held { stream: http.call(uri).await?, _place: place })
        })
    }
}

impl Held {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<TcpStream>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Connection for Held {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for Held {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, into)
    }
}

impl Write for Held {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
    }
}
