//! Where a call came from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{HeaderMap, request::Parts};
use jeton_core::{occasion::Context, secret::redacted};
use lambda_http::request::RequestContext;

/// The most that an event keeps of each field, in bytes.
const MAX_BYTES: usize = 200;

/// Tells where a request came from.
///
/// The address is the gateway's word on Lambda, and the peer's elsewhere; a header is believed only
/// when the peer is a configured proxy.
pub fn context(head: &Parts, trusted_proxies: &[IpAddr]) -> Context {
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).and_then(bounded);
    Context {
        remote_addr: remote_addr(head, trusted_proxies).as_deref().and_then(bounded),
        http_referer: header(http::header::REFERER),
        http_user_agent: header(http::header::USER_AGENT),
        api_version: head.uri.path().starts_with("/v2/").then(|| "v2".to_owned()),
    }
}

fn remote_addr(head: &Parts, trusted_proxies: &[IpAddr]) -> Option<String> {
    match head.extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(gateway)) => return gateway.http.source_ip.clone(),
        Some(RequestContext::ApiGatewayV1(gateway)) => return gateway.identity.source_ip.clone(),
        _ => {}
    }
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    if trusted_proxies.contains(&peer)
        && let Some(client) = forwarded_for(&head.headers, trusted_proxies)
    {
        return Some(client.to_string());
    }
    Some(peer.to_string())
}

/// The last address in `X-Forwarded-For` that is no proxy of ours: what stands before it may be
/// invented.
fn forwarded_for(headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> Option<IpAddr> {
    let values: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let chain = values.iter().flat_map(|value| value.split(',')).map(|part| part.trim().parse::<IpAddr>());
    let chain: Vec<_> = chain.collect();
    chain.into_iter().rev().find(|hop| !matches!(hop, Ok(ip) if trusted_proxies.contains(ip)))?.ok()
}

/// As much of a text as an event keeps, without tokens in it; none of an empty one.
pub fn bounded(text: &str) -> Option<String> {
    let text = redacted(text);
    let end = text.floor_char_boundary(MAX_BYTES);
    (end > 0).then(|| text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(peer: &str, forwarded: Option<&str>) -> Parts {
        let mut request = http::Request::builder().uri("/v2/storage");
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let mut head = request.body(()).unwrap().into_parts().0;
        head.extensions.insert(ConnectInfo::<SocketAddr>(format!("{peer}:9").parse().unwrap()));
        head
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_configured_proxy() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let addr = |head: &Parts| context(head, &[proxy]).remote_addr.unwrap();
        assert_eq!(addr(&head("192.0.2.7", Some("203.0.113.9"))), "192.0.2.7");
        assert_eq!(addr(&head("10.0.0.1", Some("203.0.113.9"))), "203.0.113.9");
        assert_eq!(addr(&head("10.0.0.1", Some("1.1.1.1, 203.0.113.9, 10.0.0.1"))), "203.0.113.9");
        assert_eq!(addr(&head("10.0.0.1", Some("nonsense"))), "10.0.0.1");
        assert_eq!(addr(&head("10.0.0.1", None)), "10.0.0.1");
    }
}
