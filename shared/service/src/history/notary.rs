//! Handing anchors to the second place, which whoever can write to the store should not reach.

use std::{
    collections::VecDeque,
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use http::Uri;
use tokio::task::spawn_blocking;

/// How many anchors wait at most for a place that does not take them. A later one vouches for all that came before it.
const WAITING: usize = 10_000;

/// `JETON_SEAL_ANCHOR`: where the digest of each new head goes beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorPlace {
    /// `file:PATH`: a line is appended to this file.
    File(PathBuf),
    /// `exec:PROGRAM ARGUMENTS`: this program is run, and the line is its standard input. It has to succeed.
    Program(Vec<String>),
    /// `https://…`: the line is sent there by `POST`, and taken when the answer is 2xx. Plain HTTP is for this machine only.
    Address(Uri),
}

/// Hands on the anchors, in their order, and keeps those that were not taken for the next time.
#[derive(Debug, Default)]
pub(super) struct Notary {
    place: Option<AnchorPlace>,
    waiting: Mutex<VecDeque<String>>,
}

impl FromStr for AnchorPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: &str = "must be file:PATH, exec:PROGRAM with its arguments, or an https:// address";
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() && !path.starts_with("//") => {
                Ok(Self::File(path.into()))
            }
            Some(("exec", command)) if !command.trim().is_empty() => {
                Ok(Self::Program(command.split_whitespace().map(str::to_owned).collect()))
            }
            Some(("https" | "http", _)) if cfg!(feature = "https") => {
                let address: Uri = text.parse().map_err(|_| FORMS)?;
                let is_here = matches!(address.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
                let is_safe = address.scheme_str() == Some("https") || is_here;
                if is_safe && address.host().is_some() { Ok(Self::Address(address)) } else { Err(FORMS) }
            }
            Some(("https", _)) => {
                Err("must be file:PATH or exec:PROGRAM: this binary has no client for HTTPS")
            }
            _ => Err(FORMS),
        }
    }
}

impl Notary {
    /// One for this place; without any, anchors are only logged.
    pub(super) fn new(place: Option<AnchorPlace>) -> Self {
        Self { place, waiting: Mutex::default() }
    }

    /// Takes an anchor.
    pub(super) fn take(&self, line: String) {
        if self.place.is_some() {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(line);
            if waiting.len() > WAITING {
                waiting.pop_front();
            }
        }
    }

    /// Hands on what waits. What the place does not take waits on, which is logged.
    pub(super) async fn deliver(&self) {
        let Some(place) = &self.place else { return };
        let next = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner).front().cloned();
        while let Some(line) = next() {
            if let Err(error) = place.take(line.clone()).await {
                tracing::error!(%error, "anchors of history are left to the next sweep: JETON_SEAL_ANCHOR does not take them");
                return;
            }
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.front() == Some(&line) {
                waiting.pop_front();
            }
        }
    }
}

impl AnchorPlace {
    async fn take(&self, line: String) -> io::Result<()> {
        let place = self.clone();
        let taken = match place {
            Self::Address(address) => return post(&address, line).await,
            Self::File(path) => spawn_blocking(move || append(&path, &line)).await,
            Self::Program(words) => spawn_blocking(move || run(&words, &line)).await,
        };
        taken.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

/// Sends a line to an address.
#[cfg(feature = "https")]
async fn post(address: &Uri, line: String) -> io::Result<()> {
    use std::time::Duration;

    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    /// How long it may take to answer.
    const PATIENCE: Duration = Duration::from_secs(10);

    let roots = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?;
    let client = Client::builder(TokioExecutor::new()).build(roots.https_or_http().enable_http1().build());
    let request = http::Request::post(address)
        .header(http::header::CONTENT_TYPE, "application/x-ndjson")
        .body(http_body_util::Full::new(bytes::Bytes::from(line + "\n")))
        .map_err(io::Error::other)?;
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    let status = answer.map_err(io::Error::other)?.map_err(io::Error::other)?.status();
    if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("it answers {status}"))) }
}

#[cfg(not(feature = "https"))]
#[expect(clippy::unused_async, reason = "with HTTPS it waits")]
async fn post(_: &Uri, _: String) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // In one write, so that two processes do not mix their lines.
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

fn run(words: &[String], line: &str) -> io::Result<()> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // One that ends without reading says by its exit status whether that was right.
        drop(writeln!(input, "{line}"));
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} ended with {status}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_program() {
        assert_eq!("file:anchors".parse(), Ok(AnchorPlace::File("anchors".into())));
        let program = AnchorPlace::Program(vec!["tee".to_owned(), "-a".to_owned(), "x".to_owned()]);
        assert_eq!("exec:tee -a  x".parse(), Ok(program));
        for good in ["https://witness.example.org/jeton?of=5", "http://127.0.0.1:8080/"] {
            assert!(matches!(good.parse(), Ok(AnchorPlace::Address(_))), "{good}");
        }
        for bad in [
            "",
            "file:",
            "file://x",
            "exec: ",
            "anchors",
            "http://x",
            "http://127.0.0.1.example.org",
            "https://",
        ] {
            assert!(bad.parse::<AnchorPlace>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn what_is_not_taken_waits_and_comes_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("anchors");
        let notary = Notary::new(Some(AnchorPlace::File(path.clone())));
        notary.take("one".to_owned());
        notary.deliver().await;
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        notary.take("two".to_owned());
        notary.deliver().await;
        notary.deliver().await;
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn an_address_has_taken_it_when_it_answers_2xx() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let took = axum::routing::post(async |body: String| {
            assert_eq!(body, "line\n");
        });
        let routes = axum::Router::new().route("/took", took);
        let server = tokio::spawn(async { axum::serve(listener, routes).await });
        for (path, left) in [("took", 0), ("refused", 1)] {
            let place = format!("http://{address}/{path}").parse().unwrap();
            let notary = Notary::new(Some(place));
            notary.take("line".to_owned());
            notary.deliver().await;
            assert_eq!(notary.waiting.lock().unwrap().len(), left, "{path}");
        }
        server.abort();
    }

    #[tokio::test]
    async fn a_program_that_fails_has_not_taken_it() {
        let program = |words: &[&str]| {
            let place = AnchorPlace::Program(words.iter().map(|word| (*word).to_owned()).collect());
            Notary::new(Some(place))
        };
        for (words, left) in [(&["cat"][..], 0), (&["false"], 1), (&["/no/such/program"], 1)] {
            let notary = program(words);
            notary.take("line".to_owned());
            notary.deliver().await;
            assert_eq!(notary.waiting.lock().unwrap().len(), left, "{words:?}");
        }
    }
}
