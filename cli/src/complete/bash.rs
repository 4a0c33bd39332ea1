//! Bash, which breaks words at `:`, `=` and `@`, such as those of `--url http://localhost`, `--profile=work` and `ann@example.org`.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::Path,
    sync::OnceLock,
};

use clap::Command;
use clap_complete::env::EnvCompleter;

/// What clap does for bash, with whole words.
pub struct Bash;

/// The whole words of the command line, if bash asks.
pub static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == self.name()
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn io::Write,
    ) -> Result<(), io::Error> {
        clap_complete::env::Bash.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn io::Write,
    ) -> Result<(), io::Error> {
        let index = of_script("_CLAP_COMPLETE_INDEX").and_then(|index| index.parse().ok());
        let separator = of_script("_CLAP_IFS").unwrap_or_else(|| "\n".to_owned());
        let line = Line::of(args, index.unwrap_or_default());
        let words = WORDS.get_or_init(|| line.words).clone();
        let found = clap_complete::engine::complete(cmd, words, line.current, current_dir)?;
        // Bash replaces only what follows the last break.
        let shown = |value: &OsStr| {
            let value = value.to_string_lossy();
            value.strip_prefix(&line.before).unwrap_or(&value).to_owned()
        };
        let found: Vec<_> = found.iter().map(|candidate| shown(candidate.get_value())).collect();
        buf.write_all(found.join(&separator).as_bytes())
    }
}

/// A variable of the script, which configures nothing.
#[expect(clippy::disallowed_methods, reason = "the script of clap hands over its arguments in variables")]
fn of_script(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// A command line.
#[derive(Debug, PartialEq)]
struct Line {
    words: Vec<OsString>,
    /// The index of the word that is completed.
    current: usize,
    /// What this word has before its last break.
    before: String,
}

impl Line {
    /// Joins the parts of each word, of which the one at this index is completed.
    fn of(parts: Vec<OsString>, index: usize) -> Self {
        let mut line = Self { words: Vec::new(), current: 0, before: String::new() };
        let mut joins = false;
        for (at, part) in parts.into_iter().enumerate() {
            let is_break = is_break(&part);
            match line.words.last_mut().filter(|_| joins || is_break) {
                Some(word) => {
                    if at == index {
                        line.before = word.to_string_lossy().into_owned();
                    }
                    word.push(part);
                }
                None => line.words.push(part),
            }
            if at == index {
                line.current = line.words.len() - 1;
            }
            joins = is_break;
        }
        line
    }
}

fn is_break(part: &OsStr) -> bool {
    !part.is_empty() && part.as_encoded_bytes().iter().all(|byte| b":=@".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(parts: &[&str], index: usize) -> (Vec<String>, usize, String) {
        let Line { words, current, before } = Line::of(parts.iter().map(OsString::from).collect(), index);
        (words.into_iter().map(|word| word.into_string().unwrap()).collect(), current, before)
    }

    #[test]
    fn broken_words_are_whole_again() {
        let of = |words: &[&str], current, before: &str| {
            (words.iter().map(ToString::to_string).collect::<Vec<_>>(), current, before.to_owned())
        };
        let address = ["jeton", "--url", "http", ":", "//[", "::", "1]", ":", "80", "show", "1"];
        assert_eq!(line(&address, 10), of(&["jeton", "--url", "http://[::1]:80", "show", "1"], 4, ""));
        let option = ["jeton", "--profile", "=", "wo", "show"];
        assert_eq!(line(&option, 3), of(&["jeton", "--profile=wo", "show"], 1, "--profile="));
        let address = ["jeton", "role", "ann", "@", "example.org", ""];
        assert_eq!(line(&address, 5), of(&["jeton", "role", "ann@example.org", ""], 3, ""));
        assert_eq!(line(&address[..5], 4), of(&["jeton", "role", "ann@example.org"], 2, "ann@"));
        assert_eq!(line(&["jeton", "show", ""], 2), of(&["jeton", "show", ""], 2, ""));
        assert_eq!(line(&[":", "a"], 1), of(&[":a"], 0, ":"));
        assert_eq!(line(&[], 0), of(&[], 0, ""));
    }
}
