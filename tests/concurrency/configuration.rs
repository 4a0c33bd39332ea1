//! Concurrent calls for the token of one configuration.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{MANY, Two, answered, at_once, expect_only};

const PATH: &str = "/v2/storage/components/keboola.orchestrator/configs/123/token";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_configuration_that_many_ask_for_gets_exactly_one_token() {
    let two = Two::start().await;
    let wish = json!({"description": "Orchestrator"});
    let answers = at_once(MANY, |n| two.front(n).put(PATH).token(&two.jeton.master).json(&wish).send()).await;
    expect_only(&answers, &[200, 201]);
    let [made] = answered(&answers, 201)[..] else { panic!("one of them makes it: {answers:?}") };
    assert_eq!(two.jeton.verify(&made.field("token")).await, 200);
    let ids: BTreeSet<String> = answers.iter().map(|answer| answer.field("id")).collect();
    assert_eq!(ids.len(), 1, "all are told of the same one");
    let list = two.jeton.get("/v2/storage/tokens").token(&two.jeton.master).send().await.expect(200).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "the master and the configuration's: {list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_configurations_token_is_made_and_taken_away_by_turns_without_a_trace_of_two() {
    let two = Two::start().await;
    let answers = at_once(MANY, |n| {
        let front = two.front(n / 2);
        let call = if n.is_multiple_of(2) { front.put(PATH) } else { front.delete(PATH) };
        call.token(&two.jeton.master).send()
    })
    .await;
    expect_only(&answers, &[200, 201, 204, 404, 409]);
    let (made, gone) = (answered(&answers, 201).len(), answered(&answers, 204).len());
    let left = two.jeton.put(PATH).token(&two.jeton.master).send().await.status == 200;
    assert_eq!(made - gone, usize::from(left), "{made} made, {gone} taken away");
}
