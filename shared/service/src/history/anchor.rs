//! Anchors: digests of heads that were recorded outside the store when the heads were created.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use jeton_core::{
    id::ProjectId,
    seal::{Digest, SignedHead},
    time::Day,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HistoryError;

/// The digests of heads, by project and day. Several digests for a day are a contradiction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors(BTreeMap<ProjectId, BTreeMap<Day, BTreeSet<Digest>>>);

/// A parsed line.
#[derive(Deserialize)]
struct Line {
    project: Value,
    day: Day,
    head: Digest,
}

/// The line of a head: a JSON object with `project`, `day`, `head` and `sealed`, a timestamp in milliseconds.
pub fn line(signed: &SignedHead) -> String {
    let head = &signed.head;
    json!({"project": head.project, "day": head.day, "head": head.digest(), "sealed": head.sealed})
        .to_string()
}

impl Anchors {
    /// Reads a file of anchors, or Jeton's log, as JSON lines. Lines without a `head` are ignored.
    ///
    /// Errors: the file cannot be read, has an invalid line, or no anchor.
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        let failed = |error| HistoryError::Io(path.display().to_string(), error);
        let file = BufReader::new(File::open(path).map_err(failed)?);
        Self::parse(file).map_err(|why| HistoryError::File(path.display().to_string(), why))
    }

    /// Parses the contents of a file.
    ///
    /// Errors: what is wrong with it.
    pub fn parse(lines: impl BufRead) -> Result<Self, String> {
        let mut anchors = Self::default();
        for (number, line) in (1..).zip(lines.lines()) {
            let not_understood = || format!("line {number} is not a valid anchor");
            let line = line.map_err(|_| not_understood())?;
            if line.trim().is_empty() {
                continue;
            }
            let value: Value = jeton_core::json::from_str(&line).map_err(|_| not_understood())?;
            if value.as_object().ok_or_else(not_understood)?.contains_key("head") {
                // From the text, because a duplicate field makes it invalid.
                let Line { project, day, head } =
                    jeton_core::json::from_str(&line).map_err(|_| not_understood())?;
                // In the log it is a string.
                let project = project.as_str().map_or_else(|| project.to_string(), str::to_owned);
                let project = project.parse().map_err(|_| not_understood())?;
                anchors.0.entry(project).or_default().entry(day).or_default().insert(head);
            }
        }
        if anchors.0.is_empty() { Err("it contains no anchor".to_owned()) } else { Ok(anchors) }
    }

    /// The projects of the anchors.
    pub fn projects(&self) -> impl Iterator<Item = ProjectId> {
        self.0.keys().copied()
    }

    /// Whether there are no anchors.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(&self, project: ProjectId) -> BTreeMap<Day, BTreeSet<Digest>> {
        self.0.get(&project).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    #[test]
    fn anchors_are_read_from_their_own_lines_and_from_those_of_the_log() {
        let text = format!(
            "{{\"project\":5,\"day\":\"2026-11-26\",\"head\":\"{DIGEST}\",\"sealed\":1}}\n\
             {{\"level\":\"INFO\",\"message\":\"request\"}}\n\n\
             {{\"level\":\"INFO\",\"project\":\"6\",\"day\":\"2026-11-26\",\"head\":\"{DIGEST}\"}}\n"
        );
        let anchors = Anchors::parse(text.as_bytes()).unwrap();
        let projects: Vec<_> = anchors.projects().map(ProjectId::number).collect();
        assert_eq!(projects, [5, 6]);
        assert_eq!(anchors.of(ProjectId::new(5).unwrap()).len(), 1);
    }

    #[test]
    fn what_is_no_anchor_is_rejected_with_its_line() {
        for (bad, why) in [
            ("", "contains no anchor"),
            ("{}", "contains no anchor"),
            ("nonsense", "line 1"),
            ("{}\n{\"head\":5}", "line 2"),
            ("[1]", "line 1"),
            (&format!("{{\"project\":5,\"day\":\"2026-11-26\",\"head\":\"{DIGEST}\""), "line 1"),
            (
                &format!(
                    "{{\"head\":\"{DIGEST}\",\"project\":5,\"day\":\"2026-11-26\",\"head\":\"{DIGEST}\"}}"
                ),
                "line 1",
            ),
            (&format!("{{\"project\":-5,\"day\":\"2026-11-26\",\"head\":\"{DIGEST}\"}}"), "line 1"),
            (&format!("{{\"project\":5,\"day\":\"2026-02-30\",\"head\":\"{DIGEST}\"}}"), "line 1"),
            ("{\"project\":0,\"day\":\"2026-11-26\",\"head\":\"\"}", "line 1"),
        ] {
            let error = Anchors::parse(bad.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
