//! Profiles: which address and token a command uses, and `jeton status`.

use jeton_tests::random::mistyped;

use crate::{
    home::Home,
    remote::{Remote, failed, json, redacted, said},
};

/// The project that a command reaches.
#[track_caller]
fn reached(home: &Home, variables: &[(&str, &str)], more: &[&str]) -> String {
    let ended = home.run_with(variables, "", &[&["token", "verify", "--json"], more].concat());
    json(&ended)["description"].as_str().unwrap().to_owned()
}

#[test]
fn options_come_before_variables_and_these_before_the_profile() {
    let (remote, home) = (Remote::start(), Home::new());
    let token = |name: &str| remote.create(&["-d", name]).1;
    for name in ["first", "second", "third"] {
        home.log_in(remote.url(), &token(name), &["--profile", name]);
    }
    let own = token("variable");
    let file = remote.file("token", &token("file"));
    assert_eq!(reached(&home, &[], &[]), "third");
    said(&home.run("", &["profile", "use", "first"]));
    assert_eq!(reached(&home, &[], &[]), "first");
    let second = ("JETON_PROFILE", "second");
    assert_eq!(reached(&home, &[second], &[]), "second");
    let variable = ("JETON_TOKEN", own.as_str());
    assert_eq!(reached(&home, &[second, variable], &[]), "variable");
    assert_eq!(reached(&home, &[second, variable], &["--profile", "third"]), "third");
    assert_eq!(reached(&home, &[second, variable], &["--token-file", &file]), "file");
    // The address follows the same order.
    let nowhere = ("JETON_URL", "http://127.0.0.1:9");
    assert_eq!(reached(&home, &[variable, nowhere], &["--url", remote.url()]), "variable");
    failed(&home.run_with(&[variable, nowhere], "", &["token", "verify"]), 1);
}

#[test]
fn a_kept_token_goes_to_no_other_address() {
    let (remote, other, home) = (Remote::start(), Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    for (variables, more) in [(&[("JETON_URL", other.url())][..], &[][..]), (&[], &["--url", other.url()])] {
        let ended = home.run_with(variables, "", &[&["token", "verify"], more].concat());
        assert!(failed(&ended, 2).contains("is not sent to"), "{}", ended.logged);
    }
    home.edit(|text| text.replace(remote.url(), other.url()));
    let ended = home.run("", &["token", "verify"]);
    assert!(failed(&ended, 2).contains("has no token for"), "{}", ended.logged);
    // The same address, written another way.
    home.edit(|text| text.replace(other.url(), remote.url()));
    let url = format!("{}/v2/storage/", remote.url());
    said(&home.run_with(&[("JETON_URL", &url)], "", &["token", "verify"]));
}

#[test]
fn a_refresh_leaves_no_profile_with_the_secret_that_it_ended() {
    let (remote, home) = (Remote::start(), Home::new());
    let (id, token) = remote.create(&["-d", "own"]);
    let other = remote.create(&["-d", "other"]).1;
    home.log_in(remote.url(), &other, &["--profile", "other"]);
    home.log_in(remote.url(), &remote.master, &["--profile", "admin"]);
    home.log_in(remote.url(), &token, &["--profile", "own"]);
    let before = home.read("tokens/other.token");
    // By itself, and by somebody else on this machine.
    for more in
        [&["token", "refresh", "--yes"][..], &["token", "refresh", &id, "--yes", "--profile", "admin"]]
    {
        let refreshed = home.run("", more);
        assert!(refreshed.logged.contains("Profile own keeps the new secret."), "{}", refreshed.logged);
        assert!(home.read("tokens/own.token").contains(said(&refreshed).trim_end()));
        assert_eq!(reached(&home, &[], &[]), "own");
    }
    assert_eq!(home.read("tokens/other.token"), before);
    let manage = [("JETON_MANAGE_TOKEN", remote.manage())];
    let args = ["manage-token", "refresh", "--yes", "--quiet", "--url", remote.url()];
    home.log_in(remote.url(), remote.manage(), &["--profile", "operator"]);
    let refreshed = home.run_with(&manage, "", &args);
    let ended = home.run("", &["manage-token", "list", "--profile", "operator"]);
    assert!(ended.status.success() && refreshed.logged.is_empty(), "{}{}", refreshed.logged, ended.logged);
}

#[test]
fn a_refresh_warns_of_a_profile_that_may_have_the_secret_that_it_ended() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, token) = remote.create(&["-d", "own"]);
    home.log_in(remote.url(), &token, &["--profile", "read"]);
    home.log_in(remote.url(), &token, &["--profile", "gone"]);
    home.log_in(remote.url(), &token, &["--profile", "unread"]);
    home.edit(|text| {
        let (before, unread) = text.split_once("[profiles.unread]").unwrap();
        format!("{before}[profiles.unread]{}", unread.replace("\"file\"", "\"keyring\""))
    });
    std::fs::remove_file(home.path("tokens/gone.token")).unwrap();
    let refreshed = home.run("", &["token", "refresh", "--yes", "--quiet", "--profile", "read"]);
    said(&refreshed);
    let warned = "jeton: warning: profile unread may still have the old secret: ";
    assert!(refreshed.logged.starts_with(warned), "{}", refreshed.logged);
    assert_eq!(refreshed.logged.lines().count(), 1, "{}", refreshed.logged);
}

#[test]
fn a_profile_that_is_not_there_is_told_as_that() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let missing = home.run("", &["token", "verify", "--profile", "work"]);
    assert!(failed(&missing, 2).contains("there is no profile work"), "{}", missing.logged);
    failed(&home.run("", &["profile", "use", "work"]), 2);
    let missing = home.run_with(&[("JETON_PROFILE", "../work")], "", &["token", "verify"]);
    assert!(failed(&missing, 2).contains("JETON_PROFILE"), "{}", missing.logged);
    let manage = home.run("", &["member", "list", "--project", "1"]);
    assert!(failed(&manage, 2).contains("profile default has no manage token"), "{}", manage.logged);
}

#[test]
fn a_file_that_is_mistyped_is_told_with_its_line_and_not_in_the_way_of_those_who_need_none() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.edit(|text| format!("{text}tokn = \"{}\"\n", remote.master));
    let ended = home.run("", &["token", "verify"]);
    let told = failed(&ended, 2);
    assert!(told.contains("config.toml: line 6: unknown field `tokn`"), "{told}");
    assert!(!told.contains(&remote.master[10..]), "{told}");
    let both = [("JETON_URL", remote.url()), ("JETON_TOKEN", remote.master.as_str())];
    said(&home.run_with(&both, "", &["token", "verify"]));
}

#[test]
fn profiles_are_listed_with_the_current_one_marked() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &["--profile", "work"]);
    home.log_in(remote.url(), &remote.master, &["--profile", "home"]);
    let listed = said(&home.run("", &["profile", "list"])).replace(remote.url(), "[url]");
    insta::assert_snapshot!(redacted(&listed));
    let columns: Vec<_> =
        listed.lines().zip(["NAME", "home", "work"]).map(|(line, name)| line.find(name)).collect();
    assert_eq!(columns, [Some(3); 3], "{listed}");
    let chosen = home.run("", &["profile", "list", "--json", "name,token", "--jq", ".[0]"]);
    assert_eq!(json(&chosen), serde_json::json!({"name": "home", "token": "file"}));
}

#[test]
fn status_says_what_commands_use_and_shows_no_secret() {
    let (remote, home) = (Remote::start(), Home::new());
    let buckets: Vec<_> = (0..40).map(|number| format!("in.c-{number}")).collect();
    let mut arguments = vec!["-d", "Reports", "--component", "keboola.ex-http", "--jobs"];
    for (number, bucket) in buckets.iter().enumerate() {
        arguments.extend([if number < 12 { "--write" } else { "--read" }, bucket]);
    }
    let (id, secret) = remote.create(&arguments);
    home.log_in(remote.url(), &secret, &[]);
    let ended = home.run("", &["status"]);
    let told = said(&ended);
    for part in [
        "default",
        remote.url(),
        "Reports",
        "My project",
        "40 buckets (12 write), 1 component",
        "never",
        "default.token",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let column = |label: &str, value: &str| {
        told.lines().find(|line| line.starts_with(label)).and_then(|line| line.find(value)).unwrap()
    };
    assert_eq!(
        column("Profile:", "default"),
        column("  Kept in:", home.path("").to_str().unwrap()),
        "{told}"
    );
    let random = secret.split_once("-jt").unwrap().1;
    assert!(told.contains(&format!("-{id}-jt…")) && !told.contains(random), "{told}");
    let status = home.run("", &["status", "--json"]);
    assert!(!said(&status).contains(random));
    let status = json(&status);
    assert_eq!((&status["profile"], &status["tokens"][0]["valid"]), (&"default".into(), &true.into()));
    // A variable is told as where the token is from.
    let ended = home.run_with(&[("JETON_TOKEN", &remote.master)], "", &["status"]);
    assert!(said(&ended).contains("JETON_TOKEN"), "{}", ended.said);
}

#[test]
fn status_fails_where_nobody_is_logged_in_and_where_the_token_is_not_valid() {
    let (remote, home) = (Remote::start(), Home::new());
    assert!(failed(&home.run("", &["status"]), 2).contains("jeton login"));
    let wrong = mistyped(&remote.master);
    let variables = [("JETON_URL", remote.url()), ("JETON_TOKEN", wrong.as_str())];
    let ended = home.run_with(&variables, "", &["status"]);
    assert_eq!(ended.status.code(), Some(3), "{}", ended.logged);
    assert!(ended.said.contains("no: Invalid access token"), "{}", ended.said);
}

#[test]
fn a_variable_that_names_another_profile_than_the_current_one_is_warned_of() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["p1", "p2"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    let warned = "warning: JETON_PROFILE is set, and commands use profile p1 instead.";
    let p1 = [("JETON_PROFILE", "p1")];
    for words in [&["profile", "use", "p2"][..], &["login", "--profile", "p2"]] {
        let ended = home.run_with(&p1, &remote.master, words);
        assert!(ended.status.success() && ended.logged.contains(warned), "{}", ended.logged);
    }
    let ended = home.run_with(&p1, "", &["profile", "use", "p1"]);
    assert!(!ended.logged.contains("warning"), "{}", ended.logged);
    let ended = home.run_with(&[("JETON_TOKEN", &remote.master)], "", &["profile", "use", "p2"]);
    assert!(ended.logged.contains("JETON_TOKEN is set"), "{}", ended.logged);
}

#[test]
fn an_address_in_the_file_is_the_same_however_it_is_written() {
    let (remote, home) = (Remote::start(), Home::new());
    let url = remote.url().replace("127.0.0.1", "localhost");
    home.log_in(&url.to_uppercase().replace("HTTP:", "http:"), &remote.master, &[]);
    for written in [format!("{url}/"), url.replace("localhost", "LocalHost"), format!("{url}/v2/storage/")] {
        home.edit(|text| text.replacen(&url, &written, 1));
        said(&home.run("", &["token", "verify"]));
        said(&home.run_with(&[("JETON_URL", &url)], "", &["token", "verify"]));
        let ended = home.run(&remote.master, &["login", "--url", &written]);
        assert!(ended.status.success() && !ended.logged.contains("unencrypted"), "{}", ended.logged);
    }
}

#[test]
fn a_file_that_is_too_long_is_an_error_and_not_cut() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.edit(|text| format!("{}\n{text}", "# long\n".repeat(160_000)));
    let before = home.read("config.toml");
    for words in [&["token", "verify"][..], &["login", "--profile", "other", "--url", remote.url()]] {
        let ended = home.run(&remote.master, words);
        assert!(failed(&ended, 2).contains("longer than 1048576 bytes"), "{}", ended.logged);
    }
    assert_eq!(home.read("config.toml"), before);
}

#[test]
fn status_shows_a_token_also_where_the_other_one_cannot_be_read() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.log_in(remote.url(), remote.manage(), &[]);
    std::fs::remove_file(home.path("tokens/default.token")).unwrap();
    let ended = home.run("", &["status"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    assert!(ended.said.contains("Manage token:") && ended.logged.contains("there is no such file"));
}
