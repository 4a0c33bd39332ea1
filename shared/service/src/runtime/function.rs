//! One function, wherever it finds itself.

use std::{pin::Pin, sync::Arc};

use lambda_http::Error;

use super::{StartError, lambda, open, plain};
use crate::{
    app::App,
    authorizer::Rules,
    config::{BadConfig, Config, Platform, StoreConfig},
    endpoint::{Endpoint, owner},
    function::Function,
    mail::MailConfig,
    outgoing::Outgoing,
    telemetry::Telemetry,
};

/// Runs a function that answers rows of the endpoint table, until its platform ends it.
///
/// The environment tells what calls it. Errors: a configuration that is not usable, or would not be
/// safe, and an environment that tells nothing.
pub async fn run(rows: &'static [Endpoint]) -> Result<(), Error> {
    let (config, app) = start(owner(rows)).await.map_err(readable)?;
    // The type of all that a runtime awaits is nested as deep as the compiler follows, so it ends here.
    let running: Running = match config.platform {
        Platform::Lambda => Box::pin(lambda::run(rows, app, config.cors.clone())),
        Platform::Http | Platform::Unknown => {
            Box::pin(async move { plain::run(rows, &config, app).await.map_err(readable) })
        }
    };
    running.await
}

/// Runs the sweep, likewise.
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

/// Runs the authorizer. Its caller is an API gateway of AWS, which calls nothing but Lambda functions,
/// so anything else is an error.
pub async fn run_authorizer() -> Result<(), Error> {
    let (config, app) = start(Function::Authorizer).await.map_err(readable)?;
    let rules = Rules::configured(&config).map_err(|error| readable(error.into()))?;
    let running: Running = Box::pin(lambda::run_authorizer(app, rules));
    running.await
}

type Running = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// A main that fails shows how its error is made up. Made of its sentence alone, that is readable.
#[expect(clippy::needless_pass_by_value, reason = "it is where errors end")]
fn readable(error: StartError) -> Error {
    error.to_string().into()
}

/// Checks that the environment says all that a function needs: what is a good default for a service on one machine would be
/// a store and a folder of mails that no other function has.
fn complete(config: &Config) -> Result<(), BadConfig> {
    let missing = |variable: &'static str, problem: &str| {
        Err(BadConfig { variable: variable.into(), problem: problem.to_owned() })
    };
    if !matches!(config.store, StoreConfig::DynamoDb(_)) {
        let problem = if config.names_store {
            "must be dynamodb:TABLE: functions share no file"
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
            "must be set: with AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the table is reached",
        ),
        None => Ok(()),
    }
}

async fn start(function: Function) -> Result<(Config, Arc<App>), StartError> {
    let config = Config::from_env()?;
    let telemetry = Telemetry::start(&config, &format!("jeton-{}", function.name()));
    let public_url = config.public_url.clone().ok_or_else(|| BadConfig {
        variable: "JETON_PUBLIC_URL".into(),
        problem: "must be set: links and URIs are made from it".to_owned(),
    })?;
    match config.platform {
        // Whether Lambda is reached from elsewhere, and how, is its gateway's to decide. A folder is there for one function,
        // and only for a while.
        Platform::Lambda if matches!(config.mail, MailConfig::Outbox(_)) => {
            let problem = "must be ses:FROM: on AWS Lambda nobody reads a folder".to_owned();
            return Err(BadConfig { variable: "JETON_MAIL".into(), problem }.into());
        }
        Platform::Lambda => {}
        _ if function == Function::Authorizer => {
            let problem = "must be set, as AWS Lambda does: the authorizer runs nowhere else".to_owned();
            return Err(BadConfig { variable: "AWS_LAMBDA_RUNTIME_API".into(), problem }.into());
        }
        Platform::Http => config.safe_to_listen()?,
        Platform::Unknown => {
            let problem = "must be set to the port to listen on, where AWS Lambda does not run this function";
            return Err(BadConfig { variable: "PORT".into(), problem: problem.to_owned() }.into());
        }
    }
    complete(&config)?;
    let app = open(&config, public_url, telemetry).await?;
    let app = Arc::new(App { outgoing: Outgoing::of_function(), ..app });
    Ok((config, app))
}
