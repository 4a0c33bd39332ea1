//! The relying party: the site that passkeys are for.

use url::{Host, Url};

use crate::origin::is_loopback;

/// The site that passkeys are for. Browsers offer a passkey to its own site only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Its id: the host of the public address.
    pub id: String,
    /// The origin of its pages, letter by letter as browsers write it.
    pub origin: String,
}

impl RelyingParty {
    /// That of a public address; `None` where browsers allow no passkeys: at an IP address, and without TLS except on `localhost`.
    pub fn of(public_url: &str) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        // A host with a dot at its end is another origin, and no id of a relying party.
        (is_secure && !host.ends_with('.'))
            .then(|| Self { id: host.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_the_host_of_the_public_address() {
        for (url, id, origin) in [
            ("https://tokens.example.org", "tokens.example.org", "https://tokens.example.org"),
            ("https://Tokens.example.org:443", "tokens.example.org", "https://tokens.example.org"),
            ("https://tokens.example.org:8443", "tokens.example.org", "https://tokens.example.org:8443"),
            ("http://localhost:3000", "localhost", "http://localhost:3000"),
        ] {
            let site = RelyingParty { id: id.to_owned(), origin: origin.to_owned() };
            assert_eq!(RelyingParty::of(url), Some(site), "{url}");
        }
    }

    #[test]
    fn where_browsers_allow_no_passkeys_there_are_none() {
        for url in [
            "http://127.0.0.1:3000",
            "https://192.0.2.1",
            "https://[2001:db8::1]",
            "http://tokens.example.org",
            "https://tokens.example.org.",
            "nonsense",
        ] {
            assert_eq!(RelyingParty::of(url), None, "{url}");
        }
    }
}
