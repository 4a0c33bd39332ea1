//! `jeton sweep`.

use clap::Args;
use jeton_service::{
    config::Config,
    history::Sealer,
    operation::expiry_sweep,
    runtime::{self, StartError},
    telemetry::Telemetry,
};

/// Removes expired tokens, mails notices and seals history now, as a server does every minute.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  JETON_STORE=dynamodb:jeton jeton sweep")]
pub struct Sweep {
    /// Seal the history of projects in which nothing has happened for days, too; only if the clock of this machine is right
    #[arg(long)]
    seal_all: bool,
}

/// How many tokens are seen to between two looks at what is due.
const STEP: usize = 1000;

/// Removes expired tokens and mails that others soon expire, until nothing is left that can be done.
pub async fn sweep(config: &Config, options: &Sweep) -> Result<(), StartError> {
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let app = runtime::open(config, public_url, Telemetry::default()).await?;
    let (mut removed, mut noticed, mut sealed) = (0, 0, 0);
    loop {
        let step = expiry_sweep::sweep(&app, STEP).await?;
        removed += step.removed;
        noticed += step.noticed;
        sealed += step.sealed;
        if !step.goes_on() {
            if let Some(sealer) = app.sealer.as_ref().filter(|_| options.seal_all) {
                sealed += sealer.seal_all(app.store.as_ref(), app.clock.now()).await;
            }
            let tokens = if removed == 1 { "token" } else { "tokens" };
            let mails = if noticed == 1 { "notice" } else { "notices" };
            println!(
                "Removed {removed} expired {tokens}, mailed {noticed} {mails} of coming expiry; {} could not be dealt with.",
                step.failed
            );
            if app.sealer.is_some() {
                println!("Sealed {sealed} {} of history.", if sealed == 1 { "day" } else { "days" });
            }
            for (project, waits) in app.sealer.iter().flat_map(Sealer::waiting) {
                eprintln!("The history of project {project} is not sealed: {waits}.");
            }
            return Ok(());
        }
    }
}
