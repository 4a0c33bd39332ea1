//! `jeton project`.

use crate::remote::{Remote, failed, json, redacted, said};

#[test]
fn a_project_is_made_and_shown() {
    let remote = Remote::start();
    let made = json(&remote.run(&["project", "create", "--name", "Sales", "--json"]));
    let shown = remote.run(&["project", "show", &made["id"].to_string()]);
    insta::assert_snapshot!(redacted(said(&shown)));
    failed(&remote.run(&["project", "show", "1"]), 4);
}
