//! The anchor location `JETON_SEAL_ANCHOR`, which people with access to the store should not be able to change.

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
    thread,
    time::{Duration, Instant},
};

use http::Uri;
use jeton_core::seal::Digest;
use rustix::fs::{Access, access};
use tokio::task::spawn_blocking;

use crate::{
    config::path::plain,
    http_client::{Roots, client},
    origin::names_host,
};

/// The timeout of a delivery to a program or an address.
const PATIENCE: Duration = Duration::from_secs(10);

/// The polling interval for the end of a program.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// `JETON_SEAL_ANCHOR`: where the digest of each new head is sent, in addition to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorPlace {
    /// `file:PATH`: a line is appended to this file.
    File(PathBuf),
    /// `exec:PROGRAM ARGUMENTS`: this program is run with the line as its standard input, and must succeed within ten seconds. The
    /// text is split into words like in a POSIX shell, with quotes and backslashes; other shell syntax is not supported.
    Program(Vec<String>),
    /// `https://…`: the line is sent by `POST`, which must be answered with 2xx. Plain HTTP is allowed for this machine only.
    Address(Uri),
}

impl FromStr for AnchorPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: &str = "must be file:PATH, exec:PROGRAM with its arguments, or an https:// address";
        match text.split_once(':') {
            Some(("file", path))
                if !path.is_empty() && !path.starts_with("//") && !path.ends_with('/') && plain(path) =>
            {
                Ok(Self::File(path.into()))
            }
            Some(("exec", command)) => match shlex::split(command) {
                None => Err("has an unclosed quote, or a trailing backslash"),
                Some(words) if words.first().is_none_or(String::is_empty) => Err(FORMS),
                Some(words) => Ok(Self::Program(words)),
            },
            Some(("https" | "http", _)) => {
                let address: Uri = text.parse().map_err(|_| FORMS)?;
                let is_here = matches!(address.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
                let is_safe = address.scheme_str() == Some("https") || is_here;
                if is_safe && names_host(text) { Ok(Self::Address(address)) } else { Err(FORMS) }
            }
            _ => Err(FORMS),
        }
    }
}

impl AnchorPlace {
    /// Checks that the location can take anchors. Programs without a slash are searched in `search`, the value of `PATH`. Creates and
    /// runs nothing.
    ///
    /// Errors: what is wrong with it, as the rest of a sentence that starts with the variable.
    pub fn check(&self, search: &OsStr) -> Result<(), &'static str> {
        match self {
            Self::Address(_) => Ok(()),
            Self::File(path) => check_file(path),
            Self::Program(words) => {
                let program = words.first().map_or("", String::as_str);
                let is_there = if program.contains('/') {
                    may_be_run(Path::new(program))
                } else {
                    std::env::split_paths(search).any(|folder| may_be_run(&folder.join(program)))
                };
                if is_there { Ok(()) } else { Err("must name a program that exists and is executable") }
            }
        }
    }

    /// The digest that identifies the location in the store. It does not reveal a password in an address.
    pub(super) fn digest(&self) -> Digest {
        let text = match self {
            Self::File(path) => format!("file:{}", path.display()),
            Self::Program(words) => format!("exec:{}", words.join("\0")),
            Self::Address(address) => address.to_string(),
        };
        Digest::of(text.as_bytes())
    }

    /// Delivers an anchor.
    ///
    /// Errors: the delivery failed.
    pub(super) async fn take(&self, line: String) -> io::Result<()> {
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
async fn post(address: &Uri, line: String) -> io::Result<()> {
    let client = client(Roots::System.tls()?, Some(PATIENCE));
    let request = http::Request::post(address)
        .header(http::header::CONTENT_TYPE, "application/x-ndjson")
        .body((line + "\n").into())
        .map_err(io::Error::other)?;
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    let status = answer.map_err(io::Error::other)?.map_err(io::Error::other)?.status();
    if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("it answers {status}"))) }
}

fn may_be_run(program: &Path) -> bool {
    program.is_file() && access(program, Access::EXEC_OK).is_ok()
}

/// Whether a file is writable, or can be created.
fn check_file(path: &Path) -> Result<(), &'static str> {
    match path.metadata() {
        Ok(file) if file.is_dir() => Err("must name a file, not a directory"),
        Ok(_) if access(path, Access::READ_OK | Access::WRITE_OK).is_ok() => Ok(()),
        Ok(_) => Err("must name a readable and writable file"),
        Err(_) => {
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            let takes = folder.is_dir() && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
            if takes { Ok(()) } else { Err("must name a file in an existing, writable directory") }
        }
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let before = file.metadata()?;
    // Starts a new line after an incomplete one.
    let begin = if before.is_file() && !ends_a_line(&file, before.len())? { "\n" } else { "" };
    // One write, so that lines of two processes do not mix.
    let written = file.write_all(format!("{begin}{line}\n").as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() && before.is_file() {
        // Removes an incomplete line. An append-only file keeps it.
        drop(file.set_len(before.len()));
    }
    written
}

fn ends_a_line(mut file: &File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}

fn run(words: &[String], line: &str) -> io::Result<()> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        // The program must not get the seal key.
        .env_remove("JETON_SEAL_KEY")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // A program may exit without reading. Its exit status decides.
        drop(writeln!(input, "{line}"));
    }
    let began = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(format!("{program} exited with {status}"))),
            None if began.elapsed() < PATIENCE => thread::sleep(LOOK_AGAIN),
            None => {
                child.kill()?;
                child.wait()?;
                let seconds = PATIENCE.as_secs();
                return Err(io::Error::other(format!("{program} did not end within {seconds} seconds")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_program() {
        assert_eq!("file:anchors".parse(), Ok(AnchorPlace::File("anchors".into())));
        let program = AnchorPlace::Program(vec!["tee".to_owned(), "-a".to_owned(), "x".to_owned()]);
        assert_eq!("exec:tee -a  x".parse(), Ok(program));
        let quoted = ["/opt/a b/note", "--to=the vault", "", "it's"].map(str::to_owned).to_vec();
        let text = r#"exec:'/opt/a b/note' --to="the vault" '' it\'s"#;
        assert_eq!(text.parse(), Ok(AnchorPlace::Program(quoted)));
        for good in ["https://witness.example.org/jeton?of=5", "http://127.0.0.1:8080/"] {
            assert!(matches!(good.parse(), Ok(AnchorPlace::Address(_))), "{good}");
        }
        for bad in [
            "",
            "file:",
            "file://x",
            "exec:",
            "exec: ",
            "exec:'' x",
            "exec:tee 'x",
            "exec:tee x\\",
            "anchors",
            "http://x",
            "http://127.0.0.1.example.org",
            "https://",
            "https://*",
            "https://*.example.org/x",
            "https://a..example.org",
        ] {
            assert!(bad.parse::<AnchorPlace>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_that_cannot_take_anchors_is_found_out_before_there_are_any() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        std::fs::write(folder.path().join("text"), "").unwrap();
        let check = |text: &str| text.parse::<AnchorPlace>().unwrap().check(OsStr::new("/usr/bin:/bin"));
        for good in [
            "exec:cat",
            "exec:/bin/sh -c 'cat >> x'",
            "file:/dev/null",
            &format!("file:{here}/new"),
            &format!("file:{here}/text"),
            "https://witness.example.org/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "exec:/nonexistent",
            "exec:nonexistent-program x",
            "exec:/bin",
            "exec:./nonexistent",
            &format!("exec:{here}/text"),
            "file:/nonexistent/x",
            "file:.",
            "file:..",
            &format!("file:{here}"),
            &format!("file:{here}/text/x"),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(!folder.path().join("new").exists(), "nothing is made");
    }

    #[tokio::test]
    async fn a_file_gets_whole_lines_after_a_part_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("anchors");
        let place = AnchorPlace::File(path.clone());
        place.take("one".to_owned()).await.unwrap_err();
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "on").unwrap();
        place.take("one".to_owned()).await.unwrap();
        place.take("two".to_owned()).await.unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "on\none\ntwo\n");
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
        for (path, is_taken) in [("took", true), ("refused", false)] {
            let place: AnchorPlace = format!("http://{address}/{path}").parse().unwrap();
            assert_eq!(place.take("line".to_owned()).await.is_ok(), is_taken, "{path}");
        }
        server.abort();
    }

    #[tokio::test]
    async fn a_program_that_fails_has_not_taken_it() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        for (command, is_taken) in [
            (&["cat"][..], true),
            (&["false"], false),
            (&["/no/such/program"], false),
            (&["sh", "-c", "read line && [ \"$line\" = line ]"], true),
        ] {
            let taken = AnchorPlace::Program(words(command)).take("line".to_owned()).await;
            assert_eq!(taken.is_ok(), is_taken, "{command:?}");
        }
    }
}
