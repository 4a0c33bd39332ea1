//! The token in the headers of a request.

use http::{HeaderMap, header};
use jeton_core::secret::PlainSecret;

use super::answer::unauthorized;
use crate::Rejection;

/// The token of a request, from `X-StorageApi-Token` or `Authorization: Bearer`.
///
/// By the rules of Jeton: two different values are an error, because the service could use the one that was not checked.
/// An empty header counts as absent.
pub fn presented(headers: &HeaderMap) -> Result<PlainSecret, Box<Rejection>> {
    let own = headers.get_all("x-storageapi-token").iter().map(|value| value.to_str().map(str::trim));
    let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| match value.to_str() {
        Ok(text) => bearer_value(text).map(Ok),
        Err(error) => Some(Err(error)),
    });
    let mut found: Option<&str> = None;
    for value in own.chain(bearer) {
        let value = value.map_err(|_| invalid())?;
        match found {
            _ if value.is_empty() => {}
            Some(earlier) if earlier != value => return Err(invalid()),
            _ => found = Some(value),
        }
    }
    let token = found.ok_or_else(|| unauthorized("", "Access token must be set"))?;
    Ok(PlainSecret::new(token.to_owned()))
}

fn bearer_value(text: &str) -> Option<&str> {
    let (scheme, value) = text.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| value.trim())
}

fn invalid() -> Box<Rejection> {
    unauthorized("storage.tokenInvalid", "Invalid access token")
}
