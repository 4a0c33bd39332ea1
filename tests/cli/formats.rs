//! `--json=FIELDS`, `--jq`, suggestions and manual pages.

use jeton_tests::{process::jeton, store::fresh_folder};

use crate::{
    files,
    remote::{Remote, failed, json, said},
};

#[test]
fn json_has_the_fields_that_were_asked_for() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import", "--read", "in.c-main"]);
    let shown = json(&remote.run(&["token", "show", &id, "--json=description,id"]));
    assert_eq!(shown.to_string(), format!("{{\"description\":\"Import\",\"id\":\"{id}\"}}"));
    let listed = json(&remote.run(&["token", "list", "--json=id"]));
    assert!(listed.as_array().unwrap().iter().all(|token| token.as_object().unwrap().len() == 1), "{listed}");
    let ended = remote.run(&["token", "show", &id, "--json=nonesuch"]);
    assert_eq!(json(&ended)["nonesuch"], serde_json::Value::Null);
    assert!(
        ended.logged.contains("nothing has the field nonesuch; there are ")
            && ended.logged.contains("description")
    );
    // Without fields, as ever, also in front of an id.
    assert_eq!(json(&remote.run(&["token", "show", "--json", &id]))["id"], id.as_str());
}

#[test]
fn fields_may_stand_behind_a_space_where_they_can_be_nothing_else() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for arguments in [
        &["token", "show", &id, "--json", "id,description"][..],
        &["token", "show", "--json", "id,description", &id],
        &["token", "--json", "id,description", "show", &id],
    ] {
        let shown = json(&remote.run(arguments));
        assert_eq!(
            shown.to_string(),
            format!("{{\"description\":\"Import\",\"id\":\"{id}\"}}"),
            "{arguments:?}"
        );
    }
    assert_eq!(json(&remote.run(&["token", "show", &id, "--json", "id"])).as_object().unwrap().len(), 1);
    let (member, role) = ("admin@localhost", "admin");
    let project = remote.project();
    let whole = json(&remote.run(&["member", "role", "--project", &project, member, "--json", role]));
    assert_eq!(whole["email"], member, "a role is no field");
    let ended = remote.run(&["token", "list", "--json", "id,description", "--nonesuch"]);
    assert!(failed(&ended, 2).contains("'--nonesuch'"), "{}", ended.logged);
    let ended = remote.run(&["token", "--json", "lst"]);
    assert!(failed(&ended, 2).contains("similar subcommand exists: 'list'"), "{}", ended.logged);
}

#[test]
fn a_filter_of_jq_prints_texts_as_they_are() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "a\u{1b}[2Jb"]);
    let filter = "map(select(.isMasterToken | not)) | .[] | .id, .description, .canReadAllFileUploads";
    assert_eq!(
        said(&remote.run(&["token", "list", "--jq", filter])),
        format!("{id}\na\u{fffd}[2Jb\nfalse\n")
    );
    let events = remote.run(&["token", "events", &id, "--jq", ".[].event"]);
    assert_eq!(said(&events), "storage.tokenCreated\n");
}

#[test]
fn a_filter_that_is_wrong_changes_nothing() {
    let remote = Remote::start();
    let ended = remote.run(&["token", "create", "--jq", ".token | nonesuch"]);
    assert!(failed(&ended, 2).contains("--jq: unknown filter `nonesuch`"), "{}", ended.logged);
    assert_eq!(json(&remote.run(&["token", "list", "--json"])).as_array().unwrap().len(), 1);
    // It fails on the answer, so that nobody has seen the secret.
    let ended = remote.run(&["token", "create", "--jq", ".token | .[0]"]);
    assert!(failed(&ended, 1).contains("is deleted"), "{}", ended.logged);
    assert_eq!(json(&remote.run(&["token", "list", "--json"])).as_array().unwrap().len(), 1);
}

#[test]
fn a_token_without_rights_is_warned_of_unless_only_the_secret_is_wanted() {
    let remote = Remote::start();
    let warned =
        |more: &[&str]| remote.run(&[&["token", "create"], more].concat()).logged.contains("may do nothing");
    assert!(warned(&[]) && warned(&["--json"]));
    assert!(!warned(&["--quiet"]) && !warned(&["--jobs"]) && !warned(&["--read", "in.c-main"]));
}

#[test]
fn what_is_mistyped_is_told_with_what_may_be_meant() {
    let run = |arguments: &[&str]| jeton(&fresh_folder(), arguments, &[]);
    assert!(failed(&run(&["tokn", "list"]), 2).contains("similar subcommand exists: 'token'"));
    assert!(failed(&run(&["token", "create", "--raed", "in.c-main"]), 2).contains("'--read'"));
    // It is known in another place.
    let events = run(&["events"]);
    let told = failed(&events, 2);
    assert!(told.contains("'token events', 'manage-token events'") && !told.contains("serve"), "{told}");
    assert!(failed(&run(&["share", "5"]), 2).contains("'token share'"));
    assert!(failed(&run(&["servee"]), 2).contains("'serve'"));
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let folder = fresh_folder();
    said(&jeton(&folder, &["man", "pages/man1"], &[]));
    let pages = files(&folder.join("pages/man1"));
    for page in ["jeton.1", "jeton-login.1", "jeton-token-create.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    let page = std::fs::read_to_string(folder.join("pages/man1/jeton-token-create.1")).unwrap();
    assert!(page.contains("expires") && page.contains(".TH"), "{page}");
    let (_, examples) = page
        .split_once(".SH EXAMPLES AND NOTES\n.nf\nExamples:\n  jeton token create")
        .expect("lines as typed");
    assert!(examples.contains("\n.fi\n"), "{examples}");
}
