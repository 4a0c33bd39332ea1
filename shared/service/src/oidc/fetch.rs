//! Calls to the provider, each with a bound on its time and its size. Redirects are not followed.

use std::{io, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use tokio::{sync::OnceCell, time::timeout};
use url::Url;

use super::failure::Failure;
use crate::http_client::{HttpClient, Roots, client};

/// The longest wait for an answer, with its connection and its body.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The largest answer, in bytes. The keys of a large provider are 20 KB.
pub(super) const LARGEST: usize = 256 * 1024;

/// The HTTP client of a provider, made at its first call: the certificates of the system are read from files.
#[derive(Debug)]
pub(super) struct Fetch {
    client: OnceCell<HttpClient>,
    /// Whether the issuer is on this machine, by HTTP.
    pub(super) is_local: bool,
}

impl Fetch {
    pub(super) fn of(issuer: &str) -> Self {
        let is_local = Url::parse(issuer).is_ok_and(|url| url.scheme() == "http");
        Self { client: OnceCell::new(), is_local }
    }

    /// Sends a request to `what` of the provider, and reads the answer.
    ///
    /// Errors: [`Failure::Unavailable`], also for a redirect and a server error.
    pub(super) async fn send(
        &self,
        what: &str,
        request: http::Result<Request<String>>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let failed = |why: &str| Failure::Unavailable(format!("its {what} {why}"));
        let request = request.map_err(|_| failed("has an address that cannot be called"))?;
        let client = self.client.get_or_try_init(async || self.connect()).await;
        let client = client.map_err(|error| failed(&format!("cannot be called: {error}")))?;
        let answered = async {
            let answer = client.request(request.map(Into::into)).await.map_err(|error| {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                failed(&format!("does not answer: {error}{}", cause.unwrap_or_default()))
            })?;
            let status = answer.status();
            if status.is_redirection() || status.is_server_error() {
                return Err(failed(&format!("answers {}", status.as_u16())));
            }
            let body = Limited::new(answer.into_body(), LARGEST).collect().await;
            let body = body
                .map_err(|_| failed(&format!("has an answer that breaks off or exceeds {LARGEST} bytes")))?;
            Ok((status, body.to_bytes()))
        };
        let answered = timeout(PATIENCE, answered).await;
        answered.map_err(|_| failed(&format!("does not answer within {} seconds", PATIENCE.as_secs())))?
    }

    fn connect(&self) -> io::Result<HttpClient> {
        let roots = if self.is_local { Roots::None } else { Roots::System };
        Ok(client(roots.tls()?, Some(PATIENCE)))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Future as _, pending, poll_fn},
        pin::pin,
        task::Poll,
    };

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        task::yield_now,
        time::{Instant, pause},
    };

    use super::*;

    // The clock of the runtime stands, and moves to the next timeout when nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn a_provider_that_never_answers_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let sent =
            Fetch::of(&address).send("token endpoint", Request::get(&address).body(String::new())).await;
        let Err(Failure::Unavailable(why)) = sent else { panic!("{sent:?}") };
        assert!(why.contains("token endpoint") && why.contains("answer"), "{why}");
    }
    #[tokio::test]
    async fn a_provider_whose_answer_never_ends_is_given_up_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
            pending::<()>().await;
        });
        let fetch = Fetch::of(&address);
        let mut sent = pin!(fetch.send("token endpoint", Request::get(&address).body(String::new())));
        // Until it has read what there is, at a clock that goes.
        for _ in 0..10_000 {
            assert!(poll_fn(|context| Poll::Ready(sent.as_mut().poll(context))).await.is_pending());
            yield_now().await;
        }
        pause();
        let since = Instant::now();
        let sent = sent.await;
        assert!(matches!(sent, Err(Failure::Unavailable(_))), "{sent:?}");
        assert!(since.elapsed() <= PATIENCE, "by the clock that moves to the next timeout");
    }
}
