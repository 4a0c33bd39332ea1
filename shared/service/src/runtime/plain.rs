//! A function as a plain HTTP server, for platforms that run a process and send it requests.

use std::{pin::Pin, sync::Arc};

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
    operation::{expiry_sweep::sweep, seal::seal},
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
    let run = |app: Arc<App>| -> Running {
        Box::pin(async move {
            let swept = sweep(&app, SWEEP_LIMIT).await?;
            app.telemetry.swept(&swept, &app.clock);
            Ok(Reply::ok(&swept).into_response())
        })
    };
    listen(Function::ExpirySweep, config, scheduled(Function::ExpirySweep, app, run).into()).await
}

/// Seals history on each request, until a shutdown signal.
pub async fn run_seal(config: &Config, app: Arc<App>) -> Result<(), StartError> {
    let run = |app: Arc<App>| -> Running {
        Box::pin(async move {
            let sealing = seal(&app).await?;
            app.telemetry.sealing(&sealing, &app.clock);
            Ok(Reply::ok(&sealing).into_response())
        })
    };
    listen(Function::Seal, config, scheduled(Function::Seal, app, run).into()).await
}

async fn listen(function: Function, config: &Config, routes: Routes) -> Result<(), StartError> {
    let end = End::noticed()?;
    let listener = listen::bind(config.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!(function = function.name(), %address, "listening");
    listen::until_told_to_end(listener, routes, end, &config.trusted_proxies).await
}

/// One run of what a schedule calls.
type Running = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// What a schedule calls. One run goes on at a time, because callers need no credential and could start many.
#[derive(Clone)]
struct Scheduled {
    app: Arc<App>,
    run: fn(Arc<App>) -> Running,
    running: Arc<Mutex<()>>,
}

/// The routes of a function that a schedule calls, by `POST /`; Azure's timer calls its name.
fn scheduled(function: Function, app: Arc<App>, run: fn(Arc<App>) -> Running) -> Router {
    let name = format!("/{}", function.name());
    Router::new()
        .route("/", any(called))
        .route(&name, any(called))
        .fallback(|| async { error_reply(&Error::NoRoute) })
        .with_state(Scheduled { app, run, running: Arc::default() })
}

/// Runs once. The body is ignored.
async fn called(method: Method, State(scheduled): State<Scheduled>) -> Response {
    if method != Method::POST {
        return error_reply(&Error::MethodNotAllowed("POST".to_owned()));
    }
    run_one(scheduled).await.unwrap_or_else(|error| error_reply(&error))
}

/// A separate task, so that the run completes if the caller disconnects. It holds the lock until then.
async fn run_one(Scheduled { app, run, running }: Scheduled) -> Result<Response, Error> {
    let Ok(running) = running.try_lock_owned() else {
        return Err(Error::Conflict("a run is going on already"));
    };
    let answer = tokio::spawn(async move {
        let answer = run(app).await;
        drop(running);
        answer
    });
    answer.await.map_err(|error| Error::Internal(error.to_string()))?
}

fn error_reply(error: &Error) -> Response {
    let exception = exception_id();
    tracing::info!(%error, %exception, "a scheduled run failed");
    Reply::error(error, &exception).into_response()
}
