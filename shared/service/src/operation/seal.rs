//! Sealing: seals the days of history that are over, apart from the sweep, which must not wait for a long day.

use std::time::Duration;

use jeton_core::{Error, time::Timestamp};
use tokio::time::timeout;

pub use super::sealing::Sealing;
use crate::{
    app::App,
    history::{Moment, SealOutcome, Sealer},
};

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
    let sealing = sealer.seal(app.store.as_ref(), || moment(app));
    let is_cut_off = if let Some(until) = until {
        let left = until.millis().saturating_sub(now.millis());
        timeout(Duration::from_millis(u64::try_from(left).unwrap_or_default()), sealing).await.is_err()
    } else {
        sealing.await;
        false
    };
    Ok(told(app, sealer, sealer.so_far(), is_cut_off))
}

/// The same for an operator who knows that the clock is right: no project is on hold.
pub async fn seal_all(app: &App) -> Result<Sealing, Error> {
    check(app).await?;
    let Some(sealer) = &app.sealer else { return Ok(Sealing::default()) };
    let outcome = sealer.seal_all(app.store.as_ref(), || moment(app)).await;
    Ok(told(app, sealer, outcome, false))
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

fn moment(app: &App) -> Moment {
    (app.clock.now(), app.clock.passed())
}

/// What a run has done, also one whose time was over.
fn told(app: &App, sealer: &Sealer, outcome: SealOutcome, is_cut_off: bool) -> Sealing {
    let SealOutcome { days, failed, undelivered } = outcome;
    Sealing {
        sealed: days,
        unsealed: failed,
        undelivered,
        more: is_cut_off,
        oldest_unsealed_seconds: sealer.oldest_unsealed(app.clock.now()),
        on_hold: sealer.on_hold(),
    }
}
