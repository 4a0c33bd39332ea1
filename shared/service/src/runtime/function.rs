//! One function, wherever it finds itself.

use std::{pin::Pin, sync::Arc};

use lambda_http::Error;

use super::{StartError, lambda, log_to, open, plain};
use crate::{
    app::App,
    config::{BadConfig, Config, Platform},
    function::Function,
};

/// Runs a function until its platform ends it: its rows of the endpoint table, or the sweep.
///
/// The environment tells what calls it. Errors: a configuration that is not usable, or would not be
/// safe, and an environment that tells nothing.
pub async fn run(function: Function) -> Result<(), Error> {
    // A main that fails shows how its error is made up. Made of its sentence alone, that is readable.
    let readable = |error: StartError| Error::from(error.to_string());
    let (config, app) = start(function).await.map_err(readable)?;
    // The type of all that a runtime awaits is nested as deep as the compiler follows, so it ends here.
    let running: Pin<Box<dyn Future<Output = Result<(), Error>>>> = match config.platform {
        Platform::Lambda => Box::pin(async move { lambda::run(function, &config, app).await }),
        Platform::Http | Platform::Unknown => {
            Box::pin(async move { plain::run(function, &config, app).await.map_err(readable) })
        }
    };
    running.await
}

async fn start(function: Function) -> Result<(Config, Arc<App>), StartError> {
    let config = Config::from_env()?;
    log_to(&config.log);
    let public_url = config.public_url.clone().ok_or_else(|| BadConfig {
        variable: "JETON_PUBLIC_URL",
        problem: "must be set: links and URIs are made from it".to_owned(),
    })?;
    match config.platform {
        // Whether Lambda is reached from elsewhere, and how, is its gateway's to decide.
        Platform::Lambda => {}
        // Its caller is an API gateway of AWS, which calls nothing but Lambda functions.
        _ if function == Function::Authorizer => {
            let problem = "must be set, as AWS Lambda does: the authorizer runs nowhere else".to_owned();
            return Err(BadConfig { variable: "AWS_LAMBDA_RUNTIME_API", problem }.into());
        }
        Platform::Http => config.safe_to_listen()?,
        Platform::Unknown => {
            let problem = "must be set to the port to listen on, where AWS Lambda does not run this function";
            return Err(BadConfig { variable: "PORT", problem: problem.to_owned() }.into());
        }
    }
    let app = Arc::new(open(&config, public_url).await?);
    Ok((config, app))
}
