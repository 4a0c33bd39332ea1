//! Guards and reservations of manage tokens, as of tokens.

use jeton_core::{
    id::ManageTokenId,
    manage::ManageToken,
    store::{Commit, CommitError, CommitStore as _, Contention, Revocable, TokenStore as _, Write},
    time::Timestamp,
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::{
    dynamodb::{self, AttributeValue},
    fault_proxy::{Fault, Kind},
};
use serde_json::json;

use crate::scene::*;

/// More than there are guards.
const MORE: u128 = 20;

const URGENT: Contention = Contention { waits: false, is_urgent: true, reservation: None };

fn id() -> ManageTokenId {
    ManageTokenId::new(5).unwrap()
}

/// Manage token 5, which expires at this millisecond.
fn manager(version: u64, expires: Option<i64>) -> ManageToken {
    from(json!({
        "id": 5, "hash": "0".repeat(64), "description": format!("version {version}"), "created": 0, "expires": expires,
        "version": version,
    }))
}

/// A change by manage token 5, with the n-th event.
fn change_by(n: u128, version: u64) -> Commit {
    commit(n, vec![Write::RequireManageToken(id(), version)])
}

/// The change of manage token 5 to this version.
fn changed_to(version: u64) -> Commit {
    commit(1_000 + u128::from(version), vec![Write::ReplaceManageToken(manager(version, None))])
}

fn removal(token: ManageToken) -> Commit {
    commit(2_000, vec![Write::RemoveManageToken(token, Timestamp::from_millis(1))])
}

/// A manage token two of whose changes in a row conflicted.
async fn crowded(token: ManageToken) -> Scene {
    let (scene, version) = (Scene::new().await, token.version);
    scene.direct.commit(&commit(1, vec![Write::InsertManageToken(token)])).await.unwrap();
    conflict(&scene, version, 10).await;
    scene
}

async fn conflict(scene: &Scene, version: u64, n: u128) {
    scene.proxy.inject(Fault::next("TransactWriteItems", Kind::Conflict).partition("M#5").times(2));
    scene.store.commit(&change_by(n, version)).await.unwrap();
}

/// Manage token 5 with guards.
async fn guarded() -> Scene {
    let scene = crowded(manager(1, None)).await;
    assert!(has_guards(&scene).await);
    scene
}

async fn has_guards(scene: &Scene) -> bool {
    let found = dynamodb::item(&scene.table, "M#5", "M").await;
    found.is_some_and(|item| item.contains_key("guardsOf") && item.get("guardsOf") == item.get("version"))
}

/// The attribute of each guard.
async fn of_guards(scene: &Scene, name: &str) -> Vec<Option<AttributeValue>> {
    let mut found = Vec::new();
    for number in 0..16 {
        let guard = dynamodb::item(&scene.table, "M#5", &format!("GUARD#{number:02}")).await;
        found.push(guard.unwrap().remove(name));
    }
    found
}

/// A store of another process, which knows nothing of the guards.
fn other_process(scene: &Scene) -> DynamoDb {
    scene.proxy.store(&scene.table)
}

/// By none of its guards a change of this version is stored.
async fn assert_outdated(scene: &Scene, version: u64) {
    for n in 20..20 + MORE {
        let late = scene.store.commit(&change_by(n, version)).await;
        assert_eq!(late, Err(CommitError::Conflict(0)), "{n}");
    }
}

#[tokio::test]
async fn a_process_that_knows_of_no_guards_changes_the_version_of_all_of_them() {
    let scene = guarded().await;
    other_process(&scene).commit(&changed_to(2)).await.unwrap();
    assert_outdated(&scene, 1).await;
    for n in 60..60 + MORE {
        scene.store.commit(&change_by(n, 2)).await.unwrap();
    }
    // It has guards again once its changes conflict again.
    conflict(&scene, 2, 100).await;
    assert!(has_guards(&scene).await);
    scene.store.commit(&changed_to(3)).await.unwrap();
    assert_outdated(&scene, 2).await;
}

#[tokio::test]
async fn a_removed_manage_token_makes_no_change_by_any_of_its_guards() {
    let scene = guarded().await;
    other_process(&scene).commit(&removal(manager(1, None))).await.unwrap();
    assert_outdated(&scene, 1).await;
    assert_eq!(of_guards(&scene, "version").await, vec![None; 16]);
}

#[tokio::test]
async fn a_manage_token_whose_record_is_damaged_is_removed_with_its_guards() {
    let scene = guarded().await;
    let mut damaged = dynamodb::item(&scene.table, "M#5", "M").await.unwrap();
    damaged.insert("body".to_owned(), AttributeValue::S("{".to_owned()));
    let client = dynamodb::client(&dynamodb::endpoint());
    client.put_item().table_name(&scene.table).set_item(Some(damaged)).send().await.unwrap();
    let found = other_process(&scene).manage_token(id()).await.unwrap().unwrap();
    assert!(found.is_placeholder);
    other_process(&scene).commit(&removal(found)).await.unwrap();
    assert_outdated(&scene, 1).await;
}

#[tokio::test]
async fn a_manage_token_of_the_first_jeton_has_no_guards_before_it_is_changed() {
    let scene = crowded(manager(0, None)).await;
    assert!(!has_guards(&scene).await);
    scene.store.commit(&changed_to(1)).await.unwrap();
    assert_outdated(&scene, 0).await;
    conflict(&scene, 1, 100).await;
    assert!(has_guards(&scene).await);
}

#[tokio::test]
async fn the_table_removes_the_guards_of_a_manage_token_when_it_removes_that_and_no_others() {
    for expires in [Some(5_000), None] {
        let scene = crowded(manager(1, expires)).await;
        let end = dynamodb::item(&scene.table, "M#5", "M").await.unwrap().remove("ttl");
        assert_eq!(end.is_some(), expires.is_some());
        assert_eq!(of_guards(&scene, "ttl").await, vec![end; 16]);
        // An emptied guard is removed earlier.
        scene.store.commit(&changed_to(2)).await.unwrap();
        assert!(of_guards(&scene, "ttl").await.iter().all(Option::is_some));
        conflict(&scene, 2, 100).await;
        let end = dynamodb::item(&scene.table, "M#5", "M").await.unwrap().remove("ttl");
        assert_eq!(of_guards(&scene, "ttl").await, vec![end; 16]);
    }
}

#[tokio::test]
async fn a_reservation_of_a_manage_token_holds_up_its_changes_of_others_and_no_revocation_of_it() {
    for scene in [guarded().await, Scene::new().await] {
        if !has_guards(&scene).await {
            scene.store.commit(&commit(1, vec![Write::InsertManageToken(manager(1, None))])).await.unwrap();
        }
        let now = Timestamp::from_millis(1_700_000_000_000);
        assert!(scene.direct.reserve(Revocable::ManageToken(id()), now).await.unwrap().is_some());
        assert_eq!(scene.direct.reserve(Revocable::ManageToken(id()), now).await, Ok(None));
        // A process that has not read of the reservation, and one that has.
        assert_eq!(other_process(&scene).commit(&changed_to(2)).await, Err(CommitError::Conflict(0)));
        assert!(scene.store.manage_token(id()).await.unwrap().is_some());
        assert_eq!(scene.store.commit(&changed_to(2)).await, Err(CommitError::Conflict(0)));
        assert_eq!(scene.store.commit(&change_by(20, 1)).await, Err(CommitError::Conflict(0)));
        // A revocation of another one by it.
        let by_it = scene.store.commit_as(&change_by(20, 1), URGENT).await;
        assert!(matches!(by_it, Err(CommitError::Contended(_))), "{by_it:?}");
        assert_eq!(scene.store.commit_as(&changed_to(2), URGENT).await, Ok(()));
        // It is over with that.
        assert_eq!(scene.store.commit(&change_by(21, 2)).await, Ok(()));
    }
}
