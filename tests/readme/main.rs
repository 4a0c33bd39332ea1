//! The README, the tutorial and the how-to guides, executed as written.
//!
//! Every fenced block marked `console` is typed into one shell for each page, in the order of the page, and
//! must print the output that it shows:
//!
//! - A line that starts with `$ ` is a command. While one ends with `\` the next line belongs to it.
//! - The lines up to the next command are its output; every command must succeed. `…` in a line
//!   stands for anything, a line that is only `…` for any number of lines, and no line at all for
//!   no output.
//! - `cargo run` and `jeton` without a command start the server, on a terminal unless the line
//!   redirects its output, and must print at least the lines shown. Its address is
//!   `127.0.0.1:3000` on the page; in commands and output it is that of the server.
//! - `…` in a command is where the reader pastes the master token, or the manage token when the
//!   words before it say `manage`.
//! - `git clone`, `cd`, `./test` and other uses of `cargo` are not typed; the files that they name must exist.
//!
//! A block marked `sh` is not typed. In the tutorial and the guides a comment before it gives the reason:
//! `<!-- not run: it needs an AWS account -->`.

mod compare;
mod first_calls;
mod inline;
mod links;
mod page;
mod reader;
mod shell;
mod snippets;

use std::{fs, path::PathBuf};

use jeton_tests::program::root;

/// A page of the source tree; `None` if it does not exist yet.
fn page_at(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// The pages for people: those at the top, infra/README.md, and everything in docs/.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "infra/README.md"]
            .map(PathBuf::from)
            .into();
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

fn follow(page: &str) {
    let text = page_at(page).unwrap_or_else(|| panic!("there is no {page}"));
    let steps = page::steps(&text);
    assert!(!steps.is_empty(), "{page} has no `console` block");
    let mut reader = reader::Reader::new();
    for step in &steps {
        reader.follow(step);
    }
}

/// A test for each page with commands, so that they run concurrently.
macro_rules! pages_do_what_they_say {
    ($($test:ident: $page:literal,)+) => {
        $(#[test]
        fn $test() {
            follow($page);
        })+

        /// The pages with commands.
        const FOLLOWED: &[&str] = &[$($page),+];
    };
}

pages_do_what_they_say! {
    the_readme_does_what_it_says: "README.md",
    the_tutorial_of_the_first_token_does_what_it_says: "docs/tutorial/first-token.md",
    the_tutorial_of_a_guarded_service_does_what_it_says: "docs/tutorial/guard-a-service.md",
    the_guide_to_moving_does_what_it_says: "docs/how-to/move.md",
    the_guide_to_backups_does_what_it_says: "docs/how-to/back-up.md",
    the_guide_to_removing_a_member_does_what_it_says: "docs/how-to/off-board.md",
    the_guide_to_read_only_members_does_what_it_says: "docs/how-to/read-only.md",
    the_guide_to_rotation_does_what_it_says: "docs/how-to/rotate.md",
    the_guide_to_leaks_does_what_it_says: "docs/how-to/answer-a-leak.md",
    the_guide_to_following_history_does_what_it_says: "docs/how-to/follow-history.md",
    the_guide_to_the_command_line_does_what_it_says: "docs/how-to/command-line.md",
    the_guide_to_retries_does_what_it_says: "docs/how-to/retry.md",
    the_guide_to_seals_does_what_it_says: "docs/how-to/seal-history.md",
    the_runbook_does_what_it_says: "docs/how-to/runbook.md",
}

#[test]
fn every_command_of_the_tutorial_and_the_guides_is_typed_or_says_why_not() {
    let mut problems = Vec::new();
    for page in pages() {
        let name = page.to_str().unwrap();
        let text = page_at(name).unwrap();
        if page.starts_with("docs/tutorial") || page.starts_with("docs/how-to") {
            problems.extend(page::unexplained(&text).into_iter().map(|line| {
                format!("{name}:{line}: a command that no test types, without `<!-- not run: … -->` in front")
            }));
        }
        if !page::steps(&text).is_empty() && !FOLLOWED.contains(&name) {
            problems.push(format!("{name} has `console` blocks and no test that types them"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_link_within_the_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        broken.extend(links::broken(root(), &page));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_command_in_a_sentence_exists_with_its_options() {
    let (mut helps, mut mistaken) = (inline::Helps::default(), Vec::new());
    for page in pages() {
        let text = page_at(page.to_str().unwrap()).unwrap();
        mistaken.extend(helps.mistaken(&text).into_iter().map(|code| format!("{}: {code}", page.display())));
    }
    assert!(mistaken.is_empty(), "{}", mistaken.join("\n"));
    assert!(!helps.mistaken("Run `jeton token update --disable` or `jeton token stop`.").is_empty());
}

/// Pages name tests as proof, each by its path below `tests/`, so these must exist.
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
            // A page may also name a whole file, or a folder of them.
            assert!(
                there || at(test).is_some() || at(&format!("{test}::mod")).is_some(),
                "there is no {test}"
            );
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}
