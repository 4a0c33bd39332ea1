//! Test rows: a good call of each endpoint, and who may call it. The matrix of bad input, the permission
//! table, the report on authorization and examples of the reference are made from these.

use jeton_service::endpoint::{Endpoint, endpoints};

/// A row: an endpoint with a good body for it, and the status of its answer.
pub struct Row {
    /// Method and path, as in the endpoint table.
    pub endpoint: &'static str,
    /// A good body; empty where none is taken. `{secret}` is the secret of the pending share.
    pub body: &'static str,
    /// The status of a good call.
    pub answers: u16,
    /// What each caller may on each target; empty where no storage token calls.
    pub may: &'static [Line],
}

const fn row(endpoint: &'static str, body: &'static str, answers: u16) -> Row {
    Row { endpoint, body, answers, may: &[] }
}

impl Row {
    const fn may(self, may: &'static [Line]) -> Self {
        Self { may, ..self }
    }
}

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It is answered.
    Ok,
    /// 403 `accessDenied`.
    No,
    /// 403, because a read-only member changes nothing.
    Ro,
    /// 403, because a master token cannot be shared.
    Ms,
    /// 404: there is no such token in the caller's project.
    Nf,
    /// 404: there is no such event that the caller may see.
    Ev,
    /// 404: the token has no such pending share.
    Sh,
}
use Outcome::{Ev, Ms, Nf, No, Ok, Ro, Sh};

/// The token in the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The path has no token.
    Nothing,
    /// The caller.
    Itself,
    /// A limited token whose rights are within those of the manager.
    Other,
    /// A limited token with a right that the manager does not have.
    Stronger,
    /// The master token of another member.
    Master,
    /// A token of another project.
    Foreign,
    /// An id that no token has.
    Unknown,
}
use Target::{Foreign, Itself, Master, Nothing, Other, Stronger, Unknown};

/// The callers, in the order of the columns.
pub const CALLERS: [&str; 6] = ["limited", "picked-up", "grace", "manager", "master", "read-only"];

/// What each caller may on one target.
pub type Line = (Target, [Outcome; 6]);

/// Reads a token: itself, and any by a manager.
const READ: &[Line] = &[
    (Itself, [Ok, Ok, No, Ok, Ok, Ok]),
    (Other, [No, No, No, Ok, Ok, Ok]),
    (Stronger, [No, No, No, Ok, Ok, Ok]),
    (Master, [No, No, No, Ok, Ok, Ok]),
    (Foreign, [No, No, No, Nf, Nf, Nf]),
    (Unknown, [No, No, No, Nf, Nf, Nf]),
];

/// Any copy that is not in its grace period.
const EVERYBODY: &[Line] = &[(Nothing, [Ok, Ok, No, Ok, Ok, Ok])];

/// One row for each endpoint. The columns of what callers may are those of [`CALLERS`].
pub const ROWS: &[Row] = &[
    row("GET /v2/storage", "", 200),
    row("POST /v2/storage/tickets", "", 201).may(EVERYBODY),
    row(
        "POST /v2/storage/tokens",
        r#"{"description": "made", "bucketPermissions": {"in.c-main": "read"}}"#,
        201,
    )
    .may(&[(Nothing, [No, No, No, Ok, Ok, Ro])]),
    row("GET /v2/storage/tokens", "", 200).may(EVERYBODY),
    row("GET /v2/storage/tokens/verify", "", 200).may(&[(Nothing, [Ok, Ok, Ok, Ok, Ok, Ok])]),
    row("POST /v2/storage/tokens/verify", r#"{"operation": "test.asked", "capability": "createJobs"}"#, 200)
        .may(&[(Nothing, [Ok, Ok, Ok, Ok, Ok, Ok])]),
    row("GET /v2/storage/tokens/{token}", "", 200).may(READ),
    row("PUT /v2/storage/tokens/{token}", r#"{"description": "renamed"}"#, 200).may(&[
        (Itself, [No, No, No, Ok, No, Ro]),
        (Other, [No, No, No, Ok, Ok, Ro]),
        (Stronger, [No, No, No, No, Ok, Ro]),
        (Master, [No, No, No, No, No, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("DELETE /v2/storage/tokens/{token}", "", 204).may(&[
        (Itself, [Ok, Ok, No, Ok, No, Ro]),
        (Other, [No, No, No, Ok, Ok, Ro]),
        (Stronger, [No, No, No, Ok, Ok, Ro]),
        (Master, [No, No, No, No, No, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("POST /v2/storage/tokens/actions", r#"{"filter": {"search": "nothing"}, "action": "disable"}"#, 200)
        .may(&[(Nothing, [No, No, No, Ok, Ok, Ro])]),
    row("POST /v2/storage/tokens/leaked", r#"{"tokens": ["hello"]}"#, 204),
    // The copy in the path is the first one, which is not the one that was picked up.
    row("DELETE /v2/storage/tokens/{token}/copies/{copy}", "", 204).may(&[
        (Itself, [Ok, No, No, Ok, Ok, Ok]),
        (Other, [No, No, No, Ok, Ok, Ro]),
        (Stronger, [No, No, No, Ok, Ok, Ro]),
        (Master, [No, No, No, No, No, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("POST /v2/storage/tokens/{token}/refresh", r#"{"gracePeriod": 60}"#, 200).may(&[
        (Itself, [Ok, Ok, No, Ok, Ok, Ok]),
        (Other, [No, No, No, Ok, Ok, Ro]),
        (Stronger, [No, No, No, No, Ok, Ro]),
        (Master, [No, No, No, No, No, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row(
        "POST /v2/storage/tokens/{token}/share",
        r#"{"recipientEmail": "new@example.org", "message": "hi"}"#,
        204,
    )
    .may(&[
        (Itself, [No, No, No, Ok, Ms, Ro]),
        (Other, [No, No, No, Ok, Ok, Ro]),
        (Stronger, [No, No, No, No, Ok, Ro]),
        (Master, [No, No, No, Ms, Ms, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("GET /v2/storage/tokens/{token}/shares", "", 200).may(READ),
    // The share in the path is one of the token `other` of the world.
    row("DELETE /v2/storage/tokens/{token}/shares/{share}", "", 204).may(&[
        (Itself, [Sh, No, No, Sh, Sh, Ro]),
        (Other, [No, No, No, Sh, Sh, Ro]),
        (Stronger, [No, No, No, Sh, Sh, Ro]),
        (Master, [No, No, No, Sh, Sh, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("POST /v2/storage/tokens/{token}/shares/{share}/send", r#"{"message": "hi"}"#, 204).may(&[
        (Itself, [No, No, No, Sh, Ms, Ro]),
        (Other, [No, No, No, Sh, Sh, Ro]),
        (Stronger, [No, No, No, No, Sh, Ro]),
        (Master, [No, No, No, Ms, Ms, Ro]),
        (Foreign, [No, No, No, Nf, Nf, Ro]),
        (Unknown, [No, No, No, Nf, Nf, Ro]),
    ]),
    row("GET /v2/storage/tokens/{token}/events/export", "", 200).may(READ),
    row("GET /v2/storage/tokens/{token}/events", "", 200).may(READ),
    // The event in the path is one of the token `other` of the world.
    row("GET /v2/storage/tokens/{token}/events/{uuid}", "", 200).may(&[
        (Itself, [Ev, Ev, No, Ev, Ev, Ev]),
        (Other, [No, No, No, Ev, Ev, Ev]),
        (Stronger, [No, No, No, Ev, Ev, Ev]),
        (Master, [No, No, No, Ev, Ev, Ev]),
        (Foreign, [No, No, No, Nf, Nf, Nf]),
        (Unknown, [No, No, No, Nf, Nf, Nf]),
    ]),
    row("GET /v2/storage/tokens/{token}/advice", "", 200).may(READ),
    row("POST /v2/storage/tokens/{token}/advice", r#"{"bucketPermissions": {"in.c-main": "read"}}"#, 200)
        .may(READ),
    row("GET /v2/storage/events/export", "", 200).may(EVERYBODY),
    row("GET /v2/storage/events", "", 200).may(EVERYBODY),
    row("POST /v2/storage/events", r#"{"component": "keboola.ex-db", "message": "It ran"}"#, 201)
        .may(&[(Nothing, [Ok, Ok, No, Ok, Ok, Ro])]),
    row("GET /v2/storage/events/{uuid}", "", 200).may(&[(Nothing, [Ev, Ev, No, Ev, Ok, Ok])]),
    row("GET /v2/storage/buckets/{object}/events", "", 200).may(&[(Nothing, [No, No, No, No, Ok, Ok])]),
    row("GET /v2/storage/tables/{object}/events", "", 200).may(&[(Nothing, [No, No, No, No, Ok, Ok])]),
    row(
        "PUT /v2/storage/components/{component}/configs/{config}/token",
        r#"{"description": "changed"}"#,
        200,
    )
    .may(&[(Nothing, [No, No, No, Ok, Ok, Ro])]),
    // Once the manager has deleted it, it is gone.
    row("DELETE /v2/storage/components/{component}/configs/{config}/token", "", 204)
        .may(&[(Nothing, [No, No, No, Ok, Nf, Ro])]),
    row("POST /manage/organizations/{organization}/projects", r#"{"name": "Another project"}"#, 201),
    row("GET /manage/projects/{project}", "", 200),
    row("GET /manage/projects/{project}/users", "", 200),
    row("POST /manage/projects/{project}/users", r#"{"email": "invited@example.org"}"#, 204),
    row("PUT /manage/projects/{project}/users/{member}", r#"{"role": "readOnly"}"#, 200),
    row("DELETE /manage/projects/{project}/users/{member}", "", 204),
    row("GET /manage/projects/{project}/users/{member}/tokens", "", 200),
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
    row("GET /manage/tokens/{manageToken}/events/export", "", 200),
    row("GET /manage/tokens/{manageToken}/events/{uuid}", "", 200),
    row("GET /pickup/{share}", "", 200),
    row("POST /pickup/{share}", r#"{"secret": "{secret}"}"#, 200),
    row("GET /pickup/-/pickup.js", "", 200),
    row("GET /pickup/-/pickup.css", "", 200),
    row("GET /health", "", 200),
    row("GET /ready", "", 200),
    row("GET /openapi.json", "", 200),
    row("GET /docs", "", 200),
    row("GET /docs/-/docs.js", "", 200),
    row("GET /favicon.ico", "", 200),
];

impl Row {
    /// The row of the endpoint table for this one.
    pub fn endpoint(&self) -> &'static Endpoint {
        endpoints().find(|endpoint| name(endpoint) == self.endpoint).unwrap()
    }
}

/// Method and path.
pub fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
}

impl Target {
    /// As the report says it, with the other parameters of this endpoint's path.
    pub fn words(self, endpoint: &str) -> String {
        let token = match self {
            Nothing => "",
            Itself => "itself",
            Other => "another",
            Stronger => "a stronger one",
            Master => "a master token",
            Foreign => "one of another project",
            Unknown => "no token at all",
        };
        let besides = if endpoint.ends_with("/copies/{copy}") {
            "its first copy"
        } else if endpoint.ends_with("/events/{uuid}") {
            "an event of another"
        } else {
            ""
        };
        [token, besides].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

impl Outcome {
    /// As the report says it.
    pub fn word(self) -> &'static str {
        match self {
            Ok => "yes",
            No | Ms | Ro => "403",
            Nf | Ev | Sh => "404",
        }
    }
}
