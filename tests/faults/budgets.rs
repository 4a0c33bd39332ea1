//! Budgets with lost answers.

use jeton_core::{budget::Spend, store::CommitStore as _, time::Timestamp};
use jeton_tests::fault_proxy::{Fault, Kind};
use uuid::Uuid;

use crate::scene::*;

fn budgets() -> [Spend; 2] {
    ["of a token", "of a project"].map(|key| Spend {
        key: key.to_owned(),
        amount: 1,
        limit: 3,
        ends: Timestamp::from_millis(3_600_000),
    })
}

fn once(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[tokio::test]
async fn whatever_answers_are_lost_a_spending_is_taken_once_and_said_to_be() {
    for kind in [Kind::LoseAnswer, Kind::LoseRequest, Kind::InternalError] {
        for times in 1..=3 {
            let scene = Scene::new().await;
            scene.proxy.inject(Fault::next("TransactWriteItems", kind).times(times));
            assert_eq!(scene.store.spend(&budgets(), once(1)).await, Ok(None), "{kind:?} {times} times");
            for other in [2, 3] {
                assert_eq!(
                    scene.direct.spend(&budgets(), once(other)).await,
                    Ok(None),
                    "{kind:?} {times} times"
                );
            }
            let used_up = scene.direct.spend(&budgets(), once(4)).await.unwrap();
            assert!(used_up.is_some(), "{kind:?} {times} times");
        }
    }
}

#[tokio::test]
async fn the_last_of_a_budget_is_said_to_be_taken_although_its_answer_is_lost() {
    let scene = Scene::new().await;
    for other in [1, 2] {
        assert_eq!(scene.direct.spend(&budgets(), once(other)).await, Ok(None));
    }
    scene.proxy.inject(Fault::next("TransactWriteItems", Kind::LoseAnswer).times(2));
    assert_eq!(scene.store.spend(&budgets(), once(3)).await, Ok(None));
}
