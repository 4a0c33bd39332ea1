//! Runs that meet another one, or come after one, and what they leave to each other.

use std::{
    fs,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
};

use jeton_core::{
    event::{EventRange, Feed, Order, Origin, first_uuid_at},
    seal::SealProgress,
    time::Timestamp,
};
use jeton_service::{
    app::App,
    history::{AnchorPlace, Finding, Sealer, Steps},
    mail::{Mailer, Outbox},
    operation::seal,
};
use jeton_tests::store::fresh_folder;

use super::{DAY, FIRST, SECOND, Scene, day, key};

/// Every two events and every feed.
const OFTEN: Steps = Steps { events: 2, feeds: 1 };

impl Scene {
    async fn progress(&self) -> Option<SealProgress> {
        let found = self.jeton.app.store.seal_progress(self.jeton.project).await.unwrap();
        found.map(|signed| signed.progress)
    }
}

#[tokio::test]
async fn the_anchor_of_a_day_is_delivered_by_a_process_that_had_delivered_all_when_another_one_sealed_it() {
    let anchors = fresh_folder().join("anchors");
    let scene = Scene::unsealed().await;
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    let store = scene.jeton.app.store.as_ref();
    let run = async || sealer.seal(store, || (scene.now(), scene.now().millis())).await;
    scene.jeton.pass_seconds(DAY / 2 + 900);
    assert_eq!(run().await.days, 1);
    scene.jeton.pass_seconds(DAY);
    // It ends after it has stored the head, or was started without the place.
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(run().await.undelivered, 0);
    let delivered = fs::read_to_string(&anchors).unwrap();
    assert!(delivered.contains(&scene.head(day(SECOND)).await.to_string()), "{delivered}");
}

#[tokio::test]
async fn a_question_of_a_token_that_was_deleted_before_midnight_is_sealed_with_its_day() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(DAY / 2 - 1);
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    // Its token was read just before that, and it is stored just after midnight.
    let store = &scene.jeton.app.store;
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 1) };
    let mut asked = store.events(&Feed::Project(scene.jeton.project), range).await.unwrap().events.remove(0);
    asked.created = Timestamp::from_millis(day(SECOND).start().millis() + 5);
    asked.uuid = first_uuid_at(asked.created);
    (asked.origin, asked.in_project_feed) = (Origin::Question, false);
    (asked.about, asked.by.token) = (None, Some(scene.token.id.parse().unwrap()));
    store.append(&asked, 1).await.unwrap();
    for _ in 0..2 {
        scene.jeton.pass_seconds(901);
        assert_eq!(scene.jeton.sealed().await.sealed, 1);
        scene.jeton.pass_seconds(DAY - 901);
    }
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_day_whose_sealing_ends_hours_after_it_began_is_sealed_late() {
    let scene = Scene::unsealed().await;
    let mailer = Mailer::Outbox(Outbox::new(fresh_folder()));
    let shared = &scene.jeton.app;
    let app = App {
        sealer: Some(Sealer::new(key(), None).with_steps(OFTEN)),
        ..App::new(Arc::clone(&shared.store), mailer, shared.clock.clone(), "https://jeton.example.org")
    };
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let mut sealing = pin!(seal::seal(&app));
    while scene.progress().await.is_none() {
        assert!(poll_fn(|context| Poll::Ready(sealing.as_mut().poll(context))).await.is_pending());
        tokio::task::yield_now().await;
    }
    // Until there is a head, somebody who writes to the store may change what is not counted yet.
    scene.jeton.pass_seconds(5 * 3600);
    assert_eq!(sealing.await.unwrap().sealed, 1);
    assert_eq!(scene.verified().await.findings, [Finding::Late(day(FIRST), day(FIRST))]);
}

#[tokio::test]
async fn a_run_during_which_the_clock_jumps_ahead_stores_no_head() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let (store, now, ahead) = (scene.jeton.app.store.as_ref(), scene.now(), AtomicU64::new(0));
    let clock = || (now.plus_seconds(ahead.swap(3600, Ordering::SeqCst)), 0);
    assert_eq!(Sealer::new(key(), None).seal(store, clock).await.days, 0);
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_day_is_not_sealed_before_its_run_began_although_the_clock_goes_back() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let (store, now, has_begun) = (scene.jeton.app.store.as_ref(), scene.now(), AtomicBool::new(false));
    let clock = || (if has_begun.swap(true, Ordering::SeqCst) { now.minus_seconds(7200) } else { now }, 0);
    assert_eq!(Sealer::new(key(), None).seal(store, clock).await.days, 1);
    assert_eq!(store.heads(scene.jeton.project, day(FIRST), 1).await.unwrap()[0].head.sealed, now);
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn an_anchor_that_its_place_did_not_take_is_delivered_by_the_next_run_of_the_same_process() {
    let scene = Scene::unsealed().await;
    let folder = fresh_folder();
    let anchors = folder.join("not there yet").join("anchors");
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    let store = scene.jeton.app.store.as_ref();
    let run = async || sealer.seal(store, || (scene.now(), scene.now().millis())).await;
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let outcome = run().await;
    assert_eq!((outcome.days, outcome.undelivered), (1, 1));
    fs::create_dir(anchors.parent().unwrap()).unwrap();
    let outcome = run().await;
    assert_eq!((outcome.days, outcome.undelivered), (0, 0));
    let delivered = fs::read_to_string(&anchors).unwrap();
    assert!(delivered.contains(&scene.head(day(FIRST)).await.to_string()), "{delivered}");
}
