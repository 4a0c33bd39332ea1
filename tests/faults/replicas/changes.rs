//! Changes of a token with replicas, and replicas that are made meanwhile.

use jeton_core::store::{self, CommitError};

use super::*;

#[tokio::test]
async fn after_the_answer_to_a_change_every_replica_has_the_state_after_it() {
    let (scene, store) = replicated().await;
    // A process that knows of no replicas; then one that knows them.
    process(&scene).commit(&changed()).await.unwrap();
    assert_eq!(versions(&scene).await, [Some(2); REPLICAS as usize]);
    assert_eq!(seen(&store).await, [Some(2); ALL_TURNS]);
    store.commit(&commit(3, vec![Write::ReplaceToken(token(3))])).await.unwrap();
    assert_eq!(seen(&store).await, [Some(3); ALL_TURNS]);
    assert_eq!(stored(&scene).await, REPLICAS);
}

#[tokio::test]
async fn a_change_by_a_process_without_the_setting_empties_all_replicas() {
    let (scene, store) = replicated().await;
    scene.direct.commit(&changed()).await.unwrap();
    assert_eq!(versions(&scene).await, [None; REPLICAS as usize]);
    assert_eq!(stored(&scene).await, 0);
    assert_eq!(seen(&store).await, [Some(2); ALL_TURNS]);
    heat(&scene, &store).await;
    assert_eq!(versions(&scene).await, [Some(2); REPLICAS as usize]);
}

#[tokio::test]
async fn a_removed_token_leaves_no_replica_behind() {
    for by_another in [false, true] {
        let (scene, store) = replicated().await;
        let remover = if by_another { scene.direct.clone() } else { store.clone() };
        remover.commit(&commit(2, vec![removal(1)])).await.unwrap();
        assert_eq!(versions(&scene).await, [None; REPLICAS as usize]);
        assert_eq!(stored(&scene).await, 0);
        assert_eq!(seen(&store).await, [None; ALL_TURNS]);
    }
}

#[tokio::test]
async fn replicas_that_are_made_while_the_token_is_changed_are_not_stored() {
    for change in [Write::ReplaceToken(token(2)), removal(1)] {
        let after = if matches!(change, Write::ReplaceToken(_)) { Some(2) } else { None };
        let scene = Scene::new().await;
        scene.direct.commit(&created()).await.unwrap();
        let store = process(&scene);
        let held = scene.proxy.hold("TransactWriteItems", "V#7#9#", 0);
        let change = commit(2, vec![change]);
        let ((), changed) = tokio::join!(heat(&scene, &store), held.meanwhile(scene.direct.commit(&change)));
        assert_eq!(changed, Ok(()));
        assert_eq!((stored(&scene).await, versions(&scene).await), (0, vec![]));
        assert_eq!(seen(&store).await, [after; ALL_TURNS]);
    }
}

#[tokio::test]
async fn a_change_during_which_replicas_are_made_changes_them_too() {
    for change in [Write::ReplaceToken(token(2)), removal(1)] {
        let after = if matches!(change, Write::ReplaceToken(_)) { Some(2) } else { None };
        let scene = Scene::new().await;
        scene.direct.commit(&created()).await.unwrap();
        let (store, other) = (process(&scene), process(&scene));
        let held = scene.proxy.hold("TransactWriteItems", "V#7#9", 0);
        let change = commit(2, vec![change]);
        let (changed, ()) = tokio::join!(other.commit(&change), held.meanwhile(heat(&scene, &store)));
        assert_eq!(changed, Ok(()));
        assert_eq!(versions(&scene).await, [after; REPLICAS as usize]);
        for process in [&store, &other] {
            assert_eq!(seen(process).await, [after; ALL_TURNS]);
        }
    }
}

#[tokio::test]
async fn of_two_processes_that_make_replicas_at_the_same_time_one_does() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let (store, other) = (process(&scene), scene.proxy.store(&scene.table).with_replicas(4));
    let held = scene.proxy.hold("TransactWriteItems", "V#7#9#", 0);
    tokio::join!(heat(&scene, &store), held.meanwhile(heat(&scene, &other)));
    assert_eq!((stored(&scene).await, versions(&scene).await), (4, vec![Some(1); 4]));
    // One that is throttled again is raised to what the process may give.
    heat(&scene, &store).await;
    assert_eq!((stored(&scene).await, versions(&scene).await), (8, vec![Some(1); 8]));
    other.commit(&changed()).await.unwrap();
    assert_eq!(versions(&scene).await, [[Some(2); 4], [None; 4]].concat());
    assert_eq!(seen(&store).await, [Some(2); ALL_TURNS]);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_changes_every_replica_once() {
    let (scene, store) = replicated().await;
    for kind in [Kind::LoseAnswer, Kind::LoseRequest] {
        scene.proxy.inject(Fault::next("TransactWriteItems", kind));
    }
    store::commit(&store, &changed()).await.unwrap();
    assert_eq!(versions(&scene).await, [Some(2); REPLICAS as usize]);
    assert_eq!(scene.version().await, 2);
}

#[tokio::test]
async fn a_change_of_the_version_before_loses_however_many_replicas_there_are() {
    let (scene, store) = replicated().await;
    store.commit(&changed()).await.unwrap();
    for outdated in [Write::ReplaceToken(token(2)), removal(1)] {
        let outdated = commit(7, vec![outdated]);
        for process in [&store, &process(&scene), &scene.direct] {
            assert_eq!(process.commit(&outdated).await, Err(CommitError::Conflict(0)));
        }
    }
    assert_eq!(versions(&scene).await, [Some(2); REPLICAS as usize]);
}

#[tokio::test]
async fn a_change_of_a_token_with_all_replicas_and_guards_fits_a_transaction() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let store = scene.proxy.store(&scene.table).with_replicas(MOST_REPLICAS);
    heat(&scene, &store).await;
    scene.proxy.inject(Fault::next("TransactWriteItems", Kind::Conflict).partition("V#7#9").times(2));
    store.commit(&commit(10, vec![Write::RequireVersion(project(), token_id(), 1)])).await.unwrap();
    assert!(dynamodb::item(&scene.table, "V#7#9", "V").await.unwrap().contains_key("guardsOf"));
    store.commit(&changed()).await.unwrap();
    assert_eq!(versions(&scene).await, [Some(2); MOST_REPLICAS as usize]);
    let outdated = commit(11, vec![Write::RequireVersion(project(), token_id(), 1)]);
    assert_eq!(store.commit(&outdated).await, Err(CommitError::Conflict(0)));
}

#[tokio::test]
async fn a_change_writes_each_replica_in_its_one_request_and_a_read_costs_one_unit() {
    let (scene, store) = replicated().await;
    scene.proxy.forget();
    store.commit(&changed()).await.unwrap();
    assert_eq!(scene.proxy.total(), 1);
    assert_eq!(scene.proxy.partitions("TransactWriteItems", "V#7#9#"), REPLICAS as usize);
    scene.proxy.meter();
    for _ in 0..ALL_TURNS {
        store.verify_item(project(), token_id()).await.unwrap();
        assert_eq!(("verify", scene.proxy.units()), ("verify", 1.0));
    }
}

#[tokio::test]
async fn a_token_whose_replicas_would_be_too_much_for_a_transaction_has_none() {
    let long = |version| {
        let mut token = token(version);
        token.identity.description = "x".repeat(200_000);
        token
    };
    let (scene, store) = replicated().await;
    store.commit(&commit(2, vec![Write::ReplaceToken(long(2))])).await.unwrap();
    assert_eq!(versions(&scene).await, [None; REPLICAS as usize]);
    for _ in 0..4 {
        scene.proxy.inject(Fault::next("GetItem", Kind::Throttle).partition("V#7#9"));
        assert_eq!(store.verify_item(project(), token_id()).await.unwrap().unwrap().version, 2);
    }
    assert_eq!(stored(&scene).await, 0);
}
