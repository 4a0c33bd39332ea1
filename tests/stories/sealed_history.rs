//! What happened on a day that is over cannot be changed without leaving a trace.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use jeton_core::{
    event::{EventRange, Feed, Order, Origin, first_uuid_at},
    id::TokenId,
    project::Project,
    seal::{Digest, Sealed},
    store::{Commit, Write},
    time::{Day, Timestamp},
};
use jeton_service::{
    app::App,
    history::{
        self, AnchorPlace, Anchors, Expected, Finding, HistoryError, PublicKey, Report, SealKey, SealOutcome,
        Sealer,
    },
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
    /// A token has done three things on the first day, which was sealed after midnight. It is noon of the second.
    async fn sealed() -> Self {
        let scene = Self::unsealed().await;
        assert_eq!(scene.swept_after_midnight().await, 1);
        scene
    }

    /// A token has done three things on the first day, and it is noon.
    async fn unsealed() -> Self {
        let (store, place) = open_store_at().await;
        let jeton =
            Jeton::start_on_as(store, |app| App { sealer: Some(Sealer::new(key(), None)), ..app }).await;
        let token = jeton.create(&json!({"description": "writes"})).await;
        let scene = Self { jeton, place, token };
        for message in ["one", "two", "three"] {
            scene.post(message).await;
        }
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
        self.verified_as(&expected()).await
    }

    async fn verified_as(&self, expected: &Expected) -> Report {
        let store = self.jeton.app.store.as_ref();
        history::verify(store, self.jeton.project, expected, self.now()).await.unwrap()
    }

    /// Some days go by, with something on each of them and a sweep after each midnight.
    async fn live(&self, days: usize) {
        for _ in 0..days {
            self.post("daily").await;
            self.swept_after_midnight().await;
        }
    }

    /// A sweep comes by a quarter of an hour after midnight, and then it is noon again. Tells how many days it has sealed.
    async fn swept_after_midnight(&self) -> u64 {
        self.jeton.pass_seconds(DAY / 2 + 900);
        let sealed = self.jeton.swept().await.sealed;
        self.jeton.pass_seconds(DAY / 2 - 900);
        sealed
    }

    /// What a Jeton does that was started anew.
    async fn sealed_anew(&self) -> u64 {
        self.sealed_anew_to(None).await.days
    }

    /// The same with a place for anchors.
    async fn sealed_anew_to(&self, place: Option<&AnchorPlace>) -> SealOutcome {
        let now = self.now();
        let sealer = Sealer::new(key(), place.cloned());
        sealer.seal(self.jeton.app.store.as_ref(), now, now.millis()).await
    }

    /// The digest of the head of a day.
    async fn head(&self, day: Day) -> Digest {
        self.jeton.app.store.heads(self.jeton.project, day, 1).await.unwrap()[0].head.digest()
    }

    /// Replaces the moment at which the project was made, as whoever can write to the store can.
    async fn made_at(&self, created: Timestamp) {
        let store = &self.jeton.app.store;
        let project = store.project(self.jeton.project).await.unwrap().unwrap();
        let changed = Project { created, ..project };
        store.commit(&Commit { writes: vec![Write::ReplaceProject(changed)], events: vec![] }).await.unwrap();
    }

    /// Removes the head and the seals of a day.
    async fn without_day(&self, day: &str) {
        let gone = self.place.tamper(&format!(r#""day":"{day}""#), None).await;
        assert!(gone > 0, "{day} was not sealed");
    }

    /// Puts a question of a token at six in the morning of a day, as whoever can write to the store can.
    async fn with_question(&self, at: Day, by: TokenId) {
        let store = &self.jeton.app.store;
        let range =
            EventRange { after: None, before: None, order: Order::Ascending, limit: 1, bytes: usize::MAX };
        let mut forged =
            store.events(&Feed::Project(self.jeton.project), range).await.unwrap().events.remove(0);
        forged.created = at.start().plus_seconds(DAY.cast_unsigned() / 4);
        forged.uuid = first_uuid_at(forged.created);
        (forged.origin, forged.in_project_feed) = (Origin::Question, false);
        (forged.about, forged.by.token) = (None, Some(by));
        store.append(&forged, 1).await.unwrap();
    }

    /// What somebody does who knows that the clock is right.
    async fn sealed_all(&self) -> u64 {
        Sealer::new(key(), None).seal_all(self.jeton.app.store.as_ref(), self.now()).await.days
    }

    /// Removes every head and seal that is there, and every event that is no question.
    async fn with_nothing_but_questions(&self) {
        for origin in ["system", "posted"] {
            self.place.tamper(&format!(r#""origin":"{origin}""#), None).await;
        }
        self.place.tamper(r#""day":""#, None).await;
    }

    async fn export(&self, path: &Path) -> Result<u64, HistoryError> {
        history::export(self.jeton.app.store.as_ref(), self.jeton.project, path, self.now(), |_| ()).await
    }

    fn of_token(&self) -> Sealed {
        Sealed::Token(self.token.id.parse::<TokenId>().unwrap())
    }
}

/// What whoever has the public key expects, and no more.
fn expected() -> Expected {
    Expected { keys: vec![key().public()], ..Expected::default() }
}

/// The same by somebody who knows why days are late.
fn late_is_known() -> Expected {
    Expected { late: vec![(day(FIRST), day("2026-12-31"))], ..expected() }
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
    scene.jeton.pass_seconds(DAY / 2 + 599);
    assert_eq!(scene.jeton.swept().await.sealed, 0, "something may still be on its way");
    let report = scene.verified().await;
    assert_eq!((report.judged, report.findings), (None, vec![]), "no day has to be sealed yet");
    scene.jeton.pass_seconds(1);
    assert_eq!(scene.jeton.swept().await.sealed, 1);
    assert_eq!(scene.jeton.swept().await.sealed, 0);
    let report = scene.verified().await;
    assert_eq!((report.judged, report.findings), (Some((day(FIRST), day(FIRST))), vec![]));
    assert_eq!(report.unsealed, Some((day(SECOND), day(SECOND))));
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
    let place = &scene.place;
    scene.live(3).await;
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
    let verify = async |keys: &[PublicKey]| {
        scene.verified_as(&Expected { keys: keys.to_vec(), ..Expected::default() }).await
    };
    let findings = verify(&[other]).await.findings;
    assert_eq!(findings, [Finding::Signature(day(FIRST), key().public().to_string())]);
    assert_eq!(verify(&[other, key().public()]).await.findings, []);
}

#[tokio::test]
async fn days_on_which_nobody_swept_are_sealed_later_and_count_only_when_the_reason_is_known() {
    let scene = Scene::unsealed().await;
    scene.jeton.pass_seconds(4 * DAY);
    let nobody = scene.verified().await.findings;
    assert_eq!(nobody, [Finding::Nothing]);
    scene.post("the machine is on again").await;
    assert_eq!(scene.jeton.swept().await.sealed, 4);
    let report = scene.verified().await;
    assert_eq!((report.days, report.late.len()), (4, 4));
    assert_eq!(report.findings, [Finding::Late(day(FIRST), day("2026-01-18"))]);
    let known = Expected { late: vec![(day(FIRST), day("2026-01-17"))], ..expected() };
    let one = Finding::Late(day("2026-01-18"), day("2026-01-18"));
    assert_eq!(scene.verified_as(&known).await.findings, [one]);
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn what_is_past_keeping_is_no_longer_judged_and_what_a_deleted_token_did_is() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(100 * DAY);
    scene.post("in between").await;
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.jeton.pass_seconds(95 * DAY);
    scene.jeton.create(&json!({"description": "much later"})).await;
    scene.jeton.swept().await;
    scene.sealed_all().await;
    let report = scene.verified_as(&late_is_known()).await;
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
    scene.live(2).await;
    assert_eq!(scene.export(&whole).await.unwrap(), 3);
    let bytes = fs::read(&whole).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 2);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(scene.export(&path).await.unwrap(), 0);
    for kept in (0..bytes.len()).step_by(97) {
        fs::write(&path, &bytes[..kept]).unwrap();
        scene.export(&path).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes, "cut after {kept} bytes");
    }
    let report = history::verify_file(&path, &expected(), scene.now()).unwrap();
    assert_eq!((report.days, report.findings), (3, vec![]));
    assert_eq!(report.judged, Some((day(FIRST), day("2026-01-17"))));
}

#[tokio::test]
async fn a_file_tells_every_line_that_is_changed_removed_or_there_twice() {
    let scene = Scene::sealed().await;
    scene.swept_after_midnight().await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is_found = |lines: &[&str]| {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        history::verify_file(&path, &expected(), scene.now())
            .map_or(true, |report| !report.findings.is_empty())
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
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
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
    scene.jeton.pass_seconds(6 * DAY);
    scene.post("again").await;
    let (one, two) = tokio::join!(scene.sealed_anew(), scene.sealed_anew());
    assert!(one + two >= 1);
    scene.jeton.swept().await;
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
    let findings = async || history::verify(store, id, &late_is_known(), other.now()).await.unwrap().findings;
    assert_eq!(findings().await, [Finding::Nothing], "more of it may be on its way");
    relocation::open(&other.jeton.app, id, |_| ()).await.unwrap();
    other.sealed_anew().await;
    assert_eq!(findings().await, []);
}

#[tokio::test]
async fn a_day_that_is_changed_and_sealed_again_is_late_and_is_not_what_its_anchor_names() {
    let anchors = fresh_folder().join("anchors");
    let scene = Scene::sealed().await;
    scene.post("yesterday").await;
    let (yesterday, store) = (SECOND, scene.jeton.app.store.as_ref());
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    assert_eq!(sealer.seal(store, scene.now(), 0).await.days, 1);
    let anchored = Expected { anchors: Anchors::read(&anchors).unwrap(), ..expected() };
    let report = scene.verified_as(&anchored).await;
    assert_eq!((report.anchors, report.findings), (2, vec![]));

    scene.without_day(yesterday).await;
    assert!(scene.place.tamper(r#""message":"yesterday""#, Some(("yesterday", "anything"))).await > 0);
    assert_eq!(scene.sealed_anew().await, 1);
    let found = scene.verified_as(&anchored).await.findings;
    assert_eq!(found, [Finding::Anchor(day(yesterday))], "within the hour only the anchor tells");

    scene.without_day(yesterday).await;
    scene.jeton.pass_seconds(3600);
    assert_eq!(scene.sealed_anew().await, 1);
    assert_eq!(scene.verified().await.findings, [Finding::Late(day(yesterday), day(yesterday))]);
}

#[tokio::test]
async fn an_end_or_all_of_a_history_that_is_gone_is_found() {
    let scene = Scene::sealed().await;
    scene.live(3).await;
    scene.without_day("2026-01-18").await;
    let last = Finding::Unsealed(day("2026-01-18"), day("2026-01-18"));
    assert_eq!(scene.verified().await.findings, [last]);
    for gone in [FIRST, SECOND, "2026-01-17"] {
        scene.without_day(gone).await;
    }
    assert_eq!(scene.verified().await.findings, [Finding::Nothing]);
    scene.made_at(scene.now()).await;
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Nothing), "its first event says when it was made: {findings:?}");
}

#[tokio::test]
async fn a_beginning_that_is_gone_is_found_whenever_the_project_is_said_to_be_made() {
    let scene = Scene::sealed().await;
    scene.live(3).await;
    for gone in [FIRST, SECOND] {
        scene.without_day(gone).await;
    }
    let beginning = [Finding::Beginning(day("2026-01-17"))];
    assert_eq!(scene.verified().await.findings, beginning);
    for made in ["2026-01-17T00:00:00+0000", "2026-01-30T00:00:00+0000"] {
        scene.made_at(made.parse().unwrap()).await;
        assert_eq!(scene.verified().await.findings, beginning, "{made}");
    }
}

#[tokio::test]
async fn a_beginning_that_is_past_keeping_is_no_finding() {
    let scene = Scene::sealed().await;
    for _ in 0..2 {
        scene.jeton.pass_seconds(100 * DAY);
        scene.post("once in a while").await;
        scene.sealed_all().await;
    }
    scene.swept_after_midnight().await;
    let report = scene.verified_as(&late_is_known()).await;
    assert_eq!(report.findings, []);
    assert!(report.goes_back);
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let report = history::verify_file(&path, &late_is_known(), scene.now()).unwrap();
    assert_eq!((report.findings, report.goes_back), (vec![], true));
}

#[tokio::test]
async fn a_beginning_or_an_end_that_is_gone_from_a_file_is_found() {
    let scene = Scene::sealed().await;
    scene.live(3).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let findings = |text: &str, expected: &Expected| {
        fs::write(&path, text).unwrap();
        history::verify_file(&path, expected, scene.now()).unwrap().findings
    };
    let of = |heads: std::ops::Range<usize>| {
        let ends: Vec<_> =
            text.match_indices("{\"head\"").map(|(at, _)| at + text[at..].find('\n').unwrap() + 1).collect();
        let from = if heads.start == 0 { 0 } else { ends[heads.start - 1] };
        text[from..ends[heads.end - 1]].to_owned()
    };
    assert_eq!(findings(&of(0..4), &expected()), []);
    assert_eq!(findings(&of(1..4), &expected()), [Finding::Beginning(day(SECOND))]);
    let last = day("2026-01-18");
    assert_eq!(findings(&of(0..3), &expected()), [Finding::Unsealed(last, last)]);
    let known = Expected { from: Some(day(SECOND)), until: Some(day("2026-01-17")), ..expected() };
    assert_eq!(findings(&of(1..3), &known), []);
    assert_eq!(findings(&of(2..3), &known), [Finding::Beginning(day("2026-01-17"))]);
}

#[tokio::test]
async fn a_clock_that_is_ahead_once_seals_no_day_that_is_not_over() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(30 * DAY);
    assert_eq!(scene.jeton.swept().await.sealed, 0, "nothing has happened for a month");
    scene.jeton.pass_seconds(-30 * DAY);
    // A shorter way ahead is known by the time that has passed.
    let (store, now) = (scene.jeton.app.store.as_ref(), scene.now());
    let sealer = Sealer::new(key(), None);
    assert_eq!(sealer.seal(store, now, 0).await.days, 0);
    assert_eq!(sealer.seal(store, now.plus_seconds(DAY.cast_unsigned()), 60_000).await.days, 0);
    assert_eq!(sealer.seal(store, now.plus_seconds(120), 120_000).await.days, 0);
    scene.live(3).await;
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_clock_that_is_ahead_while_something_happens_seals_no_day_that_is_not_over() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(48 * DAY);
    for message in ["by the wrong clock", "once more"] {
        scene.post(message).await;
        assert_eq!(scene.jeton.swept().await.sealed, 0, "{message}");
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
    assert_eq!(scene.jeton.swept().await.sealed, 0);
    assert!(scene.verified().await.findings[0].to_string().contains("--seal-all"));
    assert_eq!(scene.sealed_all().await, 20);
    scene.post("daily").await;
    assert_eq!(scene.swept_after_midnight().await, 1, "from then on nobody has to ask");
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn a_project_in_which_nothing_happened_for_days_is_sealed_when_it_is_asked_for() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(3 * DAY);
    assert_eq!(scene.jeton.swept().await.sealed, 0);
    let sealer = Sealer::new(key(), None);
    assert_eq!(sealer.seal_all(scene.jeton.app.store.as_ref(), scene.now()).await.days, 3);
    assert_eq!(scene.verified_as(&late_is_known()).await.findings, []);
}

#[tokio::test]
async fn a_file_that_was_changed_is_not_appended_to() {
    let scene = Scene::sealed().await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    scene.live(1).await;
    let text = fs::read_to_string(&path).unwrap();
    let other = Scene::sealed().await;
    for changed in [
        text.replace("\"two\"", "\"too\""),
        text.replace("\"sealed\":17", "\"sealed\":18"),
        text.replace("\"signature\":\"", "\"signature\":\"00"),
    ] {
        assert_ne!(changed, text);
        fs::write(&path, &changed).unwrap();
        scene.export(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    }
    fs::write(&path, &text).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 1);
    other.export(&path).await.unwrap_err();
    let (link, kept) = (fresh_folder().join("link"), fs::read(&path).unwrap());
    std::os::unix::fs::symlink(&path, &link).unwrap();
    scene.export(&link).await.unwrap_err();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    scene.export(&path).await.unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), kept);
    let unsealed = Scene::unsealed().await;
    let nothing = fresh_folder().join("nothing");
    let refused = unsealed.export(&nothing).await.unwrap_err();
    assert!(refused.to_string().contains("has no sealed day"), "{refused}");
    assert!(!nothing.exists());
}

#[tokio::test]
async fn a_day_that_is_not_as_it_was_sealed_is_not_appended() {
    let scene = Scene::sealed().await;
    let folder = fresh_folder();
    let [path, new] = ["history.ndjson", "new.ndjson"].map(|name| folder.join(name));
    scene.export(&path).await.unwrap();
    let first_day = fs::read(&path).unwrap();
    scene.live(2).await;
    let tamper = async |from: &str, to: &str| {
        assert!(scene.place.tamper(&format!("\"{from}\""), Some((from, to))).await > 0);
    };
    tamper("daily", "dairy").await;
    for path in [&path, &new] {
        let refused = scene.export(path).await.unwrap_err().to_string();
        assert!(refused.contains("not as it was sealed (2026-01-16, "), "{refused}");
        assert_eq!(fs::read(path).unwrap(), first_day);
    }
    tamper("two", "too").await;
    fs::remove_file(&new).unwrap();
    let refused = scene.export(&new).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("({FIRST}, ")), "{refused}");
    assert!(!new.exists(), "nothing of it is as it was sealed");
    tamper("dairy", "daily").await;
    tamper("too", "two").await;
    assert_eq!(scene.export(&path).await.unwrap(), 2);
    assert_eq!(scene.export(&path).await.unwrap(), 0);
}

#[tokio::test]
async fn an_anchor_of_a_day_before_the_first_head_tells_that_history_was_begun_anew() {
    let scene = Scene::sealed().await;
    let (project, before) = (scene.jeton.project, day(FIRST).previous());
    let line = format!(r#"{{"project":{project},"day":"{before}","head":"{}"}}"#, "00".repeat(32));
    let anchored = Expected { anchors: Anchors::parse(line.as_bytes()).unwrap(), ..expected() };
    assert_eq!(scene.verified_as(&anchored).await.findings, [Finding::Beginning(day(FIRST))]);
}

#[tokio::test]
async fn a_project_that_is_gone_is_known_by_its_heads_or_its_anchors() {
    let scene = Scene::sealed().await;
    let (store, project) = (scene.jeton.app.store.as_ref(), scene.jeton.project);
    let none = history::gone(store, &Anchors::default()).await.unwrap();
    assert!(none.is_empty(), "{none:?}");
    let line = format!(r#"{{"project":7,"day":"{FIRST}","head":"{}"}}"#, "00".repeat(32));
    let anchors = Anchors::parse(line.as_bytes()).unwrap();
    assert_eq!(history::gone(store, &anchors).await.unwrap().len(), usize::from(project.number() != 7));
    scene.place.remove_project(project).await;
    let gone = history::gone(store, &Anchors::default()).await.unwrap();
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), [project], "its tokens, members and events are there");
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
async fn a_day_that_was_sealed_again_is_handed_to_the_place_that_has_its_first_head() {
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

#[tokio::test]
async fn a_head_a_seal_or_an_event_that_cannot_be_read_is_named_and_the_rest_is_judged() {
    let scene = Scene::sealed().await;
    scene.live(3).await;
    let place = &scene.place;
    let unreadable = |finding: &Finding, of: &str, part: &str| matches!(finding, Finding::Unreadable { day, what, .. } if day == of && what.contains(part));
    let head = r#""day":"2026-01-17","sealed""#;
    assert_eq!(place.tamper(head, Some((r#""seals":2"#, r#""seals":two"#))).await, 1);
    let report = scene.verified().await;
    assert!(unreadable(&report.findings[0], "2026-01-17", "head"), "{:?}", report.findings);
    assert_eq!((report.findings.len(), report.days), (1, 3));
    assert_eq!(place.tamper(head, Some((r#""seals":two"#, r#""seals":2"#))).await, 1);

    let seal = r#""day":"2026-01-16","of":{"token""#;
    assert_eq!(place.tamper(seal, Some((r#""events":1"#, r#""events":one"#))).await, 1);
    let report = scene.verified().await;
    assert!(report.findings.iter().any(|finding| unreadable(finding, "2026-01-16", "a seal")));
    assert_eq!(report.days, 4);
    assert_eq!(place.tamper(seal, Some((r#""events":one"#, r#""events":1"#))).await, 1);

    assert!(place.tamper(r#""message":"two""#, Some((r#""two""#, "two"))).await > 0);
    let report = scene.verified().await;
    let of_token = format!("an event of {}", scene.of_token());
    assert!(report.findings.iter().any(|finding| unreadable(finding, FIRST, &of_token)));
    assert!(report.findings.iter().all(|finding| unreadable(finding, FIRST, "an event of")));
    assert_eq!(report.days, 4);
}

#[tokio::test]
async fn a_head_that_names_another_key_and_a_seal_that_names_another_day_are_found() {
    let scene = Scene::sealed().await;
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let key = key().public().to_string();
    assert_eq!(scene.place.tamper(&key, Some((&key, other))).await, 1);
    assert_eq!(scene.verified().await.findings, [Finding::OtherKey(day(FIRST), other.to_owned())]);
    let both = Expected { keys: vec![self::key().public(), other.parse().unwrap()], ..expected() };
    assert_eq!(scene.verified_as(&both).await.findings.len(), 1, "even when the other is known, too");
    assert_eq!(scene.place.tamper(other, Some((other, &key))).await, 1);

    let of_day = format!(r#""day":"{FIRST}","of":{{"token""#);
    for (from, to) in
        [(FIRST.to_owned(), SECOND.to_owned()), (scene.jeton.project.to_string(), "77".to_owned())]
    {
        let named = |what: &str| {
            if what.contains('-') { format!(r#""day":"{what}""#) } else { format!(r#""project":{what},"#) }
        };
        let (from, to) = (named(&from), named(&to));
        assert!(scene.place.tamper(&of_day, Some((&from, &to))).await > 0);
        assert_eq!(scene.verified().await.findings, [Finding::Seals(day(FIRST))], "{to}");
        let mark = of_day.replace(&from, &to);
        assert!(scene.place.tamper(&mark, Some((&to, &from))).await > 0);
    }
    assert_eq!(scene.verified().await.findings, []);
}

#[tokio::test]
async fn a_history_that_was_begun_anew_is_known_by_the_events_of_before() {
    let scene = Scene::sealed().await;
    scene.live(2).await;
    for gone in [FIRST, SECOND, "2026-01-17"] {
        scene.without_day(gone).await;
    }
    scene.made_at(scene.now()).await;
    assert_eq!(scene.swept_after_midnight().await, 1);
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Unsealed(day(FIRST), day("2026-01-17"))), "{findings:?}");
}

#[tokio::test]
async fn each_kind_of_line_of_a_file_is_told_when_it_says_the_same_in_other_words() {
    let scene = Scene::sealed().await;
    scene.live(1).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let verified = |text: &str| {
        fs::write(&path, text).unwrap();
        history::verify_file(&path, &expected(), scene.now())
    };
    assert_eq!(verified(&text).unwrap().findings, []);
    let of_manage_tokens = r#"{"actor":{"token":null}}"#;
    for (what, changed) in [
        ("a space", text.replacen("{\"seal\":{", "{\"seal\": {", 1)),
        ("a field of a seal", text.replacen("{\"seal\":{", "{\"seal\":{\"note\":1,", 1)),
        ("a field of a head", text.replacen("{\"head\":{", "{\"head\":{\"note\":1,", 1)),
        ("a day twice", text.replacen("{\"head\":{", "{\"head\":{\"day\":\"2026-01-15\",", 1)),
        (
            "capitals",
            text.replacen("\"digest\":\"", "\"digest\":\"A", 1).replacen(
                "\"signature\":\"",
                "\"signature\":\"A",
                1,
            ),
        ),
        ("another key", text.replacen("\"key\":\"", "\"key\":\"0", 1)),
        ("lines of Windows", text.replace('\n', "\r\n")),
        ("two lines in another order", {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.swap(0, 1);
            lines.join("\n") + "\n"
        }),
        ("an empty line", text.replacen('\n', "\n\n", 1)),
        ("an event of nobody", format!("{of_manage_tokens}\n{text}")),
        ("no line", text.replacen("{\"head\":", "nonsense", 1)),
    ] {
        assert_ne!(changed, text, "{what}");
        let report = verified(&changed);
        assert!(report.is_err() || !report.unwrap().findings.is_empty(), "{what}");
    }
    assert!(verified(text.trim_end()).is_err(), "the end of the last line is gone");
    let spoilt = text.replacen("\"seals\":2,", "\"seals\":two,", 1);
    let report = verified(&spoilt).unwrap();
    assert_eq!(report.days, 1, "the other day is judged");
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::Line(..))), "{report:?}");
}

#[tokio::test]
async fn an_export_is_not_appended_to_a_file_that_lost_its_beginning_or_has_a_foreign_end() {
    let scene = Scene::sealed().await;
    scene.live(2).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    scene.live(1).await;
    let second = text.find("{\"head\"").map(|at| at + text[at..].find('\n').unwrap() + 1).unwrap();
    for (changed, why) in [
        (text[second..].to_owned(), "its beginning is gone"),
        (format!("{text}my notes"), "something that is no history"),
        (format!("{text}my notes\n"), "something that is no history"),
        (format!("{text}{{\"my\":\"notes\"}}\n"), "something that is no history"),
        (text.replacen("{\"seal\":{", "{\"seal\": {", 1), "not as Jeton writes it"),
    ] {
        fs::write(&path, &changed).unwrap();
        let refused = scene.export(&path).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    }
    fs::write(&path, &text).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 1);
}

#[tokio::test]
async fn a_question_of_a_day_before_the_first_head_is_found_whoever_asked_it() {
    let scene = Scene::sealed().await;
    let before = day(FIRST).previous();
    scene.with_question(before, scene.token.id.parse().unwrap()).await;
    assert_eq!(scene.verified().await.findings, [Finding::Unsealed(before, before)]);

    let scene = Scene::sealed().await;
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.with_question(before, scene.token.id.parse().unwrap()).await;
    assert_eq!(
        scene.verified().await.findings,
        [Finding::Unsealed(before, before)],
        "of a token that is gone"
    );
}

#[tokio::test]
async fn a_history_that_was_begun_anew_is_known_by_the_questions_of_before() {
    let scene = Scene::sealed().await;
    scene.live(2).await;
    scene.with_question(day(FIRST), scene.token.id.parse().unwrap()).await;
    scene.with_nothing_but_questions().await;
    scene.post("today").await;
    scene.made_at(scene.now()).await;
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Nothing), "{findings:?}");
    assert_eq!(scene.swept_after_midnight().await, 1);
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Unsealed(day(FIRST), day("2026-01-17"))), "{findings:?}");
}

#[tokio::test]
async fn a_history_that_was_begun_anew_is_known_by_the_tokens_and_members_of_before() {
    let scene = Scene::sealed().await;
    scene.live(2).await;
    scene.with_nothing_but_questions().await;
    scene.made_at(scene.now()).await;
    let named = async || {
        let findings = scene.verified().await.findings.iter().map(ToString::to_string).collect::<Vec<_>>();
        let is_named = |what: &str| findings.iter().any(|finding| finding.starts_with(what));
        assert!(is_named("token ") && is_named("member "), "{findings:?}");
    };
    named().await;
    assert_eq!(scene.swept_after_midnight().await, 1);
    named().await;
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.made_at(scene.now().plus_seconds(DAY.cast_unsigned())).await;
    let findings = scene.verified().await.findings;
    let deletion = format!("the deletion of token {} ", scene.token.id);
    assert!(findings.iter().any(|finding| finding.to_string().starts_with(&deletion)), "{findings:?}");
}

#[tokio::test]
async fn a_token_that_is_gone_and_that_no_event_names_is_known_by_what_is_left_of_it() {
    let scene = Scene::sealed().await;
    if matches!(scene.place, Place::Table(_)) {
        // A table does not list what is left of tokens.
        return;
    }
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.with_question(day(FIRST), scene.token.id.parse().unwrap()).await;
    scene.with_nothing_but_questions().await;
    scene.jeton.create(&json!({"description": "another"})).await;
    scene.made_at(scene.now()).await;
    scene.swept_after_midnight().await;
    let findings = scene.verified().await.findings;
    assert!(findings.contains(&Finding::Unsealed(day(FIRST), day(FIRST))), "{findings:?}");
}
