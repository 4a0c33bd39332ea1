//! Seals of history, and the heads of its days.

use std::{collections::BTreeSet, sync::Arc};

use jeton_core::{
    id::{ProjectId, TokenId},
    seal::{
        Delivered, Digest, Head, PartialTally, Seal, SealProgress, Sealed, SignedHead, SignedProgress, Tally,
    },
    store::Store,
    time::Day,
};

use uuid::Uuid;

use crate::literal::{World, at};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn seal(project: ProjectId, day: Day, of: Sealed, events: u32) -> Seal {
    let mut tally = Tally::default();
    for number in 0..events {
        tally.add(&number.to_string());
    }
    tally.seal(project, day, of)
}

fn head(project: ProjectId, day: Day, key: &str) -> SignedHead {
    SignedHead {
        head: Head::new(project, day, &[], None, at(0)),
        key: key.to_owned(),
        signature: String::new(),
    }
}

pub(crate) async fn seals_come_in_their_order_day_by_day_and_the_later_one_counts(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, monday, tuesday) = (world.project.id, day("2023-11-20"), day("2023-11-21"));
    let token = |number| Sealed::Token(TokenId::new(number).unwrap());
    let sealed =
        [Sealed::Project, token(9), token(10), token((1 << 48) - 1)].map(|of| seal(project, monday, of, 1));
    let mut shuffled = sealed.to_vec();
    shuffled.reverse();
    assert!(store.put_seals(&shuffled).await.unwrap());
    store.put_seals(&[seal(project, tuesday, token(9), 5)]).await.unwrap();
    assert_eq!(store.seals(project, monday).await.unwrap(), sealed);
    assert_eq!(store.seals(project, tuesday).await.unwrap().len(), 1);
    assert!(store.seals(ProjectId::new(77).unwrap(), monday).await.unwrap().is_empty());
    store.put_seals(&[seal(project, tuesday, token(9), 6)]).await.unwrap();
    assert_eq!(store.seals(project, tuesday).await.unwrap()[0].events, 6);
    assert!(store.put_seals(&[]).await.unwrap());
}

pub(crate) async fn seals_of_a_day_with_a_head_stay_as_they_are(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, monday) = (world.project.id, day("2023-11-20"));
    // More than one transaction of DynamoDB has.
    let of_day = |events| -> Vec<Seal> {
        (1..=250)
            .map(|number| seal(project, monday, Sealed::Token(TokenId::new(number).unwrap()), events))
            .collect()
    };
    for events in [1, 2] {
        assert!(store.put_seals(&of_day(events)).await.unwrap());
    }
    store.insert_head(&head(project, monday.next(), "a")).await.unwrap();
    assert!(store.put_seals(&of_day(1)).await.unwrap(), "another day has one");
    assert_eq!(store.seals(project, monday).await.unwrap(), of_day(1), "the same seals as before those");
    store.insert_head(&head(project, monday, "a")).await.unwrap();
    assert!(!store.put_seals(&of_day(3)).await.unwrap());
    assert_eq!(store.seals(project, monday).await.unwrap(), of_day(1));
}

pub(crate) async fn a_day_has_one_head_and_the_first_one_stays(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, first) = (world.project.id, day("2023-12-31"));
    assert_eq!(store.last_head(project).await.unwrap(), None);
    let heads = [first, first.next(), first.next().next()].map(|day| head(project, day, "a"));
    for head in &heads {
        assert!(store.insert_head(head).await.unwrap());
    }
    assert!(!store.insert_head(&head(project, first, "b")).await.unwrap());
    assert_eq!(store.heads(project, first, 10).await.unwrap(), heads);
    assert_eq!(store.heads(project, first.next(), 1).await.unwrap(), heads[1..2]);
    assert_eq!(store.last_head(project).await.unwrap(), Some(heads[2].clone()));
    assert_eq!(store.last_head(ProjectId::new(77).unwrap()).await.unwrap(), None);
}

pub(crate) async fn a_store_notes_what_each_place_for_anchors_has_taken(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, first) = (world.project.id, day("2023-12-31"));
    let places = ["file:a", "file:b"].map(|place| Digest::of(place.as_bytes()));
    assert_eq!(store.delivered(project, places[0]).await.unwrap(), None);
    for day in [first, first.next()] {
        let delivered = Delivered { day, head: head(project, day, "a").head.digest() };
        store.insert_head(&head(project, day, "a")).await.unwrap();
        store.put_delivered(project, places[0], &delivered).await.unwrap();
        assert_eq!(store.delivered(project, places[0]).await.unwrap(), Some(delivered));
    }
    assert_eq!(store.delivered(project, places[1]).await.unwrap(), None);
    assert_eq!(store.delivered(ProjectId::new(77).unwrap(), places[0]).await.unwrap(), None);
    assert_eq!(store.heads(project, first, 10).await.unwrap().len(), 2, "it is no head");
    assert_eq!(store.last_head(project).await.unwrap().unwrap().head.day, first.next());
}

pub(crate) async fn a_store_notes_how_far_the_sealing_of_a_day_is(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, first) = (world.project.id, day("2023-12-31"));
    assert_eq!(store.seal_progress(project).await.unwrap(), None);
    let token = TokenId::new(9).unwrap();
    let mut progress = SealProgress {
        project,
        day: first,
        written: at(1),
        through: None,
        seals: Digest::of(b"none"),
        searched: Uuid::nil(),
        deleted: BTreeSet::from([token]),
        part: Some(PartialTally::new(Sealed::Project, Uuid::max(), &Tally::default())),
    };
    for through in [None, Some(Sealed::Project), Some(Sealed::Token(token))] {
        progress.through = through;
        let signed = SignedProgress { progress: progress.clone(), signature: "00".to_owned() };
        store.put_seal_progress(&signed).await.unwrap();
        assert_eq!(store.seal_progress(project).await.unwrap(), Some(signed));
    }
    assert_eq!(store.seal_progress(ProjectId::new(77).unwrap()).await.unwrap(), None);
    assert_eq!(store.last_head(project).await.unwrap(), None, "it is no head");
    assert_eq!(store.seals(project, first).await.unwrap(), [], "and no seal");
    assert_eq!(store.delivered(project, Digest::of(b"progress")).await.unwrap(), None);
}

pub(crate) async fn the_projects_of_which_there_is_anything_are_known(store: Arc<dyn Store>) {
    assert!(store.known_projects().await.unwrap().is_empty());
    let [sealed, headed] = [77, 16_777_215].map(|number| ProjectId::new(number).unwrap());
    store.put_seals(&[seal(sealed, at(0).day(), Sealed::Project, 1)]).await.unwrap();
    store.insert_head(&head(headed, at(0).day(), "a")).await.unwrap();
    let known = store.known_projects().await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [sealed, headed]);
}

pub(crate) async fn seals_outlive_the_last_event_of_their_day(store: Arc<dyn Store>) {
    let world = World::new();
    let (project, sealed) = (world.project.id, at(0).day());
    store.put_seals(&[seal(project, sealed, Sealed::Project, 1)]).await.unwrap();
    store.insert_head(&head(project, sealed, "a")).await.unwrap();
    store.clean(sealed.next().start().retention_end()).await.unwrap();
    assert_eq!(store.seals(project, sealed).await.unwrap().len(), 1);
    let removed = store.clean(sealed.next().next().start().retention_end()).await.unwrap();
    // A store with a TTL of its own removes it later.
    assert_eq!(removed, if store.last_head(project).await.unwrap().is_none() { 2 } else { 0 });
}
