//! The context of a call: its client address, user agent and referrer.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};
use ipnet::IpNet;
use jeton_core::{
    event_context::Context,
    secret::{Label, SecretHash, redacted},
};
use lambda_http::request::RequestContext;

use super::{Peer, header::text};

/// The maximum size of each field in an event, in bytes.
pub const MAX_BYTES: usize = 200;

/// The header by which the edge, `CloudFront`, proves that a request came through it.
const EDGE_HEADER: &str = "x-jeton-edge";

/// Whose word on the address of a caller is trusted.
#[derive(Clone, Copy)]
pub(super) struct Trusted<'a> {
    /// The proxies in front of a server.
    pub proxies: &'a [IpNet],
    /// The secret of the edge in front of a gateway.
    pub edge: Option<&'a EdgeSecret>,
}

/// The secret that the edge in front of a gateway sends with each request. Anyone may call the gateway past it, and any header
/// but this one may be forged then.
#[derive(Debug, Clone)]
pub struct EdgeSecret(SecretHash);

impl EdgeSecret {
    /// Parses the configured secret.
    pub fn parse(text: &str) -> Option<Self> {
        let fit = text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_graphic());
        fit.then(|| Self(SecretHash::of(Label::Edge, &[text])))
    }

    /// Whether a request came through the edge.
    fn vouches_for(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(EDGE_HEADER).iter();
        let (Some(only), None) = (sent.next(), sent.next()) else { return false };
        self.0.matches(&SecretHash::of(Label::Edge, &[&text(only)]))
    }
}

/// The placeholder of all unparsable addresses, which count as one source.
const UNREADABLE: &str = "unknown";

/// The context of a request.
///
/// On Lambda, the address is that of the gateway's request context; elsewhere, that of the peer. Headers are
/// trusted only if the peer is a configured proxy, or if the edge in front of the gateway proves itself.
pub(super) fn context(
    headers: &HeaderMap,
    path: &str,
    peer: Option<&Peer>,
    extensions: &Extensions,
    trusted: Trusted<'_>,
) -> Context {
    let header = |name| headers.get(name).map(text).as_deref().and_then(bounded);
    Context {
        remote_addr: remote_addr(headers, peer, extensions, trusted),
        http_referer: header(http::header::REFERER),
        http_user_agent: header(http::header::USER_AGENT),
        api_version: path.starts_with("/v2/").then(|| "v2".to_owned()),
    }
}

/// The client address of a request, as in its context.
pub(super) fn remote_addr(
    headers: &HeaderMap,
    peer: Option<&Peer>,
    extensions: &Extensions,
    trusted: Trusted<'_>,
) -> Option<String> {
    if let Some(peer) = peer {
        return Some(match client_of(headers, peer.ip(), trusted.proxies) {
            Some(client) => client,
            None => peer.text().to_owned(),
        });
    }
    address_told(headers, extensions, trusted).as_deref().and_then(bounded)
}

fn address_told(headers: &HeaderMap, extensions: &Extensions, trusted: Trusted<'_>) -> Option<String> {
    let at_gateway = match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(gateway)) => Some(&gateway.http.source_ip),
        Some(RequestContext::ApiGatewayV1(gateway)) => Some(&gateway.identity.source_ip),
        _ => None,
    };
    if let Some(source) = at_gateway {
        let client = source.as_deref().and_then(|source| client_at_edge(headers, source, trusted.edge));
        return client.or_else(|| source.clone());
    }
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    Some(client_of(headers, peer, trusted.proxies).unwrap_or_else(|| peer.to_string()))
}

/// The client behind our edge, which the gateway takes for the caller. The edge appends its client to `X-Forwarded-For`, and the
/// gateway the edge.
fn client_at_edge(headers: &HeaderMap, source: &str, edge: Option<&EdgeSecret>) -> Option<String> {
    let source = address(source).filter(|_| edge.is_some_and(|edge| edge.vouches_for(headers)))?;
    forwarded_for(headers, |hop| *hop == source)
}

/// The client behind a peer that is one of our proxies.
fn client_of(headers: &HeaderMap, peer: IpAddr, trusted_proxies: &[IpNet]) -> Option<String> {
    let is_proxy = |ip: &IpAddr| trusted_proxies.iter().any(|network| network.contains(ip));
    if is_proxy(&peer) { forwarded_for(headers, is_proxy) } else { None }
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
        let trusted = Trusted { proxies, edge: None };
        context(&head.headers, head.uri.path(), None, &head.extensions, trusted)
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

    const SECRET: &str = "Qx7mB2vKpL9sT4wYhN6cRfJ8dG3zAeUo";

    /// The address of a call to the gateway by `source`.
    fn at_gateway(source: &str, headers: &[(&'static str, &str)]) -> String {
        let mut head = http::Request::builder().uri("/v2/storage").body(()).unwrap().into_parts().0;
        for (name, value) in headers {
            head.headers.append(*name, value.parse().unwrap());
        }
        let gateway = serde_json::json!({"accountId": "1", "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": source, "userAgent": "x"}, "timeEpoch": 0});
        let gateway = serde_json::from_value(gateway).unwrap();
        head.extensions.insert(RequestContext::ApiGatewayV2(gateway));
        let edge = EdgeSecret::parse(SECRET).unwrap();
        let trusted = Trusted { proxies: &[], edge: Some(&edge) };
        context(&head.headers, "/", None, &head.extensions, trusted).remote_addr.unwrap()
    }

    #[test]
    fn the_client_behind_the_edge_is_the_one_that_it_wrote_last() {
        let (edge, secret) = ("130.176.0.9", ("x-jeton-edge", SECRET));
        for forwarded in
            ["203.0.113.9, 130.176.0.9", "1.1.1.1, 203.0.113.9,130.176.0.9", "1.1.1.1,203.0.113.9"]
        {
            assert_eq!(
                at_gateway(edge, &[secret, ("x-forwarded-for", forwarded)]),
                "203.0.113.9",
                "{forwarded}"
            );
        }
        assert_eq!(at_gateway(edge, &[secret]), edge);
    }

    #[test]
    fn who_calls_the_gateway_past_the_edge_forges_no_address() {
        let (source, forged) = ("192.0.2.7", ("x-forwarded-for", "203.0.113.9, 192.0.2.7"));
        let wrong = SECRET.to_lowercase();
        for headers in [
            vec![forged],
            vec![forged, ("x-jeton-edge", wrong.as_str())],
            vec![forged, ("x-jeton-edge", "")],
            vec![forged, ("x-jeton-edge", SECRET), ("x-jeton-edge", wrong.as_str())],
        ] {
            assert_eq!(at_gateway(source, &headers), source, "{headers:?}");
        }
        for weak in ["", "short", "a secret with thirty-two letters and spaces"] {
            assert!(EdgeSecret::parse(weak).is_none(), "{weak}");
        }
    }
}
