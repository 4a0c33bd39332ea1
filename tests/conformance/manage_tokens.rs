//! Manage tokens and their events.

use std::slice;
use std::sync::Arc;

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    manage::{ManageToken, Update},
    store::{Commit, CommitError::Conflict, Store, Write},
    time::Day,
};

use crate::{
    helpers::all_events,
    literal::{World, at},
};

/// A stored manage token, and the event of its deletion.
async fn stored(store: &dyn Store, world: &mut World) -> ManageToken {
    let (token, _) = world.manage_token();
    store.commit(&alone(Write::InsertManageToken(token.clone()), told(world, &token))).await.unwrap();
    token
}

fn told(world: &mut World, token: &ManageToken) -> Event {
    token.deleted_event(&world.event_context(1))
}

fn alone(write: Write, event: Event) -> Commit {
    Commit { writes: vec![write], events: vec![event] }
}

fn off(world: &mut World, token: &ManageToken) -> Commit {
    let off = Update { disabled: Some(true), ..Update::default() };
    let change = token.update(&off, None, &world.event_context(2)).unwrap().unwrap();
    alone(Write::ReplaceManageToken(change.token), change.event)
}

pub(crate) async fn manage_tokens_are_listed_by_their_ids(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(stored(&*store, &mut world).await.id);
    }
    ids.sort();
    let listed = async |after, limit| {
        let tokens = store.manage_tokens(after, limit).await.unwrap();
        tokens.iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 10).await, ids);
    assert_eq!(listed(Some(ids[1]), 10).await, ids[2..]);
    assert_eq!(listed(None, 3).await, ids[..3]);
}

pub(crate) async fn a_change_of_an_old_version_conflicts(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = stored(&*store, &mut world).await;
    let (change, late) = (off(&mut world, &token), off(&mut world, &token));
    store.commit(&change).await.unwrap();
    assert_eq!(store.commit(&late).await, Err(Conflict(0)));
    let removal = alone(Write::RemoveManageToken(token.clone(), at(3)), told(&mut world, &token));
    assert_eq!(store.commit(&removal).await, Err(Conflict(0)));
    let found = store.manage_token(token.id).await.unwrap().unwrap();
    assert_eq!((found.disabled, found.version), (true, 2));
    // A retry after a lost answer is recognised.
    assert_eq!(store.committed(&change).await, Ok(true));
    assert_eq!(store.committed(&late).await, Ok(false));
    assert_eq!(store.commit(&change).await, Ok(()));
}

pub(crate) async fn a_caller_is_required_in_the_version_that_was_read(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = stored(&*store, &mut world).await;
    let created = world.token();
    let by = |version| {
        let require = Write::RequireManageToken(token.id, version);
        Commit {
            writes: vec![Write::InsertToken(created.token.clone()), require],
            events: vec![created.event.clone()],
        }
    };
    assert_eq!(store.commit(&by(0)).await, Err(Conflict(1)));
    store.commit(&off(&mut world, &token)).await.unwrap();
    assert_eq!(store.commit(&by(1)).await, Err(Conflict(1)), "it has changed");
    assert!(store.token(created.token.project, created.token.id).await.unwrap().is_none());
    assert_eq!(store.commit(&by(2)).await, Ok(()));
}

pub(crate) async fn a_deleted_manage_token_is_gone_and_its_id_is_not_given_again(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = stored(&*store, &mut world).await;
    let event = told(&mut world, &token);
    let removal = alone(Write::RemoveManageToken(token.clone(), at(3)), event.clone());
    store.commit(&removal).await.unwrap();
    assert!(store.manage_token(token.id).await.unwrap().is_none());
    assert!(store.manage_tokens(None, 10).await.unwrap().is_empty());
    let again = alone(Write::InsertManageToken(token.clone()), told(&mut world, &token));
    assert_eq!(store.commit(&again).await, Err(Conflict(0)));
    let require = world.commit([Write::RequireManageToken(token.id, token.version)]);
    assert_eq!(store.commit(&require).await, Err(Conflict(0)));
    store.mark_manage_token_used(token.id, "2026-01-15".parse::<Day>().unwrap()).await.unwrap();
    assert!(store.manage_token(token.id).await.unwrap().is_none(), "use brings nothing back");
    assert_eq!(all_events(&*store, &Feed::Manage(token.id)).await.last(), Some(&event));
}

pub(crate) async fn the_day_of_last_use_stays_beside_the_version_and_never_goes_back(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = stored(&*store, &mut world).await;
    let (day, earlier) = ("2026-01-15".parse::<Day>().unwrap(), "2026-01-14".parse::<Day>().unwrap());
    store.mark_manage_token_used(token.id, day).await.unwrap();
    store.mark_manage_token_used(token.id, earlier).await.unwrap();
    store.commit(&off(&mut world, &token)).await.unwrap();
    assert_eq!(store.manage_token(token.id).await.unwrap().unwrap().last_used, Some(day));
    assert_eq!(store.manage_tokens(None, 1).await.unwrap()[0].last_used, Some(day));
}

pub(crate) async fn a_record_of_the_first_jeton_has_version_0(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, _) = world.manage_token();
    let old = ManageToken { version: 0, ..token };
    let commit = Commit { writes: vec![Write::InsertManageToken(old.clone())], events: Vec::new() };
    store.commit(&commit).await.unwrap();
    store.commit(&world.commit([Write::RequireManageToken(old.id, 0)])).await.unwrap();
    store.commit(&off(&mut world, &old)).await.unwrap();
    assert!(store.manage_token(old.id).await.unwrap().unwrap().disabled);
    assert_eq!(store.commit(&world.commit([Write::RequireManageToken(old.id, 0)])).await, Err(Conflict(0)));
    assert_eq!(store.commit(&off(&mut world, &old)).await, Err(Conflict(0)), "it was changed since");
    let removal = Write::RemoveManageToken(old, at(9));
    assert_eq!(store.commit(&world.commit([removal])).await, Err(Conflict(0)));
}

pub(crate) async fn an_event_of_two_manage_tokens_is_in_both_feeds_and_in_no_other(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (one, other) = (stored(&*store, &mut world).await, stored(&*store, &mut world).await);
    let actor = jeton_core::event_context::Actor::Manage { id: one.id, description: one.description.clone() };
    let event = other.deleted_event(&world.event_context_of(actor, 5));
    store.append(&event, 1).await.unwrap();
    for id in [one.id, other.id] {
        assert_eq!(all_events(&*store, &Feed::Manage(id)).await.last(), Some(&event));
        assert_eq!(store.event(&Feed::Manage(id), event.uuid).await.unwrap(), Some(event.clone()));
    }
    assert!(all_events(&*store, &world.feed()).await.is_empty());
    let newest = EventRange { bytes: 0, ..EventRange::all(Order::Descending, 1) };
    let found = store.events(&Feed::Manage(one.id), newest).await.unwrap().events;
    assert_eq!(found, slice::from_ref(&event));
}

pub(crate) async fn manage_tokens_that_were_deleted_make_no_list_longer(store: Arc<dyn Store>) {
    let mut world = World::new();
    let kept = stored(&*store, &mut world).await;
    for _ in 0..400 {
        let token = stored(&*store, &mut world).await;
        let removal = alone(Write::RemoveManageToken(token.clone(), at(3)), told(&mut world, &token));
        store.commit(&removal).await.unwrap();
    }
    let last = stored(&*store, &mut world).await;
    // In debug builds the SQLite store counts its steps, and fails when there are many more than rows found.
    for limit in [1, 10, 1000] {
        let listed = store.manage_tokens(None, limit).await.unwrap();
        let mut ids = [kept.id, last.id];
        ids.sort();
        assert_eq!(listed.iter().map(|token| token.id).collect::<Vec<_>>(), ids[..limit.min(2)]);
    }
}
