//! The findings of verification in a changed history.

use jeton_core::{
    event::{EventRange, Feed, Order},
    id::TokenId,
    seal::Sealed,
};
use jeton_service::history::{self, AnchorPlace, Anchors, Expected, Finding, PublicKey, Sealer};
use jeton_tests::store::{Place, fresh_folder};
use serde_json::json;

use super::{DAY, FIRST, SECOND, Scene, day, expected, key, late_is_known};

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
    let feed = Feed::Project(id);
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 1) };
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
async fn what_is_past_keeping_is_no_longer_judged_and_what_a_deleted_token_did_is() {
    let scene = Scene::sealed().await;
    scene.jeton.pass_seconds(100 * DAY);
    scene.post("in between").await;
    let path = format!("/v2/storage/tokens/{}", scene.token.id);
    scene.jeton.delete(&path).token(&scene.jeton.master).send().await.expect(204);
    scene.jeton.pass_seconds(95 * DAY);
    scene.jeton.create(&json!({"description": "much later"})).await;
    scene.jeton.sealed().await;
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
async fn a_day_that_is_changed_and_sealed_again_is_late_and_is_not_what_its_anchor_names() {
    let anchors = fresh_folder().join("anchors");
    let scene = Scene::sealed().await;
    scene.post("yesterday").await;
    let (yesterday, store) = (SECOND, scene.jeton.app.store.as_ref());
    scene.jeton.pass_seconds(DAY / 2 + 900);
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    assert_eq!(sealer.seal(store, || (scene.now(), 0)).await.days, 1);
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
    let report = history::verify_file(&path, &late_is_known(), scene.now(), |_, _| ()).unwrap();
    assert_eq!((report.findings, report.goes_back), (vec![], true));
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
async fn a_question_of_a_day_before_the_first_head_is_found_whatever_token_asked_it() {
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
        // A table does not list the remains of tokens.
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
