//! `jeton serve`: the whole service in one process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    time::{Interval, MissedTickBehavior},
};

use super::{
    SWEEP_LIMIT, StartError,
    listen::{self, End},
    metrics,
    open::{check, open_to_serve},
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
    operation::{expiry_sweep::sweep, seal::seal},
    origin,
    telemetry::Telemetry,
};

/// The interval of sweeps, and of runs of sealing.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// A service that is ready to serve.
pub struct Service {
    /// The app.
    pub app: Arc<App>,
    /// The address that it listens on.
    pub address: SocketAddr,
    listener: TcpListener,
    /// The shutdown signals.
    end: End,
    cors: Cors,
    /// The listener of `JETON_METRICS`, if it is set.
    metrics: Option<TcpListener>,
    claim: Claim,
}

impl Service {
    /// Opens the store and binds the address, without serving yet. Shutdown signals are handled from the start on.
    ///
    /// Errors: an unsafe configuration, a store that another server uses.
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
        check(&app).await?;
        // If only this machine can reach the service, the first start sets up the store. Otherwise `jeton init` must.
        let store = if config.beyond_this_machine { app.store.ready() } else { app.store.set_up() };
        store.await.map_err(|error| StartError::Store(error.0))?;
        let metrics = match config.metrics {
            Some(address) => Some(listen::bind(address).await?),
            None => None,
        };
        Ok(Self { app, address, listener, end, cors: config.cors.clone(), metrics, claim })
    }

    /// Serves until a shutdown signal, then lets running requests finish, for at most ten seconds.
    pub async fn run(self) -> Result<(), StartError> {
        let sweeper = tokio::spawn(sweep_for_ever(Arc::clone(&self.app)));
        let sealer = tokio::spawn(seal_for_ever(Arc::clone(&self.app)));
        if let Some(listener) = self.metrics {
            let routes = metrics::for_everyone(Arc::clone(&self.app));
            tokio::spawn(async { axum::serve(listener, routes).await });
        }
        let routes = routes(Arc::clone(&self.app)).shared_with(self.cors);
        let served =
            listen::until_told_to_end(self.listener, routes, self.end, &self.app.trusted_proxies).await;
        sweeper.abort();
        sealer.abort();
        denied_events::tell_counts(&self.app, true).await;
        notices::end(&self.app).await;
        drop(self.claim);
        self.app.telemetry.flush().await;
        served
    }
}

/// The router of all routes.
pub fn routes(app: Arc<App>) -> Routes {
    let routes = Routes::new(&app, endpoints());
    // The routes for this machine do not exist if the service has a public URL, because a local proxy may forward requests
    // of others without saying so.
    if !origin::is_of_this_machine(&app.public_url) {
        return routes;
    }
    let routes = routes.merge(metrics::for_this_machine(Arc::clone(&app)));
    match &app.mailer {
        Mailer::Outbox(_) => routes.merge(outbox::routes(app)),
        _ => routes,
    }
}

fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Apart from the sweep: what has expired is removed while a long day is sealed.
async fn seal_for_ever(app: Arc<App>) {
    let mut ticks = ticks();
    loop {
        ticks.tick().await;
        match seal(&app).await {
            Ok(sealing) => app.telemetry.sealing(&sealing, &app.clock),
            Err(error) => tracing::error!(%error, "sealing failed"),
        }
    }
}

async fn sweep_for_ever(app: Arc<App>) {
    let mut ticks = ticks();
    loop {
        ticks.tick().await;
        denied_events::tell_counts(&app, false).await;
        notices::tell_held(&app, false).await;
        loop {
            match sweep(&app, SWEEP_LIMIT).await {
                Ok(swept) => {
                    app.telemetry.swept(&swept, &app.clock);
                    // Failed tokens wait for the next sweep. If there were too many, another sweep starts at once.
                    if !swept.goes_on() {
                        break;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "sweep failed");
                    break;
                }
            }
        }
    }
}
