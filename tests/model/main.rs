//! Stories made by chance, told to Jeton and to a small model of the manual's rules: both have to come to the same.
//!
//! A story that ends differently is shrunk to a short one, which is printed step by step.

mod rules;
mod story;

use jeton_tests::jeton::Jeton;
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;

use crate::story::{Step, Telling};

/// How many stories there are, and how many steps the longest has.
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
