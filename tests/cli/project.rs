//! `jeton project`.

use jeton_tests::random::mistyped;

use crate::{
    home::Home,
    remote::{Remote, failed, json, redacted, said},
};

#[test]
fn a_project_is_made_and_shown() {
    let remote = Remote::start();
    let made = json(&remote.run(&["project", "create", "--name", "Sales", "--json"]));
    let shown = remote.run(&["project", "show", &made["id"].to_string()]);
    insta::assert_snapshot!(redacted(said(&shown)));
    failed(&remote.run(&["project", "show", "1"]), 4);
}

#[test]
fn the_projects_of_all_profiles_are_listed_once_each() {
    let (remote, other, home) = (Remote::start(), Remote::start(), Home::new());
    assert!(failed(&home.run("", &["project", "list"]), 2).contains("`jeton login` keeps one"));
    home.log_in(remote.url(), &remote.master, &["--profile", "work"]);
    let (_, second) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &second, &["--profile", "import"]);
    home.log_in(other.url(), &other.master, &["--profile", "other"]);
    home.log_in(other.url(), other.manage(), &["--profile", "manage"]);
    let listed = json(&home.run("", &["project", "list", "--json"]));
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    let first = listed.iter().find(|project| project["url"] == remote.url()).unwrap();
    assert_eq!(first["id"].to_string(), remote.project());
    assert_eq!(first["profiles"], serde_json::json!(["import", "work"]));
    let shown = home.run("", &["project", "list"]);
    assert!(said(&shown).contains("import, work"), "{}", shown.said);
    let one = json(&home.run("", &["project", "list", "--json", "--profile", "other"]));
    assert_eq!((one.as_array().unwrap().len(), &one[0]["url"]), (1, &other.url().into()));
    // The token of the environment is one more, and goes to its own address.
    let variables = [("JETON_URL", other.url()), ("JETON_TOKEN", other.master.as_str())];
    let with = home.run_with(&variables, "", &["project", "list"]);
    assert!(said(&with).contains("other, (JETON_TOKEN)"), "{}", with.said);
}

#[test]
fn a_profile_that_does_not_work_keeps_no_other_project_from_the_list() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &["--profile", "gone"]);
    home.log_in(remote.url(), &remote.master, &["--profile", "works"]);
    let file = home.path("tokens/gone.token");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, kept.replace(&remote.master, &mistyped(&remote.master))).unwrap();
    let listed = home.run("", &["project", "list", "--json"]);
    assert_eq!(json(&listed)[0]["profiles"], serde_json::json!(["works"]));
    assert!(listed.logged.contains("profile gone: "), "{}", listed.logged);
    failed(&home.run("", &["project", "list", "--profile", "gone"]), 3);
}
