//! The roles of a `jeton serve` outside AWS Lambda, and of who operates it.

use std::{collections::BTreeSet, fs};

use jeton_core::store::{HistoryStore as _, Maintenance as _};
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, Kind},
    program::root,
};
use serde_json::Value;

use crate::scene::*;

/// A first call may end anywhere, by its timeout too.
#[tokio::test]
async fn a_table_whose_creation_was_interrupted_is_completed_by_the_next_call() {
    for (operation, kind) in [
        ("CreateTable", Kind::LoseAnswer),
        ("UpdateTimeToLive", Kind::LoseRequest),
        ("DescribeTable", Kind::LoseRequest),
        ("DescribeTimeToLive", Kind::LoseRequest),
    ] {
        let (scene, fault) = (Scene::new().await, Fault::next(operation, kind));
        let name = format!("{}-interrupted", scene.table);
        scene.proxy.inject(if operation == "CreateTable" { fault } else { fault.always() });
        let first = scene.proxy.store(&name).create_table().await;
        assert_eq!(first.is_ok(), operation == "CreateTable", "{operation}: {first:?}");
        scene.proxy.heal();
        scene.proxy.store(&name).create_table().await.unwrap();
        let client = dynamodb::client(&dynamodb::endpoint());
        let found = client.describe_time_to_live().table_name(&name).send().await.unwrap();
        let lives = found.time_to_live_description.unwrap().time_to_live_status.unwrap();
        assert_eq!(lives.as_str(), "ENABLED", "{operation}");
        let whole = scene.proxy.store(&name).create_table().await.unwrap();
        assert!(!whole.created && whole.completed.is_empty(), "{operation}: {whole:?}");
    }
}

#[tokio::test]
async fn an_operator_is_told_which_table_is_not_there_and_what_creates_it() {
    let name = dynamodb::unused_name();
    let scene = Scene::new().await;
    let error = scene.proxy.store(&name).check_schema().await.unwrap_err();
    for said in [&*name, "no such table in the region", "AWS_REGION", "jeton init table"] {
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_table_of_somebody_else_is_not_changed() {
    let table = dynamodb::create_table().await;
    let client = dynamodb::client(&dynamodb::endpoint());
    let item = [("pk", "theirs"), ("sk", "1")]
        .map(|(name, text)| (name.to_owned(), dynamodb::AttributeValue::S(text.to_owned())));
    client.put_item().table_name(&table).set_item(Some(item.into())).send().await.unwrap();
    let scene = Scene::new().await;
    let error = scene.proxy.store(&table).create_table().await.unwrap_err();
    assert!(error.contains("is not of Jeton"), "{error}");
    assert_eq!(scene.proxy.count("UpdateTimeToLive", ""), 0);
}

/// The actions on the table that a policy in infra/ allows.
fn allowed(file: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.filter_map(|statement| statement["Action"].as_array()).flatten();
    actions.filter_map(|action| action.as_str()?.strip_prefix("dynamodb:")).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_policies_for_serve_and_for_operators_allow_what_init_close_and_verify_history_ask_of_the_table()
{
    let scene = Scene::new().await;
    // `jeton init table`; `jeton init manage-token` and `jeton close --all`; `jeton verify-history` of all projects.
    let made = scene.proxy.store(&format!("{}-made", scene.table)).create_table().await.unwrap();
    assert!(made.created && !made.recovers, "{made:?}");
    // A table that somebody made by hand.
    let completed = scene.store.create_table().await.unwrap();
    assert_eq!(completed.completed, ["deletion protection", "time to live"]);
    scene.store.list_earlier_manage_tokens().await.unwrap();
    scene.store.known_projects().await.unwrap();
    let asked: BTreeSet<String> = scene.proxy.actions().into_iter().map(|(action, _)| action).collect();
    let (of_serve, of_operator) = (allowed("infra/serve-policy.json"), allowed("infra/operator-policy.json"));
    let lacking: Vec<_> =
        asked.difference(&of_serve).filter(|action| !of_operator.contains(*action)).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    let unused: Vec<_> = of_operator.difference(&asked).collect();
    assert!(unused.is_empty(), "{unused:?}");
    assert!(of_serve.is_disjoint(&of_operator), "a server needs none of them");
}
