//! Due entries, for the sweep.

use std::sync::Arc;

use jeton_core::{
    store::{CommitError::Conflict, Due, Store},
    token::Token,
};

use crate::literal::{World, at, insert, replace};

const DAY: u64 = 86_400;

/// Lists everything that is due at any time.
async fn ever_due(store: &dyn Store) -> Vec<Due> {
    due_at(store, 1_000_000 * DAY).await
}

fn due(token: &Token, seconds: u64) -> [Due; 1] {
    [Due { at: at(seconds), project: token.project, token: token.id }]
}

async fn due_at(store: &dyn Store, seconds: u64) -> Vec<Due> {
    store.due(at(seconds), None, 10).await.unwrap()
}

pub(crate) async fn tokens_are_due_from_the_moment_they_expire_the_most_overdue_first(store: Arc<dyn Store>) {
    let mut world = World::new();
    let mut expected = Vec::new();
    for seconds in [300, 100, 200] {
        let token = world.token_for(seconds).token;
        store.commit(&world.commit([jeton_core::store::Write::InsertToken(token.clone())])).await.unwrap();
        expected.push(Due { at: at(seconds), project: token.project, token: token.id });
    }
    store.commit(&insert(&world.token())).await.unwrap();
    expected.sort();

    assert_eq!(due_at(&*store, 99).await, []);
    assert_eq!(due_at(&*store, 100).await, expected[..1]);
    assert_eq!(due_at(&*store, 299).await, expected[..2]);
    assert_eq!(due_at(&*store, 300).await, expected);
    assert_eq!(store.due(at(300), None, 2).await.unwrap(), expected[..2]);
}

pub(crate) async fn what_has_been_due_for_years_is_still_found(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(1);
    store.commit(&insert(&created)).await.unwrap();
    let found = due_at(&*store, 5 * 366 * 86_400).await;
    assert_eq!(found, [Due { at: at(1), project: created.token.project, token: created.token.id }]);
}

pub(crate) async fn a_changed_token_stays_due_when_it_was(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(100);
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&replace(&world.renamed(&created.token, "another name"))).await.unwrap();
    assert_eq!(due_at(&*store, 99).await, []);
    assert_eq!(due_at(&*store, 100).await.len(), 1);
}

pub(crate) async fn a_removed_token_is_no_longer_due(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (gone, left) = (world.token_for(10), world.token_for(10));
    store.commit(&insert(&gone)).await.unwrap();
    store.commit(&insert(&left)).await.unwrap();
    store.commit(&world.removal(&gone.token)).await.unwrap();
    let due: Vec<_> = due_at(&*store, 10).await.iter().map(|due| due.token).collect();
    assert_eq!(due, [left.token.id]);
}

pub(crate) async fn a_token_is_due_for_its_notices_first_and_once_at_any_time(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(30 * DAY);
    store.commit(&insert(&created)).await.unwrap();
    assert_eq!(due_at(&*store, 23 * DAY - 1).await, []);
    assert_eq!(due_at(&*store, 23 * DAY).await, due(&created.token, 23 * DAY));
    assert_eq!(ever_due(&*store).await, due(&created.token, 23 * DAY));

    let week = world.noticed(&created.token, 23 * DAY);
    store.commit(&replace(&week)).await.unwrap();
    assert_eq!(due_at(&*store, 29 * DAY - 1).await, []);
    assert_eq!(ever_due(&*store).await, due(&created.token, 29 * DAY));

    let day = world.noticed(&week.token, 29 * DAY);
    store.commit(&replace(&day)).await.unwrap();
    assert_eq!(due_at(&*store, 30 * DAY - 1).await, []);
    assert_eq!(ever_due(&*store).await, due(&created.token, 30 * DAY));
}

pub(crate) async fn a_token_whose_first_notice_was_passed_over_is_due_only_at_its_end(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(30 * DAY);
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&replace(&world.noticed(&created.token, 29 * DAY))).await.unwrap();
    assert_eq!(ever_due(&*store).await, due(&created.token, 30 * DAY));
}

pub(crate) async fn what_is_due_stays_where_another_change_finds_it(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(30 * DAY);
    store.commit(&insert(&created)).await.unwrap();
    let renamed = world.renamed(&created.token, "before any notice");
    store.commit(&replace(&renamed)).await.unwrap();
    assert_eq!(ever_due(&*store).await, due(&created.token, 23 * DAY));
    let noticed = world.noticed(&renamed.token, 23 * DAY);
    store.commit(&replace(&noticed)).await.unwrap();
    store.commit(&replace(&world.renamed(&noticed.token, "after the first"))).await.unwrap();
    assert_eq!(ever_due(&*store).await, due(&created.token, 29 * DAY));
    let stored = store.token(created.token.project, created.token.id).await.unwrap().unwrap();
    assert_eq!((stored.noticed, stored.due()), (noticed.token.noticed, Some(at(29 * DAY))));
}

pub(crate) async fn of_two_notices_of_one_version_one_is_stored_and_the_other_moves_nothing(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let created = world.token_for(30 * DAY);
    store.commit(&insert(&created)).await.unwrap();
    let (first, late) = (world.noticed(&created.token, 23 * DAY), world.noticed(&created.token, 29 * DAY));
    store.commit(&replace(&first)).await.unwrap();
    assert_eq!(store.commit(&replace(&late)).await, Err(Conflict(0)));
    assert_eq!(ever_due(&*store).await, due(&created.token, 29 * DAY));
}

pub(crate) async fn a_token_that_is_removed_between_its_notices_is_never_due_again(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (before, after) = (world.token_for(30 * DAY), world.token_for(30 * DAY));
    store.commit(&insert(&before)).await.unwrap();
    store.commit(&insert(&after)).await.unwrap();
    let noticed = world.noticed(&after.token, 23 * DAY);
    store.commit(&replace(&noticed)).await.unwrap();
    assert_eq!(ever_due(&*store).await.len(), 2);
    store.commit(&world.removal(&before.token)).await.unwrap();
    assert_eq!(ever_due(&*store).await, due(&after.token, 29 * DAY));
    store.commit(&world.removal(&noticed.token)).await.unwrap();
    assert_eq!(ever_due(&*store).await, []);
}

pub(crate) async fn a_token_whose_end_was_moved_is_due_for_its_new_end_only(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token_for(30 * DAY);
    store.commit(&insert(&created)).await.unwrap();
    let mut token = created.token;
    // In both directions, to times at which it was due before, and away from them.
    for end in [100 * DAY, 30 * DAY, 23 * DAY, 8 * DAY, 2 * DAY, 100, 37 * DAY, 29 * DAY] {
        let moved = world.ending(&token, end);
        store.commit(&replace(&moved)).await.unwrap();
        let first = moved.token.due().unwrap();
        let expected = [Due { at: first, project: moved.token.project, token: moved.token.id }];
        assert_eq!(ever_due(&*store).await, expected, "{end}");
        token = moved.token;
    }
    let renamed = world.renamed(&token, "after it was moved");
    store.commit(&replace(&renamed)).await.unwrap();
    assert_eq!(ever_due(&*store).await.len(), 1);
    store.commit(&world.removal(&renamed.token)).await.unwrap();
    assert_eq!(ever_due(&*store).await, []);
}
