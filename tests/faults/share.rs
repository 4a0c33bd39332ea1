//! Attempts at a share.

use std::collections::BTreeSet;

use jeton_core::{
    share::{MAX_ATTEMPTS, State},
    store::{Store, Write},
    time::Timestamp,
};
use jeton_tests::fault_proxy::{Fault, Kind};
use serde_json::json;

use crate::scene::*;

#[tokio::test]
async fn lost_answers_use_attempts_up_and_never_gain_one() {
    for (kind, times) in [(Kind::LoseAnswer, 2), (Kind::LoseRequest, 2), (Kind::Conflict, 3)] {
        let scene = Scene::new().await;
        let share = share("00000000000000aa", &json!({"copy": 9}));
        scene.direct.commit(&commit(1, vec![Write::InsertShare(share.clone())])).await.unwrap();
        scene.proxy.inject(Fault::next("UpdateItem", kind).times(times));
        let mut reserved = Vec::new();
        for _ in 0..20 {
            reserved.extend(scene.store.reserve_attempt(&share.id).await.unwrap());
        }
        let distinct: BTreeSet<u8> = reserved.iter().copied().collect();
        assert_eq!(distinct.len(), reserved.len(), "{kind:?}: {reserved:?}");
        assert!(distinct.iter().all(|attempt| (1..=MAX_ATTEMPTS).contains(attempt)));
        assert_eq!(scene.direct.share(&share.id).await.unwrap().unwrap().attempts, MAX_ATTEMPTS);
    }
}

#[tokio::test]
async fn a_share_that_has_ended_gives_no_attempt() {
    let scene = Scene::new().await;
    let share = share("00000000000000aa", &json!({"copy": 9}));
    assert_eq!(scene.store.reserve_attempt(&share.id).await, Ok(None));
    scene.store.commit(&commit(1, vec![Write::InsertShare(share.clone())])).await.unwrap();
    assert_eq!(scene.store.reserve_attempt(&share.id).await, Ok(Some(1)));
    let used = share.ended(State::Used(Timestamp::from_millis(5)));
    scene.store.commit(&commit(2, vec![Write::EndShare(used)])).await.unwrap();
    assert_eq!(scene.store.reserve_attempt(&share.id).await, Ok(None));
    assert_eq!(scene.direct.share(&share.id).await.unwrap().unwrap().attempts, 1);
}
