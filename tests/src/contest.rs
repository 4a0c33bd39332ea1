//! Contests: a token changes itself over several connections while a master revokes rights.
//!
//! The rules are few, whatever the token does and in whatever order. The master always succeeds. From the
//! answer on, the revoked rights are gone for good: the token is then as the master sees it right after the
//! answer, and no concurrent call changes that. Only a token that was narrowed may continue with its remaining rights.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use jeton_core::id::TokenId;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Call},
    jeton::{Held, Jeton},
};

/// The number of connections over which the token changes itself.
const CONNECTIONS: usize = 4;

/// The number of steps that each of them repeats.
const STEPS: usize = 4;

/// The copy that changes its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A token that manages others.
    Manager,
    /// A token that cannot manage tokens.
    Limited,
    /// A picked-up copy of a manager.
    PickedUp,
    /// A superseded copy of a manager, in its grace period.
    Grace,
}

/// The revocation by the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// Disables the token.
    Disable,
    /// Removes some of its rights.
    Narrow,
    /// Ends all its copies.
    Refresh,
    /// Deletes the token.
    Delete,
    /// Reports the copy as leaked.
    Leak,
}

/// The action of the token on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Changes its description.
    Describe,
    /// Requests all the rights that it ever had.
    Widen,
    /// Enables itself.
    Enable,
    /// Shares itself.
    Share,
    /// Creates another token.
    Create,
    /// Creates the token of a configuration.
    Configure,
}

/// Every kind of copy.
pub const KINDS: [Kind; 4] = [Kind::Manager, Kind::Limited, Kind::PickedUp, Kind::Grace];

/// Every revocation.
pub const TAKINGS: [Taking; 5] =
    [Taking::Disable, Taking::Narrow, Taking::Refresh, Taking::Delete, Taking::Leak];

/// The steps that each connection repeats in this order.
pub fn any_plan() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        3 => Just(Step::Describe),
        3 => Just(Step::Widen),
        3 => Just(Step::Enable),
        2 => Just(Step::Share),
        1 => Just(Step::Create),
        1 => Just(Step::Configure),
    ];
    vec(vec(step, STEPS), CONNECTIONS)
}

/// All rights of the token, and those left after it was narrowed.
const WIDE: [&str; 2] = ["a.b", "c.d"];
const NARROW: [&str; 1] = ["a.b"];

/// A contest, with the state that its connections share.
struct Contest<'a> {
    fronts: [&'a Jeton; 2],
    token: Held,
    over: AtomicBool,
    names: AtomicUsize,
}

/// Runs a contest at two processes of one service.
pub async fn hold(fronts: [&Jeton; 2], kind: Kind, taking: Taking, plan: &[Vec<Step>]) {
    let about = Told { kind, taking, plan };
    let contestant = contestant(fronts[0], kind).await;
    let contest =
        Contest { fronts, token: contestant, over: AtomicBool::new(false), names: AtomicUsize::new(0) };
    let connections = plan.iter().enumerate().map(|(number, steps)| contest.connection(number, steps));
    let master = async {
        // All connections are busy before anything is revoked.
        while contest.names.load(Ordering::SeqCst) < CONNECTIONS * STEPS {
            tokio::task::yield_now().await;
        }
        let answer = contest.take(taking).await;
        assert!(answer.status.is_success(), "{about}: {} {}", answer.status, answer.text());
        let seen = contest.seen().await;
        contest.over.store(true, Ordering::SeqCst);
        seen
    };
    let (_, then) = tokio::join!(join_all(connections), master);
    let now = contest.seen().await;
    let (copy, is_narrow) = (&contest.token.token, |of: &Value| of["componentAccess"] == json!(NARROW));
    match taking {
        Taking::Narrow => assert!(is_narrow(&then) && is_narrow(&now), "{about}: {then} became {now}"),
        Taking::Disable => assert_eq!(then["isDisabled"], json!(true), "{about}"),
        Taking::Delete => assert_eq!(then, Value::Null, "{about}"),
        Taking::Refresh | Taking::Leak => {}
    }
    if taking != Taking::Narrow {
        assert_eq!(now, then, "{about}: it changed after the answer");
        assert_eq!(fronts[1].verify(copy).await, 401, "{about}");
    }
    contest.is_sound(&about).await;
}

/// Creates a token, and returns this kind of its copy.
async fn contestant(jeton: &Jeton, kind: Kind) -> Held {
    let wish = json!({"description": "before", "componentAccess": WIDE});
    match kind {
        Kind::Limited => jeton.create(&wish).await,
        Kind::Manager => jeton.create_manager(wish).await,
        Kind::PickedUp => {
            let manager = jeton.create_manager(wish).await;
            let invitation = jeton.share(&manager.id, &format!("holder{}@example.org", manager.id)).await;
            let copy = jeton.pick_up(&invitation).await.expect(200).field("token");
            Held { token: copy, ..manager }
        }
        Kind::Grace => {
            let manager = jeton.create_manager(wish).await;
            let path = format!("/v2/storage/tokens/{}/refresh", manager.id);
            let grace = jeton.post(&path).token(&jeton.master).json(&json!({"gracePeriod": 600}));
            grace.send().await.expect(200);
            manager
        }
    }
}

impl Contest<'_> {
    async fn connection(&self, number: usize, steps: &[Step]) {
        loop {
            // Whatever begins after the end is tried once more as well.
            let last = self.over.load(Ordering::SeqCst);
            for step in steps {
                let answer = self.call(number, *step).token(&self.token.token).send().await;
                let status = answer.status.as_u16();
                let expected = [200, 201, 204, 401, 403, 404, 409, 429, 503];
                assert!(expected.contains(&status), "{step:?}: {status} {}", answer.text());
            }
            if last {
                return;
            }
        }
    }

    fn call(&self, number: usize, step: Step) -> Call {
        let name = self.names.fetch_add(1, Ordering::SeqCst);
        let front = self.fronts[number % 2];
        let path = format!("/v2/storage/tokens/{}", self.token.id);
        match step {
            Step::Describe => front.put(&path).json(&json!({"description": name.to_string()})),
            Step::Widen => front.put(&path).json(&json!({"componentAccess": WIDE})),
            Step::Enable => front.put(&path).json(&json!({"isDisabled": false})),
            Step::Share => {
                let to = format!("thief{name}.{}@example.org", self.token.id);
                front.post(&format!("{path}/share")).json(&json!({"recipientEmail": to}))
            }
            Step::Create => front.post("/v2/storage/tokens").json(&json!({})),
            Step::Configure => {
                let path = format!("/v2/storage/components/a.b/configs/{}/token", self.token.id);
                front.put(&path).json(&json!({"description": name.to_string()}))
            }
        }
    }

    async fn take(&self, taking: Taking) -> Answer {
        let (front, path) = (self.fronts[1], format!("/v2/storage/tokens/{}", self.token.id));
        let call = match taking {
            Taking::Disable => front.put(&path).json(&json!({"isDisabled": true})),
            Taking::Narrow => front.put(&path).json(&json!({"componentAccess": NARROW})),
            Taking::Refresh => front.post(&format!("{path}/refresh")),
            Taking::Delete => front.delete(&path),
            Taking::Leak => {
                let found = json!({"tokens": [self.token.token]});
                return front.post("/v2/storage/tokens/leaked").json(&found).send().await;
            }
        };
        call.token(&front.master).send().await
    }

    /// The token as a master sees it, with the number of tokens in the project; null if it is deleted.
    async fn seen(&self) -> Value {
        let (front, path) = (self.fronts[0], format!("/v2/storage/tokens/{}", self.token.id));
        let answer = front.get(&path).token(&front.master).send().await;
        if answer.status == 404 {
            return Value::Null;
        }
        let mut seen = answer.expect(200).json();
        seen["lastUsed"] = Value::Null;
        let all = front.get("/v2/storage/tokens").token(&front.master).send().await.expect(200).json();
        seen["tokens"] = json!(all.as_array().map(Vec::len));
        seen
    }

    /// Checks that the history has one change for each version.
    async fn is_sound(&self, about: &Told<'_>) {
        let (front, id) = (self.fronts[0], self.token.id.parse::<TokenId>().unwrap());
        let path = format!("/v2/storage/tokens/{id}/events?limit=10000");
        let events = front.get(&path).token(&front.master).send().await.expect(200).json();
        let own = |event: &&Value| {
            let name = event["event"].as_str().unwrap_or_default();
            event["objectId"] == json!(self.token.id) && name.starts_with("storage.token")
        };
        let changes = events.as_array().unwrap().iter().filter(own).count() as u64;
        match front.app.store.token(front.project, id).await.unwrap() {
            Some(token) => assert_eq!(token.version, changes, "{about}: {events}"),
            // The clock does not move, and two processes may order events of the same moment in any way.
            None => assert!(events.to_string().contains("storage.tokenDeleted"), "{about}: {events}"),
        }
    }
}

/// The description of a contest, for failure messages.
struct Told<'a> {
    kind: Kind,
    taking: Taking,
    plan: &'a [Vec<Step>],
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} against {:?}, {:?}", self.kind, self.taking, self.plan)
    }
}
