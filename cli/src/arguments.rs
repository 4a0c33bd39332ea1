//! The arguments of the command: `--json FIELDS`, and tips for commands in a wrong place.

use std::ffi::OsString;

use clap::{
    Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Parses arguments. `--json` may stand alone, so the word behind it is a list of fields only where it can be nothing else: a line
/// that is valid without is taken as it is.
pub fn parsed<T>(
    words: Vec<OsString>,
    parse: impl Fn(Vec<OsString>) -> Result<T, Error>,
) -> Result<T, Error> {
    let error = match parse(words.clone()) {
        Err(error) if error.use_stderr() => error,
        parsed => return parsed,
    };
    let Some((joined, is_list)) = joined(words) else { return Err(error) };
    match parse(joined) {
        // A word alone may be a mistyped command.
        Err(other) if other.use_stderr() && !is_list => Err(error),
        parsed => parsed,
    }
}

/// The words with `--json FIELDS` as one, and whether there are several fields.
fn joined(mut words: Vec<OsString>) -> Option<(Vec<OsString>, bool)> {
    let at = words.iter().position(|word| word == "--json")?;
    let fields = words.get(at + 1)?.to_str().filter(|word| are_fields(word))?.to_owned();
    words[at] = format!("--json={fields}").into();
    words.remove(at + 1);
    Some((words, fields.contains(',')))
}

/// Whether a word has the form of names of fields. Ids of tokens are numbers, and addresses have other characters.
fn are_fields(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    word.split(',').all(|name| is_name(name.trim()))
}

/// Adds a tip to the error about a command that is known in another place: `jeton events` is `jeton token events`.
pub fn with_place(mut error: Error, command: &Command) -> Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let groups = command.get_subcommands();
    let places: Vec<_> = groups
        .filter(|group| group.get_subcommands().any(|below| below.get_name() == word))
        .map(|group| format!("{} {word}", group.get_name()))
        .collect();
    if !places.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(places));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joins(line: &str) -> Option<String> {
        let words = line.split(' ').map(OsString::from).collect();
        joined(words).map(|(words, _)| words.join(" ".as_ref()).into_string().unwrap())
    }

    #[test]
    fn a_word_behind_json_may_be_fields_if_it_has_the_form_of_names() {
        assert_eq!(joins("token list --json id,lastUsed").as_deref(), Some("token list --json=id,lastUsed"));
        assert_eq!(joins("token --json id show 5").as_deref(), Some("token --json=id show 5"));
        for line in [
            "token list",
            "token list --json",
            "token show --json 5",
            "x --json a@b.c",
            "x --json a,",
            "x --json --wide",
        ] {
            assert_eq!(joins(line), None, "{line}");
        }
    }
}
