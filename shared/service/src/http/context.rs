//! The context of a call: its client address, user agent and referrer.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};
use ipnet::IpNet;
use jeton_core::{event_context::Context, secret::redacted};
use lambda_http::request::RequestContext;

use super::header::text;

/// The maximum size of each field in an event, in bytes.
pub const MAX_BYTES: usize = 200;

/// The placeholder of all unparsable addresses, which count as one source.
const UNREADABLE: &str = "unknown";

/// The context of a request.
///
/// On Lambda, the address is that of the gateway's request context; elsewhere, that of the peer. Headers are
/// trusted only if the peer is a configured proxy.
pub(super) fn context(
    headers: &HeaderMap,
    path: &str,
    extensions: &Extensions,
    trusted_proxies: &[IpNet],
) -> Context {
    let header = |name| headers.get(name).map(text).as_deref().and_then(bounded);
    Context {
        remote_addr: remote_addr(headers, extensions, trusted_proxies),
        http_referer: header(http::header::REFERER),
        http_user_agent: header(http::header::USER_AGENT),
        api_version: path.starts_with("/v2/").then(|| "v2".to_owned()),
    }
}

/// The client address of a request, as in its context.
pub(super) fn remote_addr(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted_proxies: &[IpNet],
) -> Option<String> {
    address_told(headers, extensions, trusted_proxies).as_deref().and_then(bounded)
}

fn address_told(headers: &HeaderMap, extensions: &Extensions, trusted_proxies: &[IpNet]) -> Option<String> {
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(gateway)) => return gateway.http.source_ip.clone(),
        Some(RequestContext::ApiGatewayV1(gateway)) => return gateway.identity.source_ip.clone(),
        _ => {}
    }
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let is_proxy = |ip: &IpAddr| trusted_proxies.iter().any(|network| network.contains(ip));
    if is_proxy(&peer)
        && let Some(client) = forwarded_for(headers, is_proxy)
    {
        return Some(client);
    }
    Some(peer.to_string())
}

/// The client address in `X-Forwarded-For`: the last hop that is not one of our proxies, since earlier hops may be
/// forged; if all are, the first one.
fn forwarded_for(headers: &HeaderMap, is_proxy: impl Fn(&IpAddr) -> bool) -> Option<String> {
    let values: Vec<_> = headers.get_all("x-forwarded-for").iter().map(text).collect();
    let parts = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    let hops: Vec<Option<IpAddr>> = parts.filter(|part| !part.is_empty()).map(address).collect();
    let client = hops.iter().rev().find(|hop| !hop.as_ref().is_some_and(&is_proxy));
    let client = client.or(hops.first())?;
    Some(client.map_or_else(|| UNREADABLE.to_owned(), |ip| ip.to_string()))
}

/// The address of a hop, which proxies send with or without a port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let ip = bare.parse().or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()));
    ip.ok().map(|ip: IpAddr| ip.to_canonical())
}

/// A text cut to the maximum size, with its tokens masked; none for an empty one.
pub fn bounded(text: &str) -> Option<String> {
    let text = redacted(text);
    let end = text.floor_char_boundary(MAX_BYTES.min(text.len()));
    (end > 0).then(|| text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use http::request::Parts;

    use super::*;

    fn of(head: &Parts, proxies: &[IpNet]) -> Context {
        context(&head.headers, head.uri.path(), &head.extensions, proxies)
    }

    fn head(peer: &str, forwarded: Option<&str>) -> Parts {
        let mut request = http::Request::builder().uri("/v2/storage");
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let mut head = request.body(()).unwrap().into_parts().0;
        head.extensions.insert(ConnectInfo::<SocketAddr>(format!("{peer}:9").parse().unwrap()));
        head
    }

    const PROXIES: [&str; 2] = ["10.0.0.0/8", "2001:db8::/32"];

    fn address_of(peer: &str, forwarded: Option<&str>) -> String {
        let proxies = PROXIES.map(|network| network.parse().unwrap());
        of(&head(peer, forwarded), &proxies).remote_addr.unwrap()
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_configured_proxy() {
        assert_eq!(address_of("192.0.2.7", Some("203.0.113.9")), "192.0.2.7");
        for proxy in ["10.0.0.1", "[::ffff:10.0.0.1]", "[2001:db8::5]"] {
            assert_eq!(address_of(proxy, Some("203.0.113.9")), "203.0.113.9", "{proxy}");
            assert_eq!(address_of(proxy, Some("1.1.1.1, 203.0.113.9, 10.0.0.1")), "203.0.113.9");
        }
        assert_eq!(address_of("10.0.0.1", None), "10.0.0.1");
        assert_eq!(
            address_of("10.0.0.1", Some("10.1.1.1, 10.2.2.2")),
            "10.1.1.1",
            "the client is behind one too"
        );
    }

    #[test]
    fn an_address_is_one_however_a_proxy_writes_it() {
        for hop in
            ["1.2.3.4", "1.2.3.4:5678", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:9", " 1.2.3.4 ,", ", 1.2.3.4, ,"]
        {
            assert_eq!(address_of("10.0.0.1", Some(hop)), "1.2.3.4", "{hop}");
        }
        for hop in ["2001:db9::1", "[2001:db9::1]", "[2001:db9::1]:443", "2001:DB9:0:0::1"] {
            assert_eq!(address_of("10.0.0.1", Some(hop)), "2001:db9::1", "{hop}");
        }
        assert_eq!(address_of("[::ffff:192.0.2.7]", None), "192.0.2.7");
    }

    #[test]
    fn hops_that_nobody_can_read_are_one_source() {
        for hop in ["unknown", "nonsense", "_hidden", "1.2.3.4.5", "1.2.3.4:x", "203.0.113.9, unknown"] {
            assert_eq!(address_of("10.0.0.1", Some(hop)), UNREADABLE, "{hop}");
        }
        assert_eq!(address_of("10.0.0.1", Some("unknown, 203.0.113.9")), "203.0.113.9");
        assert_eq!(address_of("10.0.0.1", Some(" , ")), "10.0.0.1");
    }

    #[test]
    fn one_byte_hides_no_caller() {
        let mut head = head("192.0.2.7", None);
        head.headers.insert("user-agent", http::HeaderValue::from_bytes(b"caf\xe9-bot").unwrap());
        head.headers
            .insert("referer", http::HeaderValue::from_bytes("https://x/b\u{11b}h".as_bytes()).unwrap());
        let context = of(&head, &[]);
        assert_eq!(context.http_user_agent.as_deref(), Some("café-bot"));
        assert_eq!(context.http_referer.as_deref(), Some("https://x/běh"));
    }
}
