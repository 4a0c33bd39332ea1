//! Leading a browser from another name of this machine to the configured one.

use http::{Method, header, request::Parts};
use url::Url;

use super::{Reply, text};
use crate::{endpoint::Endpoint, function::Function, origin};

/// Where a page of the console is asked for by another name of this machine than the configured one, as `localhost` for
/// `127.0.0.1`: the same page there. Cookies and forms of the one name are nothing to the other, so the page would come
/// and its forms would be refused.
///
/// Only on this machine, at the same port, and to the configured address: elsewhere, a proxy may name any host.
pub(super) fn configured_name(public_url: &str, endpoint: &Endpoint, head: &Parts) -> Option<Reply> {
    let page = endpoint.function == Function::Console && endpoint.method == Method::GET;
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
