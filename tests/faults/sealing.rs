//! Sealing on a table: answers that are lost, and runs that meet.

use std::{fs, sync::Arc};

use jeton_core::{
    event::{EventRange, Feed, Order, Origin, first_uuid_at},
    store::{HistoryStore as _, Store},
    time::Timestamp,
};
use jeton_service::history::{self, AnchorPlace, Expected, Finding, SealKey, Sealer, Steps};
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::{Held, Jeton, START},
    store::fresh_folder,
};
use serde_json::json;
use tokio::sync::oneshot;

const KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

const DAY: i64 = 86_400;

fn key() -> Arc<SealKey> {
    Arc::new(SealKey::parse(KEY).unwrap())
}

/// A token that has done something today, and a quarter of an hour after midnight.
async fn day_that_is_over() -> (FaultProxy, String, Jeton, Held) {
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let jeton = Jeton::start_on(Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table))).await;
    let held = jeton.create(&json!({"description": "writes"})).await;
    let event = json!({"component": "acme.importer", "message": "one"});
    jeton.post("/v2/storage/events").token(&held.token).json(&event).send().await.expect(201);
    jeton.pass_seconds(DAY / 2 + 900);
    (proxy, table, jeton, held)
}

#[tokio::test]
async fn the_anchor_of_a_head_whose_answer_was_lost_is_delivered_by_the_next_run() {
    let (proxy, table, jeton, _) = day_that_is_over().await;
    let (anchors, store) = (fresh_folder().join("anchors"), proxy.store(&table));
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    let run = async || {
        sealer.seal(&store as &dyn Store, || (jeton.app.clock.now(), jeton.app.clock.passed())).await
    };
    assert_eq!(run().await.days, 1);
    jeton.pass_seconds(DAY);
    let heads = format!("P#{}#HEADS", jeton.project);
    proxy.inject(Fault::next("PutItem", Kind::LoseAnswer).partition(heads).always());
    assert_eq!(run().await.failed, 1);
    proxy.heal();
    jeton.pass_seconds(60);
    let outcome = run().await;
    assert_eq!((outcome.failed, outcome.undelivered), (0, 0));
    let head = store.last_head(jeton.project).await.unwrap().unwrap();
    assert_eq!(head.head.day.to_string(), "2026-01-16", "it was stored");
    let delivered = fs::read_to_string(&anchors).unwrap();
    assert!(delivered.contains(&head.head.digest().to_string()), "{delivered}");
}

#[tokio::test]
async fn a_run_that_stood_still_does_not_put_its_progress_in_the_place_of_one_that_is_further() {
    let (proxy, table, jeton, _) = day_that_is_over().await;
    let (slow, now) = (proxy.store(&table), jeton.app.clock.now());
    let store = jeton.app.store.as_ref();
    let sealer = || Sealer::new(key(), None).with_steps(Steps { events: 2, feeds: 1 });
    let (first, second) = (sealer(), sealer());
    let progress = async || store.seal_progress(jeton.project).await.unwrap().map(|signed| signed.progress);
    // It has noted its progress once, and is about to look at it again.
    let gate = proxy.hold("GetItem", format!("P#{}#HEADS", jeton.project), 2);
    let further = gate.meanwhile(async {
        let far = async {
            loop {
                let found = progress().await.filter(|found| found.through.is_some());
                if found.is_some() {
                    return found;
                }
            }
        };
        tokio::select! {
            biased;
            found = far => found,
            _ = second.seal(store, || (now.plus_seconds(600), 600_000)) => panic!("it was not cut off"),
        }
    });
    let (outcome, further) = tokio::join!(first.seal(&slow as &dyn Store, || (now, 0)), further);
    assert_eq!((outcome.days, progress().await), (0, further), "it goes on behind the other one");
}

#[tokio::test]
async fn the_seals_of_a_day_that_has_a_head_are_not_replaced_by_a_run_that_counted_it_later() {
    let (proxy, table, jeton, held) = day_that_is_over().await;
    let (other, now) = (FaultProxy::start().await, jeton.app.clock.now());
    let (first, second) = (proxy.store(&table), other.store(&table));
    let sealers = [(); 2].map(|()| Sealer::new(key(), None));
    let seals = format!("P#{}#SEALS", jeton.project);
    let gates =
        [proxy.hold("TransactWriteItems", seals.clone(), 0), other.hold("TransactWriteItems", seals, 0)];
    let ((counted, has_counted), (goes_on, may_go_on)) = (oneshot::channel(), oneshot::channel());
    let (done, is_done) = oneshot::channel();
    let [of_first, of_second] = gates;
    let first_run = async {
        let days = sealers[0].seal(&first as &dyn Store, || (now, 0)).await.days;
        done.send(()).unwrap();
        days
    };
    let first_waits = of_first.meanwhile(async {
        counted.send(()).unwrap();
        may_go_on.await.unwrap();
    });
    let second_run = async {
        has_counted.await.unwrap();
        late_question(&jeton, &held).await;
        let waits = of_second.meanwhile(async {
            goes_on.send(()).unwrap();
            is_done.await.unwrap();
        });
        tokio::join!(sealers[1].seal(&second as &dyn Store, || (now, 0)), waits).0.days
    };
    let (first_days, (), second_days) = tokio::join!(first_run, first_waits, second_run);
    assert_eq!((first_days, second_days), (1, 0));
    let heads = format!("P#{}#HEADS", jeton.project);
    assert_eq!(other.count("PutItem", &heads), 0, "it makes no head of what it could not store");
    let expected = Expected { keys: vec![key().public()], ..Expected::default() };
    let report =
        history::verify(&first as &dyn Store, jeton.project, &expected, now, &|_, _| ()).await.unwrap();
    assert!(
        matches!(report.findings[..], [Finding::Events { sealed: 2, found: 3, .. }]),
        "only the late event: {:?}",
        report.findings
    );
}

/// A question of yesterday, by a machine whose clock is a quarter of an hour late.
async fn late_question(jeton: &Jeton, held: &Held) {
    let store = &jeton.app.store;
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 1) };
    let mut late = store.events(&Feed::Project(jeton.project), range).await.unwrap().events.remove(0);
    late.created = Timestamp::from_millis(START + DAY * 500 - 1);
    late.uuid = first_uuid_at(late.created);
    (late.origin, late.in_project_feed) = (Origin::Question, false);
    (late.about, late.by.token) = (None, Some(held.id.parse().unwrap()));
    store.append(&late, 1).await.unwrap();
}
