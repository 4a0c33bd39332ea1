//! Which rows of the endpoint table a run has called, so that a choice of tests can be held against the table.

use std::{env, fs::OpenOptions, io::Write as _, path::PathBuf, sync::LazyLock};

use http::Method;

use crate::description;

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "where tests write to is no configuration of Jeton")]
    env::var_os("JETON_TEST_CALLED").map(PathBuf::from)
});

/// The file that is written to, when a run is asked to record its calls.
pub fn file() -> Option<PathBuf> {
    FILE.clone()
}

/// How a row stands in the file.
pub fn line(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

/// Records a call, when the run is asked to. Tests run at the same time, so each line is one write at the end of the file.
pub fn record(method: &Method, path: &str) {
    let (Some(file), Some(row)) = (&*FILE, description::endpoint(method, path)) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(format!("{}\n", line(method, row.path)).as_bytes()).unwrap();
}
