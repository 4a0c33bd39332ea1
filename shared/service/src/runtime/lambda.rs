//! The Lambda runtime of functions.

use std::{pin::Pin, sync::Arc};

use axum::Router;
use jeton_core::json::Literal;
use lambda_http::{
    Error,
    lambda_runtime::{LambdaEvent, run as run_events, service_fn},
};
use serde_json::Value;

use super::SWEEP_LIMIT;
use crate::{
    app::App,
    authorizer::{Rules, authorize},
    endpoint::Endpoint,
    http::{Cors, Routes},
    operation::expiry_sweep::{Swept, sweep},
};

/// Answers events until the platform ends the process.
///
/// The futures are boxed, because their nested type would exceed the recursion limit of the compiler.
pub async fn run(rows: &'static [Endpoint], app: Arc<App>, cors: Cors) -> Result<(), Error> {
    let routes = Router::from(Routes::new(&app, rows.iter()).shared_with(cors));
    #[cfg(feature = "otlp")]
    let routes = routes.layer(axum::middleware::map_response(move |response: axum::response::Response| {
        let app = Arc::clone(&app);
        async move {
            app.telemetry.flush().await;
            response
        }
    }));
    Box::pin(lambda_http::run(routes)).await
}

/// Runs a sweep at every event.
pub async fn run_sweep(app: Arc<App>) -> Result<(), Error> {
    let handler = service_fn(move |_: LambdaEvent<Literal>| sweeping(Arc::clone(&app)));
    Box::pin(run_events(handler)).await
}

/// Answers the authorizer events of a gateway.
pub async fn run_authorizer(app: Arc<App>, rules: Rules) -> Result<(), Error> {
    let rules = Arc::new(rules);
    let handler = service_fn(move |event: LambdaEvent<Literal>| {
        authorizing(Arc::clone(&app), Arc::clone(&rules), event)
    });
    Box::pin(run_events(handler)).await
}

/// The boxed future of an answer.
type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

fn sweeping(app: Arc<App>) -> Outcome<Swept> {
    Box::pin(async move {
        let swept = sweep(&app, SWEEP_LIMIT).await?;
        app.telemetry.swept(&swept, &app.clock);
        app.telemetry.flush().await;
        Ok(swept)
    })
}

fn authorizing(app: Arc<App>, rules: Arc<Rules>, event: LambdaEvent<Literal>) -> Outcome<Value> {
    Box::pin(async move {
        // The gateway gets the message of a failure, so the error contains nothing else.
        Ok(authorize(&app, &rules, &event.payload.0, &event.context.request_id)
            .await
            .map_err(|failure| failure.to_string())?)
    })
}
