//! Requests from this machine, as opposed to those that a local proxy forwards.

use std::net::SocketAddr;

use http::{HeaderMap, Version, header};
use url::Url;

use crate::origin;

/// The prefixes of headers that proxies add.
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

/// Whether a request comes from this machine: the peer is a loopback address, the host is a loopback name, and no proxy forwarded
/// it. The host excludes web pages with a name that resolves to this machine (DNS rebinding). Proxies are detected by their
/// headers, or by HTTP/1.0, which nginx uses by default and browsers and scrapers do not.
///
/// A proxy is not always detected. So a service with a public URL has none of the pages for this machine (see
/// [`origin::is_of_this_machine`]), and the outbox needs a key.
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
