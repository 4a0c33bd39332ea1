//! Replicas of a verify item: many reads of one token, and changes of it that no replica outlives.

mod changes;
mod first_call;
mod random;
mod reads;
mod service;

use jeton_core::{
    store::{CommitStore as _, TokenStore as _, Write},
    time::Timestamp,
};
use jeton_store_dynamodb::{DynamoDb, MOST_REPLICAS};
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, Kind},
};

use crate::scene::*;

/// The replicas that a process of these tests gives a token.
const REPLICAS: u32 = 8;

/// Enough reads of one process for every replica to have its turn.
const ALL_TURNS: usize = 2 * (REPLICAS as usize + 1);

/// Another process that reads replicas, and knows nothing yet.
fn process(scene: &Scene) -> DynamoDb {
    scene.proxy.store(&scene.table).with_replicas(REPLICAS)
}

/// Throttles reads of token 9 until the process has tried to give it replicas.
async fn heat(scene: &Scene, store: &DynamoDb) {
    let tries = || scene.proxy.count("TransactWriteItems", "V#7#9#");
    let before = tries();
    // On a slow machine three of them may take longer than a second.
    for _ in 0..100 {
        scene.proxy.inject(Fault::next("GetItem", Kind::Throttle).partition("V#7#9"));
        store.verify_item(project(), token_id()).await.unwrap();
        if tries() > before {
            return;
        }
    }
    panic!("nobody gives token 9 replicas");
}

/// Token 9 in version 1, with replicas that the process knows.
async fn replicated() -> (Scene, DynamoDb) {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let store = process(&scene);
    heat(&scene, &store).await;
    (scene, store)
}

/// How many replicas the verify item of token 9 says there are.
async fn stored(scene: &Scene) -> u32 {
    let found = dynamodb::item(&scene.table, "V#7#9", "V").await.unwrap();
    found.get("replicas").map_or(0, |number| number.as_n().unwrap().parse().unwrap())
}

/// The versions in the replicas of token 9; `None` for one that is empty.
async fn versions(scene: &Scene) -> Vec<Option<u64>> {
    let mut versions = Vec::new();
    for number in 1..=MOST_REPLICAS {
        let Some(found) = dynamodb::item(&scene.table, &format!("V#7#9#{number}"), "V").await else { break };
        let body: Option<serde_json::Value> =
            found.get("body").map(|body| serde_json::from_str(body.as_s().unwrap()).unwrap());
        versions.push(body.map(|body| body["version"].as_u64().unwrap()));
    }
    versions
}

/// Which versions a process sees while it reads token 9 until every replica had its turn.
async fn seen(store: &DynamoDb) -> Vec<Option<u64>> {
    let mut seen = Vec::new();
    for _ in 0..ALL_TURNS {
        let found = store.verify_item(project(), token_id()).await.unwrap();
        seen.push(found.map(|found| found.version));
    }
    seen
}

fn removal(version: u64) -> Write {
    let tombstone = token(version).tombstone(Timestamp::from_millis(9));
    Write::RemoveToken { token: token(version), tombstone }
}
