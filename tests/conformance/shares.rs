//! Shares, and the attempts at their codes.

use std::sync::Arc;

use jeton_core::{
    share::{AttemptId, State},
    store::{Commit, CommitError::Conflict, Store, Write},
};

use crate::{
    helpers::{all_events, at_once},
    literal::{World, at, feed_of, insert, replace},
};

fn attempt(number: u32) -> AttemptId {
    AttemptId::from_store(&format!("attempt-{number}"))
}

pub(crate) async fn an_attempt_that_is_made_again_is_reserved_and_counted_once(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let share = world.share_of(&token);
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    for _ in 0..7 {
        assert_eq!(store.reserve_attempt(&share.id, &attempt(0)).await.unwrap(), Some(1));
    }
    for n in 1..5 {
        assert_eq!(store.reserve_attempt(&share.id, &attempt(n)).await.unwrap(), u8::try_from(n + 1).ok());
    }
    assert_eq!(store.reserve_attempt(&share.id, &attempt(5)).await.unwrap(), None);
    assert_eq!(store.reserve_attempt(&share.id, &attempt(0)).await.unwrap(), Some(5), "it was reserved");
    for _ in 0..3 {
        assert_eq!(store.count_wrong_code(&share.id, &attempt(0)).await.unwrap(), Some(1));
    }
    let stored = store.share(&share.id).await.unwrap().unwrap();
    assert_eq!((stored.attempts, stored.reserved.len(), stored.wrong.len()), (5, 5, 1));
    assert!(stored.has_lost_attempts());
}

pub(crate) async fn of_64_attempts_at_once_five_are_reserved(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let share = world.share_of(&token);
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    let attempts = (0..64).map(|n| {
        let (store, id) = (Arc::clone(&store), share.id.clone());
        async move { store.reserve_attempt(&id, &attempt(n)).await.unwrap() }
    });
    let mut reserved: Vec<u8> = at_once(attempts).await.into_iter().flatten().collect();
    reserved.sort_unstable();
    assert_eq!(reserved, [1, 2, 3, 4, 5]);
    assert_eq!(store.share(&share.id).await.unwrap().unwrap().attempts, 5);
}

pub(crate) async fn of_5_wrong_codes_at_once_each_is_counted_even_after_the_share_has_ended(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let token = world.token().token;
    let (share, unknown) = (world.share_of(&token), world.share_of(&token));
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    let wrong_codes = (0..5).map(|n| {
        let (store, id) = (Arc::clone(&store), share.id.clone());
        async move { store.count_wrong_code(&id, &attempt(n)).await.unwrap() }
    });
    let mut counts: Vec<u8> = at_once(wrong_codes).await.into_iter().flatten().collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    let end = Write::EndShare(share.ended(State::Locked(at(5))));
    store.commit(&world.commit([end])).await.unwrap();
    assert_eq!(store.count_wrong_code(&share.id, &attempt(5)).await.unwrap(), Some(6));
    assert_eq!(store.count_wrong_code(&unknown.id, &attempt(0)).await.unwrap(), None);
}

pub(crate) async fn a_share_that_has_ended_or_never_was_has_no_attempts(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let (ended, unknown) = (world.share_of(&token), world.share_of(&token));
    store.commit(&world.commit([Write::InsertShare(ended.clone())])).await.unwrap();
    assert_eq!(store.reserve_attempt(&ended.id, &attempt(0)).await.unwrap(), Some(1));
    let end = Write::EndShare(ended.ended(State::Withdrawn(at(5))));
    store.commit(&world.commit([end])).await.unwrap();
    assert_eq!(store.reserve_attempt(&ended.id, &attempt(0)).await.unwrap(), None);
    assert_eq!(store.reserve_attempt(&unknown.id, &attempt(0)).await.unwrap(), None);
    assert!(store.share(&unknown.id).await.unwrap().is_none());
}

pub(crate) async fn a_share_ends_whatever_attempts_were_reserved_since_it_was_read(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let share = world.share_of(&token);
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    for n in 0..5 {
        store.reserve_attempt(&share.id, &attempt(n)).await.unwrap();
    }
    let end = Write::EndShare(share.ended(State::Used(at(5))));
    store.commit(&world.commit([end])).await.unwrap();
    let stored = store.share(&share.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.attempts), (State::Used(at(5)), 5));
    assert!(stored.link_and_code.matches(&share.link_and_code));
}

pub(crate) async fn only_one_of_many_ends_a_share(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let share = world.share_of(&token);
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    let enders = (0..16).map(|second| {
        let state = State::Used(at(second));
        let (store, end) = (Arc::clone(&store), world.commit([Write::EndShare(share.ended(state))]));
        async move { store.commit(&end).await.map(|()| state) }
    });
    let results = at_once(enders.collect::<Vec<_>>()).await;
    let winners: Vec<State> = results.into_iter().flatten().collect();
    assert_eq!(winners, [store.share(&share.id).await.unwrap().unwrap().state]);
}

pub(crate) async fn the_second_pick_up_of_a_share_gets_no_copy(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    let share = world.share_of(&created.token);
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&world.commit([Write::InsertShare(share.clone())])).await.unwrap();
    let end = Write::EndShare(share.ended(State::Used(at(5))));
    store.commit(&world.commit([end.clone()])).await.unwrap();

    let second = replace(&world.renamed(&created.token, "with a copy more"));
    let second = Commit { writes: [second.writes, vec![end]].concat(), ..second };
    assert_eq!(store.commit(&second).await, Err(Conflict(1)));
    assert_eq!(store.token(world.project.id, created.token.id).await.unwrap().unwrap().version, 1);
    assert_eq!(all_events(&*store, &feed_of(&created.token)).await, [created.event]);
}
