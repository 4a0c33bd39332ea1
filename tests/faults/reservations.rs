//! Reservations of a token for urgent changes: what they hold up, and for how long.

use jeton_core::{
    event::{Event, first_uuid_at},
    id::TokenId,
    store::{
        Commit, CommitError, CommitStore as _, Contention, Reservation, Revocable, TokenStore as _, Write,
    },
    time::Timestamp,
    token::Token,
};
use jeton_tests::fault_proxy::{Fault, Kind};
use uuid::Uuid;

use crate::scene::*;

const NOW: i64 = 1_700_000_000_000;

const URGENT: Contention = Contention { waits: false, is_urgent: true, reservation: None };

/// The change of token 9 to this version, at this millisecond.
fn change(version: u64, millis: i64) -> Commit {
    let uuid = first_uuid_at(time(millis)).as_u128() | u128::from(version);
    let event = Event { uuid: Uuid::from_u128(uuid), ..event(1, "system") };
    Commit { writes: vec![Write::ReplaceToken(token(version))], events: vec![event] }
}

/// A revocation of token 10 by token 9, which is of version 1.
fn revocation(version: u64, millis: i64) -> Commit {
    let caller = Write::RequireVersion(project(), token_id(), 1);
    Commit { writes: vec![Write::ReplaceToken(other(version)), caller], ..change(version, millis) }
}

/// Token 10.
fn other(version: u64) -> Token {
    Token { id: TokenId::new(10).unwrap(), ..token(version) }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW + millis)
}

async fn with_token() -> Scene {
    let scene = Scene::new().await;
    scene.store.commit(&created()).await.unwrap();
    scene
}

impl Scene {
    async fn reserve(&self, millis: i64) -> bool {
        self.reserved(millis).await.is_some()
    }

    async fn reserved(&self, millis: i64) -> Option<Reservation> {
        self.store.reserve(Revocable::Token(project(), token_id()), time(millis)).await.unwrap()
    }

    /// Stores token 10 beside token 9.
    async fn with_other(self) -> Self {
        self.store.commit(&commit(5, vec![Write::InsertToken(other(1))])).await.unwrap();
        self
    }
}

#[tokio::test]
async fn a_reservation_is_over_after_three_seconds() {
    let scene = with_token().await;
    assert!(scene.reserve(0).await);
    assert_eq!(scene.store.commit(&change(2, 3_000)).await, Err(CommitError::Conflict(0)));
    assert_eq!(scene.store.commit(&change(2, 3_001)).await, Ok(()));
}

#[tokio::test]
async fn a_token_is_reserved_again_after_another_three_seconds() {
    let scene = with_token().await;
    assert!(scene.reserve(0).await);
    assert!(!scene.reserve(1).await);
    assert!(!scene.reserve(6_000).await);
    assert!(scene.reserve(6_001).await);
}

#[tokio::test]
async fn a_token_is_reserved_again_once_another_change_had_its_turn() {
    let scene = with_token().await;
    assert!(scene.reserve(0).await);
    scene.store.commit_as(&change(2, 1), URGENT).await.unwrap();
    assert!(!scene.reserve(2).await);
    assert_eq!(scene.store.commit(&change(3, 3)).await, Ok(()));
    assert!(scene.reserve(4).await);
    assert_eq!(scene.store.commit(&change(4, 5)).await, Err(CommitError::Conflict(0)));
}

#[tokio::test]
async fn a_reservation_of_a_clock_that_is_wrong_holds_up_nothing() {
    let scene = with_token().await;
    assert!(scene.reserve(86_400_000).await);
    assert_eq!(scene.store.commit(&change(2, 0)).await, Ok(()));
    assert!(scene.reserve(1).await);
    assert_eq!(scene.store.commit(&change(3, 2)).await, Err(CommitError::Conflict(0)));
}

#[tokio::test]
async fn a_reservation_holds_up_no_change_of_another_token() {
    let scene = with_token().await;
    assert!(scene.reserve(0).await);
    assert_eq!(scene.store.commit(&commit(5, vec![Write::InsertToken(other(1))])).await, Ok(()));
}

#[tokio::test]
async fn a_reservation_holds_up_a_revocation_by_its_token_of_another_and_not_one_of_its_token() {
    let scene = with_token().await.with_other().await;
    assert!(scene.reserve(0).await);
    // A process that has not read of the reservation, and then one that has.
    for _ in 0..2 {
        let held_up = scene.store.commit_as(&revocation(2, 1), URGENT).await;
        assert!(matches!(held_up, Err(CommitError::Contended(_))), "{held_up:?}");
        assert!(scene.store.verify_item(project(), token_id()).await.unwrap().is_some());
    }
    assert_eq!(scene.store.commit_as(&change(2, 2), URGENT).await, Ok(()));
    let outdated = scene.store.commit_as(&revocation(2, 3), URGENT).await;
    assert_eq!(outdated, Err(CommitError::Conflict(1)));
}

#[tokio::test]
async fn a_revocation_by_a_token_that_it_has_reserved_itself_is_stored_and_no_other_one() {
    let scene = with_token().await.with_other().await;
    let reservation = scene.reserved(0).await;
    assert!(reservation.is_some());
    let earlier = reservation.map(|own| Reservation { until: time(2_999), ..own });
    let by = |reservation| Contention { reservation, ..URGENT };
    for _ in 0..2 {
        let of_another = scene.store.commit_as(&revocation(2, 1), by(earlier)).await;
        assert!(matches!(of_another, Err(CommitError::Contended(_))), "{of_another:?}");
    }
    assert_eq!(scene.store.commit_as(&revocation(2, 1), by(reservation)).await, Ok(()));
    assert_eq!(scene.direct.commit_as(&revocation(3, 2), by(reservation)).await, Ok(()));
}

#[tokio::test]
async fn a_token_that_another_transaction_holds_or_that_is_gone_is_not_reserved() {
    let scene = Scene::with_token(Fault::next("UpdateItem", Kind::Conflict).times(5)).await;
    assert!(!scene.reserve(0).await);
    assert!(scene.reserve(0).await);
    let removal = Write::RemoveToken { token: token(1), tombstone: token(1).tombstone(time(1)) };
    scene.store.commit_as(&Commit { writes: vec![removal], ..change(2, 1) }, URGENT).await.unwrap();
    assert!(!scene.reserve(10_000).await);
}
