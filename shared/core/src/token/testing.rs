//! Literal tokens for tests.

use rand_core::CryptoRng;

use super::{Change, Kind, NewToken, Refresher, Settings, Token};
use crate::{
    event_context::{Actor, Context, EventContext},
    id::{CopyId, NewTokenIds, ProjectId},
    permission::Rank,
    project::Owner,
    secret::PlainSecret,
    time::Timestamp,
};

/// Noon in UTC, at which notices come due.
pub const NOW: i64 = 1_699_963_200_000;

pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(NOW).plus_seconds(seconds)
}

pub fn event_context(seconds: u64, actor: Actor) -> EventContext {
    EventContext {
        now: at(seconds),
        uuid: uuid::Uuid::nil(),
        actor,
        context: Context::default(),
        run_id: None,
    }
}

pub fn acting(token: &Token, copy: CopyId) -> Actor {
    Actor::Token { id: token.id, name: token.identity.description.clone(), copy: Some(copy) }
}

/// A token that refreshes itself and has no end.
pub const SELF: Refresher = Refresher { rank: Rank::Limited, ends: None };

pub fn new_token(expires_in: Option<u64>) -> NewToken {
    NewToken {
        settings: Settings { description: "MySQL extractor".to_owned(), expires_in, ..Settings::default() },
        creator_ends: None,
        kind: Kind::Limited,
        creator: None,
        member: None,
        owner: Owner { name: "Test".to_owned(), organization: 1, created: at(0) },
    }
}

pub fn token(expires_in: Option<u64>, rng: &mut impl CryptoRng) -> (Token, PlainSecret) {
    let project = ProjectId::new(7).unwrap();
    let id = NewTokenIds::new(at(0)).draw(rng);
    let (Change { token, .. }, secret) =
        new_token(expires_in).create(project, id, &event_context(0, Actor::Jeton), rng).unwrap();
    (token, secret)
}
