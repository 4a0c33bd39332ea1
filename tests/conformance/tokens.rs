//! Tokens, their verify items, and their tombstones.

use std::sync::Arc;

use jeton_core::{
    event::Order,
    id::{NewTokenIds, TokenId},
    store::{CommitError::Conflict, Store, Write},
    time::Timestamp,
    token::Token,
};

use crate::{
    helpers::all_events,
    literal::{Counting, World, at, feed_of, insert, replace},
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
    assert!(store.tokens(project, None, Order::Ascending, 10, usize::MAX).await.unwrap().tokens.is_empty());
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
        let page =
            store.tokens(world.project.id, after, Order::Ascending, 3, usize::MAX).await.unwrap().tokens;
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = Some(last.id);
        paged.extend(page.iter().map(|token| token.id));
    }
    assert_eq!(paged, ids);
}

pub(crate) async fn tokens_are_paged_backwards_while_others_come_and_go(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut created: Vec<_> = (0..9).map(|_| world.token()).collect();
    created.sort_by_key(|change| change.token.id);
    let newest = created.pop().unwrap();
    for change in &created {
        store.commit(&insert(change)).await.unwrap();
    }
    store.commit(&insert(&World::number(90).token())).await.unwrap();
    let project = world.project.id;
    let first = store.tokens(project, None, Order::Descending, 3, usize::MAX).await.unwrap();
    // A newer one appears before the page, and the last one of the page goes.
    store.commit(&insert(&newest)).await.unwrap();
    store.commit(&world.removal(&created[5].token)).await.unwrap();
    let second = store.tokens(project, first.last, Order::Descending, 3, usize::MAX).await.unwrap();
    let third = store.tokens(project, second.last, Order::Descending, 3, usize::MAX).await.unwrap();
    assert_eq!((first.more, second.more, third.more), (true, true, false));
    let pages = [&first, &second, &third].map(|page| page.tokens.iter().map(|token| token.id));
    let expected: Vec<_> = created.iter().rev().map(|change| change.token.id).collect();
    assert_eq!(pages.into_iter().flatten().collect::<Vec<_>>(), expected);
    let behind_the_first = store.tokens(project, third.last, Order::Descending, 3, usize::MAX).await.unwrap();
    assert!(behind_the_first.tokens.is_empty() && behind_the_first.last.is_none());
}

pub(crate) async fn new_ids_and_random_ones_of_earlier_builds_are_one_list(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut ids = vec![TokenId::new(1).unwrap(), TokenId::new(12_345_678_901_234).unwrap(), TokenId::MAX];
    ids.extend((0..3).map(|day| {
        let now = Timestamp::from_millis(1_795_000_000_000).plus_seconds(day * 86_400);
        NewTokenIds::new(now).draw(&mut Counting(day))
    }));
    for id in &ids {
        let mut change = world.token();
        change.token.id = *id;
        store.commit(&world.commit([Write::InsertToken(change.token)])).await.unwrap();
        assert!(store.verify_item(world.project.id, *id).await.unwrap().is_some());
    }
    let newer = ids.split_off(3);
    assert!(newer.is_sorted());
    let list = [vec![ids[0]], newer, vec![ids[1], ids[2]]].concat();
    for (order, list) in
        [(Order::Ascending, list.clone()), (Order::Descending, list.iter().rev().copied().collect())]
    {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = store.tokens(world.project.id, after, order, 2, usize::MAX).await.unwrap();
            listed.extend(page.tokens.iter().map(|token| token.id));
            after = page.last;
            if !page.more {
                break;
            }
        }
        assert_eq!(listed, list);
    }
}

pub(crate) async fn tokens_of_two_projects_may_have_the_same_id(store: Arc<dyn Store>) {
    let (mut world, mut other) = (World::new(), World::number(90));
    let (first, mut second) = (world.token(), other.token().token);
    second.id = first.token.id;
    store.commit(&insert(&first)).await.unwrap();
    store.commit(&other.commit([Write::InsertToken(second.clone())])).await.unwrap();
    for token in [&first.token, &second] {
        assert_eq!(stored(&*store, token).await.project, token.project);
        let item = store.verify_item(token.project, token.id).await.unwrap().unwrap();
        assert_eq!(item.project, token.project);
    }
    store.commit(&world.removal(&first.token)).await.unwrap();
    assert!(store.token(first.token.project, first.token.id).await.unwrap().is_none());
    assert!(store.verify_item(first.token.project, first.token.id).await.unwrap().is_none());
    assert_eq!(stored(&*store, &second).await.project, second.project);
    let listed = store.tokens(second.project, None, Order::Descending, 10, usize::MAX).await.unwrap();
    assert_eq!(listed.tokens.iter().map(|token| token.id).collect::<Vec<_>>(), [second.id]);
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
    assert_eq!(
        store.tokens(project, None, Order::Ascending, 10, usize::MAX).await.unwrap().tokens[0].last_used,
        day
    );
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
    assert!(store.tokens(project, None, Order::Ascending, 10, usize::MAX).await.unwrap().tokens.is_empty());
}
