//! Handing anchors to the second place, which whoever can write to the store should not reach.

use std::{
    collections::VecDeque,
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

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
        const FORMS: &str = "must be file:PATH, or exec:PROGRAM with its arguments";
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() && !path.starts_with("//") => {
                Ok(Self::File(path.into()))
            }
            Some(("exec", command)) if !command.trim().is_empty() => {
                Ok(Self::Program(command.split_whitespace().map(str::to_owned).collect()))
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
    pub(super) async fn deliver(self: &Arc<Self>) {
        if self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let notary = Arc::clone(self);
        let delivered = spawn_blocking(move || notary.deliver_here()).await;
        match delivered.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "anchors of history are left to the next sweep: JETON_SEAL_ANCHOR does not take them");
            }
        }
    }

    fn deliver_here(&self) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let next = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner).front().cloned();
        while let Some(line) = next() {
            match place {
                AnchorPlace::File(path) => append(path, &line)?,
                AnchorPlace::Program(words) => run(words, &line)?,
            }
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.front() == Some(&line) {
                waiting.pop_front();
            }
        }
        Ok(())
    }
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
        for bad in ["", "file:", "file://x", "exec: ", "anchors", "http://x"] {
            assert!(bad.parse::<AnchorPlace>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn what_is_not_taken_waits_and_comes_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("anchors");
        let notary = Arc::new(Notary::new(Some(AnchorPlace::File(path.clone()))));
        notary.take("one".to_owned());
        notary.deliver().await;
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        notary.take("two".to_owned());
        notary.deliver().await;
        notary.deliver().await;
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn a_program_that_fails_has_not_taken_it() {
        let program = |words: &[&str]| {
            let place = AnchorPlace::Program(words.iter().map(|word| (*word).to_owned()).collect());
            Arc::new(Notary::new(Some(place)))
        };
        for (words, left) in [(&["cat"][..], 0), (&["false"], 1), (&["/no/such/program"], 1)] {
            let notary = program(words);
            notary.take("line".to_owned());
            notary.deliver().await;
            assert_eq!(notary.waiting.lock().unwrap().len(), left, "{words:?}");
        }
    }
}
