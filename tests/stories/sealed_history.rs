//! What happened on a day that is over cannot be changed without leaving a trace.

use std::{fs, path::Path, sync::Arc};

use jeton_core::{
    id::TokenId,
    seal::Sealed,
    time::{Day, Timestamp},
};
use jeton_service::{
    app::App,
    history::{self, Finding, HistoryError, PublicKey, Report, SealKey, Sealer},
    relocation,
};
use jeton_tests::{
    jeton::{Held, Jeton},
    store::{Place, fresh_folder, open_store_at},
};
use serde_json::json;

const KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

const DAY: i64 = 86_400;

/// A Jeton that seals, and where it keeps everything. Its first day is 15 January 2026.
struct Scene {
    jeton: Jeton,
    place: Place,
    token: Held,
}

impl Scene {
    /// A token has done three things on the first day, and it is the second.
    async fn sealed() -> Self {
        let scene = Self::unsealed().await;
        assert_eq!(scene.jeton.swept().await.sealed, 1);
        scene
    }

    async fn unsealed() -> Self {
        let (store, place) = open_store_at().await;
        let jeton = Jeton::start_on_as(store, |app| App { sealer: Some(Sealer::new(key())), ..app }).await;
        let token = jeton.create(&json!({"description": "writes"})).await;
        let scene = Self { jeton, place, token };
        for message in ["one", "two", "three"] {
            scene.post(message).await;
        }
        scene.jeton.pass_seconds(DAY);
        scene
    }

    async fn post(&self, message: &str) {
        let event = json!({"component": "acme.importer", "message": message, "params": {"rows": 1.5}});
        self.jeton.post("/v2/storage/events").token(&self.token.token).json(&event).send().await.expect(201);
    }

    fn now(&self) -> Timestamp {
        self.jeton.app.clock.now()
    }

    async fn verified(&self) -> Report {
        let (store, keys) = (self.jeton.app.store.as_ref(), [key().public()]);
        history::verify(store, self.jeton.project, &keys, self.now()).await.unwrap()
    }

    async fn export(&self, path: &Path) -> Result<u64, HistoryError> {
        history::export(self.jeton.app.store.as_ref(), self.jeton.project, path, self.now(), |_| ()).await
    }

    fn of_token(&self) -> Sealed {
        Sealed::Token(self.token.id.parse::<TokenId>().unwrap())
    }
}

fn key() -> Arc<SealKey> {
    Arc::new(SealKey::parse(KEY).unwrap())
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const FIRST: &str = "2026-01-15";
const SECOND: &str = "2026-01-16";

#[tokio::test]
async fn a_day_is_sealed_once_by_the_first_sweep_ten_minutes_after_its_end() {
    let scene = Scene::unsealed().await;
    // It is noon on the second day.
    assert_eq!(scene.verified().await.unsealed, [(day(FIRST), day(SECOND))]);
    assert_eq!(scene.jeton.swept().await.sealed, 1);
    scene.jeton.pass_seconds(DAY / 2 + 599);
    assert_eq!(scene.jeton.swept().await.sealed, 0, "something may still be on its way");
    scene.jeton.pass_seconds(1);
    assert_eq!(scene.jeton.swept().await.sealed, 1);
    assert_eq!(scene.jeton.swept().await.sealed, 0);
    let report = scene.verified().await;
    assert_eq!((report.judged, report.findings), (Some((day(FIRST), day(SECOND))), vec![]));
    assert_eq!(report.unsealed, [(day("2026-01-17"), day("2026-01-17"))]);
}

#[tokio::test]
async fn an_event_that_is_removed_changed_or_added_is_found_with_its_day_and_its_token() {
    let scene = Scene::sealed().await;
    let found = |of, sealed, found| Finding::Events { day: day(FIRST), of, sealed, found };
    let of_token = scene.of_token();
    assert!(scene.place.tamper(r#""message":"two""#, Some(("two", "too"))).await > 0);
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&found(of_token, 4, 4)), "{findings:?}");
    assert!(matches!(findings[..], [Finding::Events { of: Sealed::Project, .. }, Finding::Events { .. }]));

    assert!(scene.place.tamper(r#""message":"too""#, None).await > 0);
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&found(of_token, 4, 3)), "{findings:?}");
    assert!(findings[1].to_string().contains(&format!("{FIRST}, token {}", scene.token.id)));

    let other = Scene::sealed().await;
    let (store, id) = (&other.jeton.app.store, other.jeton.project);
    let feed = jeton_core::event::Feed::Project(id);
    let range = jeton_core::event::EventRange {
        after: None,
        before: None,
        order: jeton_core::event::Order::Ascending,
        limit: 1,
        bytes: usize::MAX,
    };
    let mut invented = store.events(&feed, range).await.unwrap().events.remove(0);
    invented.uuid = uuid::Uuid::from_u128(invented.uuid.as_u128() + 1);
    invented.about = Some(TokenId::new(77).unwrap());
    store.append(&invented, 1).await.unwrap();
    let findings = other.verified().await.findings;
    assert!(findings.contains(&found(Sealed::Token(TokenId::new(77).unwrap()), 0, 1)), "{findings:?}");
}

#[tokio::test]
async fn a_seal_or_a_head_that_is_changed_or_removed_is_found() {
    let scene = Scene::sealed().await;
    let (place, jeton) = (&scene.place, &scene.jeton);
    for _ in 0..3 {
        jeton.pass_seconds(DAY);
        scene.post("daily").await;
        jeton.swept().await;
    }
    assert_eq!(scene.verified().await.findings, []);
    let seal_of_second = r#""day":"2026-01-17","of":{"token""#;
    assert_eq!(place.tamper(seal_of_second, Some((r#""events":1"#, r#""events":2"#))).await, 1);
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Seals(day("2026-01-17"))), "{findings:?}");
    assert_eq!(place.tamper(seal_of_second, Some((r#""events":2"#, r#""events":1"#))).await, 1);

    let head = r#""day":"2026-01-17","sealed""#;
    assert_eq!(place.tamper(head, Some((r#""seals":2"#, r#""seals":3"#))).await, 1);
    let findings = scene.verified().await.findings;
    assert!(matches!(findings[0], Finding::Signature(..)), "{findings:?}");
    assert!(findings.contains(&Finding::Chain(day("2026-01-18"))), "the next one tells of it: {findings:?}");
    assert_eq!(place.tamper(head, None).await, 1);
    let findings = scene.verified().await.findings;
    assert_eq!(findings, [Finding::Missing(day("2026-01-17"), day("2026-01-17"))]);
}

#[tokio::test]
async fn a_seal_of_somebody_elses_key_counts_as_none() {
    let scene = Scene::sealed().await;
    let other: PublicKey =
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".parse().unwrap();
    let (store, project) = (scene.jeton.app.store.as_ref(), scene.jeton.project);
    let verify = async |keys: &[PublicKey]| history::verify(store, project, keys, scene.now()).await.unwrap();
    let findings = verify(&[other]).await.findings;
    assert_eq!(findings, [Finding::Signature(day(FIRST), key().public().to_string())]);
    assert_eq!(verify(&[other, key().public()]).await.findings, []);
}

#[tokio::test]
async fn days_on_which_nobody_swept_are_sealed_later_and_said_to_be_late() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(3 * DAY);
    assert_eq!(scene.jeton.swept().await.sealed, 4);
    let report = scene.verified().await;
    assert_eq!((report.days, report.findings), (4, vec![]));
    assert_eq!(
        report.late.into_iter().collect::<Vec<_>>(),
        ["2026-01-15", "2026-01-16", "2026-01-17"].map(day)
    );
}

#[tokio::test]
async fn what_is_past_keeping_is_no_longer_judged_and_what_a_deleted_token_did_is() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(100 * DAY);
    scene.post("in between").await;
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.jeton.pass_seconds(95 * DAY);
    scene.jeton.swept().await;
    let report = scene.verified().await;
    let (first, last) = report.judged.unwrap();
    assert_eq!((first, last), (day("2026-02-01"), day("2026-07-29")));
    assert_eq!(report.findings, []);
    assert!(scene.place.tamper(r#""message":"in between""#, None).await > 0);
    let findings = scene.verified().await.findings;
    assert!(
        findings
            .iter()
            .any(|finding| matches!(finding, Finding::Events { of, .. } if *of == scene.of_token()))
    );
}

#[tokio::test]
async fn a_file_can_be_verified_without_the_store_and_goes_on_exactly_where_it_ended() {
    let scene = Scene::sealed().await;
    let folder = fresh_folder();
    let (path, whole) = (folder.join("history.ndjson"), folder.join("whole.ndjson"));
    assert_eq!(scene.export(&path).await.unwrap(), 1);
    scene.jeton.pass_seconds(DAY);
    scene.post("four").await;
    scene.jeton.pass_seconds(DAY);
    scene.jeton.swept().await;
    assert_eq!(scene.export(&whole).await.unwrap(), 3);
    let expected = fs::read(&whole).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 2);
    assert_eq!(fs::read(&path).unwrap(), expected);
    assert_eq!(scene.export(&path).await.unwrap(), 0);
    for kept in (0..expected.len()).step_by(97) {
        fs::write(&path, &expected[..kept]).unwrap();
        scene.export(&path).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), expected, "cut after {kept} bytes");
    }
    let report = history::verify_file(&path, &[key().public()]).unwrap();
    assert_eq!((report.days, report.findings), (3, vec![]));
    assert_eq!(report.judged, Some((day(FIRST), day("2026-01-17"))));
}

#[tokio::test]
async fn a_file_tells_every_line_that_is_changed_removed_or_there_twice() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(DAY);
    scene.jeton.swept().await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let keys = [key().public()];
    let is_found = |lines: &[&str]| {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        history::verify_file(&path, &keys).map_or(true, |report| !report.findings.is_empty())
    };
    assert!(!is_found(&lines));
    for at in 0..lines.len() - 1 {
        let (mut without, mut twice, mut changed) = (lines.clone(), lines.clone(), lines.clone());
        without.remove(at);
        twice.insert(at, lines[at]);
        let other = lines[at].replacen(['2', 'a'], "7", 1);
        changed[at] = &other;
        for (what, lines) in [("removed", without), ("twice", twice), ("changed", changed)] {
            assert!(is_found(&lines), "line {at} {what}: {}", lines[at]);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_something_else_is_left_as_it_is() {
    let scene = Scene::sealed().await;
    let path = fresh_folder().join("notes.json");
    for text in ["my notes", "{\"my\":\"notes\"}\n", "{\"my\":\"notes\"}", "\n"] {
        fs::write(&path, text).unwrap();
        scene.export(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let other = Scene::sealed().await;
    fs::remove_file(&path).unwrap();
    other.export(&path).await.unwrap();
    let refused = scene.export(&path).await.unwrap_err();
    assert!(refused.to_string().ends_with("this is the history of another project"), "{refused}");
}

#[tokio::test]
async fn two_sweeps_at_once_seal_one_history() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(5 * DAY);
    let (store, now) = (scene.jeton.app.store.as_ref(), scene.now());
    let (one, two) = (Sealer::new(key()), Sealer::new(key()));
    let (one, two) = tokio::join!(one.seal(store, now), two.seal(store, now));
    assert!(one + two >= 1);
    scene.jeton.swept().await;
    let report = scene.verified().await;
    assert_eq!((report.days, report.findings), (6, vec![]));
}

#[tokio::test]
async fn a_project_that_is_closed_is_sealed_once_it_is_open_again() {
    let scene = Scene::unsealed().await;
    relocation::close(&scene.jeton.app, scene.jeton.project, |_| ()).await.unwrap();
    assert_eq!(scene.jeton.swept().await.sealed, 0);
    relocation::open(&scene.jeton.app, scene.jeton.project, |_| ()).await.unwrap();
    scene.jeton.pass_seconds(DAY);
    assert_eq!(scene.jeton.swept().await.sealed, 2);
    assert_eq!(scene.verified().await.findings, []);
}
