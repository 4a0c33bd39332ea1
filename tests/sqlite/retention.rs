//! Retention: removal of expired rows.

use jeton_core::{
    member::Membership,
    store::{
        CommitStore as _, HistoryStore as _, Maintenance as _, MemberStore as _, TokenStore as _, Write,
    },
};
use jeton_tests::literal::{World, at, email, feed_of, insert};

use crate::fresh_store;

const DAY: u64 = 86_400;

#[tokio::test]
async fn old_events_and_tombstones_go_and_newer_ones_stay() {
    let ((store, _), mut world) = (fresh_store(), World::new());
    let (gone, left) = (world.token(), world.token());
    store.commit(&insert(&gone)).await.unwrap();
    store.commit(&insert(&left)).await.unwrap();
    store.commit(&world.removal(&gone.token)).await.unwrap();
    let event_context = world.event_context(100 * DAY);
    let recent = left.token.deleted_event(&event_context);
    store.append(&recent, 1).await.unwrap();

    assert_eq!(store.clean(at(100 * DAY)).await.unwrap(), 0);
    let now = at(200 * DAY);
    assert_eq!(store.clean(now).await.unwrap(), 4, "three events and a tombstone");
    assert_eq!(store.clean(now).await.unwrap(), 0);
    assert_eq!(store.tombstone(world.project.id, gone.token.id).await.unwrap(), None);
    assert_eq!(store.event(&feed_of(&gone.token), gone.event.uuid).await.unwrap(), None);
    assert_eq!(store.event(&feed_of(&left.token), recent.uuid).await.unwrap(), Some(recent));
    assert!(store.token(world.project.id, left.token.id).await.unwrap().is_some());
}

#[tokio::test]
async fn shares_go_six_months_after_their_end_and_invitations_with_their_address() {
    let ((store, _), mut world) = (fresh_store(), World::new());
    let token = world.token().token;
    let (share, invitation) = (world.share_of(&token), world.invitation("ann@example.org"));
    let writes = [Write::InsertShare(share.clone()), Write::InsertInvitation(invitation.clone())];
    store.commit(&world.commit(writes)).await.unwrap();
    let membership = store.membership(world.project.id, &email("ann@example.org")).await.unwrap();
    assert_eq!(membership, Some(Membership::Invited(invitation.id.clone())));

    // They were open for a day, and the half year after that has 182 days.
    store.clean(at(182 * DAY)).await.unwrap();
    assert!(store.share(&share.id).await.unwrap().is_some());
    assert_eq!(store.clean(at(184 * DAY)).await.unwrap(), 2, "both; the newest event of all stays");
    assert!(store.share(&share.id).await.unwrap().is_none());
    assert!(store.share(&invitation.id).await.unwrap().is_none());
    assert_eq!(store.membership(world.project.id, &email("ann@example.org")).await.unwrap(), None);
}

#[tokio::test]
async fn cleaning_is_done_in_bounded_steps() {
    let ((store, _), mut world) = (fresh_store(), World::new());
    let mut commit = world.commit([]);
    for _ in 0..1500 {
        commit.events.extend(world.commit([]).events);
    }
    store.commit(&commit).await.unwrap();
    assert_eq!(store.clean(at(200 * DAY)).await.unwrap(), 1000);
    // The newest stays, since the next one is numbered after it.
    assert_eq!(store.clean(at(200 * DAY)).await.unwrap(), 500);
}

/// Events are imported long after they happened.
#[tokio::test]
async fn old_events_are_found_among_newer_ones_wherever_they_were_stored() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token().token;
    for (number, day) in (1..).zip([200, 5, 200, 0, 201]) {
        // A sequence of uuids of its own: none goes back in time.
        let event = token.deleted_event(&World::number(number).event_context(day * DAY));
        // Each fills a block of its own.
        let mut commit = world.commit([]);
        let newer = (0..600).map(|_| token.deleted_event(&world.event_context(199 * DAY)));
        commit.events = newer.collect();
        commit.events.push(event);
        store.commit(&commit).await.unwrap();
    }
    let left = |path: &std::path::Path| {
        let count = "SELECT count(*), (SELECT count(*) FROM event_blocks) FROM events";
        let file = rusqlite::Connection::open(path).unwrap();
        file.query_row(count, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).unwrap()
    };
    while left(&path).1 < 6 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(store.clean(at(200 * DAY)).await.unwrap(), 2);
    assert_eq!(left(&path), (3003, 6));
    assert_eq!(store.clean(at(200 * DAY)).await.unwrap(), 0);
    for removed in [1000, 1000, 1000, 2, 0] {
        assert_eq!(store.clean(at(500 * DAY)).await.unwrap(), removed);
    }
    assert_eq!(left(&path), (1, 1), "the newest event of all stays, with its block");
}
