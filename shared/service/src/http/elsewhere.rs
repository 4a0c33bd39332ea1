//! Leading a browser from another name of this machine to the configured one.

use http::{HeaderMap, Method, header, request::Parts};
use url::Url;

use super::{Reply, text};
use crate::{
    endpoint::{Endpoint, Site},
    origin,
};

/// The configured address, when a browser asks by another address of this machine, as through a tunnel that ends at another
/// port: its forms are refused, since they come from there. None where others have an address for this service.
pub(super) fn configured_url(public_url: &str, headers: &HeaderMap) -> Option<String> {
    // Looked at first: programs send none, and cost no more for this.
    let said = text(headers.get(header::ORIGIN)?);
    if !origin::is_of_this_machine(public_url) {
        return None;
    }
    let asked = Url::parse(&format!("http://{}/", text(headers.get(header::HOST)?))).ok()?;
    // A page of another site that sends a form here is told nothing.
    let of_this_machine =
        origin::is_loopback(&asked) && Url::parse(&said).is_ok_and(|origin| origin::is_loopback(&origin));
    (of_this_machine && !origin::same(asked.as_str(), public_url)).then(|| public_url.to_owned())
}

/// Where a page of the console is asked for by another name of this machine than the configured one, as `localhost` for
/// `127.0.0.1`: the same page there. Cookies and forms of the one name are nothing to the other, so the page would come
/// and its forms would be refused.
///
/// Only on this machine, at the same port, and to the configured address: elsewhere, a proxy may name any host.
pub(super) fn configured_name(public_url: &str, endpoint: &Endpoint, head: &Parts) -> Option<Reply> {
    let page = endpoint.site == Site::Console && endpoint.method == Method::GET;
    if !page || !origin::is_of_this_machine(public_url) {
        return None;
    }
    let public = Url::parse(public_url).ok()?;
    let asked = Url::parse(&format!("http://{}/", text(head.headers.get(header::HOST)?))).ok()?;
    let another = origin::is_loopback(&asked)
        && asked.host() != public.host()
        && asked.port_or_known_default() == public.port_or_known_default();
    let path = head.uri.path_and_query()?;
    another.then(|| Reply::see_other(&format!("{public_url}{path}")))
}
