//! Every kind of copy changes its token while a master revokes rights, in any order.

use jeton_tests::contest::{KINDS, TAKINGS, any_plan, hold};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use crate::Two;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_master_takes_away_is_gone_whatever_the_token_does_meanwhile() {
    let mut runner = TestRunner::default();
    for kind in KINDS {
        let two = Two::start().await;
        for taking in TAKINGS {
            let plan = any_plan().new_tree(&mut runner).unwrap().current();
            hold([&two.jeton, &two.other], kind, taking, &plan).await;
        }
    }
}
