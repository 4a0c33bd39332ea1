//! The link to the next part of a list.

use http::HeaderValue;

use super::ApiRequest;

/// The URL of the same request with these parameters, in place of those with the names in `without`.
pub fn next_url(request: &ApiRequest, without: &[&str], with: impl IntoIterator<Item = String>) -> String {
    let kept = request.uri.query().unwrap_or_default().split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !without.contains(&name)
    });
    let query: Vec<String> = kept.map(str::to_owned).chain(with).collect();
    format!("{}{}?{}", request.app.public_url, request.uri.path(), query.join("&"))
}

/// The value of a `Link` header with the URL of the next part.
pub fn next_link(url: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")).ok()
}
