//! Commits: all or nothing, each change under its condition.

use std::sync::Arc;

use jeton_core::{
    id::{ProjectId, TokenId},
    manage::ManageToken,
    secret::{Label, SecretHash},
    store::{Commit, CommitError::Conflict, Contention, Revocable, Store, Write, commit},
};
use serde_json::json;

use crate::{
    helpers::{all_events, at_once},
    literal::{World, at, feed_of, insert, replace},
    lost_answers::LostAnswers,
};

pub(crate) async fn a_commit_stores_its_change_together_with_its_events(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let stored = store.token(created.token.project, created.token.id).await.unwrap().unwrap();
    assert_eq!(stored.identity, created.token.identity);
    assert_eq!(all_events(&*store, &feed_of(&stored)).await, [created.event]);
}

pub(crate) async fn a_change_of_an_old_version_conflicts_and_leaves_everything_as_it_was(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let (first, late) = (world.renamed(&created.token, "first"), world.renamed(&created.token, "late"));
    store.commit(&replace(&first)).await.unwrap();

    assert_eq!(store.commit(&replace(&late)).await, Err(Conflict(0)));
    assert_eq!(store.commit(&world.removal(&created.token)).await, Err(Conflict(0)));
    let stored = store.token(created.token.project, created.token.id).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.identity.description.as_str()), (2, "first"));
    assert_eq!(all_events(&*store, &feed_of(&stored)).await, [created.event, first.event]);
    assert_eq!(store.tombstone(stored.project, stored.id).await.unwrap(), None);
}

pub(crate) async fn a_conflict_in_the_second_write_undoes_the_first(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (one, other) = (world.token(), world.token());
    store.commit(&insert(&one)).await.unwrap();
    let renamed = world.renamed(&one.token, "renamed");
    let unknown = Write::RequireToken(other.token.project, other.token.id);
    let both = Commit { writes: [replace(&renamed).writes, vec![unknown]].concat(), ..replace(&renamed) };

    assert_eq!(store.commit(&both).await, Err(Conflict(1)));
    assert_eq!(store.token(one.token.project, one.token.id).await.unwrap().unwrap().version, 1);
    assert_eq!(all_events(&*store, &feed_of(&one.token)).await, [one.event]);
    assert_eq!(store.commit(&replace(&renamed)).await, Ok(()));
}

pub(crate) async fn a_taken_id_conflicts_at_the_index_of_its_write(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, other) = (world.token().token, world.token().token);
    let (share, invitation) = (world.share_of(&token), world.invitation("ann@example.org"));
    let (manage, _) = world.manage_token();
    let present = [
        Write::InsertProject(world.project.clone()),
        Write::InsertToken(token),
        Write::InsertShare(share),
        Write::InsertInvitation(invitation),
        Write::InsertManageToken(manage),
    ];
    store.commit(&world.commit(present.clone())).await.unwrap();
    for write in present {
        let writes = [Write::InsertToken(other.clone()), write];
        assert_eq!(store.commit(&world.commit(writes)).await, Err(Conflict(1)));
    }
    assert!(store.token(other.project, other.id).await.unwrap().is_none());
}

pub(crate) async fn a_required_token_must_be_there(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    let required = Write::RequireToken(created.token.project, created.token.id);
    assert_eq!(store.commit(&world.commit([required.clone()])).await, Err(Conflict(0)));
    store.commit(&insert(&created)).await.unwrap();
    assert_eq!(store.commit(&world.commit([required.clone()])).await, Ok(()));
    store.commit(&world.removal(&created.token)).await.unwrap();
    assert_eq!(store.commit(&world.commit([required])).await, Err(Conflict(0)));
}

pub(crate) async fn a_commit_sent_twice_is_stored_once(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    let renamed = world.renamed(&created.token, "renamed");
    for commit in [insert(&created), replace(&renamed)] {
        assert_eq!(store.committed(&commit).await, Ok(false));
        store.commit(&commit).await.unwrap();
        // An adapter may or may not recognise it, but nothing may be stored twice.
        assert!(matches!(store.commit(&commit).await, Ok(()) | Err(Conflict(0))));
        assert_eq!(store.committed(&commit).await, Ok(true));
    }
    assert_eq!(store.token(world.project.id, created.token.id).await.unwrap().unwrap().version, 2);
    assert_eq!(all_events(&*store, &feed_of(&created.token)).await, [created.event, renamed.event]);
}

pub(crate) async fn a_reservation_holds_up_commits_that_are_not_urgent_and_no_urgent_one(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let token = world.token();
    store.commit(&insert(&token)).await.unwrap();
    let token = token.token;
    let renamed = world.renamed(&token, "renamed");
    let other = [
        world.commit([Write::RequireVersion(token.project, token.id, token.version)]),
        replace(&renamed),
        world.removal(&token),
    ];
    // A store that one process writes through may have no reservations.
    let reservation = store.reserve(Revocable::Token(token.project, token.id), at(1)).await.unwrap();
    if reservation.is_some() {
        for commit in other {
            assert_eq!(store.commit(&commit).await, Err(Conflict(0)));
        }
    }
    let urgent = Contention { waits: false, is_urgent: true, reservation };
    assert_eq!(store.commit_as(&replace(&renamed), urgent).await, Ok(()));
    let again = world.renamed(&renamed.token, "again");
    assert_eq!(store.commit(&replace(&again)).await, Ok(()));
    let unknown = world.token().token;
    assert_eq!(store.reserve(Revocable::Token(unknown.project, unknown.id), at(1)).await, Ok(None));
}

pub(crate) async fn a_lost_answer_is_settled_as_the_success_it_was(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    assert_eq!(commit(&LostAnswers::of(&store), &insert(&created)).await, Ok(()));
    let renamed = world.renamed(&created.token, "renamed");
    assert_eq!(commit(&LostAnswers::of(&store), &replace(&renamed)).await, Ok(()));
    assert_eq!(all_events(&*store, &feed_of(&created.token)).await, [created.event.clone(), renamed.event]);
    // Another writer's token with the same id is not mistaken for this one.
    let rival = Commit { events: world.commit([]).events, ..insert(&created) };
    assert_eq!(commit(&LostAnswers::of(&store), &rival).await, Err(Conflict(0)));
}

pub(crate) async fn a_manage_token_is_recognised_by_its_id_and_hash(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (ours, _) = world.manage_token();
    let theirs = ManageToken { hash: SecretHash::of(Label::ManageToken, &["theirs"]), ..ours.clone() };
    let alone = |token: &ManageToken| Commit {
        writes: vec![Write::InsertManageToken(token.clone())],
        events: vec![],
    };
    store.commit(&alone(&ours)).await.unwrap();
    assert_eq!(store.committed(&alone(&ours)).await, Ok(true));
    assert_eq!(store.committed(&alone(&theirs)).await, Ok(false));
    assert_eq!(store.commit(&alone(&theirs)).await, Err(Conflict(0)));
    assert!(store.manage_token(ours.id).await.unwrap().unwrap().hash.matches(&ours.hash));
}

pub(crate) async fn of_64_writers_of_one_version_exactly_one_wins(store: Arc<dyn Store>) {
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let rivals = (0..64).map(|n| {
        let (store, change) = (Arc::clone(&store), world.renamed(&created.token, &format!("rival {n}")));
        async move { commit(&*store, &replace(&change)).await.map(|()| change.event) }
    });
    let results = at_once(rivals.collect::<Vec<_>>()).await;
    let (winners, losers): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(winners.len(), 1);
    assert_eq!(losers, vec![Err(Conflict(0)); 63]);
    let stored = all_events(&*store, &feed_of(&created.token)).await;
    assert_eq!(winners, [Ok(stored[1].clone())]);
    assert_eq!(stored.len(), 2);
}

pub(crate) async fn fields_of_a_newer_jeton_survive(store: Arc<dyn Store>) {
    let mut world = World::new();
    let newer = || json!({"colour": {"r": 1}}).as_object().unwrap().clone();
    let mut token = world.token().token;
    let (mut share, (mut manage, _)) = (world.share_of(&token), world.manage_token());
    let (mut member, _) = world.member("ann@example.org");
    let mut project = world.project.clone();
    for unknown in [
        &mut token.unknown,
        &mut share.unknown,
        &mut manage.unknown,
        &mut member.unknown,
        &mut project.unknown,
    ] {
        *unknown = newer();
    }
    let writes = [
        Write::InsertProject(project),
        Write::InsertToken(token.clone()),
        Write::InsertShare(share.clone()),
        Write::InsertMember { member: member.clone(), invitation: None },
        Write::InsertManageToken(manage.clone()),
    ];
    store.commit(&world.commit(writes)).await.unwrap();
    let stored = store.token(world.project.id, token.id).await.unwrap().unwrap();
    store.commit(&replace(&world.renamed(&stored, "renamed"))).await.unwrap();

    assert_eq!(store.token(world.project.id, token.id).await.unwrap().unwrap().unknown, newer());
    assert_eq!(store.project(world.project.id).await.unwrap().unwrap().unknown, newer());
    assert_eq!(store.share(&share.id).await.unwrap().unwrap().unknown, newer());
    assert_eq!(store.member(world.project.id, member.id).await.unwrap().unwrap().unknown, newer());
    assert_eq!(store.manage_token(manage.id).await.unwrap().unwrap().unknown, newer());
}

pub(crate) async fn projects_are_listed_by_their_ids(store: Arc<dyn Store>) {
    let mut ids: Vec<ProjectId> = Vec::new();
    for number in [5, 1, 9, 3] {
        let mut world = World::number(number);
        let project = world.project.clone();
        ids.push(project.id);
        store.commit(&world.commit([Write::InsertProject(project)])).await.unwrap();
    }
    ids.sort();
    assert_eq!(store.projects(10).await.unwrap(), ids);
    assert_eq!(store.projects(3).await.unwrap(), ids[..3]);
}

pub(crate) async fn what_is_not_there_is_none(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (project, token) = (world.project.id, TokenId::new(1).unwrap());
    assert_eq!(store.set_up().await, Ok(()));
    assert_eq!(store.ready().await, Ok(()));
    assert_eq!(store.project(project).await.unwrap(), None);
    assert!(store.token(project, token).await.unwrap().is_none());
    assert!(store.verify_item(project, token).await.unwrap().is_none());
    assert_eq!(store.tombstone(project, token).await.unwrap(), None);
    assert!(store.share(&world.invitation("ann@example.org").id).await.unwrap().is_none());
    assert!(store.manage_token(world.manage_token().0.id).await.unwrap().is_none());
    assert_eq!(store.due(at(0), None, 10).await.unwrap(), []);
}
