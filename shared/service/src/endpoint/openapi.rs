//! The `OpenAPI` description: paths from the endpoint table, schemas by utoipa.

use std::collections::BTreeMap;

use http::StatusCode;
use jeton_api::schema;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use super::{
    examples::{self, Example},
    handler::Handler,
    row::{Endpoint, Site},
    shape::{Content, SchemaOf},
};
use crate::http::{ErrorBody, problem};

/// The meaning of each path parameter.
const PATH_PARAMETERS: [(&str, &str); 12] = [
    ("token", "The id of a token."),
    ("copy", "The id of a copy, as the detail of its token lists it."),
    ("share", "The id of a share, as the list of open shares and the link of its mail have it."),
    ("uuid", "The uuid of an event."),
    ("object", "The id of a bucket, such as `in.c-main`, or of a table, such as `in.c-main.orders`."),
    ("component", "The id of a component, such as `keboola.ex-db-mysql`."),
    ("config", "The id of a configuration of the component."),
    ("organization", "The id of an organization, a number."),
    ("project", "The id of a project, a number."),
    ("member", "The id of a member, as the list of members has it."),
    ("invitation", "The id of an invitation, as the list of invitations has it."),
    ("manageToken", "The id of a manage token."),
];

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
        schemas.entry(name).or_insert_with_key(|name| with_rules(name, schema));
    }
}

fn reference(schema: SchemaOf) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", schema.name()) })
}

/// An inline schema.
fn value(schema: SchemaOf) -> Value {
    with_rules(&schema.name(), schema.schema())
}

/// Adds constraints that types cannot express.
fn with_rules(name: &str, schema: RefOr<Schema>) -> Value {
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    schema::describe(name, &mut schema);
    schema
}

fn operation(endpoint: &Endpoint) -> Value {
    let example = examples::of_endpoint(endpoint);
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), json!(operation_id(endpoint)));
    operation.insert("summary".to_owned(), json!(endpoint.summary));
    operation.insert("tags".to_owned(), json!([endpoint.function.part()]));
    operation.insert("parameters".to_owned(), parameters(endpoint));
    if let Some(takes) = endpoint.shape.takes {
        let schema = value(takes);
        let form = endpoint.shape.form.map_or_else(|| schema.clone(), value);
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

fn parameters(endpoint: &Endpoint) -> Value {
    let in_path = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": meaning(name), "schema": {"type": "string"}}));
    let mut parameters: Vec<Value> = in_path.collect();
    for query in endpoint.shape.query.into_iter().chain(endpoint.shape.filter) {
        let properties = as_form(value(query));
        let properties = properties["properties"].as_object().cloned().unwrap_or_default();
        parameters.extend(properties.into_iter().map(|(name, mut schema)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
        }));
    }
    if endpoint.replay.is_some() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A random key of 256 bits for this call. A retry with the same key within ten \
                            minutes has the same answer and changes nothing more.",
            "schema": {
                "type": "string",
                "pattern": "^([0-9A-Za-z_-]{43,128}|\"[0-9A-Za-z_-]{43,128}\")$",
            },
        }));
    }
    Value::Array(parameters)
}

/// The meaning of a path parameter.
fn meaning(parameter: &str) -> Option<&'static str> {
    PATH_PARAMETERS.iter().find(|(name, _)| *name == parameter).map(|(_, meaning)| *meaning)
}

/// The schema of the fields as a form or query, where all values are text: there is no null, booleans have several
/// spellings, a list is `name[]` and a map `name[key]`.
fn as_form(mut schema: Value) -> Value {
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return schema };
    let (mut single, mut keyed) = (Map::new(), Map::new());
    for (name, mut field) in std::mem::take(fields) {
        if let Some(types) = field.get_mut("type").filter(|types| types.is_array()) {
            *types = types
                .as_array()
                .into_iter()
                .flatten()
                .find(|name| *name != "null")
                .cloned()
                .unwrap_or_default();
        }
        match field["type"].as_str() {
            Some("boolean") => {
                field["type"] = json!("string");
                field["enum"] = json!(["true", "false", "1", "0", ""]);
                single.insert(name, field);
            }
            Some("array") => {
                single.insert(format!("{name}[]"), field);
            }
            Some("object") => {
                let key = field["propertyNames"]["pattern"].as_str().unwrap_or("[A-Za-z][A-Za-z0-9_.-]*");
                let key = key.trim_start_matches('^').trim_end_matches('$').to_owned();
                let value = field.get_mut("additionalProperties").map(Value::take);
                let value = value.unwrap_or_else(|| json!({"type": "string"}));
                keyed.insert(format!("^{name}\\[{key}\\]$"), value);
            }
            _ => {
                single.insert(name, field);
            }
        }
    }
    *fields = single;
    // Brackets are balanced, and nested at most once.
    schema["propertyNames"] = json!({"pattern": r"^([^\[\]]+(\[[^\[\]]*\]){0,2})?$"});
    if !keyed.is_empty() {
        schema["patternProperties"] = Value::Object(keyed);
    }
    schema
}

fn responses(endpoint: &Endpoint, example: Option<&Example>) -> Value {
    let mut responses = BTreeMap::new();
    for (status, content) in endpoint.shape.answers.into_iter().flatten() {
        responses.insert(status.to_string(), answer(content));
    }
    if let Some(example) = example
        && let Some(content) =
            responses.get_mut(&example.status.to_string()).and_then(|answer| answer.get_mut("content"))
        && let Some(media) = example.content_type.as_deref().and_then(|name| content.get_mut(bare(name)))
    {
        let text = example.answer.as_deref().unwrap_or_default();
        media["example"] = parsed(Some(text)).unwrap_or_else(|| json!(text));
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
