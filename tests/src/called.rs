//! Coverage of the endpoint table: which rows a run has called, to check a choice of tests.

use std::{env, fs::OpenOptions, io::Write as _, path::PathBuf, sync::LazyLock};

use http::Method;

use crate::description;

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "where tests write to is no configuration of Jeton")]
    env::var_os("JETON_TEST_CALLED").map(PathBuf::from)
});

/// The file for recorded calls, if the run records them.
pub fn file() -> Option<PathBuf> {
    FILE.clone()
}

/// The form of a row in the file.
pub fn line(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

/// Records a call, if the run records them. Tests run concurrently, so each line is one append to the file.
pub fn record(method: &Method, path: &str) {
    let (Some(file), Some(row)) = (&*FILE, description::endpoint(method, path)) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(format!("{}\n", line(method, row.path)).as_bytes()).unwrap();
}
