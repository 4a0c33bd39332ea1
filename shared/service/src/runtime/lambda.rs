//! One function on AWS Lambda.

use std::{pin::Pin, sync::Arc};

use lambda_http::{
    Error,
    lambda_runtime::{LambdaEvent, run as run_events, service_fn},
};
use serde_json::Value;

use super::{SWEEP_LIMIT, StartError};
use crate::{
    app::App,
    authorizer::{Rules, authorize},
    config::Config,
    endpoint::ENDPOINTS,
    function::Function,
    http::router,
    operation::expiry_sweep::{Swept, sweep},
};

/// Takes one event after the other, until the platform ends the process.
///
/// What a runtime calls is boxed, and so is the runtime: the type of all that they await is nested
/// deeper than the compiler follows.
pub async fn run(function: Function, config: &Config, app: Arc<App>) -> Result<(), Error> {
    match function {
        Function::ExpirySweep => {
            let handler = service_fn(move |_: LambdaEvent<Value>| sweeping(Arc::clone(&app)));
            Box::pin(run_events(handler)).await
        }
        Function::Authorizer => {
            // A main that fails shows how its error is made up. Made of its sentence alone, that is
            // readable.
            let rules = Rules::configured(config).map_err(|error| StartError::from(error).to_string())?;
            let rules = Arc::new(rules);
            let handler = service_fn(move |event: LambdaEvent<Value>| {
                authorizing(Arc::clone(&app), Arc::clone(&rules), event.payload)
            });
            Box::pin(run_events(handler)).await
        }
        _ => {
            let rows = ENDPOINTS.iter().filter(move |endpoint| endpoint.function == function);
            Box::pin(lambda_http::run(router(&app, rows))).await
        }
    }
}

/// What comes of an event, some time.
type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

fn sweeping(app: Arc<App>) -> Outcome<Swept> {
    Box::pin(async move {
        let swept = sweep(&app, SWEEP_LIMIT).await?;
        tracing::info!(swept.removed, swept.noticed, swept.refused, swept.failed, swept.more, "sweep");
        Ok(swept)
    })
}

fn authorizing(app: Arc<App>, rules: Arc<Rules>, event: Value) -> Outcome<Value> {
    Box::pin(async move {
        // The gateway reads the sentence of a failure, so the error is made of nothing else.
        Ok(authorize(&app, &rules, &event).await.map_err(|failure| failure.to_string())?)
    })
}
