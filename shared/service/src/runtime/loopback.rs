//! Who asks from this very machine.

use std::net::SocketAddr;

use http::{HeaderMap, Version, header};
use url::Url;

use crate::origin;

/// What proxies add, by what their names begin with.
const ADDED_BY_PROXIES: [&str; 12] = [
    "forwarded",
    "x-forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-",
    "x-envoy-",
    "x-amzn-",
    "true-client-ip",
    "cf-",
    "fastly-",
];

/// Whether a peer on loopback asks for a loopback host, by itself. The second keeps out web pages elsewhere whose name
/// was made to point here, the third what a proxy on this machine hands on: by what it adds, or by HTTP/1.0, which nginx
/// speaks when it is told no more than where to go, and no browser or scraper does.
///
/// A proxy need not say that it is one; so where others have an address for this service, nothing that is answered to this
/// machine alone is there at all (see [`origin::is_of_this_machine`]), and the outbox has a key.
pub(super) fn asks_from_here(peer: SocketAddr, version: Version, headers: &HeaderMap) -> bool {
    if version < Version::HTTP_11 {
        return false;
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
        return false;
    };
    let here = Url::parse(&format!("http://{host}/"))
        .is_ok_and(|url| url.path() == "/" && origin::is_loopback(&url));
    let forwarded =
        |name: &header::HeaderName| ADDED_BY_PROXIES.iter().any(|begin| name.as_str().starts_with(begin));
    here && !host.contains('@') && peer.ip().to_canonical().is_loopback() && !headers.keys().any(forwarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        asks_from_here(peer.parse().unwrap(), Version::HTTP_11, &map)
    }

    #[test]
    fn a_program_that_speaks_http_1_0_is_a_proxy() {
        let map = HeaderMap::from_iter([(header::HOST, "localhost".parse().unwrap())]);
        for (version, here) in [(Version::HTTP_09, false), (Version::HTTP_10, false), (Version::HTTP_2, true)]
        {
            assert_eq!(asks_from_here("127.0.0.1:1".parse().unwrap(), version, &map), here, "{version:?}");
        }
    }

    #[test]
    fn a_peer_of_this_machine_asks_from_here_by_any_of_its_names() {
        for host in ["localhost", "localhost:3000", "LOCALHOST", "127.0.0.1:3000", "[::1]:3000", "127.9.9.9"]
        {
            for peer in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
                assert!(asks(peer, &[("host", host), ("accept", "*/*")]), "{peer} {host}");
            }
        }
        assert!(!asks("192.0.2.1:1", &[("host", "localhost")]));
    }

    #[test]
    fn another_host_is_not_from_here() {
        assert!(!asks("127.0.0.1:1", &[]));
        assert!(!asks("127.0.0.1:1", &[("host", "localhost"), ("host", "localhost")]));
        for host in [
            "",
            "tokens.example.org",
            "localhost.example.org",
            "localhost:1@example.org",
            "localhost/x",
            "10.0.0.1",
        ] {
            assert!(!asks("127.0.0.1:1", &[("host", host)]), "{host}");
        }
    }

    #[test]
    fn what_was_handed_on_is_not_from_here_whichever_proxy_did() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "via",
            "x-real-ip",
            "cf-ray",
        ] {
            assert!(!asks("127.0.0.1:1", &[("host", "localhost"), (name, "")]), "{name}");
        }
    }
}
