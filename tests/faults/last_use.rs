//! The day of last use, whose write may fail without a call that fails.

use std::sync::Arc;

use futures_util::future::join_all;
use jeton_service::limits::PAUSE;
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::Jeton,
};
use serde_json::json;

/// How the day is written.
const COMMIT: &str = "TransactWriteItems";

#[tokio::test]
async fn a_day_of_last_use_that_is_throttled_or_conflicts_is_written_again_after_a_pause_and_not_by_each_call()
 {
    for kind in [Kind::Throttle, Kind::Conflict, Kind::InternalError] {
        let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        let held = jeton.create(&json!({})).await;
        proxy.forget();
        proxy.inject(Fault::next(COMMIT, kind).always());
        for attempts in 1..3 {
            assert_eq!(join_all((0..20).map(|_| jeton.verify(&held.token))).await, [200; 20], "{kind:?}");
            assert_eq!(jeton.verify(&held.token).await, 200, "{kind:?}");
            assert_eq!(proxy.count(COMMIT, "V#"), attempts, "{kind:?}");
            jeton.pass_seconds(PAUSE.cast_signed());
        }
        proxy.heal();
        assert_eq!(jeton.verify(&held.token).await, 200);
        assert_eq!(jeton.detail(&held.id).await["lastUsed"], "2026-01-15", "{kind:?}");
    }
}
