//! Runs that come after another one, and what it has left to them.

use std::fs;

use jeton_core::{
    event::{EventRange, Feed, Order, Origin, first_uuid_at},
    time::Timestamp,
};
use jeton_service::history::{AnchorPlace, Sealer};
use jeton_tests::store::fresh_folder;

use super::{DAY, SECOND, Scene, day, key};

#[tokio::test]
async fn the_anchor_of_a_day_is_delivered_by_a_process_that_had_delivered_all_when_another_one_sealed_it() {
    let anchors = fresh_folder().join("anchors");
    let scene = Scene::unsealed().await;
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    let store = scene.jeton.app.store.as_ref();
    let run = async || sealer.seal(store, scene.now(), scene.now().millis()).await;
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
