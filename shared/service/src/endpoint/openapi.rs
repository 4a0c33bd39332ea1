//! The `OpenAPI` description: paths from the endpoint table, schemas by utoipa.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    examples::{self, Example},
    handler::Handler,
    parameters::{as_form, parameters},
    row::{Endpoint, Site},
    shape::{Content, SchemaOf},
};
use crate::http::{ErrorBody, problem};

/// The `OpenAPI` 3.1 description of these endpoints.
pub fn document(endpoints: impl Iterator<Item = &'static Endpoint>, public_url: &str) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = BTreeMap::new();
    add_schema(SchemaOf::of::<ErrorBody>(), &mut schemas);
    for endpoint in endpoints.filter(|endpoint| endpoint.site != Site::Console) {
        let method = endpoint.method.as_str().to_lowercase();
        paths.entry(endpoint.path).or_default().insert(method, operation(endpoint));
        let answered = endpoint.shape.answers.iter().flatten().filter_map(|(_, content)| match content {
            Content::Json(schema) | Content::JsonArray(schema) => Some(*schema),
            _ => None,
        });
        for schema in endpoint.shape.takes.into_iter().chain(answered) {
            add_schema(schema, &mut schemas);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jeton",
            "description": "API tokens you can share, watch, and revoke. Every storage path about \
                            tokens and events also answers, the same, below /v2/storage/branch/{branch}/.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "storageToken": {"type": "apiKey", "in": "header", "name": "X-StorageApi-Token"},
                "manageToken": {"type": "apiKey", "in": "header", "name": "X-KBC-ManageApiToken"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}

fn add_schema(schema: SchemaOf, schemas: &mut BTreeMap<String, Value>) {
    for (name, schema) in schema.with_inner() {
        schemas.entry(name).or_insert(schema);
    }
}

fn reference(schema: SchemaOf) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", schema.name()) })
}

fn operation(endpoint: &Endpoint) -> Value {
    let example = examples::of_endpoint(endpoint);
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), json!(operation_id(endpoint)));
    operation.insert("summary".to_owned(), json!(endpoint.summary));
    operation.insert("tags".to_owned(), json!([endpoint.function.part()]));
    operation.insert("parameters".to_owned(), parameters(endpoint, example));
    if let Some(takes) = endpoint.shape.takes {
        let schema = takes.described();
        let form = endpoint.shape.form.map_or_else(|| schema.clone(), SchemaOf::described);
        // If the body is optional, none of its fields is required.
        let required = schema.get("required").is_some() || schema.get("if").is_some();
        let mut content = json!({
            "application/json": {"schema": reference(takes)},
            "application/x-www-form-urlencoded": {"schema": as_form(form)},
        });
        if let Some(sent) = example.and_then(|example| parsed(example.request.as_deref())) {
            content["application/json"]["example"] = sent;
        }
        operation.insert("requestBody".to_owned(), json!({"required": required, "content": content}));
    }
    operation.insert("responses".to_owned(), responses(endpoint, example));
    let security = match endpoint.handler {
        Handler::Open(_) | Handler::Session(_) | Handler::Member(_) => json!([]),
        Handler::Storage(_) => json!([{"storageToken": []}, {"bearer": []}]),
        Handler::Manage(_) => json!([{"manageToken": []}, {"bearer": []}]),
    };
    operation.insert("security".to_owned(), security);
    Value::Object(operation)
}

/// A unique operation id: the method and the words of the path.
fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint.path.trim_start_matches("/v2/storage").split(['/', '{', '}', '-', '.']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!(
        "{}_{}",
        endpoint.method.as_str().to_lowercase(),
        if words.is_empty() { "index".to_owned() } else { words.join("_") }
    )
}

fn responses(endpoint: &Endpoint, example: Option<&Example>) -> Value {
    let mut responses = BTreeMap::new();
    for (status, content) in endpoint.shape.answers.into_iter().flatten() {
        responses.insert(status.to_string(), answer(content));
    }
    for answered in example.into_iter().flat_map(Example::answers) {
        let answer = responses.get_mut(&answered.status.to_string());
        let content = answer.and_then(|answer| answer.get_mut("content"));
        let media_type = answered.content_type.as_deref().map(bare);
        if let Some(media) = content.zip(media_type).and_then(|(content, name)| content.get_mut(name)) {
            let text = answered.answer.as_deref().unwrap_or_default();
            media["example"] = parsed(Some(text)).unwrap_or_else(|| json!(text));
        }
    }
    let credential: &[u16] = if matches!(endpoint.handler, Handler::Open(_)) { &[] } else { &[401, 429] };
    // A page also has error pages, for clients that accept HTML.
    let error = json!({
        "description": "The call failed",
        "content": {"application/json": {"schema": reference(SchemaOf::of::<ErrorBody>())}},
    });
    // The body is received first, even if the endpoint takes none, and the concurrency limit applies after that.
    let too_large = problem(&endpoint.too_large()).status.as_u16();
    let body = [
        StatusCode::BAD_REQUEST,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let body = body.map(|status| status.as_u16()).into_iter().chain([too_large]);
    let media_type = endpoint.shape.takes.map(|_| StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16());
    for status in endpoint.shape.errors.iter().chain(credential).copied().chain(body).chain(media_type) {
        responses.insert(status.to_string(), error.clone());
    }
    json!(responses)
}

/// The JSON of an example.
fn parsed(text: Option<&str>) -> Option<Value> {
    serde_json::from_str(text?).ok()
}

/// A media type without its parameters.
fn bare(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn answer(content: Content) -> Value {
    match content {
        Content::Empty => json!({"description": "The call succeeded"}),
        Content::Json(schema) => {
            json!({"description": "The call succeeded", "content": {"application/json": {"schema": reference(schema)}}})
        }
        Content::JsonArray(schema) => json!({
            "description": "The call succeeded",
            "content": {"application/json": {"schema": {"type": "array", "items": reference(schema)}}},
        }),
        Content::JsonObject => {
            json!({"description": "The call succeeded", "content": {"application/json": {"schema": {"type": "object"}}}})
        }
        Content::Other(media_type) => {
            json!({"description": "The call succeeded", "content": {media_type: {}}})
        }
        Content::Either(media_types) => {
            let content: Map<String, Value> =
                media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({}))).collect();
            json!({"description": "The call succeeded", "content": content})
        }
    }
}
