//! `jeton login` where the profile keeps another secret of the same token.

use crate::{
    home::Home,
    login::shared,
    remote::{Remote, failed, said},
};

/// Refreshes a token. Returns its new secret.
#[track_caller]
fn refreshed(remote: &Remote, id: &str, more: &[&str]) -> String {
    let refreshed = remote.run(&[&["token", "refresh", id, "--yes", "--quiet"], more].concat());
    said(&refreshed).trim_end().to_owned()
}

#[test]
fn a_secret_that_works_is_replaced_by_an_older_one_of_its_token_only_when_that_is_meant() {
    let (remote, home) = (Remote::start(), Home::new());
    for overlap in [&["--grace", "1h"][..], &["--keep-old-until-used", "--grace", "1h"]] {
        let (id, older) = remote.create(&["-d", "own"]);
        let newer = refreshed(&remote, &id, &["--grace", "1h"]);
        home.log_in(remote.url(), &newer, &["--yes"]);
        let ended = home.run(&older, &["login", "--url", remote.url()]);
        let told = failed(&ended, 2);
        assert!(told.contains("profile default keeps another secret of this storage token, "), "{told}");
        assert!(told.contains("--yes to replace it"), "{told}");
        assert!(home.read("tokens/default.token").contains(&newer));
        home.log_in(remote.url(), &older, &["--yes"]);
        // One that a refresh has ended is kept in vain, and so is one that the use of the new one ends.
        let newest = refreshed(&remote, &id, if overlap.len() == 2 { &[] } else { &overlap[..1] });
        home.log_in(remote.url(), &newest, &[]);
        assert!(home.read("tokens/default.token").contains(&newest));
        home.log_in(remote.url(), &newest, &[]);
    }
}

#[test]
fn an_older_secret_that_is_kept_until_the_newer_one_is_used_still_works_after_a_login_with_it() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, older) = remote.create(&["-d", "own"]);
    home.log_in(remote.url(), &older, &[]);
    let newer = refreshed(&remote, &id, &["--keep-old-until-used"]);
    assert!(home.read("tokens/default.token").contains(&older), "another home");
    let kept = home.read("tokens/default.token").replace(&older, &newer);
    std::fs::write(home.path("tokens/default.token"), kept).unwrap();
    let ended = home.run(&older, &["login", "--url", remote.url()]);
    assert!(failed(&ended, 2).contains("keeps another secret of this storage token, "), "{}", ended.logged);
    home.log_in(remote.url(), &older, &["--yes"]);
    said(&home.run("", &["token", "verify"]));
}

#[test]
fn a_manage_token_that_works_is_replaced_by_an_older_one_only_when_that_is_meant() {
    let (remote, home) = (Remote::start(), Home::new());
    let url = ["--url", remote.url()];
    let refresh = [&["manage-token", "refresh", "--yes", "--quiet", "--grace", "1h"][..], &url].concat();
    let newer = remote.run(&refresh[..6]);
    home.log_in(remote.url(), said(&newer), &[]);
    let ended = home.run(remote.manage(), &[&["login"][..], &url].concat());
    assert!(failed(&ended, 2).contains("keeps another secret of this manage token, "), "{}", ended.logged);
}

#[tokio::test]
async fn a_copy_that_is_pasted_replaces_the_original_only_when_that_is_meant() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, original) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    said(&home.run(&code, &["login", &link, "--profile", "copy"]));
    let copy = home.read("tokens/copy.token").lines().last().unwrap().to_owned();
    home.log_in(remote.url(), &original, &["--profile", "own"]);
    let ended = home.run(&copy, &["login", "--url", remote.url(), "--profile", "own"]);
    assert!(failed(&ended, 2).contains("keeps another secret of this storage token, "), "{}", ended.logged);
    assert!(home.read("tokens/own.token").contains(&original));
}

#[test]
fn a_token_that_jeton_rejects_is_told_before_a_question() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, older) = remote.create(&["-d", "own"]);
    home.log_in(remote.url(), &refreshed(&remote, &id, &[]), &[]);
    let ended = home.run(&older, &["login", "--url", remote.url()]);
    assert!(!failed(&ended, 3).contains("keeps another"), "{}", ended.logged);
}
