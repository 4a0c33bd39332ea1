//! Permissions: every endpoint, every rank of caller, every kind of target.

use jeton_service::endpoint::{Endpoint, Handler};
use jeton_tests::{
    jeton::Held,
    rows::{
        CALLERS, Line,
        Outcome::{self, Ev, Ms, Nf, No, Ok, Ro, Sh},
        ROWS, Row,
        Target::{self, Foreign, Itself, Master, Nothing, Other, Stronger, Unknown},
    },
};
use serde_json::json;

use super::{
    bench::{Bench, FORBIDDEN, Rejection, rejection},
    world::World,
};

fn rejected(outcome: Outcome) -> Option<Rejection<'static>> {
    match outcome {
        Ok => None,
        No => Some(FORBIDDEN),
        Ro => Some(rejection(403, "readOnlyMember", "read this project, not change it")),
        Ms => Some(rejection(403, "storage.token.cannotShareMasterToken", "cannot be shared")),
        Nf => Some(rejection(404, "storage.tokens.notFound", "no such token")),
        Ev => Some(rejection(404, "storage.events.notFound", "Event not found")),
        Sh => Some(rejection(404, "pickup.notFound", "no such share")),
    }
}

/// A new caller of this kind, and its token.
async fn caller(world: &World, kind: &str, number: usize) -> Held {
    let jeton = &world.jeton;
    let limited = json!({"bucketPermissions": {"in.c-main": "read"}});
    match kind {
        "limited" => jeton.create(&limited).await,
        "picked-up" => {
            let id = jeton.create(&limited).await.id;
            // Mails to one address at the same time have no order.
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
        "read-only" => World::join_to_read(jeton, &format!("reader{number}@example.org")).await,
        _ => unreachable!("{kind} is no caller"),
    }
}

/// The id of a new target.
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

/// One cell of the table.
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
    // Denied calls come first, so that nothing else has changed when the state is compared.
    // A deletion that comes too late is the one denial that waits for an answer.
    let late = |square: &Square| square.outcome == Nf && !row.endpoint.contains("{token}");
    for square in squares.iter().filter(|square| !late(square)) {
        if let Some(rejection) = rejected(square.outcome) {
            bench.rejects(endpoint, &square.about, call(square), rejection, &[&square.token]).await;
        }
    }
    bench.nothing_changed(row.endpoint).await;
    for square in &squares {
        match rejected(square.outcome) {
            None => bench.answers(endpoint, &square.about, call(square), &[row.answers]).await,
            Some(rejection) if late(square) => {
                bench.rejects(endpoint, &square.about, call(square), rejection, &[]).await;
            }
            Some(_) => {}
        }
    }
    bench.finish();
}

#[test]
fn every_endpoint_for_storage_tokens_says_who_may_call_it() {
    for row in ROWS {
        let targets: Vec<Target> = row.may.iter().map(|(target, _)| *target).collect();
        let wanted: &[Target] = match (&row.endpoint().handler, row.endpoint.contains("{token}")) {
            (Handler::Storage(_), true) => &[Itself, Other, Stronger, Master, Foreign, Unknown],
            (Handler::Storage(_), false) => &[Nothing],
            _ => &[],
        };
        assert_eq!(targets, wanted, "{}: a line for every target", row.endpoint);
    }
}

#[tokio::test]
async fn every_caller_may_what_the_table_says() {
    for row in ROWS.iter().filter(|row| !row.may.is_empty()) {
        try_row(row, row.may).await;
    }
}
