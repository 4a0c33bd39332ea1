//! Sessions, and the projects of an address.

use std::sync::Arc;

use jeton_core::{
    id::ProjectId,
    session::Session,
    store::{CommitError::Conflict, Store, Write},
};

use crate::literal::{World, at, email};

fn ids(sessions: &[Session]) -> Vec<&str> {
    sessions.iter().map(|session| session.id.as_str()).collect()
}

pub(crate) async fn a_session_is_there_until_it_is_removed(store: Arc<dyn Store>) {
    let mut world = World::new();
    let session = world.session("Ann@example.org");
    let insert = Write::InsertSession(session.clone());
    assert!(store.session(&session.id).await.unwrap().is_none());
    store.commit(&world.commit([insert.clone()])).await.unwrap();
    let found = store.session(&session.id).await.unwrap().unwrap();
    assert_eq!((&found.email, found.expires), (&session.email, session.expires));
    assert!(found.secret.matches(&session.secret));
    assert_eq!(store.commit(&world.commit([insert])).await, Err(Conflict(0)), "its id is taken");

    let required = Write::RequireSession(session.id.clone());
    assert_eq!(store.commit(&world.commit([required.clone()])).await, Ok(()));
    let remove = Write::RemoveSession(session.clone());
    store.commit(&world.commit([remove.clone()])).await.unwrap();
    assert!(store.session(&session.id).await.unwrap().is_none());
    assert_eq!(store.commit(&world.commit([remove])).await, Err(Conflict(0)), "nothing ends twice");
    assert_eq!(store.commit(&world.commit([required])).await, Err(Conflict(0)), "it is over");
}

pub(crate) async fn the_sessions_of_an_address_are_listed_in_any_case(store: Arc<dyn Store>) {
    let mut world = World::new();
    let sessions = ["ann@example.org", "ANN@example.org", "bob@example.org"].map(|of| world.session(of));
    for session in &sessions {
        store.commit(&world.commit([Write::InsertSession(session.clone())])).await.unwrap();
    }
    let mut anns = ids(&sessions[..2]);
    anns.sort_unstable();
    assert_eq!(ids(&store.sessions(&email("Ann@Example.org")).await.unwrap()), anns);
    store.commit(&world.commit([Write::RemoveSession(sessions[0].clone())])).await.unwrap();
    assert_eq!(ids(&store.sessions(&email("ann@example.org")).await.unwrap()), ids(&sessions[1..2]));
    assert!(store.sessions(&email("nobody@example.org")).await.unwrap().is_empty());
}

pub(crate) async fn the_projects_of_an_address_are_those_it_is_a_member_of(store: Arc<dyn Store>) {
    let mut worlds = [World::number(3), World::number(4), World::number(5)];
    let mut joined = Vec::new();
    for world in &mut worlds[..2] {
        let (ann, _) = world.member("Ann@example.org");
        let insert = Write::InsertMember { member: ann.clone(), invitation: None };
        store.commit(&world.commit([insert])).await.unwrap();
        joined.push(ann);
    }
    // An invitation alone makes nobody a member.
    let invitation = Write::InsertInvitation(worlds[2].invitation("ann@example.org"));
    store.commit(&worlds[2].commit([invitation])).await.unwrap();

    joined.sort_by_key(|member| member.project);
    let projects: Vec<ProjectId> = joined.iter().map(|member| member.project).collect();
    let ann = email("Ann@example.org");
    let of_ann = || store.projects_of(&ann);
    assert_eq!(of_ann().await.unwrap(), projects);
    assert_eq!(store.projects_of(&email("ANN@EXAMPLE.ORG")).await.unwrap(), projects);
    store.commit(&World::number(9).commit([Write::RemoveMember(joined[0].clone())])).await.unwrap();
    assert_eq!(of_ann().await.unwrap(), projects[1..]);
    assert!(store.projects_of(&email("bob@example.org")).await.unwrap().is_empty());
}

pub(crate) async fn sessions_that_are_over_are_cleaned_away_and_no_others(store: Arc<dyn Store>) {
    let mut world = World::new();
    let session = world.session("ann@example.org");
    store.commit(&world.commit([Write::InsertSession(session.clone())])).await.unwrap();
    store.clean(at(43_199)).await.unwrap();
    assert!(store.session(&session.id).await.unwrap().is_some());
    let removed = store.clean(at(43_200)).await.unwrap();
    // A store with a TTL of its own removes it later.
    let gone = store.session(&session.id).await.unwrap().is_none();
    assert_eq!(gone, removed == 1);
}
