//! `jeton init`, beside a running server on the same file.

use jeton_tests::{
    process::{Served, jeton},
    store::fresh_folder,
};
use serde_json::json;

use crate::{mode, secret, verify};

#[tokio::test]
async fn projects_members_and_manage_tokens_can_be_added_while_the_server_runs() {
    let folder = fresh_folder();
    let server = Served::start(&folder);

    let made = jeton(&folder, &["init", "project", "--name", "Sales", "--email", "eve@example.org"], &[]);
    assert!(made.status.success(), "{}", made.logged);
    assert!(made.said.contains("\"Sales\" is created"), "{}", made.said);
    // The first start's secret has the plain name, and is not overwritten.
    assert_eq!(mode(&folder.join("jeton-master-token-2")), 0o600);
    let eve = verify(&server.client(), &secret(&folder, "jeton-master-token-2")).await.expect(200).json();
    assert_eq!((&eve["owner"]["name"], &eve["description"]), (&json!("Sales"), &json!("eve@example.org")));

    let project = eve["owner"]["id"].to_string();
    let member = ["init", "member", "--project", &project, "--email", "joe@example.org", "--name", "Joe"];
    let made = jeton(&folder, &member, &[]);
    assert!(made.status.success(), "{}", made.logged);
    let joe = verify(&server.client(), &secret(&folder, "jeton-master-token-3")).await.expect(200).json();
    assert_eq!((&joe["owner"]["name"], &joe["admin"]["name"]), (&json!("Sales"), &json!("Joe")));

    let made = jeton(&folder, &["init", "manage-token", "--description", "for CI"], &[]);
    assert!(made.status.success(), "{}", made.logged);
    let manage = secret(&folder, "jeton-manage-token-2");
    let seen = server.client().get("/manage/tokens/verify").manage(&manage).send().await.expect(200).json();
    assert_eq!(seen["description"], "for CI");
    let path = format!("/manage/projects/{project}/users");
    let users = server.client().get(&path).manage(&manage).send().await.expect(200).json();
    assert_eq!(users.as_array().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_added_is_said_in_a_sentence_that_fits() {
    let folder = fresh_folder();
    let first = ["init", "project", "--name", "Sales", "--email", "eve@example.org"];
    let made = jeton(&folder, &first, &[]);
    let project = made.said.split_whitespace().nth(1).unwrap().to_owned();
    let again = ["init", "member", "--project", &project, "--email", "Eve@example.org"];
    for (arguments, sentence) in [
        (again.as_slice(), "this e-mail address belongs to a member of the project already"),
        (&["init", "member", "--project", "1", "--email", "a@example.org"], "project not found"),
        (&["init", "member", "--project", "x", "--email", "a@example.org"], "--project"),
        (&["init", "project", "--name", "X", "--email", "nobody"], "--email must be one e-mail address"),
        (&["init", "project", "--name", "", "--email", "a@example.org"], "must have 1 to 255 characters"),
    ] {
        let rejected = jeton(&folder, arguments, &[]);
        assert!(!rejected.status.success(), "{arguments:?}: {}", rejected.said);
        assert!(rejected.logged.contains(sentence), "{arguments:?}: {}", rejected.logged);
        assert!(!rejected.logged.contains("first start"), "{arguments:?}: {}", rejected.logged);
    }
}
