//! The way to AWS, which store and mailer share: it is looked for once.

use tokio::sync::OnceCell;

use super::StartError;
use crate::{aws::Aws, config::Config};

/// The way to AWS, if it was found before, or as it is found now.
pub(super) async fn reached<'a>(config: &Config, aws: &'a OnceCell<Aws>) -> Result<&'a Aws, StartError> {
    aws.get_or_try_init(|| way(config)).await
}

/// The access to AWS: on Lambda from the environment, elsewhere from all sources of the SDK.
#[cfg(feature = "aws-chain")]
async fn way(config: &Config) -> Result<Aws, StartError> {
    match &config.aws {
        Some(environment) if config.platform == crate::config::Platform::Lambda => {
            Ok(Aws::given(environment.clone()))
        }
        _ => Ok(Aws::found().await),
    }
}

/// The access to AWS from the environment. Other sources of the SDK would double the start time of a function.
#[cfg(not(feature = "aws-chain"))]
#[expect(clippy::unused_async, reason = "with the SDK's own way it waits")]
async fn way(config: &Config) -> Result<Aws, StartError> {
    let given = config.aws.clone().map(Aws::given);
    given.ok_or_else(|| {
        let problem = "must be set, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned();
        StartError::Config(crate::config::BadConfig { variable: "AWS_REGION".into(), problem })
    })
}
