//! The README, done as it says.
//!
//! Every fenced block marked `console` is typed into one shell, in the order of the page, and has to
//! print what it shows:
//!
//! - A line that starts with `$ ` is a command. While one ends with `\` the next line belongs to it.
//! - The lines up to the next command are its output; every command must succeed. `…` in a line
//!   stands for anything, a line that is only `…` for any number of lines, and no line at all for
//!   no output.
//! - `cargo run` and `jeton` without a command start the server, on a terminal unless the line
//!   redirects its output, and must print at least the lines shown. Its address stands as
//!   `127.0.0.1:3000` on the page; in commands and output it is that of the server.
//! - `…` in a command is where the reader pastes the master token, or the manage token when the
//!   words before it say `manage`.
//! - `git clone`, `cd`, `./test` and other uses of `cargo` are not typed; what they name must exist.

mod compare;
mod links;
mod page;
mod reader;
mod shell;

use std::{fs, path::PathBuf};

use jeton_tests::program::root;

/// A page of the source tree; none when it is not written yet.
fn page_at(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// The pages for people: README.md, ARCHITECTURE.md, and everything in docs/.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> = ["README.md", "ARCHITECTURE.md"].map(PathBuf::from).into();
    pages.retain(|page| root().join(page).exists());
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).into_iter().flatten().flatten() {
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

#[test]
fn the_readme_does_what_it_says() {
    let text = page_at("README.md").expect("there is a README.md");
    let steps = page::steps(&text);
    assert!(!steps.is_empty(), "README.md has no `console` block");
    let mut reader = reader::Reader::new();
    for step in &steps {
        reader.follow(step);
    }
}

#[test]
fn every_link_within_the_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        broken.extend(links::broken(root(), &page));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The page promises by naming tests, each by its path below `tests/`, so these have to be there.
#[test]
fn every_test_that_the_pages_on_security_name_is_there() {
    let mut seen = 0;
    for page in ["docs/explanation/security.md", "docs/reference/asvs.md"] {
        let page = page_at(page).expect("there is such a page");
        let named = page.split('`').skip(1).step_by(2).filter(|word| word.contains("::"));
        // `Offer::SignIn` and the like are types.
        for test in named.filter(|word| !word.contains(char::is_uppercase)) {
            let at = |path: &str| page_at(&format!("tests/{}.rs", path.replace("::", "/")));
            let (file, name) = test.rsplit_once("::").unwrap();
            let there = at(file).is_some_and(|source| source.contains(&format!("fn {name}(")));
            // A whole file, or a folder of them, may be named as well.
            assert!(
                there || at(test).is_some() || at(&format!("{test}::mod")).is_some(),
                "there is no {test}"
            );
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}
