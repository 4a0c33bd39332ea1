//! The variables that Jeton knows. One that it does not know is a mistake, which would otherwise show by what is missing: a
//! store that is new and empty, say.

use std::ffi::{OsStr, OsString};

use super::bad_config::BadConfig;

/// Every variable of Jeton's own, those of the commands that talk to one that runs included.
const KNOWN: [&str; 15] = [
    "JETON_AUTHORIZER_RULES",
    "JETON_CORS_ORIGINS",
    "JETON_GITHUB_KEYS",
    "JETON_LISTEN",
    "JETON_LOG",
    "JETON_MAIL",
    "JETON_MANAGE_TOKEN",
    "JETON_METRICS",
    "JETON_PUBLIC_URL",
    "JETON_SEAL_ANCHOR",
    "JETON_SEAL_KEY",
    "JETON_STORE",
    "JETON_TOKEN",
    "JETON_TRUSTED_PROXIES",
    "JETON_URL",
];

/// Checks the names of an environment. Errors: for the first, in the order of names, that begins with `JETON_` in letters of
/// any size and that Jeton does not know, with the name that is most like it; and for a value that is no text.
pub fn check(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), BadConfig> {
    let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut ours: Vec<_> = named.filter(|(name, _)| name.to_uppercase().starts_with("JETON_")).collect();
    ours.sort();
    for (name, value) in ours {
        let bad =
            |problem: &str| Err(BadConfig { variable: name.clone().into(), problem: problem.to_owned() });
        if KNOWN.contains(&name.as_str()) {
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
    KNOWN.into_iter().min_by_key(|known| distance(&name, known)).unwrap_or(KNOWN[0])
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
    fn every_variable_that_is_read_is_known() {
        for text in [include_str!("../config.rs"), include_str!("../../../../README.md")] {
            for (at, _) in text.match_indices("JETON_") {
                let name: String =
                    text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
                let read =
                    KNOWN.contains(&name.as_str()) || ["JETON_", "JETON_STOR"].contains(&name.as_str());
                assert!(read, "{name} has to be one of the known variables");
            }
        }
    }

    #[test]
    fn the_variables_of_jeton_and_those_of_others_are_let_be() {
        let known: Vec<_> = KNOWN.iter().map(|name| (*name, "x")).collect();
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
