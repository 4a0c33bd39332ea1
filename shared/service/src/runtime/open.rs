//! Opens the configured store and mailer.

use std::sync::Arc;

use jeton_core::store::Store;
use tokio::sync::OnceCell;

#[cfg(feature = "serve")]
use super::stores::Claim;
use super::{
    StartError, aws,
    stores::{Purpose, open_store},
    values,
};
use crate::{
    app::App,
    aws::Aws,
    clock::Clock,
    config::Config,
    history::Sealer,
    mail::{MailConfig, Mailer, Outbox, Ses},
    telemetry::Telemetry,
};

/// Opens the store and the mailer. A SQLite file must exist.
pub async fn open(config: &Config, public_url: String, telemetry: Telemetry) -> Result<App, StartError> {
    parts(config, public_url, telemetry, Purpose::Use, &OnceCell::new()).await
}

/// The same for sealing: a seal key that AWS keeps is read.
pub async fn open_to_seal(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    sealing(config, public_url, telemetry, Purpose::Seal).await
}

/// The same for the console: a client secret of the identity provider that AWS keeps is read. Apart from [`open`], so that
/// other functions have no code for it.
pub(super) async fn open_to_sign_in(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    let aws = OnceCell::new();
    let app = parts(config, public_url, telemetry, Purpose::Use, &aws).await?;
    let ways = values::ways(config, &app.public_url, &aws).await?;
    Ok(App { ways, ..app })
}

/// Opens the store and the mailer, and creates a missing SQLite file.
pub async fn open_or_make(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    parts(config, public_url, telemetry, Purpose::SetUp, &OnceCell::new()).await
}

/// Checks that the store may be used: no newer Jeton has written it, and it is no copy of another store.
///
/// Errors: [`StartError::Store`] if it may not, [`StartError::Setup`] if it cannot be read.
pub async fn check(app: &App) -> Result<(), StartError> {
    match app.store.identify().await.map_err(jeton_core::Error::from)? {
        None => Ok(()),
        Some(unusable) => Err(StartError::Store(unusable.to_string())),
    }
}

/// Opens the store for the server, which locks a SQLite file.
#[cfg(feature = "serve")]
pub(super) async fn open_to_serve(
    config: &Config,
    claim: &Claim,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    let app = sealing(config, public_url, telemetry, Purpose::Serve(claim)).await?;
    let ways = values::ways(config, &app.public_url, &OnceCell::new()).await?;
    Ok(App { ways, ..app })
}

/// Opens the store and the mailer, and reads the seal key. Apart from [`parts`], so that functions that do not seal have no code for it.
async fn sealing(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
    purpose: Purpose<'_>,
) -> Result<App, StartError> {
    let aws = OnceCell::new();
    let app = parts(config, public_url, telemetry, purpose, &aws).await?;
    let key = values::seal_key_by(config, &aws).await?;
    let sealer = key.map(|key| Sealer::new(key, config.seal_anchor.clone()));
    Ok(App { sealer, leases: purpose.leases(), ..app })
}

/// Opens the store and the mailer. Both may use AWS, whose configuration is loaded once.
async fn parts(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
    purpose: Purpose<'_>,
    aws: &OnceCell<Aws>,
) -> Result<App, StartError> {
    let store = open_store(config, aws, purpose).await?;
    over(store, config, public_url, telemetry, aws).await
}

/// Builds an app on an open store.
pub(crate) async fn over(
    store: Arc<dyn Store>,
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
    aws: &OnceCell<Aws>,
) -> Result<App, StartError> {
    Ok(App {
        trusted_proxies: config.trusted_proxies.clone(),
        edge: config.edge.clone(),
        brand: Arc::new(config.brand.clone()),
        github: config.github_keys.clone(),
        telemetry,
        ..App::new(store, mailer(config, &public_url, aws).await?, Clock::System, public_url)
    })
}

#[cfg_attr(not(feature = "smtp"), expect(unused_variables, reason = "only SMTP servers are told a name"))]
async fn mailer(config: &Config, public_url: &str, aws: &OnceCell<Aws>) -> Result<Mailer, StartError> {
    Ok(match &config.mail {
        MailConfig::Outbox(dir) => Mailer::Outbox(Outbox::new(dir)),
        MailConfig::Ses { from, set } => {
            let aws = aws::reached(config, aws).await?.clone();
            Mailer::Ses(Ses::new(move || aws.ses(), from.clone(), set.clone()))
        }
        #[cfg(feature = "smtp")]
        MailConfig::Smtp(smtp) => Mailer::Smtp(
            crate::mail::Smtp::new(&smtp.clone().named_by(public_url))
                .map_err(|error| StartError::Mail(error.to_string()))?,
        ),
    })
}
