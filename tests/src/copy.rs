//! Generated copies: files, and parts of files, from tables of the code.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use crate::program;

/// Checks that a file of the source tree is this text. `./test --write` writes it.
pub fn is_file(path: &str, text: &str) {
    let file = program::root().join(path);
    if fs::read_to_string(&file).is_ok_and(|found| found == text) {
        return;
    }
    write_or_fail(&file, path, text);
}

/// Checks that the part of a file between two lines is this text. `./test --write` writes it.
pub fn is_part(path: &str, begin: &str, end: &str, text: &str) {
    // Several tests write parts of one file.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let file = program::root().join(path);
    let whole = fs::read_to_string(&file).unwrap();
    let parts = whole.split_once(begin);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(&format!("\n{end}"))?)));
    let (before, (found, after)) =
        parts.unwrap_or_else(|| panic!("{path} has no lines {begin:?} and {end:?}"));
    if found.trim() == text.trim() {
        return;
    }
    write_or_fail(&file, path, &format!("{before}{begin}\n{}\n{end}{after}", text.trim()));
}

#[expect(clippy::disallowed_methods, reason = "what the suites do is no configuration of Jeton")]
fn write_or_fail(file: &PathBuf, path: &str, text: &str) {
    assert!(
        std::env::var_os("JETON_TEST_WRITE").is_some(),
        "{path} is not what the tables of the code say; `./test --write` makes it so"
    );
    fs::write(file, text).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "./test --write")]
    fn a_file_that_says_something_else_is_told() {
        is_file("Cargo.toml", "[workspace]\n");
    }

    #[test]
    #[should_panic(expected = "./test --write")]
    fn a_part_that_says_something_else_is_told() {
        is_part("Cargo.toml", "[workspace.package]", "publish = false", "version = \"0.0.0\"");
    }
}
