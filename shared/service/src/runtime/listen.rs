//! Listening, and ending well: what every HTTP server here has in common.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::Notify};

use super::StartError;

/// How long running requests may take to finish once the process is told to end.
pub const DRAIN: Duration = Duration::from_secs(10);

/// Takes an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))
}

/// Answers until the process is told to end, then lets running requests finish, for ten seconds at
/// most.
pub async fn until_told_to_end(listener: TcpListener, routes: Router) -> Result<(), StartError> {
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let told = Arc::new(Notify::new());
    let telling = Arc::clone(&told);
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        told_to_end().await;
        telling.notify_one();
    });
    let served = tokio::select! {
        served = serving => served,
        // A client that never sends the rest of its request must not keep the process alive.
        () = async { told.notified().await; tokio::time::sleep(DRAIN).await } => Ok(()),
    };
    Ok(served?)
}

async fn told_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    drop(interrupted.await);
}
