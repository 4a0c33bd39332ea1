//! Who may call what: every endpoint, every rank of caller, every kind of target.

use jeton_service::endpoint::{Endpoint, Handler};
use jeton_tests::jeton::Held;
use serde_json::json;

use super::{
    bench::{Bench, FORBIDDEN, Refusal, refusal},
    rows::{ROWS, Row, assert_complete},
    world::World,
};

/// What a call comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It is answered.
    Ok,
    /// 403 `accessDenied`.
    No,
    /// 403, because a master token cannot be shared.
    Ms,
    /// 404: there is no such token in the caller's project.
    Nf,
    /// 404: there is no such event that the caller may see.
    Ev,
    /// 404: the token has no such open share.
    Sh,
}
use Outcome::{Ev, Ms, Nf, No, Ok, Sh};

/// The token in the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// There is none in this path.
    Nothing,
    /// The caller.
    Itself,
    /// A limited token whose rights are within those of the manager.
    Other,
    /// A limited token with a right that the manager has not.
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
pub const CALLERS: [&str; 5] = ["limited", "picked-up", "grace", "manager", "master"];

/// What each caller may on one target.
pub type Line = (Target, [Outcome; 5]);

/// The table.
pub const MAY: &[(&str, &[Line])] = &[
    //                      limited, picked-up copy, grace copy, manager, master
    ("POST /v2/storage/tickets", &[(Nothing, [Ok, Ok, No, Ok, Ok])]),
    ("POST /v2/storage/tokens", &[(Nothing, [No, No, No, Ok, Ok])]),
    ("GET /v2/storage/tokens", &[(Nothing, [Ok, Ok, No, Ok, Ok])]),
    ("GET /v2/storage/tokens/verify", &[(Nothing, [Ok, Ok, Ok, Ok, Ok])]),
    ("POST /v2/storage/tokens/verify", &[(Nothing, [Ok, Ok, Ok, Ok, Ok])]),
    (
        "GET /v2/storage/tokens/{token}",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, Ok, Ok]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "PUT /v2/storage/tokens/{token}",
        &[
            (Itself, [No, No, No, Ok, No]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, No, Ok]),
            (Master, [No, No, No, No, No]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "DELETE /v2/storage/tokens/{token}",
        &[
            (Itself, [Ok, Ok, No, Ok, No]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, No, No]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    // The copy in the path is the first one, which is not the one that was picked up.
    (
        "DELETE /v2/storage/tokens/{token}/copies/{copy}",
        &[
            (Itself, [Ok, No, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, No, No]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "POST /v2/storage/tokens/{token}/refresh",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, No, Ok]),
            (Master, [No, No, No, No, No]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "POST /v2/storage/tokens/{token}/share",
        &[
            (Itself, [No, No, No, Ok, Ms]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, No, Ok]),
            (Master, [No, No, No, Ms, Ms]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "GET /v2/storage/tokens/{token}/shares",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, Ok, Ok]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    // The share in the path is one of the token `other` of the world.
    (
        "DELETE /v2/storage/tokens/{token}/shares/{share}",
        &[
            (Itself, [Sh, No, No, Sh, Sh]),
            (Other, [No, No, No, Sh, Sh]),
            (Stronger, [No, No, No, Sh, Sh]),
            (Master, [No, No, No, Sh, Sh]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "POST /v2/storage/tokens/{token}/shares/{share}/send",
        &[
            (Itself, [No, No, No, Sh, Ms]),
            (Other, [No, No, No, Sh, Sh]),
            (Stronger, [No, No, No, No, Sh]),
            (Master, [No, No, No, Ms, Ms]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "GET /v2/storage/tokens/{token}/events",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, Ok, Ok]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    // The event in the path is one of the token `other` of the world.
    (
        "GET /v2/storage/tokens/{token}/events/{uuid}",
        &[
            (Itself, [Ev, Ev, No, Ev, Ev]),
            (Other, [No, No, No, Ev, Ev]),
            (Stronger, [No, No, No, Ev, Ev]),
            (Master, [No, No, No, Ev, Ev]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "GET /v2/storage/tokens/{token}/advice",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, Ok, Ok]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    (
        "POST /v2/storage/tokens/{token}/advice",
        &[
            (Itself, [Ok, Ok, No, Ok, Ok]),
            (Other, [No, No, No, Ok, Ok]),
            (Stronger, [No, No, No, Ok, Ok]),
            (Master, [No, No, No, Ok, Ok]),
            (Foreign, [No, No, No, Nf, Nf]),
            (Unknown, [No, No, No, Nf, Nf]),
        ],
    ),
    ("GET /v2/storage/events", &[(Nothing, [Ok, Ok, No, Ok, Ok])]),
    ("POST /v2/storage/events", &[(Nothing, [Ok, Ok, No, Ok, Ok])]),
    ("GET /v2/storage/events/{uuid}", &[(Nothing, [Ev, Ev, No, Ev, Ok])]),
    ("GET /v2/storage/buckets/{object}/events", &[(Nothing, [No, No, No, No, Ok])]),
    ("GET /v2/storage/tables/{object}/events", &[(Nothing, [No, No, No, No, Ok])]),
    ("PUT /v2/storage/components/{component}/configs/{config}/token", &[(Nothing, [No, No, No, Ok, Ok])]),
    (
        "DELETE /v2/storage/components/{component}/configs/{config}/token",
        // Once the manager has deleted it there is none.
        &[(Nothing, [No, No, No, Ok, Nf])],
    ),
];

impl Target {
    /// As the report says it, with what else the path of this endpoint names.
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
            No | Ms => "403",
            Nf | Ev | Sh => "404",
        }
    }

    fn refusal(self) -> Option<Refusal<'static>> {
        match self {
            Ok => None,
            No => Some(FORBIDDEN),
            Ms => Some(refusal(403, "storage.token.cannotShareMasterToken", "cannot be shared")),
            Nf => Some(refusal(404, "storage.tokens.notFound", "no such token")),
            Ev => Some(refusal(404, "storage.events.notFound", "Event not found")),
            Sh => Some(refusal(404, "pickup.notFound", "no such share")),
        }
    }
}

/// A caller of this kind that nobody has used yet, and the token it is a copy of.
async fn caller(world: &World, kind: &str, number: usize) -> Held {
    let jeton = &world.jeton;
    let limited = json!({"bucketPermissions": {"in.c-main": "read"}});
    match kind {
        "limited" => jeton.create(&limited).await,
        "picked-up" => {
            let id = jeton.create(&limited).await.id;
            // Of several mails to one address at the same moment none is the newest.
            let invitation = jeton.share(&id, &format!("colleague{number}@example.org")).await;
            let token = jeton.pick_up(&invitation).await.expect(200).field("token");
            Held { id, token }
        }
        "grace" => {
            let held = jeton.create(&limited).await;
            let path = format!("/v2/storage/tokens/{}/refresh", held.id);
            let body = json!({"gracePeriod": 600});
            jeton.post(&path).token(&held.token).json(&body).send().await.expect(200);
            held
        }
        "manager" => {
            let rights = json!({"bucketPermissions": {"in.c-main": "write"}, "canCreateJobs": true});
            jeton.create_manager(rights).await
        }
        "master" => World::join(jeton, jeton.project, &format!("master{number}@example.org")).await,
        _ => unreachable!("{kind} is no caller"),
    }
}

/// The id of a target that nobody has used yet.
async fn target(world: &World, target: Target, caller: &Held, number: usize) -> String {
    let jeton = &world.jeton;
    match target {
        Nothing => String::new(),
        Itself => caller.id.clone(),
        Other => jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await.id,
        Stronger => jeton.create(&json!({"canPurgeTrash": true})).await.id,
        Master => World::join(jeton, jeton.project, &format!("target{number}@example.org")).await.id,
        Foreign => world.foreign.id.clone(),
        Unknown => "281474976710655".to_owned(),
    }
}

/// One square of the table.
struct Square {
    about: String,
    path: String,
    token: String,
    outcome: Outcome,
}

async fn squares(world: &World, endpoint: &Endpoint, lines: &[Line]) -> Vec<Square> {
    let mut squares = Vec::new();
    for (on, outcomes) in lines {
        for (kind, outcome) in CALLERS.iter().zip(outcomes) {
            let number = squares.len();
            let caller = caller(world, kind, number).await;
            let id = target(world, *on, &caller, number).await;
            squares.push(Square {
                about: format!("{kind} on {on:?}"),
                path: world.path(endpoint.path, &[("token", &id)]),
                token: caller.token,
                outcome: *outcome,
            });
        }
    }
    squares
}

async fn try_row(row: &Row, lines: &[Line]) {
    let world = World::start().await;
    let endpoint = row.endpoint();
    let squares = squares(&world, endpoint, lines).await;
    let mut bench = Bench::new(&world).await;
    let call = |square: &Square| {
        let call = world.jeton.call(endpoint.method.clone(), &square.path).token(&square.token);
        if row.body.is_empty() { call } else { call.json(&world.body(row)) }
    };
    // Whatever is refused comes first, so that nothing else has changed when the state is compared.
    // A deletion that comes too late is the one refusal that waits for an answer.
    let late = |square: &Square| square.outcome == Nf && !row.endpoint.contains("{token}");
    for square in squares.iter().filter(|square| !late(square)) {
        if let Some(refusal) = square.outcome.refusal() {
            bench.refuses(endpoint, &square.about, call(square), refusal, &[&square.token]).await;
        }
    }
    bench.nothing_changed(row.endpoint).await;
    for square in &squares {
        match square.outcome.refusal() {
            None => bench.answers(endpoint, &square.about, call(square), &[row.answers]).await,
            Some(refusal) if late(square) => {
                bench.refuses(endpoint, &square.about, call(square), refusal, &[]).await;
            }
            Some(_) => {}
        }
    }
    bench.finish();
}

#[test]
fn every_endpoint_for_storage_tokens_is_in_the_table() {
    let named = MAY.iter().map(|(endpoint, _)| *endpoint);
    let storage = |endpoint: &Endpoint| matches!(endpoint.handler, Handler::Storage(_));
    assert_complete("MAY in bad_input/callers.rs", named, storage);
    for (endpoint, lines) in MAY {
        let targets: Vec<Target> = lines.iter().map(|(target, _)| *target).collect();
        let wanted: &[Target] = if endpoint.contains("{token}") {
            &[Itself, Other, Stronger, Master, Foreign, Unknown]
        } else {
            &[Nothing]
        };
        assert_eq!(targets, wanted, "{endpoint}: a line for every target");
    }
}

#[tokio::test]
async fn every_caller_may_what_the_table_says() {
    for (endpoint, lines) in MAY {
        let row = ROWS.iter().find(|row| row.endpoint == *endpoint).unwrap();
        try_row(row, lines).await;
    }
}
