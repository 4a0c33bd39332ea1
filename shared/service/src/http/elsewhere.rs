//! Redirecting browsers from other names of this machine to the configured address.

use http::{HeaderMap, Method, Request, header};
use url::Url;

use super::{Reply, text};
use crate::{
    endpoint::{Endpoint, Site},
    origin,
};

/// The configured address, if a browser uses another address of this machine, for example a tunnel on another
/// port: its forms fail the origin check. None if the configured address is not of this machine.
pub(super) fn configured_url(public_url: &str, headers: &HeaderMap) -> Option<String> {
    // Checked first, since programs do not send it and skip the rest.
    let said = text(headers.get(header::ORIGIN)?);
    if !origin::is_of_this_machine(public_url) {
        return None;
    }
    let asked = Url::parse(&format!("http://{}/", text(headers.get(header::HOST)?))).ok()?;
    // The address is not revealed to forms of other sites.
    let of_this_machine =
        origin::is_loopback(&asked) && Url::parse(&said).is_ok_and(|origin| origin::is_loopback(&origin));
    (of_this_machine && !origin::same(asked.as_str(), public_url)).then(|| public_url.to_owned())
}

/// A redirect for a page of the console that is requested by another name of this machine than the configured one, such
/// as `localhost` for `127.0.0.1`. Cookies and the origin check depend on the name, so the page would load but its
/// forms would fail.
///
/// Only on this machine, at the same port, and to the configured address: elsewhere, a proxy may use any host name.
pub(super) fn configured_name<B>(
    public_url: &str,
    endpoint: &Endpoint,
    request: &Request<B>,
) -> Option<Reply> {
    let page = endpoint.site == Site::Console && endpoint.method == Method::GET;
    if !page || !origin::is_of_this_machine(public_url) {
        return None;
    }
    let public = Url::parse(public_url).ok()?;
    let asked = Url::parse(&format!("http://{}/", text(request.headers().get(header::HOST)?))).ok()?;
    let another = origin::is_loopback(&asked)
        && asked.host() != public.host()
        && asked.port_or_known_default() == public.port_or_known_default();
    let path = request.uri().path_and_query()?;
    another.then(|| Reply::see_other(&format!("{public_url}{path}")))
}
