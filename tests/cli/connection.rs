//! How a command reaches a Jeton, and with whose token.

use jeton_tests::{process::jeton, store::fresh_folder};

use crate::remote::{Remote, failed, said};

#[test]
fn the_token_comes_from_a_file_or_from_standard_input() {
    let remote = Remote::start();
    let file = remote.file("token", &format!("{}\n", remote.master));
    assert!(said(&remote.run_given("", &["token", "verify", "--token-file", &file])).contains("master"));
    let given = remote.run_given(&format!("{}\n", remote.master), &["token", "verify", "--token-file", "-"]);
    assert!(said(&given).contains("master"));
}

#[test]
fn without_a_token_it_says_where_one_belongs() {
    let remote = Remote::start();
    assert!(failed(&remote.run_given("", &["token", "list"]), 2).contains("set JETON_TOKEN to a token"));
    let members = remote.run_given("", &["member", "list", "--project", "1"]);
    assert!(failed(&members, 2).contains("set JETON_MANAGE_TOKEN to a token"));
    let empty = remote.run_given("\n", &["token", "list", "--token-file", "-"]);
    assert!(failed(&empty, 2).contains("there is no token in -"), "{}", empty.logged);
    let missing = remote.run_given("", &["token", "list", "--token-file", "absent"]);
    assert!(failed(&missing, 1).contains("absent"), "{}", missing.logged);
}

#[test]
fn no_option_takes_a_token_since_everyone_on_the_machine_sees_arguments() {
    let remote = Remote::start();
    let ended = remote.run_given("", &["token", "list", "--token", &remote.master]);
    failed(&ended, 2);
}

#[test]
fn an_address_without_a_jeton_is_told_as_that() {
    let folder = fresh_folder();
    let list = |url| jeton(&folder, &["token", "verify"], &[("JETON_URL", url), ("JETON_TOKEN", "1-2-jtx")]);
    // Nothing listens on the port of a discarded datagram.
    let nobody = list("http://127.0.0.1:9");
    assert!(failed(&nobody, 1).contains("http://127.0.0.1:9 cannot be reached"), "{}", nobody.logged);
    assert!(nobody.logged.contains("JETON_URL"), "{}", nobody.logged);
    for url in ["127.0.0.1:3000", "ftp://127.0.0.1"] {
        assert!(failed(&list(url), 1).contains("is no address of a Jeton"));
    }
}

#[test]
fn no_failure_repeats_the_token() {
    let remote = Remote::start();
    let wrong = "1-2-jtABCDEFGH\u{e9}";
    let ended = remote.run_as(wrong, &["token", "verify"]);
    assert!(!ended.logged.contains("jtABCDEFGH"), "{}", ended.logged);
    assert_ne!(ended.status.code(), Some(0));
}
