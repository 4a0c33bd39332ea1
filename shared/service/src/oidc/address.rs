//! Which addresses of a provider may be called.

use url::Url;

use crate::origin::is_loopback;

/// Whether an address may be called: by HTTPS, or on this machine if the issuer is there.
pub(super) fn may_be_called(address: &Url, issuer_is_local: bool) -> bool {
    let is_plain =
        address.username().is_empty() && address.password().is_none() && address.fragment().is_none();
    let is_local = issuer_is_local && address.scheme() == "http" && is_loopback(address);
    is_plain && address.has_host() && (address.scheme() == "https" || is_local)
}

/// Whether a text is an issuer: an address by HTTPS, or on this machine, without a query.
pub fn is_issuer(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(['?', '#', '@', '\\']);
    plain && text.contains("://") && Url::parse(text).is_ok_and(|url| may_be_called(&url, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_called_and_this_machine_where_the_issuer_is() {
        for (address, by_others, by_local) in [
            ("https://id.example.org/token", true, true),
            ("https://127.0.0.1/token", true, true),
            ("http://127.0.0.1:4000/token", false, true),
            ("http://localhost/token", false, true),
            ("http://[::1]/token", false, true),
            ("http://id.example.org/token", false, false),
            ("http://169.254.169.254/token", false, false),
            ("http://127.0.0.1.example.org/token", false, false),
            ("https://a@id.example.org/token", false, false),
            ("https://a:b@id.example.org/token", false, false),
            ("https://:b@id.example.org/token", false, false),
            ("https://id.example.org/token#x", false, false),
            ("http://127.0.0.1/token#", false, false),
            ("ftp://127.0.0.1/token", false, false),
            ("data:,x", false, false),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(may_be_called(&url, false), by_others, "{address}");
            assert_eq!(may_be_called(&url, true), by_local, "{address}");
        }
    }
}
