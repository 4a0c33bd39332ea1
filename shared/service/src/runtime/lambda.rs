//! One function on AWS Lambda.

use std::sync::Arc;

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
    operation::expiry_sweep::sweep,
};

/// Takes one event after the other, until the platform ends the process.
///
/// Every runtime is boxed, since the type of all that it awaits is as deep as the compiler follows.
pub async fn run(function: Function, config: &Config, app: Arc<App>) -> Result<(), Error> {
    match function {
        Function::ExpirySweep => {
            Box::pin(run_events(service_fn(|_: LambdaEvent<Value>| async {
                let swept = sweep(&app, SWEEP_LIMIT).await?;
                tracing::info!(
                    swept.removed,
                    swept.noticed,
                    swept.refused,
                    swept.failed,
                    swept.more,
                    "sweep"
                );
                Ok::<_, Error>(swept)
            })))
            .await
        }
        Function::Authorizer => {
            // A main that fails shows how its error is made up. Made of its sentence alone, that is
            // readable.
            let rules = Rules::configured(config).map_err(|error| StartError::from(error).to_string())?;
            let (app, rules) = (&app, &rules);
            Box::pin(run_events(service_fn(|event: LambdaEvent<Value>| async move {
                // The gateway reads the sentence of a failure, so the error is made of nothing else.
                authorize(app, rules, &event.payload).await.map_err(|failure| failure.to_string())
            })))
            .await
        }
        _ => {
            let rows = ENDPOINTS.iter().filter(move |endpoint| endpoint.function == function);
            Box::pin(lambda_http::run(router(&app, rows))).await
        }
    }
}
