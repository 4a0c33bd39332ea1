//! Feeds of events: which events are in which, and paging.

use std::{slice, sync::Arc};

use jeton_core::{
    event::{Event, EventFields, EventRange, Feed, Order, names},
    store::Store,
    token::Token,
};
use serde_json::Map;
use uuid::Uuid;

use crate::{
    helpers::{all_events, at_once},
    literal::{World, acting, feed_of, insert},
};

/// A token whose creation and whose `count` posted events are stored, with all of these events.
async fn busy_token(store: &dyn Store, world: &mut World, count: usize) -> (Token, Vec<Event>) {
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let mut events = vec![created.event];
    for _ in 0..count {
        let event = world.posted_about_table(&created.token);
        store.append(&event, 1).await.unwrap();
        events.push(event);
    }
    (created.token, events)
}

fn table(world: &World) -> Feed {
    Feed::Object(world.project.id, "table".to_owned(), "in.c-main.users".to_owned())
}

async fn uuids(store: &dyn Store, feed: &Feed, range: EventRange) -> Vec<Uuid> {
    store.events(feed, range).await.unwrap().events.iter().map(|event| event.uuid).collect()
}

pub(crate) async fn every_feed_is_paged_in_both_orders(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, events) = busy_token(&*store, &mut world, 10).await;
    for feed in [feed_of(&token), world.feed(), table(&world)] {
        let inside = events.iter().filter(|event| event.feeds().contains(&feed));
        let mut expected: Vec<Uuid> = inside.map(|event| event.uuid).collect();
        for order in [Order::Ascending, Order::Descending] {
            let (mut paged, mut last) = (Vec::new(), None);
            loop {
                let (after, before) = if order == Order::Ascending { (last, None) } else { (None, last) };
                let page =
                    uuids(&*store, &feed, EventRange { after, before, ..EventRange::all(order, 4) }).await;
                let Some(end) = page.last() else { break };
                assert!(page.len() <= 4);
                last = Some(*end);
                paged.extend(page);
            }
            assert_eq!(paged, expected, "{feed:?} {order:?}");
            expected.reverse();
        }
    }
}

pub(crate) async fn a_page_ends_once_it_holds_as_many_bytes_as_asked_for_and_says_whether_there_is_more(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let (token, mut events) = busy_token(&*store, &mut world, 9).await;
    let mut expected: Vec<Uuid> = events.drain(..).map(|event| event.uuid).collect();
    for order in [Order::Ascending, Order::Descending] {
        let whole = EventRange { bytes: usize::MAX, ..EventRange::all(order, 10) };
        let whole = store.events(&feed_of(&token), whole).await.unwrap();
        assert!(!whole.more, "as many as there are");
        for bytes in [0, 1, whole.bytes / 3, whole.bytes - 1, whole.bytes] {
            let (mut paged, mut last, mut read) = (Vec::new(), None, 0);
            loop {
                let (after, before) = if order == Order::Ascending { (last, None) } else { (None, last) };
                let range = EventRange { after, before, bytes, ..EventRange::all(order, 10) };
                let page = store.events(&feed_of(&token), range).await.unwrap();
                // The event that reaches the limit is still returned; the largest is below a third of all ten.
                let most = bytes + whole.bytes / 3;
                assert!(page.bytes <= most, "{} bytes where {bytes} were asked for", page.bytes);
                read += page.bytes;
                last = page.events.last().map(|event| event.uuid);
                paged.extend(page.events.iter().map(|event| event.uuid));
                if !page.more {
                    break;
                }
            }
            assert_eq!((&paged, read), (&expected, whole.bytes), "{bytes} {order:?}");
        }
        expected.reverse();
    }
}

pub(crate) async fn events_for_counting_have_what_is_counted_and_nothing_else(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, events) = busy_token(&*store, &mut world, 3).await;
    let fields = EventFields::ForCounting;
    for feed in [feed_of(&token), world.feed()] {
        let whole = EventRange::all(Order::Ascending, 10);
        let counted = store.events(&feed, EventRange { fields, ..whole }).await.unwrap();
        let whole = store.events(&feed, whole).await.unwrap();
        assert_eq!((counted.bytes, counted.events.len()), (whole.bytes, events.len()));
        for (counted, whole) in counted.events.iter().zip(&whole.events) {
            let kept = |event: &Event| {
                let Event {
                    uuid, project, event, r#type, created, params, results, by, about, origin, ..
                } = event;
                let facts = (*uuid, *project, event.clone(), *r#type, *created, *about, *origin);
                (facts, params.clone(), results.clone(), by.clone())
            };
            assert_eq!(kept(counted), kept(whole));
            assert!(counted.message.is_empty() && counted.object.is_none() && !whole.message.is_empty());
        }
    }
}

pub(crate) async fn bounds_are_exclusive(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, events) = busy_token(&*store, &mut world, 6).await;
    let expected: Vec<Uuid> = events[2..5].iter().map(|event| event.uuid).collect();
    let (after, before) = (Some(events[1].uuid), Some(events[5].uuid));
    let all = EventRange::all(Order::Ascending, 10);
    let ascending = EventRange { after, before, bytes: usize::MAX, ..all };
    assert_eq!(uuids(&*store, &feed_of(&token), ascending).await, expected);
    let newest = EventRange { order: Order::Descending, limit: 2, ..ascending };
    assert_eq!(uuids(&*store, &feed_of(&token), newest).await, [expected[2], expected[1]]);
    let nothing = EventRange { after: before, before: after, ..ascending };
    assert_eq!(uuids(&*store, &feed_of(&token), nothing).await, Vec::<Uuid>::new());
    assert_eq!(
        uuids(&*store, &feed_of(&token), EventRange { limit: 0, ..ascending }).await,
        Vec::<Uuid>::new()
    );
}

pub(crate) async fn a_question_is_only_with_its_token(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let (question, posted) = (world.asked_by(&token), world.posted_by(&token));
    store.append(&question, 1).await.unwrap();
    store.append(&posted, 1).await.unwrap();
    assert_eq!(all_events(&*store, &feed_of(&token)).await, [question.clone(), posted.clone()]);
    assert_eq!(all_events(&*store, &world.feed()).await, [posted]);
    assert_eq!(store.event(&world.feed(), question.uuid).await.unwrap(), None);
    assert_eq!(store.event(&feed_of(&token), question.uuid).await.unwrap(), Some(question));
}

pub(crate) async fn an_event_about_another_token_is_with_both_and_once_in_the_project(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (manager, other) = (world.token().token, world.token().token);
    let deletes = world.event_context_of(acting(&manager), 1);
    let event = deletes.event_about(&other, names::TOKEN_DELETED, "Deleted".to_owned(), Map::new());
    let (before, after) = (world.asked_by(&other), world.asked_by(&other));
    for event in [&after, &event, &before] {
        store.append(event, 1).await.unwrap();
    }
    assert_eq!(all_events(&*store, &feed_of(&manager)).await, slice::from_ref(&event));
    let mut of_other = vec![before, event.clone(), after];
    of_other.sort_by_key(|event| event.uuid);
    assert_eq!(all_events(&*store, &feed_of(&other)).await, of_other);
    assert_eq!(all_events(&*store, &world.feed()).await, [event]);
}

pub(crate) async fn an_event_is_found_in_its_feeds_only(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, stranger) = (world.token().token, world.token().token);
    let event = world.posted_about_table(&token);
    store.append(&event, 1).await.unwrap();
    for feed in event.feeds() {
        assert_eq!(store.event(&feed, event.uuid).await.unwrap().as_ref(), Some(&event));
    }
    let elsewhere = World::number(50);
    let bucket = Feed::Object(world.project.id, "bucket".to_owned(), "in.c-main.users".to_owned());
    for feed in [feed_of(&stranger), elsewhere.feed(), table(&elsewhere), bucket] {
        assert_eq!(store.event(&feed, event.uuid).await.unwrap(), None, "{feed:?}");
        assert_eq!(all_events(&*store, &feed).await, []);
    }
}

pub(crate) async fn an_event_appended_twice_is_there_once(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let event = world.posted_about_table(&token);
    store.append(&event, 1).await.unwrap();
    store.append(&event, 1).await.unwrap();
    for feed in event.feeds() {
        assert_eq!(all_events(&*store, &feed).await, slice::from_ref(&event));
    }
}

pub(crate) async fn many_events_appended_at_once_are_all_found_in_order(store: Arc<dyn Store>) {
    let mut world = World::new();
    let (token, mut events) = busy_token(&*store, &mut world, 0).await;
    let shards = store.verify_item(token.project, token.id).await.unwrap().unwrap().shards;
    let appended: Vec<Event> = (0..200).map(|_| world.posted_by(&token)).collect();
    let appends = appended.clone().into_iter().map(|event| {
        let store = Arc::clone(&store);
        async move { store.append(&event, shards).await }
    });
    assert!(at_once(appends).await.iter().all(Result::is_ok));
    events.extend(appended);
    assert_eq!(all_events(&*store, &feed_of(&token)).await, events);
    assert_eq!(all_events(&*store, &world.feed()).await, events);
    let newest = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Descending, 3) };
    let found = uuids(&*store, &feed_of(&token), newest).await;
    assert_eq!(found, [events[200].uuid, events[199].uuid, events[198].uuid]);
}

pub(crate) async fn callers_that_hang_up_do_not_cancel_others(store: Arc<dyn Store>) {
    let mut world = World::new();
    let token = world.token().token;
    let mut kept = Vec::new();
    for number in 0..64 {
        let (store, event) = (Arc::clone(&store), world.posted_by(&token));
        let append = tokio::spawn(async move { store.append(&event, 1).await.map(|()| event) });
        if number % 2 == 0 { append.abort() } else { kept.push(append) }
    }
    for append in kept {
        let event = append.await.unwrap().unwrap();
        assert_eq!(store.event(&feed_of(&token), event.uuid).await.unwrap(), Some(event));
    }
}
