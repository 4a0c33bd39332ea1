//! The base URL of a Jeton server.

use std::{fmt, num::NonZeroU16};

use http::Uri;

use crate::Error;

/// The suffix of base URLs for Keboola's clients. All paths of the API start with it or with `/manage`.
const STORAGE_API: &str = "/v2/storage";

/// An `http://` or `https://` URL without credentials, query, fragment and a slash at the end, with its scheme and host in lower case: two that
/// are equal as texts lead to the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    is_https: bool,
}

impl BaseUrl {
    /// Parses a base URL. A path prefix is kept. A trailing `/v2/storage`, in any letter case, is removed.
    ///
    /// Errors: [`Error::WithinJeton`] for the address of a page or of a path within the API; [`Error::BadUrl`], which does not
    /// quote the text, because it may hold a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // The parser of the crate `http` drops a fragment.
        if text.contains(['?', '#']) {
            return Err(Error::BadUrl("it must not have a query or a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| Error::BadUrl("it is not a URL"))?;
        let is_https = match uri.scheme_str().map(str::to_ascii_lowercase).as_deref() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(Error::BadUrl("it must start with http:// or https://")),
        };
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        if authority.contains('@') {
            return Err(Error::BadUrl("it must not contain a user name or a password"));
        }
        let host = uri.host().unwrap_or_default();
        let port = authority.strip_prefix(host).unwrap_or_default();
        // Nor one with a sign or zeros before it, which would be the same port as another text.
        let is_port = |port: &str| port.parse::<NonZeroU16>().is_ok_and(|number| number.to_string() == port);
        if host.is_empty() || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return Err(Error::BadUrl("it must name a host, and a port from 1 to 65535 if any"));
        }
        let path = uri.path().trim_end_matches('/');
        let lower = path.to_ascii_lowercase();
        let path = &path[..lower.strip_suffix(STORAGE_API).unwrap_or(&lower).trim_end_matches('/').len()];
        let scheme = if is_https { "https" } else { "http" };
        if let Some(base) = base_of(path) {
            return Err(Error::WithinJeton(format!("{scheme}://{authority}{base}")));
        }
        Ok(Self { text: format!("{scheme}://{}{path}", authority.to_ascii_lowercase()), is_https })
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The path prefix; `None` if the path does not end with this one.
fn base_of(path: &str) -> Option<&str> {
    let own = |path: &str| {
        let path = path.to_ascii_lowercase();
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        matches!(
            parts[..],
            ["v2" | "manage" | "console" | "pickup" | "docs" | "outbox"]
                | ["v2", "storage", ..]
                | ["manage", "tokens" | "projects", ..]
                | ["console", "projects" | "sessions" | "sign-in", ..]
                | ["pickup" | "outbox", _]
        )
    };
    let (at, _) = path.match_indices('/').find(|(at, _)| own(&path[*at..]))?;
    Some(path[..at].trim_end_matches('/'))
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_same_with_and_without_the_path_of_the_api() {
        for text in [
            "https://tokens.example.org",
            "https://tokens.example.org/",
            " https://tokens.example.org//\n",
            "HTTPS://Tokens.Example.org/V2/storage",
            "https://tokens.example.org/v2/storage/",
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), "https://tokens.example.org", "{text:?}");
        }
        let behind = BaseUrl::parse("http://[FD00::1]:3000/Stage/v2/storage").unwrap();
        assert_eq!((behind.as_str(), behind.is_https()), ("http://[fd00::1]:3000/Stage", false));
    }

    #[test]
    fn an_address_within_a_jeton_is_told_with_the_one_that_is_meant() {
        for (text, meant) in [
            ("http://h:1/v2/storage/tokens", "http://h:1"),
            ("http://h:1/V2/Storage/tokens/verify/", "http://h:1"),
            ("https://h/stage/console", "https://h/stage"),
            ("https://h/Console/projects/1", "https://h"),
            ("https://h/v2", "https://h"),
            ("https://h//manage", "https://h"),
        ] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert!(matches!(&error, Error::WithinJeton(url) if url == meant), "{text}: {error}");
        }
        assert_eq!(BaseUrl::parse("https://h/V2/STORAGE/").unwrap().as_str(), "https://h");
        assert_eq!(BaseUrl::parse("https://h/docs/jeton").unwrap().as_str(), "https://h/docs/jeton");
        assert_eq!(BaseUrl::parse("https://h/consoles").unwrap().as_str(), "https://h/consoles");
    }

    #[test]
    fn credentials_a_query_a_fragment_and_what_is_no_url_are_rejected_and_not_repeated() {
        for text in [
            "http://u:secretpw@h",
            "http://secretpw@h:3000/v2/storage",
            "http://@h?secretpw",
            "http://h/?secretpw",
            "http://h#secretpw",
            "http://h/#",
            "http://h?",
            "secretpw.example.org:3000",
            "ftp://secretpw",
            "/v2/storage/secretpw",
            "http://secretpw:99999",
            "http://secretpw:0",
            "http://secretpw:0443",
            "http://secretpw:+443",
            "http://secretpw:x",
            "http://secretpw:",
            "http://:3000",
            "http://",
            "http://secret pw",
            "",
        ] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert!(matches!(error, Error::BadUrl(_)), "{text:?}");
            assert!(!format!("{error} {error:?}").contains("pw"), "{error}");
        }
    }
}
