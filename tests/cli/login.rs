//! `jeton login` and `jeton logout`, where no keyring is.

use std::{
    cell::RefCell,
    fs::{self, File},
    os::unix::fs::{PermissionsExt as _, symlink},
    thread,
};

use jeton_tests::{
    mailbox::{Invitation, mail_in},
    process::{
        Ended, Question, jeton_asks, jeton_asks_all, jeton_asks_before, jeton_ended_while_it_asks, wait_until,
    },
    random::{mistyped, wrong_code},
    store::fresh_folder,
};

use crate::{
    files,
    home::Home,
    mode,
    remote::{Remote, failed, json, said},
    stub::{Stub, answer},
};

#[test]
fn a_token_is_checked_and_kept_in_a_file_for_its_owner_alone() {
    let (remote, home) = (Remote::start(), Home::new());
    let told = home.log_in(remote.url(), &format!("{}\n", remote.master), &[]);
    assert!(told.contains(&format!("Logged in to {} as token ", remote.url())), "{told}");
    assert!(told.contains("No keyring can keep the token"), "{told}");
    let file = home.path("tokens/default.token");
    assert!(told.contains(file.to_str().unwrap()) && !told.contains(&remote.master), "{told}");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!((mode(&home.path("config.toml")), mode(&home.path(""))), (0o600, 0o700));
    assert!(!home.read("config.toml").contains("-jt"));
    assert!(said(&home.run("", &["token", "verify"])).contains("master"));
    assert_eq!(files(home.folder()), Vec::<String>::new());
}

#[test]
fn a_token_is_read_from_a_file_and_a_manage_token_is_kept_beside_it() {
    let (remote, home) = (Remote::start(), Home::new());
    let file = remote.file("token", &remote.master);
    home.log_in(remote.url(), "", &["--token-file", &file]);
    let told = home.log_in(remote.url(), remote.manage(), &[]);
    assert!(told.contains("as manage token "), "{told}");
    said(&home.run("", &["token", "verify"]));
    said(&home.run("", &["member", "list", "--project", &remote.project()]));
}

#[test]
fn a_token_that_jeton_rejects_or_that_is_none_is_not_kept() {
    let (remote, home) = (Remote::start(), Home::new());
    for (token, code) in [(mistyped(&remote.master), 3), ("hunter2".to_owned(), 2), (String::new(), 2)] {
        let ended = home.run(&token, &["login", "--url", remote.url()]);
        let told = failed(&ended, code);
        assert!(token.is_empty() || !told.contains(&token), "{told}");
        assert!(!home.path("config.toml").exists() && files(&home.path("tokens")).is_empty(), "{told}");
    }
    failed(&home.run(&remote.master, &["login", "--url", "http://127.0.0.1:9"]), 1);
    assert!(files(&home.path("tokens")).is_empty());
}

#[test]
fn a_token_as_an_argument_is_refused_and_not_repeated() {
    let (remote, home) = (Remote::start(), Home::new());
    let ended = home.run("", &["login", &remote.master]);
    let told = failed(&ended, 2);
    assert!(told.contains("everyone on this machine can see an argument"), "{told}");
    assert!(!told.contains(&remote.master[10..]), "{told}");
    let address = home.run("", &["login", "http://127.0.0.1:9"]);
    assert!(
        failed(&address, 2).contains("`jeton login --url ADDRESS` logs in with a token"),
        "{}",
        address.logged
    );
    let sign_in = home.run("", &["login", "http://127.0.0.1:9/console/sign-in/0123456789abcdef#secret"]);
    assert!(failed(&sign_in, 2).contains("open it in a browser"), "{}", sign_in.logged);
}

#[test]
fn a_token_that_is_typed_is_not_shown() {
    let (remote, home) = (Remote::start(), Home::new());
    let typed = format!("{}\n", remote.master);
    let ended = home.run_asked("Paste a token", &typed, &["login", "--url", remote.url()]);
    assert!(ended.status.success() && ended.said.contains("Logged in"), "{}", ended.said);
    assert!(!ended.said.contains(&remote.master), "{}", ended.said);
}

#[test]
fn the_console_is_opened_in_a_browser_where_there_is_one() {
    let (remote, home) = (Remote::start(), Home::new());
    let console = format!("{}/console", remote.url());
    let (programs, opened) = (fresh_folder(), fresh_folder().join("opened"));
    let fake = programs.join("xdg-open");
    fs::write(&fake, format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display())).unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let typed = format!("{}\n", remote.master);
    let login = |variables: &[(&str, &str)], more: &[&str]| {
        let arguments = [&["login", "--url", remote.url()], more].concat();
        let variables = [&home.variables()[..], &[("PATH", path.as_str())], variables].concat();
        let ended = jeton_asks("Paste a token", &typed, home.folder(), &arguments, &variables);
        assert!(ended.status.success() && ended.said.contains(&console), "{}", ended.said);
        ended.said
    };
    let (display, ssh) = (("DISPLAY", ":0"), ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22"));
    login(&[display], &[]);
    for variables in [&[][..], &[display, ssh]] {
        assert!(login(variables, &["--browser"]).contains("this session has no desktop"));
    }
    assert!(!opened.exists(), "nothing is opened that was not asked for");
    login(&[display], &["--browser"]);
    wait_until("it is opened", || fs::read_to_string(&opened).ok().filter(|url| url.trim_end() == console));
}

#[test]
fn a_profile_is_not_moved_to_another_address_by_a_login() {
    let (remote, other, home) = (Remote::start(), Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let ended = home.run(&other.master, &["login", "--url", other.url()]);
    assert!(failed(&ended, 2).contains("pass --profile OTHER"), "{}", ended.logged);
    home.log_in(other.url(), &other.master, &["--profile", "other"]);
    let listed = json(&home.run("", &["profile", "list", "--json"]));
    assert_eq!((&listed[0]["name"], &listed[0]["url"]), (&"default".into(), &remote.url().into()));
    assert_eq!((&listed[1]["current"], &listed[1]["token"]), (&true.into(), &"file".into()));
}

#[test]
fn logout_removes_the_profile_and_its_tokens_from_this_machine_only() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.log_in(remote.url(), remote.manage(), &[]);
    let ended = home.run("", &["logout"]);
    assert_eq!(said(&ended), "");
    assert!(ended.logged.contains("This ends none of its tokens."), "{}", ended.logged);
    assert!(files(&home.path("tokens")).is_empty() && home.read("config.toml").is_empty());
    failed(&home.run("", &["token", "verify"]), 2);
    said(&remote.run(&["token", "verify"]));
    // Also where somebody edited the configuration.
    home.log_in(remote.url(), &remote.master, &[]);
    home.edit(|text| text.replace("token = \"file\"", "token = \"keyring\""));
    assert!(failed(&home.run("", &["logout"]), 1).contains("stays in the keyring"));
    assert!(files(&home.path("tokens")).is_empty());
    assert!(failed(&home.run("", &["logout"]), 2).contains("nobody is logged in"));
}

#[test]
fn tokens_of_a_profile_that_the_configuration_lost_are_named_and_removed() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["job", "work"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
        home.log_in(remote.url(), remote.manage(), &["--profile", name]);
    }
    assert!(!home.run("", &["profile", "list"]).logged.contains("not in the configuration"));
    home.edit(|text| text.replace("work", "office"));
    let left = "not in the configuration: work";
    let listed = home.run("", &["profile", "list"]);
    assert!(said(&listed).contains("office") && listed.logged.contains(left), "{}", listed.logged);
    assert!(listed.logged.contains("`jeton logout --profile work` removes them"), "{}", listed.logged);
    let checked = json(&home.run("", &["doctor", "--json", "--profile", "job"]));
    let check = checked.as_array().unwrap().last().unwrap().clone();
    assert_eq!((&check["check"], &check["level"]), (&"profiles".into(), &"warning".into()));
    // The new name has no token, and nobody is told that it had.
    let ended = home.run("", &["logout", "--profile", "office"]);
    assert_eq!(said(&ended), "");
    assert!(
        ended.logged.contains("No token of it was where the configuration says.")
            && ended.logged.contains(left),
        "{}",
        ended.logged
    );
    fs::write(home.path("tokens/work.token.new"), "unfinished").unwrap();
    let ended = home.run("", &["logout", "--profile", "work"]);
    assert_eq!(said(&ended), "");
    assert!(
        ended.logged.contains("The tokens of profile work, which is not in the configuration, are removed")
    );
    assert_eq!(files(&home.path("tokens")), ["job.manage-token", "job.token"]);
    let again = home.run("", &["logout", "--profile", "work"]);
    assert!(failed(&again, 2).contains("there is no profile work"), "{}", again.logged);
    said(&home.run("", &["token", "verify", "--profile", "job"]));
}

#[test]
fn without_a_configuration_it_says_which_tokens_are_left() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["a", "b"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    fs::remove_file(home.path("config.toml")).unwrap();
    let ended = home.run("", &["logout"]);
    let told = failed(&ended, 2);
    assert!(told.contains("not in the configuration: a, b") && told.contains("--all"), "{told}");
    assert_eq!(files(&home.path("tokens")), ["a.token", "b.token"]);
    let unasked = home.run("", &["logout", "--all"]);
    assert!(failed(&unasked, 2).contains("--yes") && files(&home.path("tokens")).len() == 2);
    said(&home.run("", &["logout", "--all", "--yes"]));
    assert!(files(&home.path("tokens")).is_empty());
}

#[test]
fn logging_out_of_all_goes_on_after_what_it_cannot_remove_and_leaves_a_login_alone_that_is_not_done() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["a", "b"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    fs::remove_file(home.path("tokens/a.token")).unwrap();
    symlink("/dev/null", home.path("tokens/a.token")).unwrap();
    let picked_up = home.path("tokens/jeton-picked-up");
    fs::write(&picked_up, "on its way").unwrap();
    let login = File::open(&picked_up).unwrap();
    login.try_lock().unwrap();
    let ended = home.run("", &["logout", "--all", "--yes"]);
    let told = failed(&ended, 1);
    assert!(told.contains("jeton-picked-up is left") && told.contains("a.token"), "{told}");
    assert_eq!(files(&home.path("tokens")), ["a.token", "jeton-picked-up"]);
    assert!(
        home.read("config.toml").contains("[profiles.a]")
            && !home.read("config.toml").contains("[profiles.b]")
    );
    drop(login);
    fs::remove_file(home.path("tokens/a.token")).unwrap();
    said(&home.run("", &["logout", "--all", "--yes"]));
    assert!(files(&home.path("tokens")).is_empty() && !home.read("config.toml").contains("current"));
}

#[test]
fn a_broken_configuration_is_told_with_its_line_and_keeps_no_token_from_being_removed() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["a", "b", "c"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    home.edit(|text| format!("{text}tokn = 1\n"));
    let broken = home.read("config.toml");
    let is_told = |ended: &Ended, what: &str| {
        let told = failed(ended, 2);
        assert!(told.contains("config.toml: line ") && told.contains("unknown field `tokn`"), "{told}");
        assert!(told.contains(what), "{told}");
    };
    is_told(&home.run("", &["logout"]), "`jeton logout --profile NAME` removes");
    assert_eq!(files(&home.path("tokens")).len(), 3);
    is_told(&home.run("", &["logout", "--profile", "x"]), "no file has a token of x");
    is_told(&home.run("", &["logout", "--profile", "a"]), "the tokens of a are removed");
    assert_eq!(files(&home.path("tokens")), ["b.token", "c.token"]);
    fs::write(home.path("tokens/jeton-picked-up-2"), "kept nowhere else").unwrap();
    is_told(&home.run("", &["logout", "--all", "--yes"]), "the tokens of b, c are removed");
    assert!(files(&home.path("tokens")).is_empty());
    let again = home.run("", &["logout", "--all", "--yes"]);
    assert!(failed(&again, 2).trim_end().ends_with("; no file has a token"), "{}", again.logged);
    assert_eq!(home.read("config.toml"), broken);
}

#[test]
fn logins_at_once_are_all_kept() {
    let (remote, home) = (Remote::start(), Home::new());
    let names: Vec<_> = (0..6).map(|number| format!("p{number}")).collect();
    thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| home.log_in(remote.url(), &remote.master, &["--profile", name]));
        }
    });
    for name in &names {
        said(&home.run("", &["token", "verify", "--profile", name]));
    }
    let left: Vec<_> = files(&home.path("")).into_iter().filter(|name| name.contains(".new")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_file_that_others_can_read_or_that_is_a_link_is_not_used() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let file = home.path("tokens/default.token");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = home.run("", &["token", "verify"]);
    assert!(failed(&ended, 1).contains("its mode is 0644"), "{}", ended.logged);
    fs::rename(&file, home.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(home.path("elsewhere"), &file).unwrap();
    assert!(failed(&home.run("", &["token", "verify"]), 1).contains("it is a link"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_a_token_is_asked_for() {
    let home = Home::new();
    home.take_folder();
    let ended = home.run("", &["login", "--url", "http://127.0.0.1:9"]);
    let told = failed(&ended, 1);
    assert!(told.contains("/jeton") && !told.contains("standard input"), "{told}");
}

/// The link and the code of the newest mail of a share.
pub async fn shared(remote: &Remote, recipient: &str) -> (String, String) {
    let mails = mail_in(&remote.outbox(), recipient).await;
    let invitation = Invitation::read(mails.last().expect("a mail"));
    (format!("{}{}#{}", remote.url(), invitation.path, invitation.secret), invitation.code)
}

#[tokio::test]
async fn the_link_of_a_share_and_its_code_pick_the_token_up() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import", "--read", "in.c-main"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let rejected = home.run(&wrong_code(&code), &["login", &link]);
    assert!(failed(&rejected, 3).contains("in.c-main"), "it says what is offered: {}", rejected.logged);
    let ended = home.run(&format!("{code}\n"), &["login", &link]);
    assert_eq!(said(&ended), "");
    assert!(ended.logged.contains("\"Import\""), "{}", ended.logged);
    assert!(said(&home.run("", &["token", "show"])).contains("Import"));
    // A link works once.
    failed(&home.run(&code, &["login", &link, "--profile", "again"]), 4);
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again_on_a_terminal() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let typed = format!("{}\n{code}\n", wrong_code(&code));
    let ended = home.run_asked("The code, from the mail", &typed, &["login", &link]);
    assert!(ended.status.success() && ended.said.contains("Logged in"), "{}", ended.said);
}

#[tokio::test]
async fn a_token_that_was_picked_up_and_cannot_be_kept_is_not_lost() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    fs::create_dir_all(home.path("config.toml.new/x")).unwrap();
    let ended = home.run(&code, &["login", &link]);
    let told = format!("the token was picked up at {} and is in ", remote.url());
    assert!(failed(&ended, 1).contains(&told), "{}", ended.logged);
    assert_eq!(files(&home.path("tokens")), ["jeton-picked-up"]);
    let file = home.path("tokens/jeton-picked-up");
    assert_eq!(mode(&file), 0o600);
    let shown = remote.run_given("", &["token", "show", "--token-file", file.to_str().unwrap()]);
    assert!(said(&shown).contains("Import"));
}

#[tokio::test]
async fn a_link_picks_nothing_up_where_its_token_could_not_be_kept() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let ended = home.run(&code, &["login", &link, "--keep-in", "keyring"]);
    assert!(failed(&ended, 2).contains("the keyring cannot keep the token"), "{}", ended.logged);
    // No file can be made there.
    fs::rename(home.path("tokens"), home.path("kept")).unwrap();
    symlink("/proc/self/fd", home.path("tokens")).unwrap();
    let ended = home.run(&code, &["login", &link]);
    assert!(failed(&ended, 1).contains("jeton/tokens: "), "{}", ended.logged);
    fs::remove_file(home.path("tokens")).unwrap();
    failed(&home.run("\n", &["login", &link]), 2);
    assert_eq!(files(&home.path("tokens")), Vec::<String>::new());
    said(&home.run(&code, &["login", &link]));
    assert_eq!(files(&home.path("tokens")), ["default.token"]);
}

#[tokio::test]
async fn a_login_that_is_ended_while_it_asks_leaves_the_terminal_and_the_folder_as_they_were() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let wrong = format!("{}\n", wrong_code(&code));
    for (questions, words) in [
        (&[("Paste a token", "")][..], &["login", "--url", remote.url()][..]),
        (&[("The code, from", "")], &["login", &link]),
        // The answer to a wrong code has come: nothing was picked up.
        (&[("The code, from", &wrong), ("jeton: ", "")], &["login", &link]),
    ] {
        let (ended, shows) = jeton_ended_while_it_asks(questions, home.folder(), words, &home.variables());
        assert_eq!((ended.status.code(), shows), (Some(143), true), "{}", ended.said);
        assert_eq!(files(&home.path("tokens")), Vec::<String>::new(), "{questions:?}");
        assert!(!ended.said.contains("may have been picked up"), "{}", ended.said);
    }
    said(&home.run(&code, &["login", &link]));
}

#[tokio::test]
async fn a_pick_up_whose_answer_is_lost_says_that_it_may_have_been_done() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let (path, secret) = link[remote.url().len()..].split_once('#').unwrap();
    let asked = serde_json::json!({"secret": secret});
    let offer = remote.client().post(path).json(&asked).send().await.expect(200).text();
    let away = r#"{"error": "Away", "code": "serviceUnavailable"}"#;
    for lost in [String::new(), answer(502, "", "<html>"), answer(503, "", away), answer(200, "", "<html>")] {
        let stub = Stub::answering([vec![answer(200, "", &offer)], vec![lost; 30]].concat());
        let at_stub = link.replace(remote.url(), stub.url());
        let ended = home.run_with(&[("JETON_RETRY_FOR", "1s")], &code, &["login", &at_stub]);
        let told = failed(&ended, 1);
        assert!(told.contains("may have been picked up") && !told.contains("jeton token"), "{told}");
        assert_eq!(files(&home.path("tokens")), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_token_that_another_login_kept_meanwhile_is_not_replaced_unasked() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    let meanwhile = || drop(home.log_in(remote.url(), &remote.master, &[]));
    let (login, variables) = (["login", link.as_str()], home.variables());
    let typed = format!("{code}\nn\n");
    let ended = jeton_asks_before("The code, from", meanwhile, &typed, home.folder(), &login, &variables);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(ended.said.contains("keeps another storage token") && ended.said.contains(" and is in "));
    assert!(said(&home.run("", &["token", "verify"])).contains("master"));
    let file = home.path("tokens/jeton-picked-up");
    home.log_in(remote.url(), "", &["--profile", "import", "--token-file", file.to_str().unwrap()]);
    assert!(said(&home.run("", &["token", "verify"])).contains("Import"));
}

#[test]
fn a_login_over_plain_http_to_another_machine_is_warned_of() {
    let home = Home::new();
    for (url, is_warned) in [("http://jeton.invalid:9", true), ("http://127.0.0.1:9", false)] {
        let ended = home.run("1-2-jtabc", &["login", "--url", url]);
        assert_eq!(failed(&ended, 1).contains("unencrypted"), is_warned, "{}", ended.logged);
    }
}

#[tokio::test]
async fn another_token_is_replaced_only_when_that_is_meant() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, other) = remote.create(&["-d", "Import"]);
    let login = ["login", "--url", remote.url()];
    let is_kept = |kind: &str| {
        let shown = home.run("", &["token", "verify"]);
        assert!(said(&shown).contains(kind), "{}", shown.said);
    };
    home.log_in(remote.url(), &remote.master, &[]);
    let told = home.run(&other, &login);
    let told = failed(&told, 2);
    assert!(told.contains("keeps another storage token, ") && told.contains("--profile OTHER"), "{told}");
    assert!(!told.contains(&remote.master[20..]), "{told}");
    is_kept("master");
    let question = "Profile default keeps another storage token";
    let ended = home.run_asked("Paste a token", &format!("{other}\nn\n"), &login);
    assert!(ended.said.contains(question) && !ended.status.success(), "{}", ended.said);
    is_kept("master");
    // It is the same token, also with a new secret, and a token of another kind replaces none.
    home.log_in(remote.url(), &remote.master, &[]);
    home.log_in(remote.url(), remote.manage(), &[]);
    let ended = home.run_asked("Paste a token", &format!("{other}\ny\n"), &login);
    assert!(ended.status.success(), "{}", ended.said);
    is_kept("Import");
    let refreshed = remote.run(&["token", "refresh", &id, "--yes", "--quiet"]);
    home.log_in(remote.url(), said(&refreshed), &[]);
    home.log_in(remote.url(), &remote.master, &["--yes"]);
    is_kept("master");
    // One that is not read is not known to be the same.
    let file = home.path("tokens/default.token");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (_, third) = remote.create(&["-d", "Third"]);
    assert!(failed(&home.run(&third, &login), 2).contains("which cannot be read"));
    fs::remove_file(file).unwrap();
    home.log_in(remote.url(), &third, &[]);
}

#[tokio::test]
async fn a_link_picks_nothing_up_while_another_token_is_in_its_way() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let (link, code) = shared(&remote, "eve@example.org").await;
    home.log_in(remote.url(), &remote.master, &[]);
    let rejected = home.run(&code, &["login", &link]);
    assert!(failed(&rejected, 2).contains("--yes to replace it"), "{}", rejected.logged);
    assert!(said(&home.run("", &["token", "verify"])).contains("master"));
    said(&home.run(&code, &["login", &link, "--profile", "other"]));
    assert!(said(&home.run("", &["token", "verify"])).contains("Import"));
    assert!(said(&home.run("", &["token", "verify", "--profile", "default"])).contains("master"));
}

#[test]
fn a_profile_whose_keyring_is_out_of_reach_is_logged_in_to_anew_and_logged_out_of() {
    let (remote, home) = (Remote::start(), Home::new());
    let in_keyring = |home: &Home| home.edit(|text| text.replace("token = \"file\"", "token = \"keyring\""));
    home.log_in(remote.url(), &remote.master, &["--profile", "k"]);
    in_keyring(&home);
    fs::remove_file(home.path("tokens/k.token")).unwrap();
    let status = home.run("", &["status"]);
    assert!(failed(&status, 2).contains("`jeton login --profile k` keeps it anew"), "{}", status.logged);
    let told = home.log_in(remote.url(), &remote.master, &["--profile", "k"]);
    assert!(told.contains("warning: the storage token cannot be removed from the keyring"), "{told}");
    assert!(said(&home.run("", &["token", "verify"])).contains("master"));
    in_keyring(&home);
    fs::remove_file(home.path("tokens/k.token")).unwrap();
    let told = failed(&home.run("", &["logout"]), 1).to_owned();
    let stays = format!(
        "Profile k is removed from this machine.\nIts token stays in the keyring, as \"storage token of profile k at {}\" (",
        remote.url()
    );
    assert!(told.contains(&stays) && !told.contains("where the configuration says"), "{told}");
    assert_eq!((files(&home.path("tokens")), home.read("config.toml")), (Vec::new(), String::new()));
}

#[test]
fn a_logout_out_of_reach_of_the_keyring_says_that_a_token_may_stay_in_it() {
    let (remote, home) = (Remote::start(), Home::new());
    let may_stay = |ended: &Ended, removes: &str| {
        assert!(ended.logged.contains("the keyring cannot be searched ("), "{}", ended.logged);
        assert!(ended.logged.contains(removes), "{}", ended.logged);
    };
    home.log_in(remote.url(), &remote.master, &["--profile", "k"]);
    may_stay(&home.run("", &["logout", "--profile", "k"]), "`jeton logout --profile k` removes it");
    home.log_in(remote.url(), &remote.master, &["--profile", "k"]);
    may_stay(&home.run("", &["logout", "--all", "--yes"]), "`jeton logout --all` removes it");
    home.log_in(remote.url(), &remote.master, &["--profile", "k"]);
    home.edit(|text| format!("{text}tokn = 1\n"));
    may_stay(&home.run("", &["logout", "--profile", "k"]), "`jeton logout --profile k` removes it");
}

#[test]
fn a_login_that_cannot_write_its_profile_leaves_no_token_behind() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    fs::create_dir_all(home.path("config.toml.new/x")).unwrap();
    let ended = home.run(&remote.master, &["login", "--url", remote.url(), "--profile", "other"]);
    let told = failed(&ended, 1);
    assert!(told.contains("config.toml") && !told.contains("Logged in"), "{told}");
    assert_eq!(files(&home.path("tokens")), ["default.token"]);
}

#[test]
fn a_login_that_another_one_was_faster_than_does_not_say_that_it_logged_in() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, other) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &other, &["--profile", "first"]);
    let moved = |from: &str, to: &str| {
        for file in ["config.toml", "tokens/first.token"] {
            fs::rename(home.path(&format!("{file}{from}")), home.path(&format!("{file}{to}"))).unwrap();
        }
    };
    moved("", ".meanwhile");
    // The other login has the lock from the question on, and is done when this one waits for it.
    let lock = RefCell::new(None);
    let locks = || {
        let file = File::open(home.path("lock")).unwrap();
        file.lock().unwrap();
        lock.replace(Some(file));
    };
    let is_done = || {
        moved(".meanwhile", "");
        lock.take();
    };
    let typed = format!("{}\n", remote.master);
    let questions: Vec<Question<'_>> = vec![
        ("Paste a token", Box::new(locks), &typed),
        ("Waiting for another command", Box::new(is_done), ""),
        ("Replace it?", Box::new(|| ()), "n\n"),
    ];
    let login = ["login", "--url", remote.url(), "--profile", "first"];
    let ended = jeton_asks_all(questions, home.folder(), &login, &home.variables());
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(!ended.said.contains("Logged in"), "{}", ended.said);
}

#[test]
fn a_logout_whose_profile_cannot_be_removed_does_not_say_that_it_is() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    fs::create_dir_all(home.path("config.toml.new/x")).unwrap();
    let ended = home.run("", &["logout"]);
    let told = failed(&ended, 1);
    assert!(!told.contains("is removed") && told.contains("config.toml"), "{told}");
    assert!(told.contains("the tokens of default are removed from this machine, and the profile is not"));
    assert!(said(&home.run("", &["profile", "list"])).contains("default"));
}
