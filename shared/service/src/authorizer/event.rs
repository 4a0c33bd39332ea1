//! The events of a gateway: parses both payload versions.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jeton_core::event_context::Context;
use serde_json::Value;

use crate::http::{bounded, header::STORAGE_HEADER};

/// A request at the gateway of a platform.
#[derive(Debug)]
pub struct GatewayRequest {
    /// The kind of answer that the gateway expects.
    pub kind: Kind,
    /// The method.
    pub method: String,
    /// The path from the gateway, which may be partly percent-encoded.
    pub path: String,
    /// The platform's name of the route, for logs and history. A client cannot choose it.
    pub route: String,
    /// The headers, with all values of repeated ones.
    pub headers: HeaderMap,
    /// The source of the request, according to the gateway.
    pub context: Context,
}

/// The kind of answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// The simple response of an HTTP API (payload format 2.0).
    Simple,
    /// A policy, for a REST API (REQUEST authorizer, payload format 1.0).
    Policy {
        /// The ARN of the method, with path, stage and API.
        arn: String,
    },
}

/// An invalid event. The settings of the gateway cause it, not a client.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEvent(pub &'static str);

impl Kind {
    /// Whether a policy for the ARN would also match other requests. A path may contain wildcards or variables of policies, which
    /// cannot be escaped.
    pub fn arn_holds_wildcards(&self) -> bool {
        match self {
            Self::Simple => false,
            Self::Policy { arn } => arn.contains(['*', '?']) || arn.contains("${"),
        }
    }
}

impl GatewayRequest {
    /// Parses an event.
    pub fn read(event: &Value) -> Result<Self, BadEvent> {
        match (event["type"].as_str(), event["version"].as_str()) {
            (Some("REQUEST"), Some("2.0")) => Self::of_http_api(event),
            (Some("REQUEST"), None | Some("1.0")) => Self::of_rest_api(event),
            (Some("TOKEN"), _) => Err(BadEvent(
                "TOKEN authorizers are not supported, since they are not shown all headers and no path: \
                 set up a REQUEST authorizer",
            )),
            _ => Err(BadEvent("the event is not from a REQUEST authorizer with payload 1.0 or 2.0")),
        }
    }

    fn of_http_api(event: &Value) -> Result<Self, BadEvent> {
        let http = &event["requestContext"]["http"];
        let mut headers = HeaderMap::new();
        for (name, value) in fields(&event["headers"])? {
            let name = header_name(name)?;
            let value = value.as_str().ok_or(BadEvent("a header of the event is not a string"))?;
            // This payload joins repeated headers by commas. Tokens contain no comma, so they can be split to detect different ones.
            if name == STORAGE_HEADER || name == header::AUTHORIZATION {
                for part in value.split(',') {
                    append(&mut headers, &name, part)?;
                }
            } else {
                append(&mut headers, &name, value)?;
            }
        }
        Ok(Self {
            kind: Kind::Simple,
            method: method(&http["method"])?,
            path: path(&event["rawPath"])?,
            route: event["routeKey"].as_str().unwrap_or_default().to_owned(),
            context: context(&http["sourceIp"], &headers),
            headers,
        })
    }

    fn of_rest_api(event: &Value) -> Result<Self, BadEvent> {
        let arn = text(&event["methodArn"], "the event has no methodArn")?;
        if !arn.starts_with("arn:") {
            return Err(BadEvent("the event's methodArn is not an ARN"));
        }
        let mut headers = HeaderMap::new();
        for (name, values) in fields(&event["multiValueHeaders"])? {
            let name = header_name(name)?;
            for value in values.as_array().ok_or(BadEvent("multiValueHeaders of the event are not lists"))? {
                append(&mut headers, &name, value.as_str().ok_or(BadEvent("a header is not a string"))?)?;
            }
        }
        // These have one value per header, mostly a known one. A duplicate is harmless.
        for (name, value) in fields(&event["headers"])? {
            let value = value.as_str().ok_or(BadEvent("a header of the event is not a string"))?;
            append(&mut headers, &header_name(name)?, value)?;
        }
        Ok(Self {
            kind: Kind::Policy { arn },
            method: method(&event["httpMethod"])?,
            path: path(&event["path"])?,
            route: event["resource"].as_str().unwrap_or_default().to_owned(),
            context: context(&event["requestContext"]["identity"]["sourceIp"], &headers),
            headers,
        })
    }
}

/// The entries of a map that may be absent or null.
fn fields(map: &Value) -> Result<impl Iterator<Item = (&String, &Value)>, BadEvent> {
    match map {
        Value::Null => Ok(None.into_iter().flatten()),
        Value::Object(map) => Ok(Some(map).into_iter().flatten()),
        _ => Err(BadEvent("the headers of the event are not a map")),
    }
}

fn header_name(name: &str) -> Result<HeaderName, BadEvent> {
    name.parse().map_err(|_| BadEvent("a header name of the event is not valid"))
}

fn append(headers: &mut HeaderMap, name: &HeaderName, value: &str) -> Result<(), BadEvent> {
    let value = HeaderValue::from_str(value).map_err(|_| BadEvent("a header of the event is not valid"))?;
    headers.try_append(name, value).map_err(|_| BadEvent("the event has too many headers"))?;
    Ok(())
}

fn text(value: &Value, problem: &'static str) -> Result<String, BadEvent> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or(BadEvent(problem))
}

/// Validates the method, which a client can choose, and which appears in logs and history.
fn method(value: &Value) -> Result<String, BadEvent> {
    let method = text(value, "the event has no method")?;
    let word = method.len() <= 20 && method.bytes().all(|b| b.is_ascii_alphabetic());
    if word { Ok(method) } else { Err(BadEvent("the event's method is not valid")) }
}

fn path(value: &Value) -> Result<String, BadEvent> {
    let path = text(value, "the event has no path")?;
    if path.starts_with('/') {
        Ok(path)
    } else {
        Err(BadEvent("the event's path does not start with a slash"))
    }
}

fn context(source_ip: &Value, headers: &HeaderMap) -> Context {
    let header = |name| headers.get(name).map(crate::http::text).as_deref().and_then(bounded);
    Context {
        remote_addr: source_ip.as_str().and_then(bounded),
        http_referer: header(header::REFERER),
        http_user_agent: header(header::USER_AGENT),
        api_version: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn http_api(headers: &Value) -> Value {
        json!({
            "version": "2.0", "type": "REQUEST", "routeKey": "$default", "rawPath": "/a", "headers": headers,
            "requestContext": {"http": {"method": "GET", "sourceIp": "203.0.113.7"}},
        })
    }

    fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_the_newer_payload_joined_is_taken_apart_again() {
        let event = http_api(&json!({"Authorization": "Basic a,Bearer b", "Accept": "a,b"}));
        let request = GatewayRequest::read(&event).unwrap();
        assert_eq!(values(&request.headers, "authorization"), ["Basic a", "Bearer b"]);
        assert_eq!(values(&request.headers, "accept"), ["a,b"]);
        assert_eq!(
            (request.kind, request.method.as_str(), request.path.as_str()),
            (Kind::Simple, "GET", "/a")
        );
        assert_eq!(request.context.remote_addr.as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn the_older_payload_shows_every_value_in_whatever_case() {
        let event = json!({
            "type": "REQUEST", "methodArn": "arn:aws:x", "resource": "/{a}", "path": "/a", "httpMethod": "PUT",
            "headers": {"x-storageapi-token": "c"}, "multiValueHeaders": {"X-StorageApi-Token": ["a", "b"]},
            "requestContext": {"identity": {"sourceIp": "203.0.113.7"}},
        });
        let request = GatewayRequest::read(&event).unwrap();
        assert_eq!(values(&request.headers, "x-storageapi-token"), ["a", "b", "c"]);
        assert_eq!((request.route.as_str(), request.method.as_str()), ("/{a}", "PUT"));
    }

    #[test]
    fn a_header_that_is_no_ascii_is_a_header_like_any_other() {
        let event = http_api(&json!({"user-agent": "café-bot", "x-storageapi-token": "a"}));
        let request = GatewayRequest::read(&event).unwrap();
        assert_eq!(request.context.http_user_agent.as_deref(), Some("café-bot"));
        assert_eq!(values(&request.headers, "x-storageapi-token"), ["a"]);
    }

    #[test]
    fn null_maps_are_empty_and_anything_odd_is_no_request() {
        assert!(GatewayRequest::read(&http_api(&Value::Null)).unwrap().headers.is_empty());
        for event in [
            json!({}),
            json!(null),
            json!({"type": "TOKEN", "authorizationToken": "x", "methodArn": "arn:aws:x"}),
            json!({"type": "REQUEST", "version": "3.0"}),
            json!({"type": "REQUEST", "methodArn": "*", "path": "/a", "httpMethod": "GET"}),
            json!({"type": "REQUEST", "methodArn": "arn:aws:x", "path": "a", "httpMethod": "GET"}),
            json!({"type": "REQUEST", "methodArn": "arn:aws:x", "path": "/a"}),
            json!({"type": "REQUEST", "methodArn": "arn:aws:x", "path": "/a", "httpMethod": "A-B"}),
            http_api(&json!({"a b": "c"})),
            http_api(&json!({"a": 1})),
            http_api(&json!({"a": "b\nc"})),
            http_api(&json!([])),
        ] {
            assert!(GatewayRequest::read(&event).is_err(), "{event}");
        }
    }

    #[test]
    fn wildcards_in_an_arn_are_seen() {
        let wild = |path: &str| Kind::Policy { arn: format!("arn:aws:x/$default/GET/{path}") };
        assert!(["*", "a?", "${aws:x}"].iter().all(|path| wild(path).arn_holds_wildcards()));
        assert!(!wild("a$").arn_holds_wildcards());
    }
}
