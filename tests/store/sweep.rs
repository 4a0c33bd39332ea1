//! What is due, for the sweep.

use jeton_core::store::{Due, Store};
use jeton_tests::{
    literal::{World, at, insert, replace},
    store::open_store,
};

async fn due_at(store: &dyn Store, seconds: u64) -> Vec<Due> {
    store.due(at(seconds), 10).await.unwrap()
}

#[tokio::test]
async fn tokens_are_due_from_the_moment_they_expire_the_most_overdue_first() {
    let (store, mut world) = (open_store().await, World::new());
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
    assert_eq!(store.due(at(300), 2).await.unwrap(), expected[..2]);
}

#[tokio::test]
async fn what_has_been_due_for_years_is_still_found() {
    let (store, mut world) = (open_store().await, World::new());
    let created = world.token_for(1);
    store.commit(&insert(&created)).await.unwrap();
    let found = due_at(&*store, 5 * 366 * 86_400).await;
    assert_eq!(found, [Due { at: at(1), project: created.token.project, token: created.token.id }]);
}

#[tokio::test]
async fn a_changed_token_stays_due_when_it_was() {
    let (store, mut world) = (open_store().await, World::new());
    let created = world.token_for(100);
    store.commit(&insert(&created)).await.unwrap();
    store.commit(&replace(&world.renamed(&created.token, "another name"))).await.unwrap();
    assert_eq!(due_at(&*store, 99).await, []);
    assert_eq!(due_at(&*store, 100).await.len(), 1);
}

#[tokio::test]
async fn a_removed_token_is_no_longer_due() {
    let (store, mut world) = (open_store().await, World::new());
    let (gone, left) = (world.token_for(10), world.token_for(10));
    store.commit(&insert(&gone)).await.unwrap();
    store.commit(&insert(&left)).await.unwrap();
    store.commit(&world.removal(&gone.token)).await.unwrap();
    let due: Vec<_> = due_at(&*store, 10).await.iter().map(|due| due.token).collect();
    assert_eq!(due, [left.token.id]);
}
