//! Sealing: seals the days of history that are over, apart from the sweep, which must not wait for a long day.

use std::time::Duration;

use jeton_core::{Error, time::Timestamp};
use tokio::time::timeout;

pub use super::sealing::Sealing;
use crate::{app::App, history::SealOutcome};

/// Seals all past days of all projects, and delivers pending anchors. Does nothing without a seal key.
///
/// A failed project does not stop the others. Concurrent runs are safe: of two that seal one day, one goes on.
/// Errors: [`Error::Unavailable`] when the store does not answer at the start, and when it is a copy of another store.
pub async fn seal(app: &App) -> Result<Sealing, Error> {
    seal_until(app, None).await
}

/// The same, and stops at this time. The next run goes on there.
pub async fn seal_until(app: &App, until: Option<Timestamp>) -> Result<Sealing, Error> {
    check(app).await?;
    let Some(sealer) = &app.sealer else { return Ok(Sealing::default()) };
    let now = app.clock.now();
    let sealing = sealer.seal(app.store.as_ref(), now, app.clock.passed());
    let outcome = match until {
        Some(until) => {
            let left = until.millis().saturating_sub(now.millis());
            timeout(Duration::from_millis(u64::try_from(left).unwrap_or_default()), sealing).await.ok()
        }
        None => Some(sealing.await),
    };
    Ok(told(app, outcome))
}

/// The same for an operator who knows that the clock is right: no project is on hold.
pub async fn seal_all(app: &App) -> Result<Sealing, Error> {
    check(app).await?;
    let Some(sealer) = &app.sealer else { return Ok(Sealing::default()) };
    let outcome = sealer.seal_all(app.store.as_ref(), app.clock.now()).await;
    Ok(told(app, Some(outcome)))
}

/// Checks that the store may be used. A copy has days of another store. The sweep, which asks for the id of a table, has marked one
/// that was restored under its name.
async fn check(app: &App) -> Result<(), Error> {
    app.table_check.passed().await?;
    match app.store.unusable().await? {
        Some(unusable) => Err(Error::Unavailable(unusable.to_string())),
        None => Ok(()),
    }
}

/// `None` for a run whose time was over.
fn told(app: &App, outcome: Option<SealOutcome>) -> Sealing {
    let oldest = app.sealer.as_ref().map_or(0, |sealer| sealer.oldest_unsealed(app.clock.now()));
    let SealOutcome { days, failed, undelivered } = outcome.unwrap_or_default();
    Sealing {
        sealed: days,
        unsealed: failed,
        undelivered,
        more: outcome.is_none(),
        oldest_unsealed_seconds: oldest,
    }
}
