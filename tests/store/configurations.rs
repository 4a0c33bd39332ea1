//! The one token of a component configuration.

use jeton_core::store::CommitError::Conflict;
use jeton_tests::{
    literal::{World, insert},
    store::open_store,
};

const CONFIGURATION: (&str, &str) = ("keboola.ex-db-mysql", "1");

#[tokio::test]
async fn a_configuration_has_one_token() {
    let (store, mut world) = (open_store().await, World::new());
    let (first, second) = (world.configuration_token(), world.configuration_token());
    store.commit(&insert(&first)).await.unwrap();
    assert_eq!(store.commit(&insert(&second)).await, Err(Conflict(0)));
    let (project, (component, configuration)) = (world.project.id, CONFIGURATION);
    let found = store.configuration_token(project, component, configuration).await.unwrap();
    assert_eq!(found, Some(first.token.id));
    assert!(store.token(project, second.token.id).await.unwrap().is_none());
    assert_eq!(store.configuration_token(project, component, "2").await.unwrap(), None);
}

#[tokio::test]
async fn removing_its_token_frees_the_configuration() {
    let (store, mut world) = (open_store().await, World::new());
    let (first, second) = (world.configuration_token(), world.configuration_token());
    store.commit(&insert(&first)).await.unwrap();
    store.commit(&world.removal(&first.token)).await.unwrap();
    let (project, (component, configuration)) = (world.project.id, CONFIGURATION);
    assert_eq!(store.configuration_token(project, component, configuration).await.unwrap(), None);
    store.commit(&insert(&second)).await.unwrap();
    let found = store.configuration_token(project, component, configuration).await.unwrap();
    assert_eq!(found, Some(second.token.id));
}

#[tokio::test]
async fn configurations_of_two_projects_are_two() {
    let (store, mut one, mut other) = (open_store().await, World::new(), World::number(50));
    store.commit(&insert(&one.configuration_token())).await.unwrap();
    assert_eq!(store.commit(&insert(&other.configuration_token())).await, Ok(()));
}
