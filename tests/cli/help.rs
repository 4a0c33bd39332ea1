//! The help texts of the command.

use std::fmt::Write as _;

use jeton_tests::{copy, process::jeton, store::fresh_folder};

use crate::remote::said;

fn help(arguments: &[&str]) -> String {
    said(&jeton(&fresh_folder(), &[arguments, &["--help"]].concat(), &[])).to_owned()
}

#[test]
fn the_command_lists_what_it_can_do() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn the_tokens_command_lists_its_own() {
    insta::assert_snapshot!(help(&["token"]));
}

/// The subcommands of a command, as its help lists them.
fn listed(arguments: &[&str]) -> Vec<String> {
    let help = help(arguments);
    let Some((_, commands)) = help.split_once("Commands:\n") else { return Vec::new() };
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    let names =
        names.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_an_example() {
    let mut left = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = left.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let below = listed(&words);
        if below.is_empty() {
            let help = help(&words);
            let example =
                help.split_once("Example").unwrap_or_else(|| panic!("{words:?} has none: {help}")).1;
            assert!(example.contains(&format!("jeton {}", words.join(" "))), "{help}");
            seen += 1;
        }
        left.extend(below.into_iter().map(|name| [&path[..], &[name]].concat()));
    }
    assert!(seen >= 25, "{seen}");
}

const INTRODUCTION: &str = "\
# Command line

What `jeton --help` and `jeton COMMAND --help` say. This page is made from the commands by `./test --write`.
[configuration.md](configuration.md) has the variables.
";

#[test]
fn the_reference_has_the_help_of_every_command() {
    let mut page = INTRODUCTION.to_owned();
    let mut left = vec![Vec::new()];
    while let Some(path) = left.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let lines: Vec<_> = help(&words).lines().map(|line| line.trim_end().to_owned()).collect();
        let name = ["jeton"].iter().chain(&words).copied().collect::<Vec<_>>().join(" ");
        let heading = if words.len() > 1 { "###" } else { "##" };
        write!(page, "\n{heading} {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
        // In the order of the help: popped from the end.
        left.extend(listed(&words).into_iter().rev().map(|name| [&path[..], &[name]].concat()));
    }
    copy::is_file("docs/reference/cli.md", &page);
}

#[test]
fn every_shell_gets_a_script_that_asks_the_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = jeton(&fresh_folder(), &["completions", shell], &[]);
        assert!(said(&ended).contains("_JETON_COMPLETE"), "{shell}: {}", ended.said);
    }
}
