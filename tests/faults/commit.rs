//! Commits on a failing table.

use aws_sdk_dynamodb::types::AttributeValue;
use jeton_core::{
    member::Membership,
    share::State,
    store::{
        self, Commit, CommitError, CommitStore as _, HistoryStore as _, Maintenance as _, MemberStore as _,
        TokenStore as _, Write,
    },
    time::Timestamp,
};
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, Kind},
    outage::NOBODY,
};
use serde_json::json;

use crate::scene::*;

const COMMIT: &str = "TransactWriteItems";

#[tokio::test]
async fn a_commit_is_stored_exactly_once_whatever_is_lost_on_the_way() {
    for kind in [Kind::LoseAnswer, Kind::LoseRequest, Kind::InternalError] {
        for times in 1..=3 {
            let scene = Scene::with_token(Fault::next(COMMIT, kind).times(times)).await;
            assert_eq!(store::commit(&scene.store, &changed()).await, Ok(()), "{times} times {kind:?}");
            assert_eq!(scene.version().await, 2);
            assert_eq!(scene.history().await, [uuid(2), uuid(1)]);
        }
    }
}

#[tokio::test]
async fn what_was_told_to_be_unknown_is_found_by_reading_back() {
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::LoseAnswer).always()).await;
    assert!(matches!(scene.store.commit(&changed()).await, Err(CommitError::Unknown(_))));
    assert_eq!(scene.store.committed(&changed()).await, Ok(true));
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::LoseRequest).always()).await;
    assert!(matches!(scene.store.commit(&changed()).await, Err(CommitError::Unknown(_))));
    assert_eq!(scene.store.committed(&changed()).await, Ok(false));
    assert!(matches!(store::commit(&scene.store, &changed()).await, Err(CommitError::Unavailable(_))));
}

#[tokio::test]
async fn a_commit_that_is_sent_again_is_recognised_even_when_the_table_has_forgotten_it() {
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::LoseAnswer)).await;
    for _ in 0..3 {
        assert_eq!(scene.store.commit(&created()).await, Ok(()));
        assert_eq!(scene.store.commit(&changed()).await, Ok(()));
        scene.proxy.forget_request_tokens();
        scene.proxy.inject(Fault::next(COMMIT, Kind::LoseAnswer));
    }
    assert_eq!(scene.version().await, 2);
    assert_eq!(scene.history().await, [uuid(2), uuid(1)]);
}

#[tokio::test]
async fn a_table_of_a_newer_jeton_is_rejected_in_a_sentence() {
    let table = dynamodb::create_table().await;
    let store = dynamodb::table_at(&dynamodb::endpoint(), &table);
    assert_eq!(store.mark_with_schema().await, Ok(()));
    assert_eq!(store.mark_with_schema().await, Ok(()));
    assert_eq!(store.check_schema().await, Ok(()));
    let [pk, sk] = ["META", "SCHEMA"].map(|key| AttributeValue::S(key.to_owned()));
    let newer = dynamodb::client(&dynamodb::endpoint()).put_item().table_name(&table);
    let newer = newer.item("pk", pk).item("sk", sk).item("version", AttributeValue::N("2".to_owned()));
    newer.send().await.unwrap();
    assert_eq!(store.mark_with_schema().await, store.check_schema().await);
    let told = store.check_schema().await.unwrap_err();
    assert!(told.ends_with("(layout 2; this one knows layout 1). Update Jeton."), "{told}");
}

#[tokio::test]
async fn a_table_that_was_made_anew_is_not_ready_until_somebody_sets_it_up() {
    let table = dynamodb::create_table().await;
    let store = dynamodb::table_at(&dynamodb::endpoint(), &table);
    for _ in 0..2 {
        assert!(store.ready().await.unwrap_err().0.contains("jeton init"));
    }
    assert_eq!(dynamodb::dump(&table).await, "", "to look is to write nothing");
    assert_eq!(store.set_up().await, Ok(()));
    assert_eq!(store.ready().await, Ok(()));
}

#[tokio::test]
async fn another_writer_wins_even_when_the_losers_answer_is_lost() {
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::LoseAnswer)).await;
    let rival = Commit { events: vec![event(3, "system")], ..changed() };
    scene.direct.commit(&rival).await.unwrap();
    assert_eq!(store::commit(&scene.store, &changed()).await, Err(CommitError::Conflict(0)));
    assert_eq!(scene.history().await, [uuid(3), uuid(1)]);
}

#[tokio::test]
async fn contention_and_throttling_are_waited_out_and_never_shown() {
    for kind in [Kind::Conflict, Kind::Throttle] {
        let scene = Scene::with_token(Fault::next(COMMIT, kind).times(5)).await;
        assert_eq!(scene.store.commit(&changed()).await, Ok(()), "{kind:?}");
        assert_eq!(scene.history().await, [uuid(2), uuid(1)]);
        assert_eq!(scene.proxy.count(COMMIT, "V#7#9"), 6);
    }
}

#[tokio::test]
async fn of_many_writers_at_once_exactly_one_wins_each_version() {
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::LoseAnswer).times(4)).await;
    let rivals: Vec<_> = (10..30).map(|n| commit(n, vec![Write::ReplaceToken(token(2))])).collect();
    let outcomes = rivals.iter().map(|rival| store::commit(&scene.store, rival));
    let outcomes = futures_util::future::join_all(outcomes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Conflict(0)))));
    assert_eq!(scene.history().await.len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_refuses_connections_is_unavailable_and_stored_nothing() {
    let store = dynamodb::table_at(&format!("http://{NOBODY}"), "jeton");
    assert!(matches!(store.commit(&created()).await, Err(CommitError::Unavailable(_))));
    assert!(store.append(&event(2, "question"), 1).await.is_err());
    assert!(store.verify_item(project(), token_id()).await.is_err());
    assert!(store.ready().await.is_err());
}

#[tokio::test]
async fn the_day_of_last_use_gives_way_to_a_change_and_stays_through_the_next() {
    let scene = Scene::with_token(Fault::next(COMMIT, Kind::Conflict)).await;
    let day = Timestamp::from_millis(1_700_000_000_000).day();
    scene.store.mark_used(project(), token_id(), day).await.unwrap();
    assert_eq!(scene.direct.token(project(), token_id()).await.unwrap().unwrap().last_used, None);
    scene.store.mark_used(project(), token_id(), day).await.unwrap();
    scene.store.commit(&changed()).await.unwrap();
    let verify_item = scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap();
    assert_eq!(verify_item.last_used, Some(day));
    assert_eq!(scene.direct.token(project(), token_id()).await.unwrap().unwrap().last_used, Some(day));
}

#[tokio::test]
async fn every_kind_of_write_survives_a_lost_answer() {
    let scene = Scene::new().await;
    let copy = share("00000000000000aa", &json!({"copy": 9}));
    let invitation = share("00000000000000bb", &json!({"membership": "Martin"}));
    let withdrawn = share("00000000000000cc", &json!({"membership": "Martin"}));
    let end = |share: &jeton_core::share::Share| {
        Write::EndShare(share.ended(State::Used(Timestamp::from_millis(5))))
    };
    let project_7 = from(json!({"id": 7, "name": "Test", "organization": 1, "created": 0}));
    let manage_token =
        from(json!({"id": 3, "hash": "2".repeat(64), "description": "x", "created": 0, "expires": null}));
    let joins = Write::InsertMember { member: member(), invitation: Some(invitation.id.clone()) };
    let steps = [
        vec![Write::InsertProject(project_7)],
        vec![Write::InsertToken(token(1))],
        vec![
            Write::ReplaceToken(token(2)),
            Write::RequireToken(project(), token_id()),
            Write::InsertShare(copy.clone()),
        ],
        vec![end(&copy), Write::RequireToken(project(), token_id())],
        vec![Write::InsertInvitation(withdrawn.clone())],
        vec![Write::RemoveInvitation(project(), email(), withdrawn.id.clone()), end(&withdrawn)],
        vec![Write::InsertInvitation(invitation.clone())],
        vec![end(&invitation), joins],
        vec![Write::RemoveMember(member())],
        vec![Write::RemoveToken {
            token: token(2),
            tombstone: token(2).tombstone(Timestamp::from_millis(9)),
        }],
    ];
    let mut n = 0;
    for writes in steps {
        n += 1;
        scene.proxy.inject(Fault::next(COMMIT, Kind::LoseAnswer));
        let told = format!("{writes:?}");
        assert_eq!(store::commit(&scene.store, &commit(n, writes)).await, Ok(()), "{told}");
        let membership = scene.direct.membership(project(), &email()).await.unwrap();
        match n {
            5 => assert_eq!(membership, Some(Membership::Invited(withdrawn.id.clone()))),
            7 => assert_eq!(membership, Some(Membership::Invited(invitation.id.clone()))),
            8 => assert_eq!(membership, Some(Membership::Member(member()))),
            _ => assert_eq!(membership, None),
        }
    }
    assert_eq!(scene.history().await.len(), 10);
    assert!(scene.direct.tombstone(project(), token_id()).await.unwrap().is_some());
    assert_eq!(scene.direct.due(Timestamp::MAX, None, 10).await, Ok(vec![]));
    scene.proxy.inject(Fault::next(COMMIT, Kind::LoseAnswer));
    let only = Commit { writes: vec![Write::InsertManageToken(manage_token)], events: vec![] };
    assert_eq!(store::commit(&scene.store, &only).await, Ok(()));
}
