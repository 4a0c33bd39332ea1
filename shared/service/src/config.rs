//! Configuration, parsed once from the environment.

mod bad_config;
mod folder;
mod log;
pub(crate) mod path;
mod sign_in;
mod store;
mod variables;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

pub use bad_config::BadConfig;
use ipnet::IpNet;
use jeton_store_dynamodb::MOST_REPLICAS;

pub use self::sign_in::{ClientSecret, OidcConfig, SignInConfig};
pub use self::store::StoreConfig;
pub use self::variables::{VARIABLES, Variable};

use crate::{
    aws::{AwsEnvironment, ValueArn, ValueEndpoints},
    brand::Brand,
    github::GitHubKeys,
    history::{AnchorPlace, SealKeySource},
    http::{Cors, EdgeSecret},
    mail::MailConfig,
    origin::{canonical, is_of_this_machine, names_host},
};

/// The configuration.
#[derive(Debug)]
pub struct Config {
    /// `JETON_STORE`: the store.
    pub store: StoreConfig,
    /// Whether `JETON_STORE` is set.
    pub names_store: bool,
    /// `JETON_VERIFY_REPLICAS`: how many replicas of its verify item a token gets that is verified more often than a partition of
    /// the table allows. 0 for none.
    pub verify_replicas: u32,
    /// `JETON_MAIL`: the mailer.
    pub mail: MailConfig,
    /// Whether `JETON_MAIL` is set.
    pub names_mail: bool,
    /// `JETON_PUBLIC_URL`: the public address of the service.
    pub public_url: Option<String>,
    /// `JETON_LISTEN`, or the port of the platform: the address to listen on.
    pub listen: SocketAddr,
    /// Whether other machines can reach the service, directly or through a proxy.
    pub beyond_this_machine: bool,
    /// `JETON_NAME`, `JETON_COLOR`, `JETON_SUPPORT` and `JETON_IMPRINT`: the brand. [`Self::from_env`] reads its logo.
    pub brand: Brand,
    /// `JETON_LOGO`: the file of the logo.
    pub logo: Option<PathBuf>,
    /// The platform that calls a function.
    pub platform: Platform,
    /// `AWS_LAMBDA_FUNCTION_NAME`: the name of the function on AWS Lambda.
    pub lambda_function: Option<String>,
    /// `JETON_LOG`: the log filter, such as `info` or `jeton=debug`.
    pub log: String,
    /// `JETON_METRICS`: an additional address for Prometheus.
    pub metrics: Option<SocketAddr>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and others: the collector of traces.
    pub traces: Option<TracesConfig>,
    /// `JETON_TRUSTED_PROXIES`: addresses and networks whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// `JETON_EDGE_SECRET`: the secret by which the gateway's functions know requests of their own edge, `CloudFront`.
    pub edge: Option<EdgeSecret>,
    /// `JETON_CORS_ORIGINS`: the origins whose pages may call the storage API from a browser.
    pub cors: Cors,
    /// `AWS_REGION`, `AWS_ACCESS_KEY_ID` and others: access to AWS, if all required ones are set.
    pub aws: Option<AwsEnvironment>,
    /// The first required AWS variable that is missing.
    pub missing_of_aws: Option<&'static str>,
    /// `JETON_GITHUB_KEYS`: the public keys of GitHub's leak reports, as GitHub publishes them.
    pub github_keys: GitHubKeys,
    /// `JETON_SEAL_KEY`: the secret key that seals history, or where it is. Without it nothing is sealed.
    pub seal_key: Option<SealKeySource>,
    /// `JETON_SEAL_ANCHOR`: where digests of sealed days are sent, in addition to the log.
    pub seal_anchor: Option<AnchorPlace>,
    /// `JETON_SIGN_IN`, and `JETON_OIDC_ISSUER` with its client and name: how members sign in to the console.
    pub sign_in: SignInConfig,
    /// `JETON_AUTHORIZER_RULES`: where the rules of the authorizer are.
    pub authorizer_rules: Option<RulesSource>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` and others: custom endpoints of the services that keep values.
    pub value_endpoints: ValueEndpoints,
}

/// `JETON_AUTHORIZER_RULES`: where the rules of the authorizer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesSource {
    /// There are none, on purpose: every valid token is allowed everywhere.
    AuthenticateOnly,
    /// A file.
    File(PathBuf),
    /// The ARN of a parameter or secret that has the text.
    Stored(ValueArn),
}

impl RulesSource {
    fn parse(text: String) -> Self {
        match ValueArn::parse(&text) {
            Some(arn) => Self::Stored(arn),
            None if text == "authenticate-only" => Self::AuthenticateOnly,
            None => Self::File(text.into()),
        }
    }
}

/// The platform that calls a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// AWS Lambda, which sets `AWS_LAMBDA_RUNTIME_API`.
    Lambda,
    /// Any platform that sends HTTP requests to a port.
    Http,
    /// No platform is configured. `jeton serve` has a default address, a function has none.
    Unknown,
}

/// The collector of traces, from the variables of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` followed by `/v1/traces`.
    pub endpoint: String,
    /// `OTEL_SERVICE_NAME` (default: the name of the program).
    pub service: Option<String>,
}

impl Config {
    /// Reads the environment of the process. Errors: as [`Self::parse`]; for an unknown variable `JETON_…`; for an anchor location,
    /// an outbox or a logo that cannot be used.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
    pub fn from_env() -> Result<Self, BadConfig> {
        known_variables()?;
        let mut config = Self::parse(|name| std::env::var(name).ok())?;
        // The default search path for programs.
        let search = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
        let bad = |variable: &'static str| {
            move |problem: &str| BadConfig { variable: variable.into(), problem: problem.to_owned() }
        };
        if let Some(place) = &config.seal_anchor {
            place.check(&search).map_err(bad("JETON_SEAL_ANCHOR"))?;
        }
        if let MailConfig::Outbox(folder) = &config.mail
            && config.names_mail
        {
            folder::check(folder).map_err(bad("JETON_MAIL"))?;
        }
        if let Some(file) = &config.logo {
            config.brand = config.brand.with_logo_of(file).map_err(|problem| bad("JETON_LOGO")(&problem))?;
        }
        Ok(config)
    }

    /// Parses variables from any source. An empty one counts as absent. Values are trimmed.
    pub fn parse(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadConfig> {
        let variable =
            |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if variable("JETON_SEAL_ANCHOR").is_some() && variable("JETON_SEAL_KEY").is_none() {
            return Err(BadConfig {
                variable: "JETON_SEAL_ANCHOR".into(),
                problem: "needs JETON_SEAL_KEY: without a key no day is sealed".to_owned(),
            });
        }
        let address = address(&variable)?;
        let named = address.is_some();
        let (listen, reached) =
            address.unwrap_or_else(|| (SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)), false));
        let public_url = variable("JETON_PUBLIC_URL").map(|url| public_url(&url)).transpose()?;
        // A public URL means that a proxy makes the service reachable, whatever address it listens on.
        let beyond_this_machine =
            reached || public_url.as_deref().is_some_and(|url| !is_of_this_machine(url));
        Ok(Self {
            names_store: variable("JETON_STORE").is_some(),
            store: StoreConfig::parse(variable("JETON_STORE").as_deref().unwrap_or("sqlite:jeton.db"))?,
            verify_replicas: variable("JETON_VERIFY_REPLICAS").map_or(Ok(0), |text| replicas(&text))?,
            names_mail: variable("JETON_MAIL").is_some(),
            mail: MailConfig::parse(variable("JETON_MAIL").as_deref().unwrap_or("outbox:outbox"))
                .map_err(|problem| BadConfig { variable: "JETON_MAIL".into(), problem })?,
            public_url,
            brand: brand(&variable)?,
            logo: variable("JETON_LOGO").map(PathBuf::from),
            listen,
            beyond_this_machine,
            platform: match variable("AWS_LAMBDA_RUNTIME_API") {
                Some(_) => Platform::Lambda,
                None if named => Platform::Http,
                None => Platform::Unknown,
            },
            lambda_function: variable("AWS_LAMBDA_FUNCTION_NAME"),
            log: variable("JETON_LOG").map_or_else(|| Ok("info".to_owned()), |text| log::parse(&text))?,
            metrics: variable("JETON_METRICS")
                .map(|address| socket("JETON_METRICS", &address))
                .transpose()?,
            traces: traces(&variable)?,
            trusted_proxies: variable("JETON_TRUSTED_PROXIES")
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(network)
                .collect::<Option<Vec<_>>>()
                .filter(|networks| !networks.is_empty() || variable("JETON_TRUSTED_PROXIES").is_none())
                .ok_or_else(|| BadConfig {
                    variable: "JETON_TRUSTED_PROXIES".into(),
                    problem: "must be IP addresses and networks such as 10.0.0.0/8, separated by commas"
                        .to_owned(),
                })?,
            edge: variable("JETON_EDGE_SECRET")
                .map(|text| {
                    EdgeSecret::parse(&text).ok_or_else(|| BadConfig {
                        variable: "JETON_EDGE_SECRET".into(),
                        problem: "must have 32 printable characters or more, without spaces".to_owned(),
                    })
                })
                .transpose()?,
            cors: variable("JETON_CORS_ORIGINS").map_or(Ok(Cors::default()), |origins| {
                Cors::parse(&origins).filter(|cors| !cors.is_empty()).ok_or_else(|| BadConfig {
                    variable: "JETON_CORS_ORIGINS".into(),
                    problem:
                        "must be origins such as https://app.example.org, separated by commas, each named in \
                              full: there is no *"
                            .to_owned(),
                })
            })?,
            missing_of_aws: AwsEnvironment::NEEDED.into_iter().find(|name| variable(name).is_none()),
            value_endpoints: ValueEndpoints::parse(variable),
            aws: AwsEnvironment::parse(variable),
            github_keys: variable("JETON_GITHUB_KEYS").map_or(Ok(GitHubKeys::default()), |json| {
                GitHubKeys::parse(&json).ok_or_else(|| BadConfig {
                    variable: "JETON_GITHUB_KEYS".into(),
                    problem: "must be the JSON of https://api.github.com/meta/public_keys/secret_scanning"
                        .to_owned(),
                })
            })?,
            seal_key: variable("JETON_SEAL_KEY")
                .map(|text| {
                    SealKeySource::parse(&text).ok_or_else(|| BadConfig {
                        variable: "JETON_SEAL_KEY".into(),
                        problem: "must be 64 hexadecimal digits; `jeton init seal-key` generates them. Or it is the ARN of \
                                  a secret or of a SecureString parameter of AWS that has them"
                            .to_owned(),
                    })
                })
                .transpose()?,
            seal_anchor: variable("JETON_SEAL_ANCHOR")
                .map(|place| {
                    let problem = |why: &str| BadConfig {
                        variable: "JETON_SEAL_ANCHOR".into(),
                        problem: why.to_owned(),
                    };
                    place.parse().map_err(problem)
                })
                .transpose()?,
            sign_in: SignInConfig::parse(&variable)?,
            authorizer_rules: variable("JETON_AUTHORIZER_RULES").map(RulesSource::parse),
        })
    }

    /// Checks the requirements of a service that other machines can reach: an `https://` public URL, and a real mailer.
    ///
    /// First-start secrets and the outbox exist only if no other machine can reach the service.
    pub fn safe_to_listen(&self) -> Result<(), BadConfig> {
        if !self.beyond_this_machine {
            return Ok(());
        }
        let listen = self.listen;
        match &self.public_url {
            Some(url) if url.starts_with("https://") => {}
            _ => {
                return Err(BadConfig {
                    variable: "JETON_PUBLIC_URL".into(),
                    problem: format!("must be set to an https:// address to listen on {listen}"),
                });
            }
        }
        if matches!(self.mail, MailConfig::Outbox(_)) {
            return Err(BadConfig {
                variable: "JETON_MAIL".into(),
                problem: format!(
                    "must name a real mailer, ses: or smtp://, to listen on {listen} with a JETON_PUBLIC_URL that \
                     others reach"
                ),
            });
        }
        Ok(())
    }
}

/// Checks that every variable `JETON_…` of the environment is known.
pub fn known_variables() -> Result<(), BadConfig> {
    variables::check(std::env::vars_os())
}

/// The configured address to listen on, and whether other machines can reach it.
fn address(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<(SocketAddr, bool)>, BadConfig> {
    if let Some(listen) = variable("JETON_LISTEN") {
        let listen = socket("JETON_LISTEN", &listen)?;
        return Ok(Some((listen, !listen.ip().is_loopback())));
    }
    let ports = [
        // The host of Azure Functions runs on the same machine, and forwards requests from outside.
        ("FUNCTIONS_CUSTOMHANDLER_PORT", Ipv4Addr::LOCALHOST),
        // A platform that sets PORT routes requests from outside to the container.
        ("PORT", Ipv4Addr::UNSPECIFIED),
    ];
    for (name, interface) in ports {
        if let Some(port) = variable(name) {
            let problem = "must be a port number".to_owned();
            let port: u16 = port.parse().map_err(|_| BadConfig { variable: name.into(), problem })?;
            return Ok(Some((SocketAddr::from((interface, port)), true)));
        }
    }
    Ok(None)
}

/// The brand, without its logo.
fn brand(variable: &impl Fn(&'static str) -> Option<String>) -> Result<Brand, BadConfig> {
    type Part = fn(Brand, &str) -> Result<Brand, &'static str>;
    const PARTS: [(&str, Part); 4] = [
        ("JETON_NAME", Brand::named),
        ("JETON_COLOR", Brand::coloured),
        ("JETON_SUPPORT", Brand::supported_by),
        ("JETON_IMPRINT", Brand::published_by),
    ];
    PARTS.into_iter().try_fold(Brand::default(), |brand, (name, with)| match variable(name) {
        None => Ok(brand),
        Some(value) => with(brand, &value)
            .map_err(|problem| BadConfig { variable: name.into(), problem: problem.to_owned() }),
    })
}

fn replicas(text: &str) -> Result<u32, BadConfig> {
    let problem = format!("must be a number from 0 to {MOST_REPLICAS}");
    let number = text.parse().ok().filter(|number| *number <= MOST_REPLICAS);
    number.ok_or_else(|| BadConfig { variable: "JETON_VERIFY_REPLICAS".into(), problem })
}

fn socket(variable: &'static str, text: &str) -> Result<SocketAddr, BadConfig> {
    let problem = "must be an address and a port, such as 127.0.0.1:3000";
    text.parse().map_err(|_| BadConfig { variable: variable.into(), problem: problem.to_owned() })
}

/// Parses a network, or a single address. IPv4-mapped IPv6 addresses become IPv4 networks.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse().map(|ip: IpAddr| IpNet::from(ip))).ok()?;
    match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => IpNet::new(v4.into(), v6.prefix_len() - 96).ok(),
            None => Some(network),
        },
        network => Some(network),
    }
}

fn traces(variable: &impl Fn(&'static str) -> Option<String>) -> Result<Option<TracesConfig>, BadConfig> {
    const WHOLE: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let base = || variable(BASE).map(|base| (BASE, format!("{}/v1/traces", base.trim_end_matches('/'))));
    let given = variable(WHOLE).map(|endpoint| (WHOLE, endpoint)).or_else(base);
    let Some((name, endpoint)) = given.filter(|_| !disabled) else { return Ok(None) };
    let uri: Option<http::Uri> = endpoint.parse().ok();
    let is_web = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if !is_web || !names_host(&endpoint) {
        let problem = "must be an address such as http://127.0.0.1:4318".to_owned();
        return Err(BadConfig { variable: name.into(), problem });
    }
    Ok(Some(TracesConfig { endpoint, service: variable("OTEL_SERVICE_NAME") }))
}

fn public_url(text: &str) -> Result<String, BadConfig> {
    let bad = |problem: &str| BadConfig { variable: "JETON_PUBLIC_URL".into(), problem: problem.to_owned() };
    let url = canonical(text.trim()).ok_or_else(|| {
        bad("must be a scheme and a host such as https://tokens.example.org, without path, query or credentials")
    })?;
    if url.starts_with("https://") || is_of_this_machine(&url) {
        Ok(url)
    } else {
        Err(bad("must start with https://, or with http:// and an address of this machine"))
    }
}

#[cfg(test)]
mod tests;
