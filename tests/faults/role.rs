//! The roles of a `jeton serve` outside AWS Lambda, and of who operates it.

use std::{collections::BTreeSet, fs};

use jeton_core::store::{HistoryStore as _, Maintenance as _};
use jeton_store_dynamodb::CreatedTable;
use jeton_tests::program::root;
use serde_json::Value;

use crate::scene::*;

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
    assert_eq!(made, CreatedTable::WithoutRecovery);
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
