//! The table of environment variables. Unknown variables `JETON_…` are rejected, so that a typo does not silently apply a
//! default, such as a new and empty store.

use std::ffi::{OsStr, OsString};

use super::bad_config::BadConfig;

/// An environment variable, as the reference lists it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The form of its value.
    pub value: &'static str,
    /// The default; empty if there is none.
    pub default: &'static str,
    /// The programs that read it.
    pub read_by: &'static str,
    /// The description.
    pub about: &'static str,
}

const fn variable(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    read_by: &'static str,
    about: &'static str,
) -> Variable {
    Variable { name, value, default, read_by, about }
}

const ALL: &str = "server, functions, store commands";
const SERVERS: &str = "server, functions";
const CLIENTS: &str = "client commands";

/// Every variable that Jeton reads: its own, sorted by name, then those of others.
pub const VARIABLES: [Variable; 49] = [
    variable(
        "JETON_AUTHORIZER_RULES",
        "path of a file, ARN, or `authenticate-only`",
        "",
        "function `authorizer`",
        "The question for each route of a platform: a file, or a parameter of Systems Manager or secret with its text. `authenticate-only` allows every valid token everywhere.",
    ),
    variable(
        "JETON_COLOR",
        "colour such as `#3f51c7`",
        "`#3f51c7`",
        ALL,
        "The colour of links and buttons in pages and mails. It is made darker on light pages, and lighter on dark ones, until it can be read.",
    ),
    variable(
        "JETON_CORS_ORIGINS",
        "origins, separated by commas",
        "",
        SERVERS,
        "The sites whose pages may call the storage API from a browser.",
    ),
    variable(
        "JETON_EDGE_SECRET",
        "32 printable characters or more",
        "",
        "functions",
        "The secret that CloudFront sends with each request, as `x-jeton-edge`, to the gateway of AWS. With it, the caller is the address in `X-Forwarded-For` that CloudFront wrote.",
    ),
    variable(
        "JETON_GITHUB_KEYS",
        "JSON",
        "",
        SERVERS,
        "The keys that sign leak reports of GitHub's secret scanning.",
    ),
    variable(
        "JETON_IMPRINT",
        "up to 1,000 characters in 10 lines",
        "",
        ALL,
        "The text below pages and mails, such as the name and address of a company. `\\n` ends a line.",
    ),
    variable("JETON_LISTEN", "IP address and port", "`127.0.0.1:3000`", SERVERS, "The address to listen on."),
    variable(
        "JETON_LOG",
        "levels, and `PART=LEVEL`, separated by commas",
        "`info`",
        ALL,
        "The log filter. `debug` and `trace` apply to Jeton's own modules only.",
    ),
    variable(
        "JETON_LOGO",
        "path of a PNG file of up to 32 KiB and 1,024 × 1,024 pixels",
        "",
        ALL,
        "The logo in pages and mails, which contain it.",
    ),
    variable(
        "JETON_MAIL",
        "`outbox:DIR`, `ses:FROM`, `ses:FROM?set=NAME`, `smtp://…` or `smtps://…`",
        "`outbox:outbox`; functions have none",
        ALL,
        "The mailer.",
    ),
    variable(
        "JETON_MANAGE_TOKEN",
        "manage token",
        "",
        CLIENTS,
        "The manage token that a command calls with.",
    ),
    variable(
        "JETON_METRICS",
        "IP address and port",
        "",
        "server",
        "An additional address that serves `/metrics` to everyone who can reach it.",
    ),
    variable(
        "JETON_NAME",
        "1 to 60 characters",
        "`Jeton`",
        ALL,
        "The name of the product or company in pages and mails.",
    ),
    variable(
        "JETON_OIDC_CLIENT_ID",
        "text",
        "",
        "server, function `console`",
        "The id of Jeton at the identity provider.",
    ),
    variable(
        "JETON_OIDC_CLIENT_SECRET",
        "text, or ARN",
        "",
        "server, function `console`",
        "The secret of Jeton at the identity provider, or the ARN of the secret of Secrets Manager or `SecureString` parameter of Systems Manager that has it.",
    ),
    variable(
        "JETON_OIDC_ISSUER",
        "URL",
        "",
        "server, function `console`",
        "The identity provider that members sign in to the console with, by OpenID Connect: its issuer, letter by letter as it writes it. Needs the client id and secret. [How to](../how-to/sign-in.md).",
    ),
    variable(
        "JETON_OIDC_NAME",
        "text",
        "the host of the issuer",
        "server, function `console`",
        "The name of the identity provider, as in “Sign in with NAME”.",
    ),
    variable(
        "JETON_PROFILE",
        "name",
        "the current profile",
        CLIENTS,
        "The profile of `jeton login` whose address and token a command uses, where no option and no other variable gives them.",
    ),
    variable(
        "JETON_PUBLIC_URL",
        "URL without path",
        "the address in `JETON_LISTEN`; functions have none",
        ALL,
        "The public address of the service, with which links and `uri` fields start.",
    ),
    variable(
        "JETON_RETRY_FOR",
        "duration such as `30s`, `5m` or `0`",
        "`30s`",
        CLIENTS,
        "How long a call is sent again while the service is not available, such as during a restart: at most `9m`, and `0` for never. See [retry](../how-to/retry.md#what-jeton-and-the-client-do).",
    ),
    variable(
        "JETON_SEAL_ANCHOR",
        "`file:PATH`, `exec:PROGRAM` or `https://…`",
        "",
        "server, function `seal`, `jeton sweep`",
        "Where the digest of each sealed day is sent, in addition to the log. Needs `JETON_SEAL_KEY`.",
    ),
    variable(
        "JETON_SEAL_KEY",
        "64 hexadecimal digits, or ARN",
        "",
        "server, function `seal`, `jeton sweep`",
        "The secret key that seals history, or the ARN of the secret of Secrets Manager or `SecureString` parameter of Systems Manager that has it. Without it nothing is sealed.",
    ),
    variable(
        "JETON_SIGN_IN",
        "`mail`, `oidc` or `mail,oidc`",
        "`mail`, and `oidc` with `JETON_OIDC_ISSUER`",
        "server, function `console`",
        "How members sign in to the console. With `oidc` alone, whoever reads a member's mail cannot sign in as them.",
    ),
    variable(
        "JETON_STORE",
        "`sqlite:PATH` or `dynamodb:TABLE`",
        "`sqlite:jeton.db`; functions have none",
        ALL,
        "The store.",
    ),
    variable(
        "JETON_SUPPORT",
        "e-mail address",
        "",
        ALL,
        "The address for questions in pages and mails, and of answers to mails that no person caused.",
    ),
    variable("JETON_TOKEN", "token", "", CLIENTS, "The storage token that a command calls with."),
    variable(
        "JETON_TRUSTED_PROXIES",
        "IP addresses and networks, separated by commas",
        "",
        SERVERS,
        "The proxies whose `X-Forwarded-For` is trusted. The caller is the last address in it that is not one of them.",
    ),
    variable(
        "JETON_URL",
        "URL",
        "`http://127.0.0.1:3000`",
        CLIENTS,
        "The address of the Jeton that a command calls.",
    ),
    variable(
        "JETON_VERIFY_REPLICAS",
        "0 to 16",
        "`0`",
        ALL,
        "How many replicas of its verify item a token gets that is verified more often than a partition of DynamoDB allows. Set it only once [no older version runs](../how-to/upgrade.md#notes-by-version).",
    ),
    variable(
        "PORT",
        "port",
        "",
        SERVERS,
        "Listens on this port of all addresses. `JETON_LISTEN` and the next variable take precedence.",
    ),
    variable(
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "port",
        "",
        SERVERS,
        "Listens on this port of 127.0.0.1. Azure Functions sets it.",
    ),
    variable(
        "AWS_LAMBDA_RUNTIME_API",
        "address",
        "",
        "functions",
        "The event API of AWS Lambda, which sets it. It takes precedence over all ports.",
    ),
    variable(
        "AWS_LAMBDA_FUNCTION_NAME",
        "name",
        "the name of the program",
        "functions",
        "The dimension of the metrics in CloudWatch. AWS Lambda sets it.",
    ),
    variable(
        "AWS_REGION",
        "region",
        "",
        ALL,
        "The region of the table and of SES. Functions need it and the next two. Other programs use all sources of the AWS SDK.",
    ),
    variable("AWS_ACCESS_KEY_ID", "id", "", ALL, "The AWS access key."),
    variable("AWS_SECRET_ACCESS_KEY", "secret", "", ALL, "The secret of the access key."),
    variable("AWS_SESSION_TOKEN", "secret", "", ALL, "The session token of a temporary access key."),
    variable("AWS_ENDPOINT_URL_DYNAMODB", "URL", "`AWS_ENDPOINT_URL`", ALL, "A custom endpoint of DynamoDB."),
    variable("AWS_ENDPOINT_URL_SES", "URL", "`AWS_ENDPOINT_URL`", ALL, "A custom endpoint of SES."),
    variable(
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "URL",
        "`AWS_ENDPOINT_URL`",
        ALL,
        "A custom endpoint of Secrets Manager.",
    ),
    variable(
        "AWS_ENDPOINT_URL_SSM",
        "URL",
        "`AWS_ENDPOINT_URL`",
        ALL,
        "A custom endpoint of Systems Manager.",
    ),
    variable("AWS_ENDPOINT_URL", "URL", "", ALL, "A custom endpoint of all of them."),
    variable("AWS_USE_FIPS_ENDPOINT", "`true`", "", ALL, "Uses the FIPS endpoints of AWS."),
    variable("AWS_USE_DUALSTACK_ENDPOINT", "`true`", "", ALL, "Uses the dual-stack (IPv6) endpoints of AWS."),
    variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "URL",
        "the next one, with `/v1/traces`",
        SERVERS,
        "The collector of traces, by OTLP over HTTP.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "URL",
        "",
        SERVERS,
        "The base URL of the collector. Without both variables there are no traces.",
    ),
    variable(
        "OTEL_SERVICE_NAME",
        "name",
        "the name of the program",
        SERVERS,
        "The name of the service in traces.",
    ),
    variable("OTEL_SDK_DISABLED", "`true`", "", SERVERS, "Disables traces."),
    variable(
        "XDG_CONFIG_HOME",
        "path of a folder",
        "`.config` in `HOME`",
        CLIENTS,
        "The folder whose subfolder `jeton` has the profiles.",
    ),
];

/// The names of all variables `JETON_…`.
fn known() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name).filter(|name| name.starts_with("JETON_"))
}

/// Checks the names of an environment. Errors: for the first unknown name, in sorted order, that starts with `JETON_` in any
/// letter case, with the most similar known name; and for a value that is not UTF-8.
pub fn check(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), BadConfig> {
    let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut ours: Vec<_> = named.filter(|(name, _)| name.to_uppercase().starts_with("JETON_")).collect();
    ours.sort();
    for (name, value) in ours {
        let bad =
            |problem: &str| Err(BadConfig { variable: name.clone().into(), problem: problem.to_owned() });
        if known().any(|known| known == name) {
            if value.to_str().is_none() {
                return bad("must be UTF-8");
            }
        } else if !is_of_kubernetes(&name, &value) {
            return bad(&format!("is not a variable of Jeton; did you mean {}?", nearest(&name)));
        }
    }
    Ok(())
}

/// Whether Kubernetes set this variable: containers get variables for each service, also for one named `jeton`.
fn is_of_kubernetes(name: &str, value: &OsStr) -> bool {
    let address = value
        .to_str()
        .is_some_and(|value| ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme)));
    let of_protocol = ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| {
        let port = name.split_once(protocol).and_then(|(before, _)| before.rsplit_once("_PORT_"));
        port.is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
    });
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && address)
        || of_protocol
}

/// The known name with the smallest edit distance.
fn nearest(name: &str) -> &'static str {
    let name = name.to_uppercase();
    known().min_by_key(|known| distance(&name, known)).unwrap_or("JETON_STORE")
}

/// The edit distance of two names.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (column, of_other) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *of_other);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variables: &[(&str, &str)]) -> Result<(), String> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        check(variables).map_err(|bad| bad.to_string())
    }

    #[test]
    fn a_variable_that_is_mistyped_is_rejected_with_the_name_that_was_meant() {
        for (mistyped, meant) in [
            ("JETON_STOR", "JETON_STORE"),
            ("JETON_STORES", "JETON_STORE"),
            ("jeton_store", "JETON_STORE"),
            ("JETON_MIAL", "JETON_MAIL"),
            ("JETON_PUBLICURL", "JETON_PUBLIC_URL"),
            ("JETON_TRUSTED_PROXY", "JETON_TRUSTED_PROXIES"),
            ("JETON_CORS_ORIGIN", "JETON_CORS_ORIGINS"),
            ("JETON_LOGS", "JETON_LOG"),
        ] {
            let told = checked(&[("PATH", "/"), (mistyped, "hunter2")]).unwrap_err();
            assert_eq!(told, format!("{mistyped} is not a variable of Jeton; did you mean {meant}?"));
        }
    }

    #[test]
    fn every_variable_of_others_that_is_read_is_listed() {
        for text in [include_str!("../config.rs"), include_str!("../aws/environment.rs")] {
            for prefix in ["\"AWS_", "\"OTEL_"] {
                for (at, _) in text.match_indices(prefix) {
                    let name: String = text[at + 1..].chars().take_while(|c| *c != '"').collect();
                    assert!(VARIABLES.iter().any(|variable| variable.name == name), "{name} is not listed");
                }
            }
        }
    }

    #[test]
    fn every_variable_that_is_read_is_known() {
        for text in
            [include_str!("../config.rs"), include_str!("sign_in.rs"), include_str!("../../../../README.md")]
        {
            for (at, _) in text.match_indices("JETON_") {
                let name: String =
                    text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
                let read =
                    known().any(|known| known == name) || ["JETON_", "JETON_STOR"].contains(&name.as_str());
                assert!(read, "{name} has to be one of the known variables");
            }
        }
    }

    #[test]
    fn the_variables_of_jeton_and_those_of_others_are_let_be() {
        let known: Vec<_> = known().map(|name| (name, "x")).collect();
        assert_eq!(checked(&known), Ok(()));
        assert_eq!(checked(&[("OTEL_SERVICE_NAMES", "x"), ("PORT", "1"), ("JETONS", "3")]), Ok(()));
    }

    #[test]
    fn what_kubernetes_says_of_services_named_jeton_is_let_be() {
        for name in [
            "JETON_SERVICE_HOST",
            "JETON_SERVICE_PORT",
            "JETON_SERVICE_PORT_HTTP",
            "JETON_PORT",
            "JETON_PORT_8080_TCP",
            "JETON_PORT_8080_TCP_PROTO",
            "JETON_PORT_8080_TCP_PORT",
            "JETON_PORT_8080_TCP_ADDR",
            "JETON_VERIFY_SERVICE_HOST",
            "JETON_VERIFY_PORT",
            "JETON_VERIFY_PORT_80_TCP",
        ] {
            assert_eq!(checked(&[(name, "tcp://10.0.0.1:80")]), Ok(()), "{name}");
        }
        assert!(checked(&[("JETON_PORT", "8080")]).is_err(), "nobody else's");
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_rejected() {
        use std::os::unix::ffi::OsStringExt as _;
        let value = OsString::from_vec(b"sqlite:\xff".to_vec());
        let told = check([("JETON_STORE".into(), value)].into_iter()).unwrap_err();
        assert_eq!(told.to_string(), "JETON_STORE must be UTF-8");
    }
}
