//! One function on AWS Lambda.

use std::sync::Arc;

use lambda_http::{
    Error,
    lambda_runtime::{LambdaEvent, run as run_events, service_fn},
};
use serde_json::Value;

use super::{StartError, log_to, open};
use crate::{
    app::App,
    config::{BadConfig, Config},
    endpoint::ENDPOINTS,
    function::Function,
    http::router,
    operation::expiry_sweep::sweep,
};

/// How many tokens that are due one run of the sweep sees to.
const SWEEP_LIMIT: usize = 1000;

/// Runs a function until the platform ends it: its rows of the endpoint table, or the sweep.
pub async fn run(function: Function) -> Result<(), Error> {
    // A main that fails shows how its error is made up. Made of its sentence alone, that is readable.
    let app = start().await.map_err(|error| Error::from(error.to_string()))?;
    if function == Function::ExpirySweep {
        return run_events(service_fn(|_: LambdaEvent<Value>| async {
            let swept = sweep(&app, SWEEP_LIMIT).await?;
            tracing::info!(swept.removed, swept.noticed, swept.refused, swept.failed, swept.more, "sweep");
            Ok::<_, Error>(swept)
        }))
        .await;
    }
    let rows = ENDPOINTS.iter().filter(move |endpoint| endpoint.function == function);
    lambda_http::run(router(&app, rows)).await
}

async fn start() -> Result<Arc<App>, StartError> {
    let config = Config::from_env()?;
    log_to(&config.log);
    let public_url = config.public_url.clone().ok_or_else(|| BadConfig {
        variable: "JETON_PUBLIC_URL",
        problem: "must be set: links and URIs are made from it".to_owned(),
    })?;
    Ok(Arc::new(open(&config, public_url).await?))
}
