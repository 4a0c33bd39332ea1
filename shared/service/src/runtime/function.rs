//! Runs a function on its platform.

use std::{pin::Pin, sync::Arc, time::Duration};

use lambda_http::Error;

use tokio::sync::OnceCell;

use super::{StartError, lambda, open, open::open_to_sign_in, open_to_seal, plain, values};
use crate::{
    app::App,
    config::{BadConfig, Config, Platform, StoreConfig},
    endpoint::{Endpoint, owner, table::CONSOLE},
    function::Function,
    mail::MailConfig,
    outgoing::Outgoing,
    table_check::TableCheck,
    telemetry::Telemetry,
};

/// The time between looks at a table that did not answer at the start.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often the check of the table lets the start of the function go on before it begins.
const TURNS: usize = 4;

/// Runs a function that serves rows of the endpoint table, until its platform ends it.
///
/// The environment selects the platform. Errors: an invalid or unsafe configuration, and an environment without a platform.
pub async fn run(rows: &'static [Endpoint]) -> Result<(), Error> {
    let (config, app) = start(owner(rows)).await.map_err(readable)?;
    serve(rows, config, app).await
}

/// Runs the console, in which members sign in.
pub async fn run_console() -> Result<(), Error> {
    let started = Started::configured(Function::Console).map_err(readable)?;
    let (config, app) = started.opened_to_sign_in().await.map_err(readable)?;
    serve(CONSOLE, config, app).await
}

async fn serve(rows: &'static [Endpoint], config: Config, app: Arc<App>) -> Result<(), Error> {
    // Boxed, because the nested future type would exceed the recursion limit of the compiler.
    let running: Running = match config.platform {
        Platform::Lambda => Box::pin(lambda::run(rows, app, config.cors.clone())),
        Platform::Http | Platform::Unknown => {
            Box::pin(async move { plain::run(rows, &config, app).await.map_err(readable) })
        }
    };
    running.await
}

/// Runs the sweep function.
pub async fn run_sweep() -> Result<(), Error> {
    let (config, app) = start(Function::ExpirySweep).await.map_err(readable)?;
    let running: Running = match config.platform {
        Platform::Lambda => Box::pin(lambda::run_sweep(app)),
        Platform::Http | Platform::Unknown => {
            Box::pin(async move { plain::run_sweep(&config, app).await.map_err(readable) })
        }
    };
    running.await
}

/// Runs the function that seals history.
pub async fn run_seal() -> Result<(), Error> {
    let started = Started::configured(Function::Seal).map_err(readable)?;
    let (config, app) = started.opened_to_seal().await.map_err(readable)?;
    let running: Running = match config.platform {
        Platform::Lambda => Box::pin(lambda::run_seal(app)),
        Platform::Http | Platform::Unknown => {
            Box::pin(async move { plain::run_seal(&config, app).await.map_err(readable) })
        }
    };
    running.await
}

/// Runs the authorizer function. An API gateway of AWS calls only Lambda functions, so every other platform is an error.
pub async fn run_authorizer() -> Result<(), Error> {
    let started = Started::configured(Function::Authorizer).map_err(readable)?;
    let rules = values::rules(&started.config, &OnceCell::new()).await.map_err(readable)?;
    let (_, app) = started.opened().await.map_err(readable)?;
    let running: Running = Box::pin(lambda::run_authorizer(app, rules));
    running.await
}

/// Runs the function of mails that came back. Only SNS of AWS calls it, so every other platform is an error.
pub async fn run_bounces() -> Result<(), Error> {
    let (_, app) = start(Function::Bounces).await.map_err(readable)?;
    let running: Running = Box::pin(lambda::run_bounces(app));
    running.await
}

type Running = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// An error whose `Debug` output is its message, because `main` prints errors by `Debug`.
#[expect(clippy::needless_pass_by_value, reason = "it is where errors end")]
fn readable(error: StartError) -> Error {
    error.to_string().into()
}

/// Checks that all required variables of a function are set. The defaults of a server would give each function a store and a
/// mail folder of its own.
fn complete(config: &Config) -> Result<(), BadConfig> {
    let missing = |variable: &'static str, problem: &str| {
        Err(BadConfig { variable: variable.into(), problem: problem.to_owned() })
    };
    if !matches!(config.store, StoreConfig::DynamoDb(_)) {
        let problem = if config.names_store {
            "must be dynamodb:TABLE, because functions share no files"
        } else {
            "must be set to dynamodb:TABLE"
        };
        return missing("JETON_STORE", problem);
    }
    if !config.names_mail {
        return missing("JETON_MAIL", "must be set, to ses:FROM for example");
    }
    match config.missing_of_aws {
        Some(variable) => missing(
            variable,
            "must be set: a function needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to access its table",
        ),
        None => Ok(()),
    }
}

async fn start(function: Function) -> Result<(Config, Arc<App>), StartError> {
    Started::configured(function)?.opened().await
}

/// A function that is configured, and has opened nothing yet.
struct Started {
    config: Config,
    telemetry: Telemetry,
    public_url: String,
}

impl Started {
    fn configured(function: Function) -> Result<Self, StartError> {
        let config = Config::from_env()?;
        let telemetry = Telemetry::start(&config, &format!("jeton-{}", function.name()));
        let public_url = config.public_url.clone().ok_or_else(|| BadConfig {
            variable: "JETON_PUBLIC_URL".into(),
            problem: "must be set, because links start with it".to_owned(),
        })?;
        match config.platform {
            // On Lambda, the gateway decides who can reach the function. A folder exists only in one instance, for a while.
            Platform::Lambda if matches!(config.mail, MailConfig::Outbox(_)) => {
                let problem = "must be ses:FROM, because nobody can read a folder on AWS Lambda".to_owned();
                return Err(BadConfig { variable: "JETON_MAIL".into(), problem }.into());
            }
            Platform::Lambda => {}
            _ if matches!(function, Function::Authorizer | Function::Bounces) => {
                let problem = format!(
                    "must be set by AWS Lambda, the only platform of the function {}",
                    function.name()
                );
                return Err(BadConfig { variable: "AWS_LAMBDA_RUNTIME_API".into(), problem }.into());
            }
            Platform::Http => config.safe_to_listen()?,
            Platform::Unknown => {
                let problem = "must be set to the port to listen on, unless AWS Lambda runs this function";
                return Err(BadConfig { variable: "PORT".into(), problem: problem.to_owned() }.into());
            }
        }
        complete(&config)?;
        Ok(Self { config, telemetry, public_url })
    }

    /// Opens the store and the mailer, and begins to check that the table may be used. Requests wait for that,
    /// and the start does not.
    async fn opened(self) -> Result<(Config, Arc<App>), StartError> {
        let Self { config, telemetry, public_url } = self;
        let app = open(&config, public_url, telemetry).await?;
        Ok((config, of_function(app)))
    }

    /// The same with the seal key. A function of its own, so that the others have no code to read it from AWS.
    async fn opened_to_seal(self) -> Result<(Config, Arc<App>), StartError> {
        let Self { config, telemetry, public_url } = self;
        let app = open_to_seal(&config, public_url, telemetry).await?;
        Ok((config, of_function(app)))
    }

    /// The same with the ways to sign in.
    async fn opened_to_sign_in(self) -> Result<(Config, Arc<App>), StartError> {
        let Self { config, telemetry, public_url } = self;
        let app = open_to_sign_in(&config, public_url, telemetry).await?;
        Ok((config, of_function(app)))
    }
}

/// The app of a function, whose table is being checked.
fn of_function(app: App) -> Arc<App> {
    let table_check = TableCheck::of(&app.store);
    let app = Arc::new(App { outgoing: Outgoing::of_function(), table_check, ..app });
    tokio::spawn(check_table(Arc::clone(&app)));
    app
}

/// Checks the table, until it answers. Requests are 503 meanwhile, with the answer that tells when to come again.
async fn check_table(app: Arc<App>) {
    // The first poll of the platform comes first: its connection and its request take a turn each.
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
    let Err(error) = app.table_check.passed().await else { return };
    tracing::warn!(%error, "the table does not answer at the start");
    while app.table_check.passed().await.is_err() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
