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
mod tests {
    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<Config, BadConfig> {
        Config::parse(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn bad(variables: &[(&str, &str)]) -> String {
        parse(variables).map(|_| ()).unwrap_err().variable.into_owned()
    }

    #[test]
    fn nothing_set_is_a_service_for_this_machine() {
        let config = parse(&[]).unwrap();
        assert_eq!(config.store, StoreConfig::Sqlite("jeton.db".into()));
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.public_url, None);
        assert_eq!(config.verify_replicas, 0);
        assert_eq!(config.safe_to_listen(), Ok(()));
    }

    #[test]
    fn what_is_wrong_names_its_variable() {
        assert_eq!(bad(&[("JETON_STORE", "postgres:x")]), "JETON_STORE");
        assert_eq!(bad(&[("JETON_STORE", "dynamodb:")]), "JETON_STORE");
        for store in [
            "sqlite://x.db",
            "sqlite::memory:",
            "sqlite:file:x.db?mode=memory",
            "sqlite:x.db?mode=ro",
            "sqlite: x.db",
            "sqlite:\tx.db",
            "sqlite:x\n.db",
            "sqlite:folder/",
            "sqlite:",
            "sqlite: ",
            "dynamodb: jeton",
            "dynamodb://jeton",
            "dynamodb:a b",
        ] {
            assert_eq!(bad(&[("JETON_STORE", store)]), "JETON_STORE", "{store}");
        }
        for log in
            ["!!", "inof", "info,!!", "jeton=loud", "=debug", "debug=", "jeton_service=debug;warn", "verbose"]
        {
            assert_eq!(bad(&[("JETON_LOG", log)]), "JETON_LOG", "{log}");
        }
        for origins in ["*", "app.example.org", "https://app.example.org/path"] {
            assert_eq!(bad(&[("JETON_CORS_ORIGINS", origins)]), "JETON_CORS_ORIGINS", "{origins}");
        }
        assert_eq!(bad(&[("JETON_MAIL", "outbox://mails")]), "JETON_MAIL");
        assert_eq!(bad(&[("JETON_LISTEN", "3000")]), "JETON_LISTEN");
        assert_eq!(bad(&[("PORT", "x")]), "PORT");
        for number in ["-1", "17", "4 ,", "many"] {
            assert_eq!(bad(&[("JETON_VERIFY_REPLICAS", number)]), "JETON_VERIFY_REPLICAS", "{number}");
        }
        assert_eq!(bad(&[("JETON_METRICS", "9090")]), "JETON_METRICS");
        for endpoint in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
            for address in ["localhost:4318", "http://*", "http://*.example.org:4318", "ftp://x"] {
                assert_eq!(bad(&[(endpoint, address)]), endpoint, "{address}");
            }
        }
        let azure = "FUNCTIONS_CUSTOMHANDLER_PORT";
        assert_eq!(bad(&[(azure, "70000")]), azure);
        assert_eq!(bad(&[("JETON_MAIL", "pigeon:x")]), "JETON_MAIL");
        for proxies in
            [",", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "proxy.example.org", "10.0.0.1:80", "2001:db8::/129"]
        {
            assert_eq!(bad(&[("JETON_TRUSTED_PROXIES", proxies)]), "JETON_TRUSTED_PROXIES", "{proxies}");
        }
        for url in ["ftp://x", "http://example.org", "https://", "https://x/y", "https://a@b", "tokens"] {
            assert_eq!(bad(&[("JETON_PUBLIC_URL", url)]), "JETON_PUBLIC_URL", "{url}");
        }
    }

    #[test]
    fn space_around_a_value_is_none_of_it() {
        let config = parse(&[
            ("JETON_STORE", "sqlite:x.db\n"),
            ("JETON_LISTEN", " 127.0.0.1:4000 "),
            ("JETON_MAIL", " outbox:mails\r\n"),
            ("JETON_PUBLIC_URL", "   "),
        ])
        .unwrap();
        assert_eq!(config.store, StoreConfig::Sqlite("x.db".into()));
        assert_eq!(config.listen.port(), 4000);
        assert_eq!(config.mail, MailConfig::Outbox("mails".into()));
        assert_eq!(config.public_url, None);
    }

    #[test]
    fn an_anchor_without_a_key_is_rejected() {
        let (anchor, key) = (("JETON_SEAL_ANCHOR", "file:anchors"), "ab".repeat(32));
        for keys in [&[][..], &[("JETON_SEAL_KEY", " ")]] {
            let refused = parse(&[&[anchor], keys].concat()).unwrap_err();
            assert_eq!(refused.variable, "JETON_SEAL_ANCHOR");
            assert!(refused.problem.contains("JETON_SEAL_KEY"), "{refused}");
        }
        assert!(parse(&[anchor, ("JETON_SEAL_KEY", &key)]).is_ok());
        for bad in
            ["file: anchors", "file:", "file:folder/", "file://anchors", "exec: ", "http://example.org"]
        {
            let refused = parse(&[("JETON_SEAL_ANCHOR", bad), ("JETON_SEAL_KEY", &key)]).unwrap_err();
            assert_eq!(refused.variable, "JETON_SEAL_ANCHOR", "{bad}");
        }
    }

    #[test]
    fn what_is_logged_and_where_things_are_kept_can_be_said_in_every_right_way() {
        for log in [
            "info",
            "WARN",
            "off",
            "3",
            "jeton_service=debug",
            "warn,jeton_service::http=trace, hyper=info",
            "jeton",
        ] {
            assert!(parse(&[("JETON_LOG", log)]).is_ok(), "{log}");
        }
        let store = |text: &str| parse(&[("JETON_STORE", text)]).unwrap().store;
        assert_eq!(store("sqlite:/var/lib/jeton.db"), StoreConfig::Sqlite("/var/lib/jeton.db".into()));
        assert_eq!(store("sqlite:///var/lib/jeton.db"), StoreConfig::Sqlite("/var/lib/jeton.db".into()));
        let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/jeton";
        assert_eq!(store(&format!("dynamodb:{arn}")), StoreConfig::DynamoDb(arn.to_owned()));
    }

    #[test]
    fn a_brand_has_each_of_its_parts() {
        let brand = parse(&[
            ("JETON_NAME", " Acme Tokens "),
            ("JETON_COLOR", "#d62828"),
            ("JETON_SUPPORT", "support@acme.com"),
            ("JETON_IMPRINT", "Acme Ltd.\\nPrague"),
        ]);
        let brand = brand.unwrap().brand;
        assert_eq!((brand.name.as_str(), brand.imprint.len()), ("Acme Tokens", 2));
        assert_eq!(brand.support.unwrap().as_str(), "support@acme.com");
        let plain = parse(&[]).unwrap().brand;
        assert_eq!((plain.name.as_str(), plain.support, plain.imprint.len()), ("Jeton", None, 0));
        for (variable, value) in [
            ("JETON_NAME", "a@b"),
            ("JETON_COLOR", "red"),
            ("JETON_SUPPORT", "https://acme.com"),
            ("JETON_IMPRINT", "a\u{200b}b"),
        ] {
            assert_eq!(bad(&[(variable, value)]), variable);
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let text = "10.0.0.1, 10.0.0.0/8,2001:db8::/32,::ffff:192.0.2.0/120,::ffff:192.0.2.9,";
        let proxies = parse(&[("JETON_TRUSTED_PROXIES", text)]).unwrap().trusted_proxies;
        let wanted = ["10.0.0.1/32", "10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24", "192.0.2.9/32"];
        assert_eq!(proxies, wanted.map(|network| network.parse().unwrap()));
    }

    #[test]
    fn traces_go_where_the_variables_of_opentelemetry_say() {
        let traces = |variables: &[(&str, &str)]| parse(variables).unwrap().traces;
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/");
        assert_eq!(traces(&[]), None);
        assert_eq!(traces(&[base]).unwrap().endpoint, "http://127.0.0.1:4318/v1/traces");
        let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.example/x");
        let both = traces(&[base, whole, ("OTEL_SERVICE_NAME", "tokens")]).unwrap();
        assert_eq!((both.endpoint.as_str(), both.service.as_deref()), (whole.1, Some("tokens")));
        assert_eq!(traces(&[base, ("OTEL_SDK_DISABLED", "true")]), None);
    }

    #[test]
    fn beyond_loopback_links_and_mail_must_be_real() {
        let unsafe_to =
            |variables: &[(&str, &str)]| parse(variables).unwrap().safe_to_listen().unwrap_err().variable;
        let port = ("PORT", "8080");
        assert_eq!(unsafe_to(&[port]), "JETON_PUBLIC_URL");
        assert_eq!(unsafe_to(&[port, ("JETON_PUBLIC_URL", "http://localhost:1")]), "JETON_PUBLIC_URL");
        let url = ("JETON_PUBLIC_URL", "https://tokens.example.org/");
        assert_eq!(unsafe_to(&[port, url]), "JETON_MAIL");
        let config = parse(&[port, url, ("JETON_MAIL", "ses:tokens@example.org")]).unwrap();
        assert_eq!(config.safe_to_listen(), Ok(()));
        assert_eq!(config.public_url.as_deref(), Some("https://tokens.example.org"));
    }

    #[test]
    fn who_has_an_address_for_others_is_reached_by_them_wherever_it_listens() {
        for url in [
            "https://tokens.example.org",
            "HTTPS://Tokens.Example.org:443",
            "https://localhost",
            "https://127.0.0.1",
        ] {
            let behind_a_proxy = [("JETON_LISTEN", "127.0.0.1:3000"), ("JETON_PUBLIC_URL", url)];
            let config = parse(&behind_a_proxy).unwrap();
            assert!(config.beyond_this_machine, "{url}");
            assert_eq!(config.safe_to_listen().unwrap_err().variable, "JETON_MAIL", "{url}");
            let mail = ("JETON_MAIL", "ses:tokens@example.org");
            assert_eq!(
                parse(&[&behind_a_proxy[..], &[mail]].concat()).unwrap().safe_to_listen(),
                Ok(()),
                "{url}"
            );
        }
        for url in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            let config = parse(&[("JETON_PUBLIC_URL", url)]).unwrap();
            assert_eq!((config.beyond_this_machine, config.safe_to_listen()), (false, Ok(())), "{url}");
        }
    }

    #[test]
    fn a_public_url_is_kept_as_browsers_write_it() {
        for url in
            ["https://tokens.example.org:443", "HTTPS://Tokens.Example.org", "https://tokens.example.org/"]
        {
            let config = parse(&[("JETON_PUBLIC_URL", url)]).unwrap();
            assert_eq!(config.public_url.as_deref(), Some("https://tokens.example.org"), "{url}");
        }
    }

    #[test]
    fn a_port_that_a_platform_gives_is_reached_from_elsewhere_wherever_it_listens() {
        let azure = ("FUNCTIONS_CUSTOMHANDLER_PORT", "7071");
        let config = parse(&[azure, ("PORT", "8080")]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:7071");
        assert_eq!(config.safe_to_listen().unwrap_err().variable, "JETON_PUBLIC_URL");
        assert_eq!(parse(&[("PORT", "8080")]).unwrap().listen.to_string(), "0.0.0.0:8080");
        let config = parse(&[azure, ("PORT", "8080"), ("JETON_LISTEN", "127.0.0.1:1")]).unwrap();
        assert_eq!((config.listen.port(), config.safe_to_listen()), (1, Ok(())));
    }

    #[test]
    fn the_environment_tells_what_calls_a_function() {
        let platform = |variables: &[(&str, &str)]| parse(variables).unwrap().platform;
        assert_eq!(platform(&[]), Platform::Unknown);
        let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        for address in
            [("PORT", "8080"), ("FUNCTIONS_CUSTOMHANDLER_PORT", "7071"), ("JETON_LISTEN", "127.0.0.1:0")]
        {
            assert_eq!(platform(&[address]), Platform::Http);
            assert_eq!(platform(&[address, lambda]), Platform::Lambda);
        }
    }
}
