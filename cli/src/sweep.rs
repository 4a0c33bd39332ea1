//! `jeton sweep`: one run of the sweep.

use clap::Args;
use jeton_service::{
    app::App,
    config::Config,
    operation::{
        expiry_sweep::{self, Swept},
        seal::{Sealing, seal, seal_all},
    },
    runtime,
    telemetry::Telemetry,
};

use crate::{failure::Failure, output::spinner};

/// Removes expired tokens, mails expiry notices and seals history now, as a server does every minute.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  JETON_STORE=dynamodb:jeton jeton sweep\n\nIt exits with 1 if history could not be sealed, or a digest could not be delivered to JETON_SEAL_ANCHOR. The next run tries again."
)]
pub struct Sweep {
    /// Also seal the history of projects without recent events; use it only if the clock of this machine is right
    #[arg(long)]
    seal_all: bool,
}

/// Tokens per page of the schedule.
const STEP: usize = 1000;

/// Sweeps until nothing is due any more. Logs what a server logs, including the digest of each sealed day.
pub async fn sweep(config: &Config, options: &Sweep) -> Result<(), Failure> {
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let app = runtime::open_to_seal(config, public_url, Telemetry::start(config, "jeton")).await?;
    runtime::check(&app).await?;
    let done = until_done(&app, options).await;
    app.telemetry.flush().await;
    let (swept, sealing) = done?;
    let tokens = if swept.removed == 1 { "token" } else { "tokens" };
    let mails = if swept.noticed == 1 { "notice" } else { "notices" };
    println!(
        "Removed {} expired {tokens}, mailed {} expiry {mails}; {} could not be processed.",
        swept.removed, swept.noticed, swept.failed
    );
    if let Some(sealer) = &app.sealer {
        println!(
            "Sealed {} {} of history.",
            sealing.sealed,
            if sealing.sealed == 1 { "day" } else { "days" }
        );
        for (project, waits) in sealer.waiting() {
            println!("The history of project {project} is not sealed: {waits}.");
        }
    }
    match (sealing.unsealed, sealing.undelivered) {
        (0, 0) => Ok(()),
        (unsealed, undelivered) => Err(Failure::NotSealed { unsealed, undelivered }),
    }
}

async fn until_done(app: &App, options: &Sweep) -> Result<(Swept, Sealing), Failure> {
    let mut swept = Swept::default();
    let bar = spinner("expired tokens removed and notices mailed");
    loop {
        let step = expiry_sweep::sweep(app, STEP).await?;
        let goes_on = step.goes_on();
        swept =
            Swept { removed: swept.removed + step.removed, noticed: swept.noticed + step.noticed, ..step };
        bar.set_position(swept.removed + swept.noticed);
        if !goes_on {
            break;
        }
    }
    // Each day that is sealed is a line of the log.
    bar.finish_and_clear();
    let sealing = if options.seal_all { seal_all(app).await? } else { seal(app).await? };
    Ok((swept, sealing))
}
