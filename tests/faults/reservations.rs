//! Reservations of a token for urgent changes: what they hold up, and for how long.

use jeton_core::{
    event::{Event, first_uuid_at},
    store::{Commit, CommitError, CommitStore as _, Contention, Write},
    time::Timestamp,
};
use jeton_tests::fault_proxy::{Fault, Kind};
use uuid::Uuid;

use crate::scene::*;

const NOW: i64 = 1_700_000_000_000;

const URGENT: Contention = Contention { waits: false, is_urgent: true };

/// The change of token 9 to this version, at this millisecond.
fn change(version: u64, millis: i64) -> Commit {
    let uuid = first_uuid_at(time(millis)).as_u128() | u128::from(version);
    let event = Event { uuid: Uuid::from_u128(uuid), ..event(1, "system") };
    Commit { writes: vec![Write::ReplaceToken(token(version))], events: vec![event] }
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
        self.store.reserve_token(project(), token_id(), time(millis)).await.unwrap()
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
    let other = from(serde_json::json!({
        "id": 10, "project": 7, "version": 1, "generation": 0, "copies": [], "lastCopy": 1,
        "identity": serde_json::to_value(token(1).identity).unwrap(),
    }));
    assert_eq!(scene.store.commit(&commit(5, vec![Write::InsertToken(other)])).await, Ok(()));
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
