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

/// The variable with the part of the word, as bash has it, that is completed.
const WORD: &str = "_JETON_COMPLETE_WORD";

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
        let mut script = Vec::new();
        clap_complete::env::Bash.write_registration(var, name, bin, completer, &mut script)?;
        let script = String::from_utf8_lossy(&script);
        // The script has the word as bash replaces it, which may differ from that of the command line.
        let call = "_CLAP_IFS=\"$IFS\"";
        let word = format!("{WORD}=\"${{COMP_WORDS[COMP_CWORD]}}\" {call}");
        buf.write_all(script.replacen(call, &word, 1).as_bytes())
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
        let word = of_script(WORD).unwrap_or_default();
        let line = Line::of(args, index.unwrap_or_default(), &word);
        let words = WORDS.get_or_init(|| line.words).clone();
        let found = clap_complete::engine::complete(cmd, words, line.current, current_dir)?;
        // Bash replaces only the end of the word.
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
    /// What this word has before the end that bash replaces.
    before: String,
}

impl Line {
    /// Joins the parts of each word, of which the one at this index is completed. In its place is the end that bash replaces: nothing behind `=` and
    /// `:`, which are parts themselves, and the `@` before a part, too. `raw` is the part itself.
    fn of(mut parts: Vec<OsString>, index: usize, raw: &str) -> Self {
        let end = parts.get(index).map(|end| end.to_string_lossy().into_owned()).unwrap_or_default();
        let is_raw = (end.is_empty() && is_break(OsStr::new(raw))) || end.strip_prefix('@') == Some(raw);
        if let Some(part) = parts.get_mut(index).filter(|_| is_raw) {
            *part = raw.into();
        }
        let mut line = Self { words: Vec::new(), current: 0, before: String::new() };
        let mut joins = false;
        for (at, part) in parts.into_iter().enumerate() {
            let is_break = is_break(&part);
            match line.words.last_mut().filter(|_| joins || is_break) {
                Some(word) => word.push(part),
                None => line.words.push(part),
            }
            if at == index {
                line.current = line.words.len() - 1;
                let word = line.words[line.current].to_string_lossy();
                line.before = word.strip_suffix(&*end).unwrap_or_default().to_owned();
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

    /// The words, the index of the one that is completed, and what it has before `end`, which bash replaces.
    fn line(parts: &[&str], end: &str) -> (Vec<String>, usize, String) {
        let (index, raw) = (parts.len() - 1, parts[parts.len() - 1]);
        let handed_over = parts[..index].iter().chain([&end]).map(OsString::from).collect();
        let Line { words, current, before } = Line::of(handed_over, index, raw);
        (words.into_iter().map(|word| word.into_string().unwrap()).collect(), current, before)
    }

    #[test]
    fn broken_words_are_whole_again() {
        let of = |words: &[&str], current, before: &str| {
            (words.iter().map(ToString::to_string).collect::<Vec<_>>(), current, before.to_owned())
        };
        let address = ["jeton", "--url", "http", ":", "//[", "::", "1]", ":", "80", "show", "1"];
        assert_eq!(line(&address, "1"), of(&["jeton", "--url", "http://[::1]:80", "show", "1"], 4, ""));
        let option = ["jeton", "--profile", "=", "wo"];
        assert_eq!(line(&option, "wo"), of(&["jeton", "--profile=wo"], 1, "--profile="));
        assert_eq!(line(&option[..3], ""), of(&["jeton", "--profile="], 1, "--profile="));
        let address = ["jeton", "role", "ann", "@", "example.org", ""];
        assert_eq!(line(&address, ""), of(&["jeton", "role", "ann@example.org", ""], 3, ""));
        assert_eq!(line(&address[..5], "@example.org"), of(&["jeton", "role", "ann@example.org"], 2, "ann"));
        assert_eq!(line(&address[..4], "@"), of(&["jeton", "role", "ann@"], 2, "ann"));
        // A quoted word is handed over without its quotation mark.
        assert_eq!(line(&["jeton", "role", "'ann@ex"], "ann@ex"), of(&["jeton", "role", "ann@ex"], 2, ""));
        assert_eq!(line(&["jeton", "show", ""], ""), of(&["jeton", "show", ""], 2, ""));
        assert_eq!(line(&[":", "a"], "a"), of(&[":a"], 0, ":"));
        assert_eq!(
            Line::of(Vec::new(), 0, ""),
            Line { words: Vec::new(), current: 0, before: String::new() }
        );
    }
}
