//! Two processes of a service, and a token with replicas that both know.

use std::{collections::HashMap, sync::Arc};

use jeton_tests::{
    dynamodb::{self, AttributeValue},
    fault_proxy::FaultProxy,
    jeton::{Held, Jeton},
};
use serde_json::json;

use super::{ALL_TURNS, REPLICAS};

/// Two processes, and a token with replicas that both know.
async fn service() -> (FaultProxy, [Jeton; 2], Held, String) {
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let open = || Arc::new(proxy.store(&table).with_replicas(REPLICAS));
    let jeton = Jeton::start_on(open()).await;
    let other = jeton.front_on(open()).await;
    let held = jeton.create(&json!({"expiresIn": 60})).await;
    proxy.throttle_until_replicated();
    for front in [&jeton, &other] {
        for _ in 0..ALL_TURNS {
            assert_eq!(front.verify(&held.token).await, 200);
        }
    }
    proxy.forget();
    assert_eq!(jeton.verify(&held.token).await, 200);
    (proxy, [jeton, other], held, table)
}

#[tokio::test]
async fn a_token_that_is_disabled_deleted_or_refreshed_is_rejected_by_every_process_from_the_answer_on() {
    for change in ["disable", "delete", "refresh"] {
        let (proxy, fronts, held, table) = service().await;
        let replica = replica(&table, &held, 1).await;
        assert!(replica.is_some_and(|item| item.contains_key("body")));
        let path = format!("/v2/storage/tokens/{}", held.id);
        let (master, jeton) = (&fronts[0].master, &fronts[0]);
        match change {
            "disable" => {
                jeton.put(&path).json(&json!({"isDisabled": true})).token(master).send().await.expect(200)
            }
            "delete" => jeton.delete(&path).token(master).send().await.expect(204),
            _ => jeton.post(&format!("{path}/refresh")).token(master).send().await.expect(200),
        };
        proxy.forget();
        for front in &fronts {
            for _ in 0..ALL_TURNS {
                assert_eq!(front.verify(&held.token).await, 401, "{change}");
            }
        }
    }
}

#[tokio::test]
async fn a_sweep_empties_the_replicas_of_an_expired_token() {
    let (_proxy, fronts, held, table) = service().await;
    fronts[0].pass_seconds(60);
    assert_eq!(fronts[1].sweep().await, 1);
    for number in 1..=REPLICAS {
        let left = replica(&table, &held, number).await.unwrap();
        assert!(!left.contains_key("body") && left.contains_key("ttl"), "{left:?}");
    }
}

async fn replica(table: &str, held: &Held, number: u32) -> Option<HashMap<String, AttributeValue>> {
    let project = held.token.split('-').next().unwrap();
    dynamodb::item(table, &format!("V#{project}#{}#{number}", held.id), "V").await
}
