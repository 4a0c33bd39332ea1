//! One keyring for several configurations of a user, or for one that does not name its tokens.

use std::fs;

use jeton_tests::{process::start_jeton, store::fresh_folder};

use crate::{User, desktop::Desktop};

#[test]
fn a_login_into_a_file_leaves_the_tokens_of_another_configuration_in_the_keyring() {
    let mut user = User::new(Desktop::with_keyring());
    user.logs_in("default");
    let first = std::mem::replace(&mut user.config, fresh_folder());
    user.succeeds(&user.master, &["login", "--url", user.server.url(), "--keep-in", "file"]);
    for command in [&["profile", "list"][..], &["doctor"]] {
        let ended = user.run("", command);
        let told = format!("{}{}", ended.said, ended.logged);
        assert!(told.contains(&user.entry("default")), "{told}");
        assert!(told.contains("another configuration of this user may use"), "{told}");
    }
    user.config = first;
    user.succeeds("", &["token", "verify"]);
    // The same configuration, which lost its profiles.
    fs::remove_file(user.config.join("jeton/config.toml")).unwrap();
    let listed = user.run("", &["doctor"]);
    assert!(listed.said.contains("another configuration of this user may use"), "{}", listed.said);
    user.succeeds(&user.master, &["login", "--url", user.server.url(), "--keep-in", "file"]);
    let listed = user.succeeds("", &["profile", "list"]);
    assert!(listed.logged.contains(&user.entry("default")), "{}", listed.logged);
}

#[test]
fn a_token_in_the_keyring_that_this_configuration_does_not_name_is_replaced_only_when_that_is_meant() {
    let mut user = User::new(Desktop::with_keyring());
    let other = user.another_token();
    let login = ["login", "--url", user.server.url()];
    let asks = |user: &User| {
        let ended = user.run(&other, &login);
        assert_eq!(ended.status.code(), Some(2), "{}", ended.logged);
        assert!(ended.logged.contains("profile default keeps another storage token, "), "{}", ended.logged);
    };
    user.logs_in("default");
    // Kept where the keyring could not be reached.
    assert!(user.run_apart(&other, &[&login[..], &["--yes"]].concat()).status.success());
    asks(&user);
    fs::remove_file(user.config.join("jeton/config.toml")).unwrap();
    asks(&user);
    let first = std::mem::replace(&mut user.config, fresh_folder());
    asks(&user);
    user.succeeds(&user.master, &login);
    assert!(user.has_master());
    user.config = first;
    user.succeeds(&other, &[&login[..], &["--yes"]].concat());
    assert!(!user.has_master() && !user.is_in_a_file(&other));
}

#[test]
fn two_logins_at_once_of_two_configurations_do_not_replace_each_other_unasked() {
    let user = User::new(Desktop::with_keyring());
    let session = fresh_folder();
    let lock = fs::File::create(session.join("jeton-keyring.lock")).unwrap();
    lock.lock().unwrap();
    let running = [&user.master, &user.another_token()].map(|token| {
        let (config, file) = (fresh_folder(), fresh_folder().join("token"));
        fs::write(&file, token).unwrap();
        let variables = [
            ("XDG_CONFIG_HOME", config.to_str().unwrap()),
            ("XDG_RUNTIME_DIR", session.to_str().unwrap()),
            ("DBUS_SESSION_BUS_ADDRESS", user.desktop.bus()),
        ];
        let login = ["login", "--url", user.server.url(), "--token-file", file.to_str().unwrap()];
        let mut running = start_jeton(&fresh_folder(), &login, &variables);
        running.has_logged("Waiting for another command that changes the keyring.");
        running
    });
    drop(lock);
    let ended = running.map(jeton_tests::process::Running::ended);
    let (kept, asked): (Vec<_>, Vec<_>) = ended.iter().partition(|ended| ended.status.success());
    assert_eq!((kept.len(), asked.len()), (1, 1), "{}{}", ended[0].logged, ended[1].logged);
    assert!(asked[0].logged.contains("keeps another storage token, "), "{}", asked[0].logged);
}
