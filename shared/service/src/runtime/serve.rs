//! The whole service in one process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use super::{
    SWEEP_LIMIT, StartError,
    listen::{self, End},
    metrics,
    open::open_to_serve,
    outbox,
    stores::Claim,
};
use crate::{
    app::App,
    clock::Clock,
    config::Config,
    endpoint::endpoints,
    http::{Cors, Routes},
    limits::denied_events,
    mail::Mailer,
    notices,
    operation::expiry_sweep::sweep,
    origin,
    telemetry::Telemetry,
};

/// How often a sweep comes by.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// A service that is ready to answer.
pub struct Service {
    /// What its operations work with.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
    /// What tells it to end.
    end: End,
    cors: Cors,
    /// Where Prometheus is answered, if it is somewhere else.
    metrics: Option<TcpListener>,
    claim: Claim,
}

impl Service {
    /// Opens everything and starts to listen, without answering yet. From the beginning on, being told to end is noticed,
    /// and comes to pass once it runs.
    ///
    /// Errors: a configuration that would not be safe, a store that another service uses.
    pub async fn start(config: &Config, telemetry: Telemetry) -> Result<Self, StartError> {
        config.safe_to_listen()?;
        let end = End::noticed()?;
        let claim = Claim::on(config)?;
        let listener = listen::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let app = Arc::new(
            open_to_serve(config, &claim, public_url, telemetry.counting(Clock::System.now())).await?,
        );
        // Where nobody else gets to, the first start sets the store up. Elsewhere `jeton init` does.
        let store = if config.beyond_this_machine { app.store.ready() } else { app.store.set_up() };
        store.await.map_err(|error| StartError::Store(error.0))?;
        let metrics = match config.metrics {
            Some(address) => Some(listen::bind(address).await?),
            None => None,
        };
        Ok(Self { app, address, listener, end, cors: config.cors.clone(), metrics, claim })
    }

    /// Answers until the process is told to end, then lets running requests finish, for ten seconds
    /// at most.
    pub async fn run(self) -> Result<(), StartError> {
        let sweeper = tokio::spawn(sweep_for_ever(Arc::clone(&self.app)));
        if let Some(listener) = self.metrics {
            let routes = metrics::for_everyone(Arc::clone(&self.app));
            tokio::spawn(async { axum::serve(listener, routes).await });
        }
        let routes = routes(Arc::clone(&self.app)).shared_with(self.cors);
        let served =
            listen::until_told_to_end(self.listener, routes, self.end, &self.app.trusted_proxies).await;
        sweeper.abort();
        denied_events::tell_counts(&self.app, true).await;
        notices::end(&self.app).await;
        drop(self.claim);
        self.app.telemetry.flush().await;
        served
    }
}

/// Every route of the service in one process.
pub fn routes(app: Arc<App>) -> Routes {
    let routes = Routes::new(&app, endpoints());
    // What is for this machine alone is not there where others have an address for this service: a proxy on this machine
    // need not say that it hands on what they ask.
    if !origin::is_of_this_machine(&app.public_url) {
        return routes;
    }
    let routes = routes.merge(metrics::for_this_machine(Arc::clone(&app)));
    match &app.mailer {
        Mailer::Outbox(_) => routes.merge(outbox::routes(app)),
        _ => routes,
    }
}

async fn sweep_for_ever(app: Arc<App>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        denied_events::tell_counts(&app, false).await;
        notices::tell_held(&app, false).await;
        loop {
            match sweep(&app, SWEEP_LIMIT).await {
                Ok(swept) => {
                    app.telemetry.swept(&swept, &app.clock);
                    // What failed comes back with the next sweep; what was too much follows at once.
                    if !swept.goes_on() {
                        break;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the sweep could not run");
                    break;
                }
            }
        }
    }
}
