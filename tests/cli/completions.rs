//! Completions, as shells ask for them.

use std::{net::TcpListener, process::Command};

use jeton_tests::{
    process::{Ended, wait_until},
    program,
};

use crate::{
    home::Home,
    remote::{Remote, json, said},
};

/// What fish is told for the last of these words: each on a line, with its description.
fn asked(home: &Home, variables: &[(&str, &str)], words: &[&str]) -> Ended {
    let variables = [&[("_JETON_COMPLETE", "fish")], variables].concat();
    home.run_with(&variables, "", &[&["--", "jeton"], words].concat())
}

fn completed(home: &Home, words: &[&str]) -> Vec<String> {
    let ended = asked(home, &[], words);
    assert_eq!(ended.logged, "");
    said(&ended).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn commands_and_options_are_completed() {
    let home = Home::new();
    assert_eq!(completed(&home, &["tok"]), ["token"]);
    assert_eq!(completed(&home, &["token", "refr"]), ["refresh"]);
    assert_eq!(completed(&home, &["token", "create", "--comp"]), ["--component"]);
}

#[test]
fn orders_of_a_list_are_completed_in_both_directions_and_each_is_one_that_the_command_takes() {
    let (remote, home) = (Remote::start(), Home::new());
    assert_eq!(completed(&home, &["token", "list", "--sort", "cr"]), ["created", "creator"]);
    assert_eq!(completed(&home, &["token", "list", "--sort", "-last"]), ["-last-used"]);
    let all = completed(&home, &["token", "list", "--sort", ""]);
    assert_eq!(all.len(), 12, "{all:?}");
    for order in &all {
        said(&remote.run(&["token", "list", "--sort", order]));
    }
    let unknown = remote.run(&["token", "list", "--sort", "owner"]);
    assert!(
        unknown.logged.contains("created, last-used, expires, description, creator or rights, or one of")
    );
}

#[test]
fn ids_are_completed_by_the_token_that_a_profile_keeps() {
    let (remote, home) = (Remote::start(), Home::new());
    let (first, _) = remote.create(&["-d", "a\u{1b}[2Jb"]);
    let (second, _) = remote.create(&["-d", "Reports"]);
    said(&remote.run(&["token", "share", &first, "eve@example.org"]));
    home.log_in(remote.url(), &remote.master, &["--profile", "work"]);
    home.log_in(remote.url(), remote.manage(), &["--profile", "work"]);
    let ids = completed(&home, &["token", "delete", ""]);
    assert!(ids.contains(&first) && ids.contains(&second), "{ids:?}");
    assert_eq!(completed(&home, &["token", "show", &second]), [second.as_str()]);
    let shown = asked(&home, &[], &["advise", &first]);
    assert_eq!(said(&shown), format!("{first}\ta\u{fffd}[2Jb\n"));
    let shown = json(&remote.run(&["token", "show", &first, "--json"]));
    let inner = |list: &str| shown[list][0]["id"].as_str().unwrap().to_owned();
    assert!(completed(&home, &["token", "withdraw-share", &first, ""]).contains(&inner("shares")));
    assert_eq!(completed(&home, &["token", "delete", &first, "--copy", ""]), [inner("copies")]);
    let project = remote.project();
    let members = completed(&home, &["member", "remove", "--project", &project, ""]);
    assert!(members.contains(&"admin@localhost".to_owned()), "{members:?}");
    let manage = json(&remote.run(&["manage-token", "show", "--json"]))["id"].to_string();
    assert!(completed(&home, &["manage-token", "refresh", ""]).contains(&manage));
    assert!(completed(&home, &["token", "list", "--profile", ""]).contains(&"work".to_owned()));
    // Of another profile than the current one.
    let other = Remote::start();
    home.log_in(other.url(), &other.master, &["--profile", "other"]);
    assert!(!completed(&home, &["token", "show", ""]).contains(&second));
    assert!(completed(&home, &["token", "show", "--profile", "work", ""]).contains(&second));
    assert!(completed(&home, &["token", "--profile", "work", "show", ""]).contains(&second));
}

#[test]
fn words_that_are_no_command_complete_nothing_and_say_nothing() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let file = remote.file("token", &remote.master);
    for before in
        [&["--profile", "default"][..], &["--url", remote.url()], &["--token-file", &file], &["--json"]]
    {
        for command in [
            &["token", "show"][..],
            &["token", "delete", "5", "--copy"],
            &["manage-token", "show"],
            &["member", "remove", "--project", "5"],
            &["advise"],
        ] {
            completed(&home, &[before, command, &[""]].concat());
        }
    }
    for words in [
        &["token", "--profile", "show", ""][..],
        &["token", "--profile", "A", "show", ""],
        &["--profile", ""],
    ] {
        completed(&home, words);
    }
}

#[test]
fn the_value_of_an_option_that_may_stand_alone_is_offered_only_behind_it() {
    let home = Home::new();
    for before in [&["token", "update", "5", "--jobs"][..], &["token", "list", "--never-expires"]] {
        let offered = completed(&home, &[before, &[""]].concat());
        assert!(!offered.is_empty() && !offered.contains(&"true".to_owned()), "{offered:?}");
    }
    assert_eq!(completed(&home, &["token", "list", "--disabled="]), ["--disabled=true", "--disabled=false"]);
}

#[test]
fn bash_completes_ids_also_behind_words_that_it_breaks() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, _) = remote.create(&["-d", "Import"]);
    let port = remote.url().rsplit(':').next().unwrap();
    home.log_in(remote.url(), &remote.master, &[]);
    // As bash has the words.
    for before in [&[][..], &["--url", "http", ":", "//127.0.0.1", ":", port], &["--profile", "=", "default"]]
    {
        let words = [&["jeton", "token", "show"], before, &[&id]].concat();
        assert_eq!(in_bash(&home, &words), id, "{words:?}");
    }
    assert_eq!(in_bash(&home, &["jeton", "token", "show", "--profile", "=", "def"]), "default");
    assert_eq!(in_bash(&home, &["jeton", "token", "delete", &id, "--copy", "=", "1"]), "1");
    let member = ["jeton", "member", "role", "--project", "5", "admin", "@", "localhost", "r"];
    assert_eq!(in_bash(&home, &member), "readOnly");
    home.log_in(remote.url(), remote.manage(), &[]);
    let project = remote.project();
    let address = ["jeton", "member", "remove", "--project", &project, "admin", "@", "loc"];
    assert_eq!(in_bash(&home, &address), "@localhost");
    assert_eq!(in_bash(&home, &address[..7]), "@localhost");
    assert_eq!(in_bash(&home, &["jeton", "token", "update", &id, "--jobs", "="]), "true false");
}

/// What bash completes at the last of these words, which are between its word breaks.
fn in_bash(home: &Home, words: &[&str]) -> String {
    let script = "PATH=$JETON:$PATH; source <(jeton completions bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                  COMP_TYPE=9; _clap_complete_jeton jeton \"$0\" \"${@: -2:1}\"; echo \"${COMPREPLY[@]}\"";
    // What bash replaces: behind `=` and `:`, and from `@` on.
    let end = match words {
        [.., "=" | ":"] => String::new(),
        [.., "@", last] => format!("@{last}"),
        [.., last] => (*last).to_owned(),
        [] => panic!("no words"),
    };
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, &end]).args(words).env_clear();
    bash.envs(home.variables()).env("PATH", "/usr/bin:/bin").env("JETON", program::jeton().parent().unwrap());
    let ended = bash.output().unwrap();
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8_lossy(&ended.stdout).trim().to_owned()
}

/// Whether somebody has connected.
fn is_asked(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    listener.accept().is_ok()
}

#[test]
fn nobody_is_asked_without_a_token_that_is_kept_for_the_address() {
    let (remote, home) = (Remote::start(), Home::new());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let of_environment = [("JETON_URL", url.as_str()), ("JETON_TOKEN", remote.master.as_str())];
    let words = ["token", "show", ""];
    for variables in [&[][..], &of_environment] {
        let ended = asked(&home, variables, &words);
        assert_eq!((said(&ended).contains('1'), ended.logged.as_str()), (false, ""));
    }
    home.log_in(remote.url(), &remote.master, &[]);
    for variables in [&of_environment[..], &of_environment[..1]] {
        let ended = asked(&home, variables, &words);
        assert_eq!((said(&ended).contains('1'), ended.logged.as_str()), (false, ""), "{variables:?}");
    }
    let file = remote.file("token", &remote.master);
    assert!(
        completed(&home, &["token", "show", "--url", &url, "--token-file", &file, ""])
            .iter()
            .all(|word| word.starts_with('-'))
    );
    assert!(!is_asked(&listener));
}

#[test]
fn a_service_that_is_silent_or_gone_completes_nothing_and_says_nothing() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let move_to = |url: &str| {
        home.edit(|text| text.replace(remote.url(), url));
        let file = home.path("tokens/default.token");
        let kept = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, kept.replace(remote.url(), url)).unwrap();
    };
    move_to(&url);
    let silent = asked(&home, &[], &["token", "show", "5"]);
    assert_eq!((said(&silent), silent.logged.as_str()), ("", ""));
    // It was asked, and gave no answer.
    wait_until("the service is asked", || is_asked(&listener).then_some(()));
    drop(listener);
    let gone = asked(&home, &[], &["token", "show", "5"]);
    assert_eq!((said(&gone), gone.logged.as_str()), ("", ""));
}
