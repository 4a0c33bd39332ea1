//! Origins (scheme, host and port): comparison, and whether one is of this machine.

use std::net::IpAddr;

use url::{Host, Url};

/// Normalizes an origin like browsers: lower case, without a default port. `None` if it is not `http` or `https`, or has a path,
/// query or credentials.
pub fn canonical(text: &str) -> Option<String> {
    // The parser accepts texts without slashes, or with spaces in them.
    let plain = text.contains("://") && !text.contains(['\\', '"', '<', '>', '\'']);
    if !plain || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let bare = url.path().chars().all(|c| c == '/') && url.query().is_none() && url.fragment().is_none();
    let named = url.username().is_empty() && url.password().is_none() && !text.contains('@');
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some_and(|host| is_host(&host));
    (bare && named && web).then(|| url.origin().ascii_serialization())
}

/// Whether a host is valid: the parser accepts `*`, which browsers never send.
fn is_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_name(name),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Whether a text is a valid host name.
pub fn is_name(name: &str) -> bool {
    let fit = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(fit);
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

/// Whether an address has a valid host.
pub fn names_host(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.host().is_some_and(|host| is_host(&host)))
}

/// Whether two addresses have the same origin.
pub fn same(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        // `null` equals nothing.
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// Whether only this machine can reach an address. An `https` address means a proxy, which others can reach.
pub fn is_of_this_machine(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url))
}

/// Whether the host of an address is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_way_of_being_written() {
        for (text, wanted) in [
            ("https://tokens.example.org", "https://tokens.example.org"),
            ("https://tokens.example.org:443", "https://tokens.example.org"),
            ("HTTPS://Tokens.Example.org/", "https://tokens.example.org"),
            ("https://tokens.example.org:8443//", "https://tokens.example.org:8443"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "",
            "tokens",
            "ftp://x",
            "https://",
            "https:x",
            "https:\\\\x",
            "https://x/y",
            "https://x?",
            "https://x#",
            "https://a@b",
            "https://@b",
            "https://a b",
            "https://x\n",
            "https://x\"",
            "https://*.example.org",
            "https://*",
            "https://a..example.org",
            "https://.example.org",
            "https://a,b",
            "https://a*b.example.org",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn origins_are_compared_as_origins() {
        assert!(same("https://tokens.example.org", "HTTPS://Tokens.example.ORG:443/x"));
        assert!(same("http://127.0.0.1:80", "http://127.0.0.1"));
        for other in
            ["http://tokens.example.org", "https://tokens.example.org:444", "https://example.org", "null", ""]
        {
            assert!(!same("https://tokens.example.org", other), "{other}");
        }
        assert!(!same("null", "null"));
    }

    #[test]
    fn this_machine_is_reached_without_tls_by_a_name_of_its_own() {
        for address in [
            "http://localhost:1",
            "http://127.0.0.1",
            "http://127.1.2.3:4",
            "http://[::1]:3",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(is_of_this_machine(address), "{address}");
        }
        for address in [
            "https://localhost",
            "http://localhost.example.org",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "nonsense",
        ] {
            assert!(!is_of_this_machine(address), "{address}");
        }
    }
}
