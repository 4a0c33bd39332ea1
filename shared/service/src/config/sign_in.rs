//! `JETON_SIGN_IN`, and `JETON_OIDC_ISSUER` with its client and name, read once: how members sign in to the console.

use std::fmt;

use jeton_core::secret::PlainSecret;
use url::Url;

use super::bad_config::BadConfig;
use crate::{
    aws::ValueArn,
    oidc::{self, Registration},
};

const WAYS: &str = "JETON_SIGN_IN";
const ISSUER: &str = "JETON_OIDC_ISSUER";
const CLIENT: &str = "JETON_OIDC_CLIENT_ID";
const SECRET: &str = "JETON_OIDC_CLIENT_SECRET";
const NAME: &str = "JETON_OIDC_NAME";

/// The longest client id and secret, in bytes.
const LONGEST: usize = 1024;

/// The longest name of a provider, in characters.
const LONGEST_NAME: usize = 40;

/// How members sign in to the console.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// Whether a link and a code are mailed.
    pub mail: bool,
    /// The identity provider.
    pub oidc: Option<OidcConfig>,
}

/// An identity provider.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// How the service is known to it.
    pub registered: Registration,
    /// The client secret.
    pub secret: ClientSecret,
}

/// `JETON_OIDC_CLIENT_SECRET`: the secret itself, or where AWS keeps it.
#[derive(Clone)]
pub enum ClientSecret {
    /// The secret.
    Given(PlainSecret),
    /// The ARN of a secret or of a `SecureString` parameter that has it.
    Stored(ValueArn),
}

impl SignInConfig {
    /// Reads the variables.
    pub(super) fn parse(variable: &impl Fn(&'static str) -> Option<String>) -> Result<Self, BadConfig> {
        let oidc = OidcConfig::parse(variable)?;
        let Some(ways) = variable(WAYS) else { return Ok(Self { mail: true, oidc }) };
        let ways: Vec<_> = ways.split(',').map(|way| way.trim().to_owned()).collect();
        if ways.iter().any(|way| way != "mail" && way != "oidc") {
            return bad(WAYS, "must be mail, oidc, or mail,oidc");
        }
        let has = |name: &str| ways.iter().any(|way| way == name);
        if has("oidc") && oidc.is_none() {
            return bad(WAYS, "names oidc, which needs JETON_OIDC_ISSUER");
        }
        Ok(Self { mail: has("mail"), oidc: oidc.filter(|_| has("oidc")) })
    }
}

impl OidcConfig {
    fn parse(variable: &impl Fn(&'static str) -> Option<String>) -> Result<Option<Self>, BadConfig> {
        let Some(issuer) = variable(ISSUER) else {
            // Without the issuer they have no effect, which is hardly meant.
            return match [CLIENT, SECRET, NAME].into_iter().find(|name| variable(name).is_some()) {
                Some(name) => bad(name, "needs JETON_OIDC_ISSUER"),
                None => Ok(None),
            };
        };
        if !oidc::is_issuer(&issuer) {
            return bad(ISSUER, "must be the https:// address of an issuer, without query or credentials");
        }
        let Some(client) = variable(CLIENT) else { return bad(ISSUER, "needs JETON_OIDC_CLIENT_ID") };
        let Some(secret) = variable(SECRET) else { return bad(ISSUER, "needs JETON_OIDC_CLIENT_SECRET") };
        let is_fit = |text: &str| text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_fit(&client) {
            return bad(CLIENT, "must have printable characters without spaces, at most 1024");
        }
        let Some(secret) = ClientSecret::parse(&secret).filter(|_| is_fit(&secret)) else {
            return bad(
                SECRET,
                "must have printable characters without spaces, at most 1024, or be the ARN of a secret or of a \
                 SecureString parameter of AWS",
            );
        };
        let name = variable(NAME).unwrap_or_else(|| host(&issuer));
        if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return bad(NAME, "must have 40 characters at most, on one line");
        }
        Ok(Some(Self { registered: Registration { issuer, client, name }, secret }))
    }
}

impl ClientSecret {
    fn parse(text: &str) -> Option<Self> {
        match ValueArn::parse(text) {
            Some(arn) => Some(Self::Stored(arn)),
            // A mistake in an ARN, which would go to the provider as the secret.
            None if text.starts_with("arn:") => None,
            None => Some(Self::Given(PlainSecret::new(text.to_owned()))),
        }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("***"),
            Self::Stored(arn) => write!(f, "{arn}"),
        }
    }
}

fn host(issuer: &str) -> String {
    let url = Url::parse(issuer).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host.chars().take(LONGEST_NAME).collect()
}

fn bad<T>(variable: &'static str, problem: &str) -> Result<T, BadConfig> {
    Err(BadConfig { variable: variable.into(), problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: [(&str, &str); 3] =
        [(ISSUER, "https://id.example.org/realms/x"), (CLIENT, "jeton"), (SECRET, "hunter2")];

    fn parse(variables: &[(&str, &str)]) -> Result<SignInConfig, BadConfig> {
        SignInConfig::parse(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn refused(variables: &[(&str, &str)]) -> String {
        parse(variables).unwrap_err().variable.into_owned()
    }

    #[test]
    fn without_a_provider_there_is_mail() {
        let config = parse(&[]).unwrap();
        assert!(config.mail && config.oidc.is_none());
        assert_eq!(refused(&[(WAYS, "oidc")]), WAYS);
        for name in [CLIENT, SECRET, NAME] {
            assert_eq!(refused(&[(name, "x")]), name);
        }
    }

    #[test]
    fn a_provider_is_beside_mail_unless_the_ways_say_otherwise() {
        for (ways, mail, oidc) in [
            (None, true, true),
            (Some("oidc"), false, true),
            (Some("mail"), true, false),
            (Some("mail, oidc"), true, true),
        ] {
            let ways = ways.map(|ways| (WAYS, ways));
            let config = parse(&[&FULL[..], ways.as_slice()].concat()).unwrap();
            assert_eq!((config.mail, config.oidc.is_some()), (mail, oidc), "{ways:?}");
        }
        for ways in ["passkeys", "oidc,", "mail;oidc", "Mail"] {
            assert_eq!(refused(&[&FULL[..], &[(WAYS, ways)]].concat()), WAYS, "{ways}");
        }
    }

    #[test]
    fn a_provider_is_complete_and_is_reached_by_https() {
        assert_eq!(refused(&FULL[..1]), ISSUER);
        assert_eq!(refused(&FULL[..2]), ISSUER);
        for issuer in [
            "id.example.org",
            "http://id.example.org",
            "https://id.example.org/?x",
            "https://id.example.org/#x",
            "https://a@id.example.org",
            "https://a b",
            "ftp://id.example.org",
            "https:id.example.org",
        ] {
            assert_eq!(refused(&[&[(ISSUER, issuer)], &FULL[1..]].concat()), ISSUER, "{issuer}");
        }
        for issuer in
            ["https://id.example.org", "https://id.example.org/", "http://127.0.0.1:4000", "http://localhost"]
        {
            let config = parse(&[&[(ISSUER, issuer)], &FULL[1..]].concat()).unwrap();
            assert_eq!(config.oidc.unwrap().registered.issuer, issuer, "letter by letter");
        }
        assert_eq!(refused(&[&FULL[..], &[(NAME, &"x".repeat(41))]].concat()), NAME);
        assert_eq!(refused(&[FULL[0], FULL[1], (SECRET, "a b")]), SECRET);
        assert_eq!(refused(&[FULL[0], FULL[1], (SECRET, "arn:aws:s3:::x")]), SECRET);
    }

    #[test]
    fn a_client_secret_is_not_shown() {
        let shown = format!("{:?}", parse(&FULL).unwrap());
        assert!(shown.contains("id.example.org") && !shown.contains("hunter2"), "{shown}");
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jeton/oidc-AbCdEf";
        let config = parse(&[FULL[0], FULL[1], (SECRET, arn)]).unwrap();
        assert!(matches!(config.oidc.unwrap().secret, ClientSecret::Stored(_)));
    }
}
