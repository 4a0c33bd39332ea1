//! The parts of the configuration that AWS keeps, read once at the start of the program that needs them.

use std::sync::Arc;

use jeton_core::secret::PlainSecret;
use tokio::sync::OnceCell;

use super::{StartError, aws};
use crate::{
    authorizer::Rules,
    aws::{Aws, Value, ValueArn},
    config::{BadConfig, ClientSecret, Config, OidcConfig, RulesSource},
    console::ways::Ways,
    history::{SealKey, SealKeySource},
    oidc::Provider,
    passkey::RelyingParty,
};

/// The seal key of the configuration, if there is one.
///
/// Errors: the secret or parameter cannot be read, is not encrypted, or has no key.
pub async fn seal_key(config: &Config) -> Result<Option<Arc<SealKey>>, StartError> {
    seal_key_by(config, &OnceCell::new()).await
}

pub(super) async fn seal_key_by(
    config: &Config,
    aws: &OnceCell<Aws>,
) -> Result<Option<Arc<SealKey>>, StartError> {
    const NAME: &str = "JETON_SEAL_KEY";
    let arn = match &config.seal_key {
        None => return Ok(None),
        Some(SealKeySource::Given(key)) => return Ok(Some(Arc::clone(key))),
        Some(SealKeySource::Stored(arn)) => arn,
    };
    let value = read(config, aws, NAME, arn).await?;
    if !value.encrypted {
        return Err(bad(NAME, arn, "must be of the type SecureString"));
    }
    let key = SealKey::parse(value.text.expose());
    let key = key.ok_or_else(|| bad(NAME, arn, "must have 64 hexadecimal digits, and nothing else"))?;
    Ok(Some(Arc::new(key)))
}

/// The ways to sign in, with the identity provider of the configuration.
///
/// Errors: its client secret cannot be read, or is not encrypted.
pub(super) async fn ways(config: &Config, public_url: &str, aws: &OnceCell<Aws>) -> Result<Ways, StartError> {
    const NAME: &str = "JETON_OIDC_CLIENT_SECRET";
    let mail = config.sign_in.mail;
    // Where the provider is the only way, it also decides about passkeys.
    let passkeys = RelyingParty::of(public_url).filter(|_| mail);
    let Some(OidcConfig { registered, secret }) = &config.sign_in.oidc else {
        return Ok(Ways { mail, provider: None, passkeys });
    };
    let secret = match secret {
        ClientSecret::Given(secret) => secret.clone(),
        ClientSecret::Stored(arn) => {
            let value = read(config, aws, NAME, arn).await?;
            if !value.encrypted {
                return Err(bad(NAME, arn, "must be of the type SecureString"));
            }
            let text = value.text.expose().trim();
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(bad(NAME, arn, "must have the client secret, and nothing else"));
            }
            PlainSecret::new(text.to_owned())
        }
    };
    let provider = Provider::new(registered.clone(), secret, public_url);
    Ok(Ways { mail, provider: Some(provider), passkeys })
}

/// The rules of the authorizer.
///
/// Errors: there are none, they cannot be read, or they have a mistake.
pub(super) async fn rules(config: &Config, aws: &OnceCell<Aws>) -> Result<Rules, StartError> {
    const NAME: &str = "JETON_AUTHORIZER_RULES";
    let (place, text) = match &config.authorizer_rules {
        None => {
            let problem = "must be set to a file of rules, to the ARN of a parameter that has them, or to \
                           `authenticate-only` to allow every valid token everywhere"
                .to_owned();
            return Err(BadConfig { variable: NAME.into(), problem }.into());
        }
        Some(RulesSource::AuthenticateOnly) => return Ok(Rules::None),
        Some(RulesSource::File(path)) => {
            let text = std::fs::read_to_string(path);
            (path.display().to_string(), text.map_err(|error| error.to_string()))
        }
        Some(RulesSource::Stored(arn)) => {
            (arn.to_string(), Ok(read(config, aws, NAME, arn).await?.text.expose().to_owned()))
        }
    };
    let rules = text.and_then(|text| Rules::parse(&text).map_err(|error| error.to_string()));
    rules.map_err(|why| {
        let problem = format!("names {place}, which cannot be used: {why}");
        BadConfig { variable: NAME.into(), problem }.into()
    })
}

async fn read(
    config: &Config,
    aws: &OnceCell<Aws>,
    variable: &'static str,
    arn: &ValueArn,
) -> Result<Value, StartError> {
    let aws = aws::reached(config, aws).await?;
    let value = arn.read(aws, &config.value_endpoints).await;
    value.map_err(|why| bad(variable, arn, &format!("cannot be read: {why}")))
}

fn bad(variable: &'static str, arn: &ValueArn, why: &str) -> StartError {
    BadConfig { variable: variable.into(), problem: format!("names {arn}, which {why}") }.into()
}
