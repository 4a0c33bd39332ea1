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
    authorizer::{Rules, authorize},
    config::{BadConfig, Config},
    endpoint::ENDPOINTS,
    function::Function,
    http::router,
    operation::expiry_sweep::sweep,
};

/// How many expired tokens one run of the sweep removes.
const SWEEP_LIMIT: usize = 1000;

/// Runs a function until the platform ends it: its rows of the endpoint table, the sweep, or the
/// authorizer.
pub async fn run(function: Function) -> Result<(), Error> {
    // A main that fails shows how its error is made up. Made of its sentence alone, that is readable.
    let readable = |error: StartError| Error::from(error.to_string());
    let (config, app) = start().await.map_err(readable)?;
    if function == Function::ExpirySweep {
        return run_events(service_fn(|_: LambdaEvent<Value>| async {
            let swept = sweep(&app, SWEEP_LIMIT).await?;
            tracing::info!(swept.removed, swept.failed, swept.more, "sweep");
            Ok::<_, Error>(swept)
        }))
        .await;
    }
    if function == Function::Authorizer {
        let rules = Rules::configured(&config).map_err(|error| readable(error.into()))?;
        let (app, rules) = (&app, &rules);
        return run_events(service_fn(|event: LambdaEvent<Value>| async move {
            // The gateway reads the sentence of a failure, so the error is made of nothing else.
            authorize(app, rules, &event.payload).await.map_err(|failure| failure.to_string())
        }))
        .await;
    }
    let rows = ENDPOINTS.iter().filter(move |endpoint| endpoint.function == function);
    lambda_http::run(router(&app, rows)).await
}

async fn start() -> Result<(Config, Arc<App>), StartError> {
    let config = Config::from_env()?;
    log_to(&config.log);
    let public_url = config.public_url.clone().ok_or_else(|| BadConfig {
        variable: "JETON_PUBLIC_URL",
        problem: "must be set: links and URIs are made from it".to_owned(),
    })?;
    let app = Arc::new(open(&config, public_url).await?);
    Ok((config, app))
}
