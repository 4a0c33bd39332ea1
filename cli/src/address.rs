//! Addresses of Jeton.

/// The API that people paste along with an address.
const STORAGE_API: &str = "/v2/storage";

/// An address as all commands write it, so that one that is written another way is the same: without the path of the API and a slash at its
/// end, and with its scheme and host in lower case.
pub fn normalized(url: &str) -> String {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = path.trim_end_matches('/');
    let is_api = path.to_ascii_lowercase().ends_with(STORAGE_API);
    let path = &path[..path.len() - if is_api { STORAGE_API.len() } else { 0 }];
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    format!("{scheme}://{host}{}", path.trim_end_matches('/'))
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
        for url in [
            "https://h.example.org/Stage",
            " https://h.example.org/Stage/ ",
            "HTTPS://H.Example.org/Stage",
            "https://h.example.org/Stage/V2/storage/",
        ] {
            assert_eq!(normalized(url), "https://h.example.org/Stage", "{url}");
        }
        assert_eq!(normalized("http://[FD00::1]:3000/"), "http://[fd00::1]:3000");
        assert_eq!(normalized("no address"), "no address");
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
