//! The one token of a component configuration.

use std::sync::Arc;

use jeton_core::store::{CommitError::Conflict, Store};

use crate::literal::{World, insert};

const CONFIGURATION: (&str, &str) = ("keboola.ex-db-mysql", "1");

pub(crate) async fn a_configuration_has_one_token(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (first, second) = (world.configuration_token(), world.configuration_token());
    store.commit(&insert(&first)).await.unwrap();
    assert_eq!(store.commit(&insert(&second)).await, Err(Conflict(0)));
    let (project, (component, configuration)) = (world.project.id, CONFIGURATION);
    let found = store.configuration_token(project, component, configuration).await.unwrap();
    assert_eq!(found, Some(first.token.id));
    assert!(store.token(project, second.token.id).await.unwrap().is_none());
    assert_eq!(store.configuration_token(project, component, "2").await.unwrap(), None);
}

pub(crate) async fn removing_its_token_frees_the_configuration(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (first, second) = (world.configuration_token(), world.configuration_token());
    store.commit(&insert(&first)).await.unwrap();
    store.commit(&world.removal(&first.token)).await.unwrap();
    let (project, (component, configuration)) = (world.project.id, CONFIGURATION);
    assert_eq!(store.configuration_token(project, component, configuration).await.unwrap(), None);
    store.commit(&insert(&second)).await.unwrap();
    let found = store.configuration_token(project, component, configuration).await.unwrap();
    assert_eq!(found, Some(second.token.id));
}

pub(crate) async fn configurations_of_two_projects_are_two(store: Arc<dyn Store>) {
    let (mut one, mut other) = (World::new(), World::number(50));
    store.commit(&insert(&one.configuration_token())).await.unwrap();
    assert_eq!(store.commit(&insert(&other.configuration_token())).await, Ok(()));
}
