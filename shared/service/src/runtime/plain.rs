//! A function as a plain HTTP server, for platforms that run a process and send it requests.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::any};
use http::Method;
use jeton_core::Error;
use tokio::sync::Mutex;

use super::{
    SWEEP_LIMIT, StartError,
    listen::{self, End},
};
use crate::{
    app::App,
    config::Config,
    endpoint::{Endpoint, owner},
    function::Function,
    http::{Reply, Routes},
    limits::denied_events,
    notices,
    operation::expiry_sweep::{Swept, sweep},
    telemetry::exception_id,
};

/// Serves the rows of a function until a shutdown signal.
pub async fn run(rows: &'static [Endpoint], config: &Config, app: Arc<App>) -> Result<(), StartError> {
    let routes = Routes::new(&app, rows.iter()).shared_with(config.cors.clone());
    listen(owner(rows), config, routes).await?;
    denied_events::tell_counts(&app, true).await;
    notices::end(&app).await;
    app.telemetry.flush().await;
    Ok(())
}

/// Runs a sweep on each request, until a shutdown signal.
pub async fn run_sweep(config: &Config, app: Arc<App>) -> Result<(), StartError> {
    listen(Function::ExpirySweep, config, sweeper(app).into()).await
}

async fn listen(function: Function, config: &Config, routes: Routes) -> Result<(), StartError> {
    let end = End::noticed()?;
    let listener = listen::bind(config.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!(function = function.name(), %address, "listening");
    listen::until_told_to_end(listener, routes, end, &config.trusted_proxies).await
}

/// The state of the sweep. One sweep runs at a time, because callers need no credential and could start many.
#[derive(Clone)]
struct Sweeper {
    app: Arc<App>,
    running: Arc<Mutex<()>>,
}

/// The routes of the sweep: a scheduler calls `POST /`, and Azure's timer the name of the function.
fn sweeper(app: Arc<App>) -> Router {
    let name = format!("/{}", Function::ExpirySweep.name());
    Router::new()
        .route("/", any(called))
        .route(&name, any(called))
        .fallback(|| async { error_reply(&Error::NoRoute) })
        .with_state(Sweeper { app, running: Arc::default() })
}

/// Runs one sweep. The body is ignored.
async fn called(method: Method, State(sweeper): State<Sweeper>) -> Response {
    if method != Method::POST {
        return error_reply(&Error::MethodNotAllowed("POST".to_owned()));
    }
    match run_one(sweeper).await {
        Ok(swept) => Reply::ok(&swept).into_response(),
        Err(error) => error_reply(&error),
    }
}

/// A separate task, so that the sweep completes if the caller disconnects. It holds the lock until then.
async fn run_one(sweeper: Sweeper) -> Result<Swept, Error> {
    let Ok(running) = sweeper.running.try_lock_owned() else {
        return Err(Error::Conflict("a sweep is running already"));
    };
    let swept = tokio::spawn(async move {
        let swept = sweep(&sweeper.app, SWEEP_LIMIT).await;
        drop(running);
        if let Ok(swept) = &swept {
            sweeper.app.telemetry.swept(swept, &sweeper.app.clock);
        }
        swept
    });
    let swept = swept.await.map_err(|error| Error::Internal(error.to_string()))??;
    Ok(swept)
}

fn error_reply(error: &Error) -> Response {
    let exception = exception_id();
    tracing::info!(%error, %exception, "sweep failed");
    Reply::error(error, &exception).into_response()
}
