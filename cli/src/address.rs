//! Addresses of Jeton.

use jeton_client::BaseUrl;

/// An address as all commands write it, so that one that is written another way is the same. What is no address stays as it is.
pub fn normalized(url: &str) -> String {
    BaseUrl::parse(url).map_or_else(|_| url.trim().to_owned(), |url| url.to_string())
}

/// Whether tokens go to a URL unencrypted and over a network.
pub fn is_unencrypted(url: &str) -> bool {
    url.starts_with("http://") && !is_this_machine(url)
}

/// Whether a URL names this machine by a loopback address.
fn is_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        assert_eq!(normalized(" HTTPS://H.Example.org/Stage/v2/storage/"), "https://h.example.org/Stage");
        assert_eq!(normalized("no address "), "no address");
    }

    #[test]
    fn loopback_addresses_need_no_encryption() {
        for url in [
            "http://127.0.0.1:3000",
            "http://[::1]:3000/stage",
            "http://localhost",
            "http://LocalHost:3000",
            "http://127.5.0.1",
        ] {
            assert!(is_this_machine(url), "{url}");
        }
        for url in [
            "http://10.0.0.1",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org:3000",
            "http://[fd00::1]",
        ] {
            assert!(!is_this_machine(url), "{url}");
        }
    }
}
