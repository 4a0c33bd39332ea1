//! Runs that are cut off while they seal a day, and runs that meet another one.

use std::{future::poll_fn, pin::pin, task::Poll};

use jeton_core::seal::Head;
use jeton_service::{
    history::{SealOutcome, Sealer, Steps},
    operation::{expiry_sweep, seal},
};
use serde_json::json;

use super::{DAY, FIRST, Scene, day, key, late_is_known};

/// Every two events and every feed.
const OFTEN: Steps = Steps { events: 2, feeds: 1 };

/// How a run is cut off.
enum Cut {
    /// Once it has noted something else than it found.
    AfterANote,
    /// After so many polls.
    AfterPolls(usize),
}

impl Scene {
    /// A day on which several tokens have done something, one of which is deleted by now.
    async fn busy() -> Self {
        let scene = Self::unsealed().await;
        let post = async |token: &str| {
            let event = json!({"component": "acme.importer", "message": "of another"});
            scene.jeton.post("/v2/storage/events").token(token).json(&event).send().await.expect(201);
        };
        for _ in 0..4 {
            let token = scene.jeton.create(&json!({"description": "another"})).await;
            for _ in 0..5 {
                post(&token.token).await;
            }
        }
        let deleted = scene.jeton.create(&json!({"description": "deleted"})).await;
        post(&deleted.token).await;
        let path = format!("/v2/storage/tokens/{}", deleted.id);
        scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
        scene
    }

    /// Seals as a process that is cut off. `None` if it was. `ahead` is how far ahead its clock is, in seconds.
    async fn cut_off(&self, cut: &Cut, ahead: u64) -> Option<SealOutcome> {
        self.cut_off_as(&Sealer::new(key(), None).with_steps(OFTEN), cut, ahead).await
    }

    async fn cut_off_as(&self, sealer: &Sealer, cut: &Cut, ahead: u64) -> Option<SealOutcome> {
        let (store, now) = (self.jeton.app.store.as_ref(), self.now().plus_seconds(ahead));
        let found = store.seal_progress(self.jeton.project).await.unwrap();
        let mut sealing = pin!(sealer.seal(store, || (now, now.millis())));
        let mut polls = 0;
        loop {
            let is_over = match cut {
                Cut::AfterANote => store.seal_progress(self.jeton.project).await.unwrap() != found,
                Cut::AfterPolls(most) => polls == *most,
            };
            if is_over {
                return None;
            }
            if let Poll::Ready(outcome) = poll_fn(|context| Poll::Ready(sealing.as_mut().poll(context))).await
            {
                return Some(outcome);
            }
            polls += 1;
            tokio::task::yield_now().await;
        }
    }

    async fn first_head(&self) -> Head {
        self.jeton.app.store.heads(self.jeton.project, day(FIRST), 1).await.unwrap().remove(0).head
    }

    fn after_midnight(&self) {
        self.jeton.pass_seconds(DAY / 2 + 900);
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_again_and_again_goes_on_where_it_was_and_seals_the_day() {
    let scene = Scene::busy().await;
    scene.after_midnight();
    let mut cuts = 0;
    while scene.cut_off(&Cut::AfterANote, 0).await.is_none() {
        cuts += 1;
        assert!(cuts < 100, "it starts over each time");
    }
    // The project, and six tokens with events, each of which has more than two.
    assert!(cuts > 10, "{cuts}");
    assert_eq!(scene.verified().await.findings, []);
    let in_parts = scene.first_head().await;
    scene.without_day(FIRST).await;
    assert_eq!(scene.sealed_anew().await, 1);
    let at_once = scene.first_head().await;
    assert_eq!((in_parts.seals, in_parts.digest), (at_once.seals, at_once.digest));
}

#[tokio::test]
async fn wherever_a_run_is_cut_off_the_next_one_seals_the_day_as_it_is() {
    let scene = Scene::busy().await;
    let days = 30;
    for polls in 0..days {
        scene.post("daily").await;
        scene.after_midnight();
        scene.cut_off(&Cut::AfterPolls(2 * polls), 0).await;
        scene.sealed_anew().await;
        scene.jeton.pass_seconds(DAY / 2 - 900);
    }
    let report = scene.verified().await;
    assert_eq!((report.days, report.findings), (days as u64, vec![]));
}

#[tokio::test]
async fn a_run_that_has_no_time_left_leaves_sealing_to_the_next_one() {
    let scene = Scene::busy().await;
    scene.after_midnight();
    let sealing = seal::seal_until(&scene.jeton.app, Some(scene.now())).await.unwrap();
    assert_eq!((sealing.sealed, sealing.unsealed, sealing.more), (0, 0, true));
    let sealing = seal::seal_until(&scene.jeton.app, None).await.unwrap();
    assert_eq!((sealing.sealed, sealing.more, sealing.oldest_unsealed_seconds), (1, false, 0));
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_sweep_removes_what_has_expired_while_a_day_is_being_sealed() {
    let scene = Scene::busy().await;
    scene.jeton.create(&json!({"description": "short", "expiresIn": 60})).await;
    scene.after_midnight();
    assert!(scene.cut_off(&Cut::AfterANote, 0).await.is_none());
    assert_eq!(expiry_sweep::sweep(&scene.jeton.app, 1000).await.unwrap().removed, 1);
    let store = &scene.jeton.app.store;
    assert_eq!(store.heads(scene.jeton.project, day(FIRST), 1).await.unwrap(), [], "it does not seal");
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn of_two_runs_that_seal_a_day_one_goes_on_and_no_progress_is_lost() {
    let scene = Scene::busy().await;
    scene.after_midnight();
    let (store, now) = (scene.jeton.app.store.as_ref(), scene.now());
    let sealer = |_| Sealer::new(key(), None).with_steps(OFTEN);
    let (first, second) = (sealer(1), sealer(2));
    let mut of_first = pin!(first.seal(store, || (now, 0)));
    let mut of_second = pin!(second.seal(store, || (now.plus_seconds(60), 60_000)));
    let (mut ended, mut done) = ([None, None], 0);
    // The second one begins once the first has made progress, as a schedule does that fires during a run.
    let mut begun = false;
    while done < 2 {
        for (place, outcome) in ended.iter_mut().enumerate() {
            if outcome.is_some() || (place == 1 && !begun) {
                continue;
            }
            let polled = match place {
                0 => poll_fn(|context| Poll::Ready(of_first.as_mut().poll(context))).await,
                _ => poll_fn(|context| Poll::Ready(of_second.as_mut().poll(context))).await,
            };
            if let Poll::Ready(of_one) = polled {
                (*outcome, done) = (Some(of_one), done + 1);
            }
        }
        begun = begun || store.seal_progress(scene.jeton.project).await.unwrap().is_some();
        tokio::task::yield_now().await;
    }
    // Which of them it is depends on whose note comes first.
    let days: Vec<u64> = ended.into_iter().flatten().map(|outcome| outcome.days).collect();
    assert_eq!(days.iter().sum::<u64>(), 1, "one of {days:?} goes on");
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_run_that_finds_another_ones_progress_leaves_it_as_it_is() {
    let scene = Scene::busy().await;
    scene.after_midnight();
    let store = scene.jeton.app.store.as_ref();
    let progress = async || store.seal_progress(scene.jeton.project).await.unwrap();
    assert!(scene.cut_off(&Cut::AfterANote, 0).await.is_none());
    let of_another = progress().await.unwrap();
    let (sealer, now) = (Sealer::new(key(), None).with_steps(OFTEN), scene.now());
    let mut sealing = pin!(sealer.seal(store, || (now, 0)));
    while progress().await.as_ref() == Some(&of_another) {
        assert!(poll_fn(|context| Poll::Ready(sealing.as_mut().poll(context))).await.is_pending());
        tokio::task::yield_now().await;
    }
    store.put_seal_progress(&of_another).await.unwrap();
    assert_eq!(sealing.await, SealOutcome::default());
    assert_eq!(progress().await, Some(of_another));
    assert_eq!(sealer.oldest_unsealed(scene.now()), 900, "the day is not sealed yet");
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_sealer_says_how_long_ago_the_day_ended_that_it_could_not_finish() {
    let scene = Scene::busy().await;
    let sealer = Sealer::new(key(), None).with_steps(OFTEN);
    scene.after_midnight();
    assert_eq!(sealer.oldest_unsealed(scene.now()), 0, "nothing was tried");
    assert!(scene.cut_off_as(&sealer, &Cut::AfterANote, 0).await.is_none());
    assert_eq!(sealer.oldest_unsealed(scene.now()), 900);
    scene.jeton.pass_seconds(3600);
    assert_eq!(sealer.oldest_unsealed(scene.now()), 4500);
    let now = scene.now();
    // The clock of the test has moved, and the monotonic one with it.
    assert_eq!(sealer.seal(scene.jeton.app.store.as_ref(), || (now, now.millis())).await.days, 1);
    assert_eq!(sealer.oldest_unsealed(scene.now()), 0);
}

#[tokio::test]
async fn progress_that_somebody_changed_does_not_count() {
    for (mark, change) in [
        // As if every feed had been counted.
        (r#""through":null"#, (r#""through":null"#, r#""through":{"token":281474976710655}"#)),
        // As if more of the feed had been counted.
        (r#""state":"#, (r#""events":2"#, r#""events":3"#)),
    ] {
        let scene = Scene::busy().await;
        scene.after_midnight();
        assert!(scene.cut_off(&Cut::AfterANote, 0).await.is_none());
        assert_eq!(scene.place.tamper(mark, Some(change)).await, 1, "{mark}");
        assert_eq!(scene.sealed_anew().await, 1);
        assert_eq!(scene.verified().await.findings, [], "{mark}");
    }
    // A seal that was stored before.
    let scene = Scene::busy().await;
    scene.after_midnight();
    let mut cuts = 0;
    while scene.place.tamper(r#"","of":{"token""#, Some((r#""events":"#, r#""events":1"#))).await == 0 {
        cuts += 1;
        assert!(cuts < 100 && scene.cut_off(&Cut::AfterANote, 0).await.is_none());
    }
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_has_counted_of_a_day_that_was_not_over_does_not_count() {
    let scene = Scene::busy().await;
    for _ in 0..20 {
        assert!(scene.cut_off(&Cut::AfterANote, DAY.cast_unsigned()).await.is_none());
    }
    scene.post("still the same day").await;
    scene.after_midnight();
    let outcome = scene.cut_off(&Cut::AfterPolls(usize::MAX), 0).await.unwrap();
    assert_eq!(outcome.days, 1, "it notes its progress in the place of that");
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}
