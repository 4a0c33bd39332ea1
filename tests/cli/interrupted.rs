//! Commands that end, by a signal or an error, while a secret is on its way to its place.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::net::UnixListener,
};

use jeton_tests::{
    process::{
        filled, jeton_asks_all, jeton_with_files_up_to, start_jeton, start_jeton_given,
        start_jeton_without_hangup, start_jeton_writing, wait_until,
    },
    store::fresh_folder,
};
use serde_json::json;

use crate::{
    files,
    home::Home,
    login::shared,
    remote::{Remote, said},
    stub::{Stub, answer},
    verify,
};

/// What another command does that changes the profiles.
fn locked(home: &Home) -> File {
    let file = File::create(home.path("lock")).unwrap();
    file.lock().unwrap();
    file
}

/// A keyring that never answers, as one that waits for a password.
struct SilentKeyring {
    _bus: UnixListener,
    address: String,
}

impl SilentKeyring {
    fn new() -> Self {
        let path = fresh_folder().join("bus");
        Self { _bus: UnixListener::bind(&path).unwrap(), address: format!("unix:path={}", path.display()) }
    }

    /// The variables by which a command finds this home and this keyring.
    fn variables<'a>(&'a self, home: &'a Home) -> [(&'a str, &'a str); 2] {
        [home.variables()[0], ("DBUS_SESSION_BUS_ADDRESS", &self.address)]
    }
}

#[tokio::test]
async fn a_refresh_prints_its_secret_before_it_waits_for_the_profiles() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, token) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &token, &[]);
    home.log_in(remote.url(), remote.manage(), &[]);
    for command in ["token", "manage-token"] {
        let lock = locked(&home);
        let refresh = [command, "refresh", "--yes", "--quiet", "--profile", "default"];
        let mut running = start_jeton(home.folder(), &refresh, &home.variables());
        running.has_said("\n");
        running.has_logged("Waiting for another command that changes the profiles.");
        running.process().ask_to_end();
        let ended = running.ended();
        assert_eq!(ended.status.code(), Some(143), "{}", ended.logged);
        let told = "profile default may still have the old secret of a token; the new one is printed";
        assert!(ended.logged.contains(told), "{}", ended.logged);
        drop(lock);
        // The new secret works, and the old one of the profile does not.
        home.log_in(remote.url(), &ended.said, &["--profile", "new"]);
    }
    assert_eq!(home.run("", &["token", "verify", "--profile", "default"]).status.code(), Some(3));
}

#[tokio::test]
async fn a_refresh_prints_its_secret_before_it_waits_for_the_keyring() {
    let (remote, home, keyring) = (Remote::start(), Home::new(), SilentKeyring::new());
    let (_, token) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &token, &[]);
    home.edit(|text| text.replace("token = \"file\"", "token = \"keyring\""));
    let variables = [("JETON_URL", remote.url()), ("JETON_TOKEN", token.as_str())];
    let variables = [&keyring.variables(&home)[..], &variables].concat();
    let mut running = start_jeton(home.folder(), &["token", "refresh", "--yes", "--quiet"], &variables);
    running.has_said("\n");
    running.has_logged("Waiting for the keyring");
    running.process().ask_to_end();
    let ended = running.ended();
    assert_eq!(ended.status.code(), Some(143), "{}", ended.logged);
    assert!(ended.logged.contains("the new one is printed"), "{}", ended.logged);
    verify(&remote.client(), ended.said.trim_end()).await.expect(200);
}

#[tokio::test]
async fn a_login_that_is_ended_while_it_asks_the_keyring_leaves_no_file() {
    let (remote, home, keyring) = (Remote::start(), Home::new(), SilentKeyring::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let login = ["login", &link, "--keep-in", "keyring"];
    let mut running = start_jeton(home.folder(), &login, &keyring.variables(&home));
    running.has_logged("Waiting for the keyring");
    running.process().ask_to_end();
    assert!(!running.ended().status.success());
    assert_eq!(files(&home.path("tokens")), Vec::<String>::new());
    said(&home.run(&code, &["login", &link]));
}

#[tokio::test]
async fn a_login_that_is_ended_before_it_has_kept_what_it_picked_up_says_where_it_is() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let (mut running, mut input) = start_jeton_given(home.folder(), &["login", &link], &home.variables());
    running.has_logged("Project:");
    let _lock = locked(&home);
    input.write_all(format!("{code}\n").as_bytes()).unwrap();
    running.has_logged("Waiting for another command");
    running.process().ask_to_end();
    let ended = running.ended();
    let file = home.path("tokens/jeton-picked-up");
    let told = format!(
        "the token was picked up at {} and is in {}, which only you can read",
        remote.url(),
        file.display()
    );
    assert_eq!(ended.status.code(), Some(143), "{}", ended.logged);
    assert!(ended.logged.contains(&told) && !ended.logged.contains("may have been"), "{}", ended.logged);
    let token = fs::read_to_string(file).unwrap();
    verify(&remote.client(), token.trim_end()).await.expect(200);
}

#[tokio::test]
async fn a_login_that_asks_a_question_keeps_no_other_command_waiting() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let typed = format!("{code}\n");
    let meanwhile = || drop(home.log_in(remote.url(), &remote.master, &[]));
    let (id, other) = remote.create(&["-d", "Other"]);
    // Another one again while it is asked about the first: it is asked again.
    let replaced = || {
        said(&home.run("", &["profile", "use", "default"]));
        home.log_in(remote.url(), &other, &["--yes"]);
    };
    let asks_again = format!("-{id}-jt");
    let questions: Vec<jeton_tests::process::Question<'_>> = vec![
        ("The code, from", Box::new(meanwhile), &typed),
        ("Replace it?", Box::new(replaced), "y\n"),
        (&asks_again, Box::new(|| {}), "y\n"),
    ];
    let ended = jeton_asks_all(questions, home.folder(), &["login", &link], &home.variables());
    assert!(ended.status.success(), "{}", ended.said);
    assert_eq!(ended.said.matches("Replace it?").count(), 2, "{}", ended.said);
    assert!(said(&home.run("", &["token", "verify"])).contains("Import"));
    assert_eq!(files(&home.path("tokens")), ["default.token"]);
}

#[test]
fn a_full_disk_leaves_no_unfinished_file() {
    let (remote, home) = (Remote::start(), Home::new());
    let file = remote.file("token", &remote.master);
    home.log_in(remote.url(), remote.manage(), &["--profile", "other"]);
    let login = ["login", "--url", remote.url(), "--token-file", &file];
    let ended = jeton_with_files_up_to(0, home.folder(), &login, &home.variables());
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(files(&home.path("tokens")), ["other.manage-token"]);
    assert_eq!(files(&home.path("")), ["config.toml", "lock", "tokens"]);
}

#[tokio::test]
async fn a_pick_up_that_is_ended_before_its_answer_says_that_it_may_have_been_done() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let (path, secret) = link[remote.url().len()..].split_once('#').unwrap();
    let asked = json!({"secret": secret});
    let offer = remote.client().post(path).json(&asked).send().await.expect(200).text();
    let stub = Stub::silent_after(vec![answer(200, "", &offer)]);
    let link = link.replace(remote.url(), stub.url());
    let (mut running, mut input) = start_jeton_given(home.folder(), &["login", &link], &home.variables());
    input.write_all(code.as_bytes()).unwrap();
    drop(input);
    wait_until("the pick-up is asked for", || (stub.asked().len() == 2).then_some(()));
    running.process().ask_to_end();
    let ended = running.ended();
    assert_eq!(ended.status.code(), Some(143), "{}", ended.logged);
    assert!(ended.logged.contains("the token may have been picked up"), "{}", ended.logged);
    assert_eq!(files(&home.path("tokens")), Vec::<String>::new());
}

#[tokio::test]
async fn a_secret_that_is_not_printed_when_a_signal_comes_is_in_a_file() {
    let (remote, folder) = (Remote::start(), fresh_folder());
    let (id, _) = remote.create(&["-d", "Import"]);
    let variables = [
        ("JETON_URL", remote.url()),
        ("JETON_TOKEN", &remote.master),
        ("JETON_MANAGE_TOKEN", remote.manage()),
    ];
    for (command, told, file) in [
        (&["token", "create", "-d", "x"][..], "is created, and its secret is in ", "jeton-token"),
        (&["token", "refresh", &id, "--yes"], "the new secret of token ", "jeton-token-2"),
        (
            &["token", "share", &id, "eve@example.org", "--separate-code"],
            "a link was sent to eve@example.org, and its code is in ",
            "jeton-code",
        ),
        (&["manage-token", "create", "-d", "x"], "and its secret is in ", "jeton-manage-token"),
        (&["manage-token", "refresh", "--yes"], "the new secret of manage token ", "jeton-manage-token-2"),
    ] {
        let (_said, full) = io::pipe().unwrap();
        filled(&full);
        let mut running = start_jeton_writing(full, &folder, command, &variables);
        // The last line beside the secret, which standard output does not take.
        running.has_logged(if file == "jeton-code" { "asks for this code" } else { "Save it now" });
        running.process().ask_to_end();
        let ended = running.ended();
        let path = folder.join(file);
        assert_eq!(ended.status.code(), Some(143), "{command:?}: {}", ended.logged);
        let place = format!("is in {}, which only you can read", path.display());
        assert!(
            ended.logged.contains(told) && ended.logged.contains(&place),
            "{command:?}: {}",
            ended.logged
        );
        let secret = fs::read_to_string(&path).unwrap();
        assert_eq!(crate::mode(&path), 0o600);
        if file.starts_with("jeton-token") {
            verify(&remote.client(), secret.trim_end()).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_command_that_ignores_a_signal_goes_on() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, token) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &token, &[]);
    let lock = locked(&home);
    let refresh = ["token", "refresh", "--yes", "--quiet"];
    let mut running = start_jeton_without_hangup(home.folder(), &refresh, &home.variables());
    running.has_logged("Waiting for another command");
    running.process().hang_up();
    drop(lock);
    let ended = running.ended();
    assert!(home.read("tokens/default.token").contains(said(&ended).trim_end()));
}
