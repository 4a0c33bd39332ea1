//! How each endpoint is called well. Everything that is called badly here starts from these rows.

use std::collections::BTreeSet;

use jeton_service::{
    endpoint::{Endpoint, endpoints},
    function::Function,
};

use super::world::World;

/// A row: an endpoint with a good body for it, and what that answers.
pub struct Row {
    /// Method and path, as in the endpoint table.
    pub endpoint: &'static str,
    /// A good body; empty where none is taken. `{secret}` is the secret of the open share.
    pub body: &'static str,
    /// What a call with it answers.
    pub answers: u16,
}

const fn row(endpoint: &'static str, body: &'static str, answers: u16) -> Row {
    Row { endpoint, body, answers }
}

/// One row for each endpoint. `World::path` knows a good value for every parameter.
pub const ROWS: &[Row] = &[
    row("GET /v2/storage", "", 200),
    row("POST /v2/storage/tickets", "", 201),
    row(
        "POST /v2/storage/tokens",
        r#"{"description": "made", "bucketPermissions": {"in.c-main": "read"}}"#,
        201,
    ),
    row("GET /v2/storage/tokens", "", 200),
    row("GET /v2/storage/tokens/verify", "", 200),
    row("POST /v2/storage/tokens/verify", r#"{"operation": "test.asked", "capability": "createJobs"}"#, 200),
    row("GET /v2/storage/tokens/{token}", "", 200),
    row("PUT /v2/storage/tokens/{token}", r#"{"description": "renamed"}"#, 200),
    row("DELETE /v2/storage/tokens/{token}", "", 204),
    row("POST /v2/storage/tokens/leaked", r#"{"tokens": ["hello"]}"#, 204),
    row("DELETE /v2/storage/tokens/{token}/copies/{copy}", "", 204),
    row("POST /v2/storage/tokens/{token}/refresh", r#"{"gracePeriod": 60}"#, 200),
    row(
        "POST /v2/storage/tokens/{token}/share",
        r#"{"recipientEmail": "new@example.org", "message": "hi"}"#,
        204,
    ),
    row("GET /v2/storage/tokens/{token}/shares", "", 200),
    row("DELETE /v2/storage/tokens/{token}/shares/{share}", "", 204),
    row("POST /v2/storage/tokens/{token}/shares/{share}/send", r#"{"message": "hi"}"#, 204),
    row("GET /v2/storage/tokens/{token}/events", "", 200),
    row("GET /v2/storage/tokens/{token}/events/{uuid}", "", 200),
    row("GET /v2/storage/tokens/{token}/advice", "", 200),
    row("POST /v2/storage/tokens/{token}/advice", r#"{"bucketPermissions": {"in.c-main": "read"}}"#, 200),
    row("GET /v2/storage/events", "", 200),
    row("POST /v2/storage/events", r#"{"component": "keboola.ex-db", "message": "It ran"}"#, 201),
    row("GET /v2/storage/events/{uuid}", "", 200),
    row("GET /v2/storage/buckets/{object}/events", "", 200),
    row("GET /v2/storage/tables/{object}/events", "", 200),
    row(
        "PUT /v2/storage/components/{component}/configs/{config}/token",
        r#"{"description": "changed"}"#,
        200,
    ),
    row("DELETE /v2/storage/components/{component}/configs/{config}/token", "", 204),
    row("POST /manage/organizations/{organization}/projects", r#"{"name": "Another project"}"#, 201),
    row("GET /manage/projects/{project}", "", 200),
    row("GET /manage/projects/{project}/users", "", 200),
    row("POST /manage/projects/{project}/users", r#"{"email": "invited@example.org"}"#, 204),
    row("DELETE /manage/projects/{project}/users/{member}", "", 204),
    row("GET /manage/projects/{project}/invitations", "", 200),
    row("GET /manage/projects/{project}/invitations/{invitation}", "", 200),
    row("DELETE /manage/projects/{project}/invitations/{invitation}", "", 204),
    row("POST /manage/projects/{project}/invitations/{invitation}/send", "", 204),
    row("POST /manage/projects/{project}/tokens", r#"{"description": "made"}"#, 201),
    row("GET /manage/tokens/verify", "", 200),
    row("GET /manage/tokens", "", 200),
    row("POST /manage/tokens", r#"{"description": "made", "expiresIn": 60}"#, 201),
    row("GET /manage/tokens/{manageToken}", "", 200),
    row("PUT /manage/tokens/{manageToken}", r#"{"description": "renamed"}"#, 200),
    row("DELETE /manage/tokens/{manageToken}", "", 204),
    row("POST /manage/tokens/{manageToken}/refresh", r#"{"gracePeriod": 60}"#, 200),
    row("GET /manage/tokens/{manageToken}/events", "", 200),
    row("GET /manage/tokens/{manageToken}/events/{uuid}", "", 200),
    row("GET /pickup/{share}", "", 200),
    row("POST /pickup/{share}", r#"{"secret": "{secret}"}"#, 200),
    row("GET /pickup/-/pickup.js", "", 200),
    row("GET /pickup/-/pickup.css", "", 200),
    row("GET /health", "", 200),
    row("GET /ready", "", 200),
    row("GET /openapi.json", "", 200),
    row("GET /docs", "", 200),
];

impl Row {
    /// The row of the endpoint table that this one is about.
    pub fn endpoint(&self) -> &'static Endpoint {
        endpoints().find(|endpoint| name(endpoint) == self.endpoint).unwrap()
    }
}

/// Method and path.
pub fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
}

/// Fails when a table of this folder and the endpoint table do not name the same endpoints.
pub fn assert_complete<'a>(
    table: &str,
    named: impl Iterator<Item = &'a str>,
    wanted: impl Fn(&Endpoint) -> bool,
) {
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    let endpoints: BTreeSet<String> = endpoints().filter(|row| wanted(row)).map(name).collect();
    let missing: Vec<_> = endpoints.difference(&named).collect();
    assert!(missing.is_empty(), "add a row to {table}, so that bad input is tried on {missing:#?}");
    let unknown: Vec<_> = named.difference(&endpoints).collect();
    assert!(unknown.is_empty(), "there is no such endpoint any more, so remove from {table}: {unknown:#?}");
}

#[test]
fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    assert_complete("ROWS in bad_input/rows.rs", ROWS.iter().map(|row| row.endpoint), |row| {
        // Its forms are tried in `console/`.
        row.function != Function::Console
    });
}

#[tokio::test]
async fn what_the_rows_call_good_is_good() {
    for row in ROWS {
        // Some rows delete what others need.
        let world = World::start().await;
        let answer = world.good_call(row).send().await;
        assert_eq!(answer.status.as_u16(), row.answers, "{}: {}", row.endpoint, answer.text());
    }
}
