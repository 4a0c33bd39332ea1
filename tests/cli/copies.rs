//! Commands by a copy that was picked up from a share, which act on that copy alone.

use std::fs;

use crate::{
    home::Home,
    login::shared,
    remote::{Remote, failed, said},
    verify,
};

/// A user with a token in profile `own`, and with a copy of it in profile `copy` that they picked up. Returns its id and secret.
async fn with_copy(remote: &Remote, home: &Home) -> (String, String) {
    let (id, original) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &original, &["--profile", "own"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(remote, "eve@example.org").await;
    said(&home.run(&code, &["login", &link, "--profile", "copy"]));
    (id, original)
}

#[tokio::test]
async fn a_refresh_by_a_copy_leaves_profiles_that_keep_another_copy() {
    for overlap in [&[][..], &["--grace", "1h"], &["--keep-old-until-used"]] {
        let (remote, home) = (Remote::start(), Home::new());
        let (_, original) = with_copy(&remote, &home).await;
        let refresh = [&["token", "refresh", "--yes", "--quiet", "--profile", "copy"], overlap].concat();
        let refreshed = home.run("", &refresh);
        let new = said(&refreshed).trim_end();
        assert!(home.read("tokens/copy.token").contains(new), "{}", refreshed.logged);
        assert!(home.read("tokens/own.token").contains(&original), "{}", refreshed.logged);
        let told = "Profile own has another secret of this token, and keeps it: it is of another copy, or has ended.";
        assert!(
            refreshed.logged.starts_with(told) && refreshed.logged.lines().count() == 1,
            "{}",
            refreshed.logged
        );
    }
}

#[tokio::test]
async fn a_refresh_by_a_newer_secret_of_a_copy_names_the_profile_with_an_older_one_and_ends_no_other() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, original) = with_copy(&remote, &home).await;
    let old = home.read("tokens/copy.token");
    let keeps = ["token", "refresh", "--keep-old-until-used", "--yes", "--quiet", "--profile", "copy"];
    let newer = said(&home.run("", &keeps)).trim_end().to_owned();
    fs::write(home.path("tokens/copy.token"), &old).unwrap();
    let variables = [("JETON_URL", remote.url()), ("JETON_TOKEN", newer.as_str())];
    let refreshed = home.run_with(&variables, "", &["token", "refresh", "--yes", "--quiet"]);
    said(&refreshed);
    assert!(refreshed.logged.contains("Profile copy has another secret"), "{}", refreshed.logged);
    assert_eq!(home.read("tokens/copy.token"), old);
    verify(&remote.client(), &original).await.expect(200);
}

#[tokio::test]
async fn a_refresh_by_a_copy_does_not_use_the_newest_secret_of_another_one() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, original) = with_copy(&remote, &home).await;
    let old = home.read("tokens/copy.token").lines().last().unwrap().to_owned();
    said(&remote.run(&["token", "share", &id, "bob@example.org"]));
    let (link, code) = shared(&remote, "bob@example.org").await;
    said(&home.run(&code, &["login", &link, "--profile", "bob"]));
    said(
        &home
            .run("", &["token", "refresh", "--keep-old-until-used", "--yes", "--quiet", "--profile", "copy"]),
    );
    said(&home.run("", &["token", "refresh", "--yes", "--quiet", "--profile", "bob"]));
    for alive in [&old, &original] {
        verify(&remote.client(), alive).await.expect(200);
    }
}

#[tokio::test]
async fn a_copy_is_asked_about_itself_before_it_is_refreshed_or_deleted() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, original) = with_copy(&remote, &home).await;
    let stays = "It makes this call, and was picked up: the pending shares that it sent end, and the token and its other copies stay valid.";
    let refresh = home.run("", &["token", "refresh", "--profile", "copy"]);
    let question = format!("Refresh copy 2 of token {id} \"Import\"? {stays}");
    assert!(failed(&refresh, 2).contains(&question), "{}", refresh.logged);
    let question = format!("Delete copy 2 of token {id} \"Import\"? {stays}");
    for more in [&[][..], &["--copy", "2"]] {
        let delete = home.run("", &[&["token", "delete", &id, "--profile", "copy"], more].concat());
        assert!(failed(&delete, 2).contains(&question), "{}", delete.logged);
    }
    let deleted = home.run("", &["token", "delete", &id, "--profile", "copy", "--yes"]);
    said(&deleted);
    let told = format!(
        "Copy 2 of token {id} is deleted, and the pending shares that it sent have ended. The token and its other copies stay valid.\n"
    );
    assert_eq!(deleted.logged, told);
    verify(&remote.client(), &original).await.expect(200);
}

#[tokio::test]
async fn a_token_is_shown_with_the_copy_that_asks() {
    let (remote, home) = (Remote::start(), Home::new());
    with_copy(&remote, &home).await;
    let of = |profile| said(&home.run("", &["token", "show", "--profile", profile])).to_owned();
    assert!(
        of("own").contains("\n1 (this one) ") && of("copy").contains("\n2 (this one) "),
        "{}",
        of("copy")
    );
}
