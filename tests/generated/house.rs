//! The order of the code: ARCHITECTURE.md names files that exist, and a mechanism is found by the word of the field.

use std::{fs, path::Path};

use jeton_tests::program;

/// Words that someone searches for. Each is in the documentation at the top of a file that does it.
const WORDS: [&str; 7] = ["csrf", "rate limit", "quota", "audit", "retries", "lease", "batch"];

#[test]
fn every_file_that_architecture_names_exists() {
    let mut files = Vec::new();
    list(program::root(), &mut files);
    let text = fs::read_to_string(program::root().join("ARCHITECTURE.md")).unwrap();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(|word| is_file(word)).collect();
    assert!(named.len() > 100, "{named:?}");
    let is_there = |name: &str| files.iter().any(|file| file.ends_with(&format!("/{name}")));
    let missing: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names {missing:#?}");
}

#[test]
fn each_mechanism_is_found_by_the_word_of_the_field() {
    let mut files = Vec::new();
    list(&program::root().join("shared"), &mut files);
    let tops = files.iter().filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "rs")).map(
        |file| {
            let text = fs::read_to_string(file).unwrap().to_lowercase();
            text.lines().filter_map(|line| line.strip_prefix("//!")).collect::<String>()
        },
    );
    let tops: Vec<_> = tops.collect();
    for word in WORDS {
        assert!(
            tops.iter().any(|top| top.contains(word)),
            "no file says at its top that it is about {word:?}"
        );
    }
}

/// Whether a word is the name of a file, without a placeholder in capitals.
fn is_file(word: &str) -> bool {
    let ends = [".rs", ".md", ".py", ".txt", ".yaml", ".css", ".js", ".toml"];
    let name = word.rsplit('/').next().unwrap();
    let is_placeholder = name.split('.').next().unwrap().chars().all(|c| c.is_uppercase() || c == '_')
        || word.contains("NAME")
        || word.contains("GROUP")
        || word.contains('…');
    ends.iter().any(|end| word.ends_with(end)) && !word.contains(' ') && !is_placeholder
}

fn list(folder: &Path, files: &mut Vec<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && name != ".git" {
            list(&path, files);
        } else if path.is_file() {
            files.push(path.to_str().unwrap().to_owned());
        }
    }
}
