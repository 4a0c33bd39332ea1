//! One function on AWS Lambda.

use std::sync::Arc;

use lambda_http::{
    Error,
    lambda_runtime::{LambdaEvent, run as run_events, service_fn},
};
use serde_json::Value;

use super::SWEEP_LIMIT;
use crate::{
    app::App, endpoint::ENDPOINTS, function::Function, http::router, operation::expiry_sweep::sweep,
};

/// Takes one event after the other, until the platform ends the process.
pub async fn run(function: Function, app: Arc<App>) -> Result<(), Error> {
    if function == Function::ExpirySweep {
        return Box::pin(run_events(service_fn(|_: LambdaEvent<Value>| async {
            let swept = sweep(&app, SWEEP_LIMIT).await?;
            tracing::info!(swept.removed, swept.noticed, swept.refused, swept.failed, swept.more, "sweep");
            Ok::<_, Error>(swept)
        })))
        .await;
    }
    let rows = ENDPOINTS.iter().filter(move |endpoint| endpoint.function == function);
    Box::pin(lambda_http::run(router(&app, rows))).await
}
