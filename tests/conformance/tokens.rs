//! Tokens, their verify items, and their tombstones.

use std::sync::Arc;

use jeton_core::{
    store::{CommitError::Conflict, Store},
    token::Token,
};

use crate::{
    helpers::all_events,
    literal::{World, at, feed_of, insert, replace},
};

async fn stored(store: &dyn Store, token: &Token) -> Token {
    store.token(token.project, token.id).await.unwrap().unwrap()
}

pub(crate) async fn the_verify_item_follows_the_token(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let renamed = world.renamed(&created.token, "renamed");
    store.commit(&replace(&renamed)).await.unwrap();
    let item = store.verify_item(world.project.id, created.token.id).await.unwrap().unwrap();
    assert_eq!(item.identity, renamed.token.identity);
    assert!(item.keys[0].hash.matches(&created.token.copies[0].hash));
    assert_eq!((item.shards, item.last_used), (1, None));
}

pub(crate) async fn removing_a_token_leaves_its_tombstone_and_its_history(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(60);
    store.commit(&insert(&created)).await.unwrap();
    let removal = world.removal(&created.token);
    store.commit(&removal).await.unwrap();

    let (project, id) = (created.token.project, created.token.id);
    assert!(store.token(project, id).await.unwrap().is_none());
    assert!(store.verify_item(project, id).await.unwrap().is_none());
    assert!(store.tokens(project, None, 10, usize::MAX).await.unwrap().tokens.is_empty());
    assert_eq!(store.due(at(1000), None, 10).await.unwrap(), []);
    assert_eq!(store.tombstone(project, id).await.unwrap().unwrap().description, "MySQL extractor");
    assert_eq!(
        all_events(&*store, &feed_of(&created.token)).await,
        [vec![created.event], removal.events].concat()
    );
}

pub(crate) async fn the_id_of_a_removed_token_stays_taken(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&world.removal(&created.token)).await.unwrap();
    let again = world.commit(insert(&created).writes);
    assert_eq!(store.commit(&again).await, Err(Conflict(0)));
    assert!(store.verify_item(world.project.id, created.token.id).await.unwrap().is_none());
    assert!(store.tombstone(world.project.id, created.token.id).await.unwrap().is_some());
}

pub(crate) async fn a_removed_token_cannot_be_replaced_or_removed_again(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&world.removal(&created.token)).await.unwrap();
    let renamed = world.renamed(&created.token, "renamed");
    assert_eq!(store.commit(&replace(&renamed)).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.removal(&created.token)).await, Err(Conflict(0)));
}

pub(crate) async fn tokens_are_paged_in_the_order_of_their_ids(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut ids = Vec::new();
    for _ in 0..7 {
        let created = world.token();
        store.commit(&insert(&created)).await.unwrap();
        ids.push(created.token.id);
    }
    store.commit(&insert(&World::number(90).token())).await.unwrap();
    ids.sort();
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = store.tokens(world.project.id, after, 3, usize::MAX).await.unwrap().tokens;
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = Some(last.id);
        paged.extend(page.iter().map(|token| token.id));
    }
    assert_eq!(paged, ids);
}

pub(crate) async fn the_last_day_of_use_is_kept_beside_the_version(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let (project, id) = (created.token.project, created.token.id);
    store.mark_used(project, id, at(0).day()).await.unwrap();
    store.mark_used(project, id, at(86_400).day()).await.unwrap();

    assert_eq!(stored(&*store, &created.token).await.version, 1);
    store.commit(&replace(&world.renamed(&created.token, "renamed"))).await.unwrap();
    let day = Some(at(86_400).day());
    assert_eq!(store.verify_item(project, id).await.unwrap().unwrap().last_used, day);
    assert_eq!(stored(&*store, &created.token).await.last_used, day);
    assert_eq!(store.tokens(project, None, 10, usize::MAX).await.unwrap().tokens[0].last_used, day);
}

pub(crate) async fn marking_a_removed_token_used_does_not_bring_it_back(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&world.removal(&created.token)).await.unwrap();
    let (project, id) = (created.token.project, created.token.id);
    assert_eq!(store.mark_used(project, id, at(0).day()).await, Ok(()));
    assert!(store.verify_item(project, id).await.unwrap().is_none());
    assert!(store.token(project, id).await.unwrap().is_none());
    assert!(store.tokens(project, None, 10, usize::MAX).await.unwrap().tokens.is_empty());
}
