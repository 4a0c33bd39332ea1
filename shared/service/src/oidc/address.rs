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
