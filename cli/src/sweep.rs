//! `jeton sweep`.

use jeton_service::{
    config::Config,
    operation::expiry_sweep,
    runtime::{self, StartError},
};

/// How many tokens are removed between two looks at what is due.
const STEP: usize = 1000;

/// Removes expired tokens until none is left that can be removed.
pub async fn sweep(config: &Config) -> Result<(), StartError> {
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let app = runtime::open(config, public_url).await?;
    let mut removed = 0;
    loop {
        let swept = expiry_sweep::sweep(&app, STEP).await?;
        removed += swept.removed;
        // What could not be removed stays due, so a step that removes nothing would go on for ever.
        if !swept.more || swept.removed == 0 {
            let tokens = if removed == 1 { "token" } else { "tokens" };
            println!("Removed {removed} expired {tokens}; {} could not be removed.", swept.failed);
            return Ok(());
        }
    }
}
