//! Model-based tests: random stories, run by Jeton and by a small model of the manual's rules, which must agree.
//!
//! A story with a difference is shrunk to a short one, which is printed step by step.

mod rules;
mod story;

use jeton_tests::jeton::Jeton;
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;

use crate::story::{Step, Telling};

/// The number of stories, and the most steps in one.
const STORIES: u32 = 24;
const STEPS: usize = 40;

#[test]
fn whatever_happens_jeton_and_the_rules_come_to_the_same() {
    let runtime = Runtime::new().unwrap();
    let config = Config { cases: STORIES, failure_persistence: None, ..Config::default() };
    let told = TestRunner::new(config).run(&vec(story::any_step(), 1..STEPS), |steps: Vec<Step>| {
        runtime.block_on(async {
            let mut telling = Telling::begin(Jeton::start().await);
            for step in &steps {
                telling.tell(step).await?;
            }
            telling.end().await
        })
    });
    if let Err(failure) = told {
        panic!("{failure}");
    }
}
