//! A collector of traces, by OTLP over HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message as _;
use tokio::net::TcpListener;

use crate::process::wait_until;

/// Accepts all traces.
pub struct Collector {
    /// Its address.
    pub endpoint: String,
    received: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    /// Starts on a free local port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::default();
        let routes = Router::new().route("/v1/traces", post(receive)).with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { endpoint, received }
    }

    /// All received requests, in their order.
    pub fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }

    /// The spans received so far, each with the name of its service.
    pub fn spans(&self) -> Vec<(String, Span)> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = received.iter().map(|batch| ExportTraceServiceRequest::decode(batch.clone()).unwrap());
        let mut spans = Vec::new();
        for resource in batches.flat_map(|batch| batch.resource_spans) {
            let of_resource = resource.resource.unwrap_or_default().attributes;
            let service = of_resource.into_iter().find(|attribute| attribute.key == "service.name");
            let service = service.and_then(|name| text(name.value?.value?)).unwrap_or_default();
            for scope in resource.scope_spans {
                spans.extend(scope.spans.into_iter().map(|span| (service.clone(), span)));
            }
        }
        spans
    }

    /// Waits for a span of this name.
    pub fn span(&self, name: &str) -> Span {
        wait_until(&format!("the span {name} is sent"), || {
            self.spans().into_iter().map(|(_, span)| span).find(|span| span.name == name)
        })
    }
}

/// An attribute of a span, as text.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    text(attribute.value.clone()?.value?)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

async fn receive(
    State(received): State<Arc<Mutex<Vec<Bytes>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    received.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    StatusCode::OK
}
