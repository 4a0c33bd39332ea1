//! When days are sealed, and where their digests are delivered.

use std::fs;

use jeton_service::{
    history::{self, AnchorPlace, Anchors, Expected, Finding, SealOutcome, Sealer},
    relocation,
};
use jeton_tests::store::fresh_folder;

use super::{DAY, FIRST, SECOND, Scene, day, expected, key, late_is_known};

#[tokio::test]
async fn a_day_is_sealed_once_by_the_first_run_ten_minutes_after_its_end() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(DAY / 2 + 599);
    assert_eq!(scene.jeton.sealed().await.sealed, 0, "something may still be on its way");
    let report = scene.verified().await;
    assert_eq!((report.judged, report.findings), (None, vec![]), "no day has to be sealed yet");
    scene.jeton.pass_seconds(1);
    assert_eq!(scene.jeton.sealed().await.sealed, 1);
    assert_eq!(scene.jeton.sealed().await.sealed, 0);
    let report = scene.verified().await;
    assert_eq!((report.judged, report.findings), (Some((day(FIRST), day(FIRST))), vec![]));
    assert_eq!(report.unsealed, Some((day(SECOND), day(SECOND))));
}

#[tokio::test]
async fn days_on_which_nobody_swept_are_sealed_later_and_count_only_when_the_reason_is_known() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(4 * DAY);
    let nobody = scene.verified().await.findings;
    assert_eq!(nobody, [Finding::Nothing]);
    scene.post("the machine is on again").await;
    assert_eq!(scene.jeton.sealed().await.sealed, 4);
    let report = scene.verified().await;
    assert_eq!((report.days, report.late.len()), (4, 4));
    assert_eq!(report.findings, [Finding::Late(day(FIRST), day("2026-01-18"))]);
    let known = Expected { late: vec![(day(FIRST), day("2026-01-17"))], ..expected() };
    let one = Finding::Late(day("2026-01-18"), day("2026-01-18"));
    assert_eq!(scene.verified_as(&known).await.findings, [one]);
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn two_runs_at_once_seal_one_history() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(6 * DAY);
    scene.post("again").await;
    let (one, two) = tokio::join!(scene.sealed_anew(), scene.sealed_anew());
    assert!(one + two >= 1);
    scene.jeton.sealed().await;
    let report = scene.verified_as(&late_is_known()).await;
    assert_eq!((report.days, report.findings), (6, vec![]));
}

#[tokio::test]
async fn a_project_that_is_closed_is_sealed_on_and_one_that_is_imported_once_it_is_activated() {
    let scene = Scene::unsealed().await;
    let (from, id) = (&scene.jeton.app, scene.jeton.project);
    let project = relocation::close(from, id, |_| ()).await.unwrap();
    assert_eq!(scene.swept_after_midnight().await, 1);
    assert_eq!(scene.swept_after_midnight().await, 1);
    assert_eq!(scene.verified().await.findings, []);

    let file = fresh_folder().join("project.jsonl");
    let exported =
        relocation::export(from, &project, true, relocation::Target::prepare(&file).unwrap(), |_| ())
            .await
            .unwrap();
    let other = Scene::unsealed().await;
    other.jeton.pass_seconds(2 * DAY);
    let read = relocation::read(&file, exported.digest).unwrap();
    relocation::import(&other.jeton.app, &read, |_| ()).await.unwrap();
    other.sealed_anew().await;
    let store = other.jeton.app.store.as_ref();
    let findings = async || {
        history::verify(store, id, &late_is_known(), other.now(), &|_, _| ()).await.unwrap().findings
    };
    assert_eq!(findings().await, [Finding::Nothing], "more of it may be on its way");
    relocation::open(&other.jeton.app, id, |_| ()).await.unwrap();
    other.sealed_anew().await;
    assert_eq!(findings().await, []);
}

#[tokio::test]
async fn a_clock_that_is_ahead_once_seals_no_day_that_is_not_over() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(30 * DAY);
    assert_eq!(scene.jeton.sealed().await.sealed, 0, "nothing has happened for a month");
    scene.jeton.pass_seconds(-30 * DAY);
    // A smaller jump ahead is detected by the elapsed time.
    let (store, now) = (scene.jeton.app.store.as_ref(), scene.now());
    let sealer = Sealer::new(key(), None);
    assert_eq!(sealer.seal(store, || (now, 0)).await.days, 0);
    assert_eq!(sealer.seal(store, || (now.plus_seconds(DAY.cast_unsigned()), 60_000)).await.days, 0);
    assert_eq!(sealer.seal(store, || (now.plus_seconds(120), 120_000)).await.days, 0);
    scene.live(3).await;
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_clock_that_is_ahead_while_something_happens_seals_no_day_that_is_not_over() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(48 * DAY);
    for message in ["by the wrong clock", "once more"] {
        scene.post(message).await;
        assert_eq!(scene.jeton.sealed().await.sealed, 0, "{message}");
        assert_eq!(scene.sealed_anew().await, 0, "{message}");
    }
    let waiting = scene.jeton.app.sealer.as_ref().unwrap().waiting();
    assert!(waiting[0].1.to_string().contains("--seal-all"), "{waiting:?}");
    scene.jeton.pass_seconds(-48 * DAY);
    scene.live(3).await;
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_project_is_sealed_through_quiet_months_and_once_it_is_asked_for_after_weeks_without_a_sweep() {
    let scene = Scene::sealed().await;
    for _ in 0..30 {
        assert_eq!(scene.swept_after_midnight().await, 1);
    }
    scene.live(2).await;
    assert_eq!(scene.verified().await.findings, []);
    scene.jeton.pass_seconds(20 * DAY);
    scene.post("the machine is on again").await;
    let sealing = scene.jeton.sealed().await;
    assert_eq!((sealing.sealed, sealing.on_hold), (0, 1));
    assert!(scene.verified().await.findings[0].to_string().contains("--seal-all"));
    assert_eq!(scene.sealed_all().await, 20);
    assert_eq!(scene.jeton.sealed().await.on_hold, 0, "another process has sealed it");
    scene.post("daily").await;
    assert_eq!(scene.swept_after_midnight().await, 1, "from then on nobody has to ask");
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn a_project_in_which_nothing_happened_for_days_is_sealed_when_it_is_asked_for() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(3 * DAY);
    let sealing = scene.jeton.sealed().await;
    assert_eq!((sealing.sealed, sealing.on_hold), (0, 0), "nobody has to do anything before its next event");
    let sealer = Sealer::new(key(), None);
    assert_eq!(sealer.seal_all(scene.jeton.app.store.as_ref(), || (scene.now(), 0)).await.days, 3);
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn an_anchor_that_was_not_taken_is_delivered_by_the_next_sweep_of_any_process_and_once() {
    let scene = Scene::sealed().await;
    scene.live(1).await;
    let folder = fresh_folder().join("mounted");
    let place = AnchorPlace::File(folder.join("anchors"));
    let left = scene.sealed_anew_to(Some(&place)).await;
    assert_eq!((left.days, left.undelivered), (0, 2), "those of before there was a place");
    scene.live(1).await;
    assert_eq!(scene.sealed_anew_to(Some(&place)).await.undelivered, 3);
    fs::create_dir(&folder).unwrap();
    for _ in 0..2 {
        assert_eq!(scene.sealed_anew_to(Some(&place)).await, SealOutcome::default());
        let anchors = fs::read_to_string(folder.join("anchors")).unwrap();
        assert_eq!(anchors.lines().count(), 3, "{anchors}");
    }
    let anchored = Expected { anchors: Anchors::read(&folder.join("anchors")).unwrap(), ..expected() };
    let report = scene.verified_as(&anchored).await;
    assert_eq!((report.anchors, report.unanchored, report.findings), (3, None, vec![]));
    scene.live(1).await;
    let report = scene.verified_as(&anchored).await;
    assert_eq!(report.unanchored, Some((day("2026-01-18"), day("2026-01-18"))));
}

#[tokio::test]
async fn a_day_that_was_sealed_again_is_delivered_to_the_location_that_has_its_first_head() {
    let scene = Scene::sealed().await;
    let anchors = fresh_folder().join("anchors");
    let place = AnchorPlace::File(anchors.clone());
    scene.sealed_anew_to(Some(&place)).await;
    let first = scene.head(day(FIRST)).await;
    scene.without_day(FIRST).await;
    assert!(scene.place.tamper(r#""message":"two""#, Some(("two", "too"))).await > 0);
    scene.post("today").await;
    scene.sealed_anew_to(Some(&place)).await;
    assert_ne!(scene.head(day(FIRST)).await, first);
    let anchored = Expected { anchors: Anchors::read(&anchors).unwrap(), ..late_is_known() };
    assert_eq!(scene.verified_as(&anchored).await.findings, [Finding::Anchors(day(FIRST))]);
}
