//! Opening what the configuration names.

use std::sync::Arc;

use jeton_core::store::Store;

use tokio::sync::OnceCell;

use crate::{
    app::App,
    aws::Aws,
    clock::Clock,
    config::{BadConfig, Config, StoreConfig},
    history::Sealer,
    mail::{MailConfig, Mailer, Outbox, Ses},
    store::dynamodb::DynamoDb,
    telemetry::Telemetry,
};

/// Why the service cannot start, as a sentence for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not usable.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(String),
    /// Mail cannot go out as configured.
    #[error("the mailer cannot be set up: {0}")]
    Mail(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    /// A command of the terminal, or the first start, did not succeed.
    #[error("{}", sentence(.0))]
    Setup(#[from] jeton_core::Error),
    /// Something of the operating system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What a person at a terminal reads of an error: without the words that sort it in a log.
fn sentence(error: &jeton_core::Error) -> String {
    match error {
        jeton_core::Error::BadField { message, .. } => message.clone(),
        jeton_core::Error::Conflict(sentence) => (*sentence).to_owned(),
        other => other.to_string(),
    }
}

/// Opens store and mailer, and puts the parts together. A SQLite file has to be there.
pub async fn open(config: &Config, public_url: String, telemetry: Telemetry) -> Result<App, StartError> {
    parts(config, public_url, telemetry, IsNew::No).await
}

/// The same, and makes a SQLite file that is not there.
pub async fn open_or_make(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    parts(config, public_url, telemetry, IsNew::Perhaps).await
}

/// Whether a store may be made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IsNew {
    No,
    Perhaps,
}

async fn parts(
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
    is_new: IsNew,
) -> Result<App, StartError> {
    // Both may be there, and the way is looked for once.
    let aws = OnceCell::new();
    let store = store(config, &aws, is_new).await?;
    over(store, config, public_url, telemetry, &aws).await
}

/// The same for the one server on a SQLite file.
#[cfg(all(feature = "serve", feature = "sqlite"))]
pub(super) async fn open_to_serve(
    config: &Config,
    lock: Option<&crate::store::sqlite::ServeLock>,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    let (StoreConfig::Sqlite(path), Some(lock)) = (&config.store, lock) else {
        return open(config, public_url, telemetry).await;
    };
    let store = crate::store::sqlite::Sqlite::open_to_serve(path, lock);
    let store = store.map_err(|error| StartError::Store(error.to_string()))?;
    over(Arc::new(store), config, public_url, telemetry, &OnceCell::new()).await
}

/// The same without SQLite.
#[cfg(all(feature = "serve", not(feature = "sqlite")))]
pub(super) async fn open_to_serve(
    config: &Config,
    _: Option<&()>,
    public_url: String,
    telemetry: Telemetry,
) -> Result<App, StartError> {
    open(config, public_url, telemetry).await
}

/// The same over a store that is open already.
pub(crate) async fn over(
    store: Arc<dyn Store>,
    config: &Config,
    public_url: String,
    telemetry: Telemetry,
    aws: &OnceCell<Aws>,
) -> Result<App, StartError> {
    Ok(App {
        trusted_proxies: config.trusted_proxies.clone(),
        github: config.github_keys.clone(),
        sealer: config.seal_key.clone().map(|key| Sealer::new(key, config.seal_anchor.clone())),
        telemetry,
        ..App::new(store, mailer(config, &public_url, aws).await?, Clock::System, public_url)
    })
}

#[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "a table is never made here"))]
async fn store(config: &Config, aws: &OnceCell<Aws>, is_new: IsNew) -> Result<Arc<dyn Store>, StartError> {
    match &config.store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite(path) => {
            use crate::store::sqlite::Sqlite;
            let store = match is_new {
                IsNew::Perhaps => Sqlite::open_beside(path),
                IsNew::No => Sqlite::open_existing(path),
            };
            Ok(Arc::new(store.map_err(|error| StartError::Store(error.to_string()))?))
        }
        #[cfg(not(feature = "sqlite"))]
        StoreConfig::Sqlite(_) => Err(StartError::Config(BadConfig {
            variable: "JETON_STORE".into(),
            problem: "must be dynamodb:TABLE: this binary has no SQLite".to_owned(),
        })),
        StoreConfig::DynamoDb(table) => {
            let table = DynamoDb::new(aws.get_or_try_init(|| way(config)).await?.dynamodb(), table);
            #[cfg(feature = "serve")]
            let table = table.shared();
            Ok(Arc::new(table))
        }
    }
}

#[cfg_attr(not(feature = "smtp"), expect(unused_variables, reason = "only SMTP servers are told a name"))]
async fn mailer(config: &Config, public_url: &str, aws: &OnceCell<Aws>) -> Result<Mailer, StartError> {
    Ok(match &config.mail {
        MailConfig::Outbox(dir) => Mailer::Outbox(Outbox::new(dir)),
        MailConfig::Ses { from } => {
            let aws = aws.get_or_try_init(|| way(config)).await?.clone();
            Mailer::Ses(Ses::new(move || aws.ses(), from.clone()))
        }
        #[cfg(feature = "smtp")]
        MailConfig::Smtp(smtp) => Mailer::Smtp(
            crate::mail::Smtp::new(&smtp.clone().named_by(public_url))
                .map_err(|error| StartError::Mail(error.to_string()))?,
        ),
    })
}

/// The way to AWS: on Lambda what the environment says, elsewhere what the SDK finds.
#[cfg(feature = "aws-chain")]
async fn way(config: &Config) -> Result<Aws, StartError> {
    match &config.aws {
        Some(environment) if config.platform == crate::config::Platform::Lambda => {
            Ok(Aws::given(environment.clone()))
        }
        _ => Ok(Aws::found().await),
    }
}

/// The way to AWS that the environment says. What else the SDK could look at would double the time that
/// a function takes to start.
#[cfg(not(feature = "aws-chain"))]
#[expect(clippy::unused_async, reason = "with the SDK's own way it waits")]
async fn way(config: &Config) -> Result<Aws, StartError> {
    let given = config.aws.clone().map(Aws::given);
    given.ok_or_else(|| {
        let problem = "must be set, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY with it".to_owned();
        StartError::Config(BadConfig { variable: "AWS_REGION".into(), problem })
    })
}
