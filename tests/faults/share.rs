//! Attempts at a share.

use jeton_core::{
    share::{AttemptId, MAX_ATTEMPTS, State},
    store::{CommitStore as _, MemberStore as _, Write},
    time::Timestamp,
};
use jeton_tests::fault_proxy::{Fault, Kind};
use serde_json::json;

use crate::scene::*;

fn attempt(number: u32) -> AttemptId {
    AttemptId::from_store(&format!("attempt-{number}"))
}

#[tokio::test]
async fn lost_answers_use_no_attempt_up_and_never_gain_one() {
    for (kind, times) in
        [(Kind::LoseAnswer, 2), (Kind::LoseAnswer, 12), (Kind::LoseRequest, 12), (Kind::Conflict, 3)]
    {
        let scene = Scene::new().await;
        let share = share("00000000000000aa", &json!({"copy": 9}));
        scene.direct.commit(&commit(1, vec![Write::InsertShare(share.clone())])).await.unwrap();
        scene.proxy.inject(Fault::next("UpdateItem", kind).times(times));
        // A caller without an answer retries.
        let mut first = scene.store.reserve_attempt(&share.id, &attempt(0)).await;
        for _ in 0..10 {
            if first.is_ok() {
                break;
            }
            first = scene.store.reserve_attempt(&share.id, &attempt(0)).await;
        }
        assert_eq!(first, Ok(Some(1)), "{kind:?}");
        let mut reserved = 1;
        for n in 1..20 {
            reserved +=
                u8::from(scene.store.reserve_attempt(&share.id, &attempt(n)).await.unwrap().is_some());
        }
        assert_eq!(reserved, MAX_ATTEMPTS, "{kind:?}");
        assert_eq!(scene.direct.share(&share.id).await.unwrap().unwrap().attempts, MAX_ATTEMPTS);
    }
}

#[tokio::test]
async fn a_share_that_has_ended_gives_no_attempt() {
    let scene = Scene::new().await;
    let share = share("00000000000000aa", &json!({"copy": 9}));
    assert_eq!(scene.store.reserve_attempt(&share.id, &attempt(0)).await, Ok(None));
    scene.store.commit(&commit(1, vec![Write::InsertShare(share.clone())])).await.unwrap();
    assert_eq!(scene.store.reserve_attempt(&share.id, &attempt(0)).await, Ok(Some(1)));
    let used = share.ended(State::Used(Timestamp::from_millis(5)));
    scene.store.commit(&commit(2, vec![Write::EndShare(used)])).await.unwrap();
    assert_eq!(scene.store.reserve_attempt(&share.id, &attempt(0)).await, Ok(None));
    assert_eq!(scene.direct.share(&share.id).await.unwrap().unwrap().attempts, 1);
}
