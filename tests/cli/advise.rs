//! `jeton advise`.

use crate::remote::{Remote, failed, json, redacted, said};

/// A token with more rights than it used.
fn asking(remote: &Remote) -> String {
    let (id, secret) =
        remote.create(&["-d", "Import", "--write", "in.c-main", "--component", "keboola.ex-http", "--jobs"]);
    for access in ["read", "read", "manage"] {
        let question = ["--operation", "storage.table", "--bucket", "in.c-main", "--access", access];
        remote.run_as(&secret, &[&["token", "verify"][..], &question].concat());
    }
    id
}

#[test]
fn it_says_what_was_used_and_what_was_not() {
    let remote = Remote::start();
    let id = asking(&remote);
    insta::assert_snapshot!(redacted(said(&remote.run(&["advise", &id]))));
    let advice = json(&remote.run(&["advise", &id, "--json"]));
    assert_eq!(advice["narrowest"]["bucketPermissions"].to_string(), r#"{"in.c-main":"read"}"#);
}

#[test]
fn a_dry_run_says_what_would_have_been_denied() {
    let remote = Remote::start();
    let id = asking(&remote);
    insta::assert_snapshot!(redacted(said(&remote.run(&["advise", &id, "--no-buckets"]))));
    let harmless = remote.run(&["advise", &id, "--read", "in.c-main", "--jobs=false"]);
    assert_eq!(
        said(&harmless),
        "These rights would have denied no question and no change of the last six months.\n"
    );
    failed(&remote.run(&["advise", &id, "--read", "nonsense"]), 1);
}

#[test]
fn of_a_token_that_asked_nothing_it_says_so() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Idle", "--jobs"]);
    assert!(
        said(&remote.run(&["advise", &id]))
            .contains("asked no question and changed no other token in the last six months")
    );
}
