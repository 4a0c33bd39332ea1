//! Profiles that keep a token while its secret is refreshed, also twice at once.

use std::fs::{self, File};

use jeton_tests::process::start_jeton;

use crate::{
    home::Home,
    remote::{Remote, said},
};

/// A profile `own` with a token, and that.
fn with_own(remote: &Remote, home: &Home) -> (String, String) {
    let (id, token) = remote.create(&["-d", "own"]);
    home.log_in(remote.url(), &token, &["--profile", "own"]);
    (id, token)
}

/// Refreshes a token apart from all profiles. Returns its new secret.
#[track_caller]
fn refreshed_apart(remote: &Remote, id: &str, more: &[&str]) -> String {
    let refreshed = remote.run(&[&["token", "refresh", id, "--yes", "--quiet"], more].concat());
    said(&refreshed).trim_end().to_owned()
}

/// Refreshes a token, and does something while that waits with its new secret for another command. Returns that secret, and what it logs.
fn refreshes_while(
    remote: &Remote,
    home: &Home,
    arguments: &[&str],
    meanwhile: impl FnOnce(),
) -> (String, String) {
    let lock = File::open(home.path("lock")).unwrap();
    lock.lock().unwrap();
    let master = [("JETON_URL", remote.url()), ("JETON_TOKEN", remote.master.as_str())];
    let variables = [&home.variables()[..], &master].concat();
    let refresh = [&["token", "refresh", "--yes"], arguments].concat();
    let mut running = start_jeton(home.folder(), &refresh, &variables);
    running.has_logged("Waiting for another command");
    meanwhile();
    drop(lock);
    let ended = running.ended();
    (said(&ended).trim_end().to_owned(), ended.logged)
}

/// Keeps a secret in the profile, as another command does.
fn keeps(home: &Home, remote: &Remote, secret: &str) {
    fs::write(home.path("tokens/own.token"), format!("{}\n{secret}\n", remote.url())).unwrap();
}

#[test]
fn a_refresh_leaves_a_newer_secret_that_another_command_kept_meanwhile() {
    for overlap in [&[][..], &["--grace", "1h"], &["--keep-old-until-used"]] {
        let (remote, home) = (Remote::start(), Home::new());
        let (id, _) = with_own(&remote, &home);
        let mut newer = String::new();
        let (printed, told) = refreshes_while(&remote, &home, &[&[id.as_str()], overlap].concat(), || {
            newer = refreshed_apart(&remote, &id, overlap);
            keeps(&home, &remote, &newer);
        });
        assert!(home.read("tokens/own.token").contains(&newer), "{told}");
        let warned = "warning: profile own has another secret of this token meanwhile, and keeps it.";
        assert!(told.contains(warned) && !told.contains("keeps the new secret"), "{told}");
        assert_eq!(told.contains("may not be the newest"), !overlap.is_empty(), "{told}");
        // As the warning says then.
        if !overlap.is_empty() {
            home.log_in(remote.url(), &printed, &["--profile", "own", "--yes"]);
        }
    }
}

#[test]
fn a_refresh_leaves_a_newer_secret_of_a_token_that_is_disabled_meanwhile() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = with_own(&remote, &home);
    let mut newer = String::new();
    let (_, told) = refreshes_while(&remote, &home, &[&id], || {
        newer = refreshed_apart(&remote, &id, &[]);
        keeps(&home, &remote, &newer);
        said(&remote.run(&["token", "disable", &id, "--yes"]));
    });
    assert!(told.contains("profile own may still have the old secret"), "{told}");
    assert!(home.read("tokens/own.token").contains(&newer));
}

#[test]
fn a_refresh_replaces_an_older_secret_that_another_command_kept_meanwhile() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = with_own(&remote, &home);
    let older = refreshed_apart(&remote, &id, &[]);
    let (newer, told) = refreshes_while(&remote, &home, &[&id], || keeps(&home, &remote, &older));
    assert!(told.contains("Profile own keeps the new secret."), "{told}");
    assert!(home.read("tokens/own.token").contains(&newer));
    said(&home.run("", &["token", "verify"]));
}

#[test]
fn a_refresh_says_nothing_of_a_profile_that_is_gone_meanwhile() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = with_own(&remote, &home);
    let (_, told) = refreshes_while(&remote, &home, &[&id], || {
        fs::write(home.path("config.toml"), "").unwrap();
        fs::remove_file(home.path("tokens/own.token")).unwrap();
    });
    assert!(!told.contains("rofile own"), "{told}");
}

#[test]
fn a_refresh_names_a_profile_that_keeps_the_token_for_another_name_of_the_address() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, token) = with_own(&remote, &home);
    let localhost = remote.url().replace("127.0.0.1", "localhost");
    home.log_in(&localhost, &token, &["--profile", "other"]);
    let refreshed = home.run("", &["token", "refresh", "--yes", "--quiet", "--profile", "own"]);
    said(&refreshed);
    let warned = format!("warning: profile other has an older secret of this token, for {localhost}");
    assert!(refreshed.logged.contains(&warned), "{}", refreshed.logged);
    assert_eq!(refreshed.logged.lines().count(), 1, "{}", refreshed.logged);
    assert!(home.read("tokens/other.token").contains(&token));
}

#[test]
fn a_refresh_that_cannot_look_at_the_profiles_says_so() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, token) = with_own(&remote, &home);
    home.edit(|text| format!("{text}tokn = 1\n"));
    let own = [("JETON_URL", remote.url()), ("JETON_TOKEN", token.as_str())];
    let refreshed = home.run_with(&own, "", &["token", "refresh", "--yes", "--quiet"]);
    said(&refreshed);
    let warned = "warning: a profile may still have the old secret: ";
    assert!(refreshed.logged.contains(warned), "{}", refreshed.logged);
    assert!(refreshed.logged.contains("config.toml: line "), "{}", refreshed.logged);
}
