//! Who asks from this very machine.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, header};

/// Whether a peer on loopback asks for a loopback host. The second keeps out web pages elsewhere whose name
/// was made to point here, and what a proxy on this machine hands on.
pub(super) fn asks_from_here(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    let name = name.trim_matches(['[', ']']);
    let loopback = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    loopback && peer.ip().is_loopback()
}
