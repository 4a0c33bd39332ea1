//! Full output devices, as with `jeton token create > /dev/full`.

use std::fs::{self, File, OpenOptions};

use jeton_tests::{
    process::{jeton, jeton_closed},
    store::fresh_folder,
};

use crate::{
    files,
    remote::{Remote, json, said},
    verify,
};

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
fn a_command_whose_result_cannot_be_written_fails() {
    let remote = Remote::start();
    for command in [
        &["token", "list"][..],
        &["token", "verify", "--json"],
        &["completions", "bash"],
        &["--version"],
        &["token", "--help"],
    ] {
        let ended = remote.run_into(full(), command);
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        assert!(
            ended.logged.starts_with("jeton: cannot write to standard output: "),
            "{command:?}: {}",
            ended.logged
        );
    }
}

#[tokio::test]
async fn no_secret_is_made_that_could_not_be_written() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    let project = remote.project();
    for command in [
        &["token", "create", "-d", "x", "--quiet"][..],
        &["token", "create", "-d", "x", "--json"],
        &["token", "create", "--project", &project],
        &["token", "refresh", &id, "--yes", "--quiet"],
        &["token", "share", &id, "eve@example.org", "--separate-code"],
    ] {
        let ended = remote.run_into(full(), command);
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        assert!(ended.logged.contains("nothing is changed"), "{command:?}: {}", ended.logged);
    }
    let left = json(&remote.run(&["token", "list", "--json"]));
    assert_eq!(left.as_array().unwrap().len(), 2, "the master token and one: {left}");
    assert_eq!(json(&remote.run(&["token", "show", &id, "--json"]))["shares"].as_array().unwrap().len(), 0);
    verify(&remote.client(), &secret).await.expect(200);
}

#[tokio::test]
async fn a_secret_that_goes_into_a_file_is_there_alone() {
    let remote = Remote::start();
    let path = remote.folder().join("secret");
    let ended = remote.run_into(File::create(&path).unwrap(), &["token", "create", "--quiet"]);
    said(&ended);
    let written = fs::read_to_string(&path).unwrap();
    verify(&remote.client(), written.strip_suffix('\n').unwrap()).await.expect(200);
}

#[test]
fn where_no_file_can_hold_the_secret_nothing_is_made() {
    let folder = fresh_folder();
    // No file can be created in a deleted folder.
    fs::create_dir(folder.join("gone")).unwrap();
    let gone = folder.join("gone");
    let script = "rmdir ../gone; exec \"$0\" init project --name Sales --email eve@example.org";
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(jeton_tests::program::jeton())
        .current_dir(&gone)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("JETON_STORE", format!("sqlite:{}", folder.join("jeton.db").display()))
        .output()
        .unwrap();
    assert!(!made.status.success());
    assert_eq!(String::from_utf8_lossy(&made.stdout), "", "no project is made");
    let again = jeton(&folder, &["init", "project", "--name", "Sales", "--email", "eve@example.org"], &[]);
    said(&again);
    assert!(files(&folder).contains(&"jeton-master-token".to_owned()), "{:?}", files(&folder));
}

#[tokio::test]
async fn no_secret_is_made_where_standard_output_is_closed() {
    let remote = Remote::start();
    let (id, secret) = remote.create(&["-d", "Import"]);
    let project = remote.project();
    for command in [
        &["token", "create", "-d", "x"][..],
        &["token", "create", "-d", "x", "--quiet"],
        &["token", "create", "-d", "x", "--json"],
        &["token", "create", "--project", &project],
        &["token", "refresh", &id, "--yes"],
        &["token", "refresh", &id, "--yes", "--json"],
        &["token", "share", &id, "eve@example.org", "--separate-code"],
        &["manage-token", "create", "--description", "x"],
        &["manage-token", "create", "--description", "x", "--json"],
    ] {
        let ended = remote.run_closed(command);
        assert_eq!(ended.status.code(), Some(1), "{command:?}: {}", ended.logged);
        assert!(ended.logged.contains("it is closed; nothing is changed"), "{command:?}: {}", ended.logged);
    }
    let left = json(&remote.run(&["token", "list", "--json"]));
    assert_eq!(left.as_array().unwrap().len(), 2, "the master token and one: {left}");
    verify(&remote.client(), &secret).await.expect(200);
    // Without a secret in it, the change is done, and its output is lost.
    let ended = remote.run_closed(&["token", "list"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.logged.contains("cannot write to standard output: it is closed"), "{}", ended.logged);
}

#[test]
fn init_makes_nothing_where_standard_output_is_closed() {
    let folder = fresh_folder();
    said(&jeton(&folder, &["init", "project", "--name", "Sales", "--email", "eve@example.org"], &[]));
    let before = files(&folder);
    for command in [
        &["init", "project", "--name", "More", "--email", "eve@example.org"][..],
        &["init", "manage-token"],
        &["init", "seal-key"],
    ] {
        let ended = jeton_closed(&folder, command, &[]);
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        assert!(ended.logged.contains("it is closed; nothing is created"), "{command:?}: {}", ended.logged);
    }
    assert_eq!(files(&folder), before);
}
