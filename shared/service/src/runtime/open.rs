//! Opening what the configuration names.

use std::sync::Arc;

use jeton_core::{event::UuidSequence, store::Store};

use crate::{
    app::App,
    aws::Aws,
    clock::Clock,
    config::{BadConfig, Config, StoreConfig},
    mail::{MailConfig, Mailer, Outbox, Ses},
    store::dynamodb::DynamoDb,
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

/// Opens store and mailer, and puts the parts together.
pub async fn open(config: &Config, public_url: String) -> Result<App, StartError> {
    Ok(App {
        store: store(config).await?,
        mailer: mailer(config).await?,
        clock: Clock::System,
        public_url,
        trusted_proxies: config.trusted_proxies.clone(),
        sequence: UuidSequence::default(),
    })
}

async fn store(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    match &config.store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite(path) => {
            let store = crate::store::sqlite::Sqlite::open(path);
            Ok(Arc::new(store.map_err(|error| StartError::Store(error.to_string()))?))
        }
        #[cfg(not(feature = "sqlite"))]
        StoreConfig::Sqlite(_) => Err(StartError::Config(BadConfig {
            variable: "JETON_STORE",
            problem: "must be dynamodb:TABLE: this binary has no SQLite".to_owned(),
        })),
        StoreConfig::DynamoDb(table) => {
            Ok(Arc::new(DynamoDb::new(Aws::find(config.aws.clone()).await.dynamodb(), table)))
        }
    }
}

async fn mailer(config: &Config) -> Result<Mailer, StartError> {
    Ok(match &config.mail {
        MailConfig::Outbox(dir) => Mailer::Outbox(Outbox::new(dir)),
        MailConfig::Ses { from } => {
            Mailer::Ses(Ses::new(Aws::find(config.aws.clone()).await.ses(), from.clone()))
        }
        #[cfg(feature = "smtp")]
        MailConfig::Smtp(smtp) => {
            Mailer::Smtp(crate::mail::Smtp::new(smtp).map_err(|error| StartError::Mail(error.to_string()))?)
        }
    })
}
