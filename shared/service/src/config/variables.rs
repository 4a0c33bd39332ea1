//! The variables that Jeton knows. One that it does not know is a mistake, which would otherwise show by what is missing: a
//! store that is new and empty, say.

use std::ffi::{OsStr, OsString};

use super::bad_config::BadConfig;

/// A variable of the environment, as the reference lists it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub value: &'static str,
    /// What holds without it; empty where nothing does.
    pub default: &'static str,
    /// Which programs read it.
    pub read_by: &'static str,
    /// What it decides.
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

/// Every variable that Jeton reads: its own first, in the order of names, then those of others.
pub const VARIABLES: [Variable; 32] = [
    variable(
        "JETON_AUTHORIZER_RULES",
        "path of a file",
        "",
        "function `authorizer`",
        "The question for each route of a platform. Without it the authorizer only authenticates.",
    ),
    variable(
        "JETON_CORS_ORIGINS",
        "origins, separated by commas",
        "",
        SERVERS,
        "The sites whose pages may call the storage API from a browser.",
    ),
    variable(
        "JETON_GITHUB_KEYS",
        "JSON",
        "",
        SERVERS,
        "The keys that sign leak reports of GitHub's secret scanning.",
    ),
    variable("JETON_LISTEN", "IP address and port", "`127.0.0.1:3000`", SERVERS, "Where HTTP is served."),
    variable(
        "JETON_LOG",
        "levels, and `PART=LEVEL`, separated by commas",
        "`info`",
        ALL,
        "What is logged. `debug` and `trace` apply to Jeton's own modules.",
    ),
    variable(
        "JETON_MAIL",
        "`outbox:DIR`, `ses:FROM`, `smtp://…` or `smtps://…`",
        "`outbox:outbox`; functions have none",
        ALL,
        "How mail leaves.",
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
        "A second address, which answers `/metrics` to everyone who reaches it.",
    ),
    variable(
        "JETON_PUBLIC_URL",
        "URL without path",
        "the address that is listened on; functions have none",
        ALL,
        "The address that links and `uri` fields begin with.",
    ),
    variable(
        "JETON_SEAL_ANCHOR",
        "`file:PATH`, `exec:PROGRAM` or `https://…`",
        "",
        "server, function `expiry-sweep`, `jeton sweep`",
        "A second place for the digest of each sealed day. It needs `JETON_SEAL_KEY`.",
    ),
    variable(
        "JETON_SEAL_KEY",
        "64 hexadecimal digits",
        "",
        "server, function `expiry-sweep`, `jeton sweep`",
        "The secret key that seals history. Without it nothing is sealed.",
    ),
    variable(
        "JETON_STORE",
        "`sqlite:PATH` or `dynamodb:TABLE`",
        "`sqlite:jeton.db`; functions have none",
        ALL,
        "Where everything is stored.",
    ),
    variable("JETON_TOKEN", "token", "", CLIENTS, "The storage token that a command calls with."),
    variable(
        "JETON_TRUSTED_PROXIES",
        "IP addresses and networks, separated by commas",
        "",
        SERVERS,
        "The proxies whose `X-Forwarded-For` is believed. The caller is the last address in it that is none of them.",
    ),
    variable("JETON_URL", "URL", "`http://127.0.0.1:3000`", CLIENTS, "The Jeton that a command calls."),
    variable(
        "PORT",
        "port",
        "",
        SERVERS,
        "Serves HTTP on this port of all addresses. `JETON_LISTEN` and the next variable count first.",
    ),
    variable(
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "port",
        "",
        SERVERS,
        "Serves HTTP on this port of 127.0.0.1. Azure Functions sets it.",
    ),
    variable(
        "AWS_LAMBDA_RUNTIME_API",
        "address",
        "",
        "functions",
        "Takes events from AWS Lambda, which sets it. It counts before every port.",
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
        "The region of the table and of SES. Functions need it and the next two; other programs look wherever the SDK of AWS does.",
    ),
    variable("AWS_ACCESS_KEY_ID", "id", "", ALL, "The key of AWS."),
    variable("AWS_SECRET_ACCESS_KEY", "secret", "", ALL, "The secret of that key."),
    variable("AWS_SESSION_TOKEN", "secret", "", ALL, "The session of a key that ends."),
    variable("AWS_ENDPOINT_URL_DYNAMODB", "URL", "`AWS_ENDPOINT_URL`", ALL, "Another address of DynamoDB."),
    variable("AWS_ENDPOINT_URL_SES", "URL", "`AWS_ENDPOINT_URL`", ALL, "Another address of SES."),
    variable("AWS_ENDPOINT_URL", "URL", "", ALL, "Another address of both."),
    variable("AWS_USE_FIPS_ENDPOINT", "`true`", "", ALL, "Calls the FIPS endpoints of AWS."),
    variable(
        "AWS_USE_DUALSTACK_ENDPOINT",
        "`true`",
        "",
        ALL,
        "Calls the endpoints of AWS that have IPv6, too.",
    ),
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
        "The collector. Without both nothing is traced.",
    ),
    variable(
        "OTEL_SERVICE_NAME",
        "name",
        "the name of the program",
        SERVERS,
        "The name of the service in traces.",
    ),
    variable("OTEL_SDK_DISABLED", "`true`", "", SERVERS, "Turns traces off."),
];

/// The names of Jeton's own, those of the commands that talk to one that runs included.
fn known() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name).filter(|name| name.starts_with("JETON_"))
}

/// Checks the names of an environment. Errors: for the first, in the order of names, that begins with `JETON_` in letters of
/// any size and that Jeton does not know, with the name that is most like it; and for a value that is no text.
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
            return bad(&format!("is no variable of Jeton; {} is", nearest(&name)));
        }
    }
    Ok(())
}

/// Whether Kubernetes made this variable: it tells each container of the services beside it, one named `jeton` too.
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

/// The known name that takes the fewest changes of letters.
fn nearest(name: &str) -> &'static str {
    let name = name.to_uppercase();
    known().min_by_key(|known| distance(&name, known)).unwrap_or("JETON_STORE")
}

/// How many letters have to be put in, left out or changed to make the one name of the other.
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
    fn a_variable_that_is_mistyped_is_refused_with_the_name_that_was_meant() {
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
            assert_eq!(told, format!("{mistyped} is no variable of Jeton; {meant} is"));
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
        for text in [include_str!("../config.rs"), include_str!("../../../../README.md")] {
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
    fn a_value_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        let value = OsString::from_vec(b"sqlite:\xff".to_vec());
        let told = check([("JETON_STORE".into(), value)].into_iter()).unwrap_err();
        assert_eq!(told.to_string(), "JETON_STORE must be UTF-8");
    }
}
