//! What the command says of itself.

use jeton_tests::{process::jeton, store::fresh_folder};

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

#[test]
fn every_command_that_changes_something_has_an_example() {
    for command in [
        &["token", "create"][..],
        &["token", "update"],
        &["token", "refresh"],
        &["token", "share"],
        &["token", "events"],
        &["token", "verify"],
        &["advise"],
        &["member", "invite"],
        &["project", "create"],
        &["export-history"],
        &["verify-history"],
        &["completions"],
    ] {
        let help = help(command);
        let examples = help.split_once("Example").unwrap_or_else(|| panic!("{command:?} has none: {help}")).1;
        assert!(examples.contains(&format!("jeton {}", command.join(" "))), "{help}");
    }
}

#[test]
fn shells_get_completions_that_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = jeton(&fresh_folder(), &["completions", shell], &[]);
        let script = said(&ended);
        assert!(script.contains("token") && script.contains("refresh"), "{shell}: {script}");
    }
}
