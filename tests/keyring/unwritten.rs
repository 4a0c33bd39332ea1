//! Logins that cannot write the configuration.

use std::fs;

use crate::{User, desktop::Desktop};

#[test]
fn a_login_that_cannot_write_the_configuration_changes_no_token() {
    for (before, after) in
        [("keyring", "keyring"), ("keyring", "file"), ("file", "keyring"), ("file", "file")]
    {
        let user = User::new(Desktop::with_keyring());
        let other = user.another_token();
        user.succeeds(&user.master, &["login", "--url", user.server.url(), "--keep-in", before]);
        let config = fs::read_to_string(user.config.join("jeton/config.toml")).unwrap();
        fs::create_dir_all(user.config.join("jeton/config.toml.new/x")).unwrap();
        let ended = user.run(&other, &["login", "--yes", "--keep-in", after]);
        assert_eq!(ended.status.code(), Some(1), "{before} {after}: {}", ended.logged);
        assert!(ended.logged.contains("config.toml"), "{}", ended.logged);
        assert!(user.has_master() && !user.is_in_a_file(&other), "{before} {after}");
        assert_eq!(fs::read_to_string(user.config.join("jeton/config.toml")).unwrap(), config);
        fs::remove_dir_all(user.config.join("jeton/config.toml.new")).unwrap();
        assert_eq!(user.succeeds("", &["profile", "list"]).logged, "");
    }
}
