//! Checks calls against the API description: no undocumented status, no schema mismatch, no query that it forbids and the
//! service takes.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use http::Method;
use jeton_service::endpoint::{Endpoint, endpoints, openapi};
use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::client::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(endpoints(), "http://localhost"));

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// Fails the test if an answer of a known endpoint has an undocumented status, or a body that does not match
/// its schema. All errors have one form.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    // The console is for people, and not in the description.
    if path.starts_with("/console") {
        return;
    }
    let status = answer.status.as_u16();
    // HEAD answers what GET does, without the body.
    let headless = method == Method::HEAD;
    let method = if headless { &Method::GET } else { method };
    assert!(!headless || answer.body.is_empty(), "an answer to HEAD has a body");
    let json = answer.content_type() == Some("application/json") && !headless;
    if status == 204 {
        assert!(answer.body.is_empty() && answer.content_type().is_none(), "a 204 with a body or a type");
    }
    let Some(endpoint) = endpoint(method, path) else {
        // A browser is redirected to a page.
        let led = status == 303 && !json;
        assert!(led || matches!(status, 404 | 405), "an undocumented route answered {status}");
        if led || headless {
            return;
        }
        return validate(
            "#/components/schemas/ErrorBody",
            &json!({"$ref": "#/components/schemas/ErrorBody"}),
            answer,
        );
    };
    let responses = &DOCUMENT["paths"][endpoint.path][method.as_str().to_lowercase()]["responses"];
    let documented = &responses[status.to_string()];
    if answer.status.is_success() {
        check_query(endpoint, path);
    }
    // A parameter that is not an id makes the path an unknown route.
    let no_route = status == 404
        && json
        && answer.json()["error"].as_str().is_some_and(|e| e.contains("resource not found"));
    assert!(
        documented.is_object() || no_route || (headless && status == 404) || leads_to_page(path, status),
        "{method} {}: {status} is not documented: {}",
        endpoint.path,
        answer.text()
    );
    if json {
        let schema = &documented["content"]["application/json"]["schema"];
        let schema = if no_route { &json!({"$ref": "#/components/schemas/ErrorBody"}) } else { schema };
        assert!(schema.is_object(), "{method} {}: {status} is documented without a body", endpoint.path);
        validate(&format!("{method} {} {status} {no_route}", endpoint.path), schema, answer);
    }
}

/// The row of the endpoint table for a path.
pub fn endpoint(method: &Method, path: &str) -> Option<&'static Endpoint> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        pattern.len() == parts.len()
            && pattern.iter().zip(&parts).all(|(pattern, part)| {
                if pattern.starts_with('{') { !part.is_empty() } else { pattern == part }
            })
    };
    // A fixed path is preferred to one with parameters, whatever its methods are.
    let mut rows: Vec<_> = endpoints().collect();
    rows.sort_by_key(|row| row.path.matches('{').count());
    let path = rows.into_iter().find(|row| row.paths().iter().any(|pattern| fits(pattern)))?.path;
    endpoints().find(|row| row.path == path && row.method == *method)
}

/// Fails the test if a value of the query does not match the pattern of its parameter: a client that checks its calls would not
/// make this one, though the service takes it.
fn check_query(endpoint: &Endpoint, path: &str) {
    let operation = &DOCUMENT["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
    let pairs = path.split_once('?').map_or("", |(_, query)| query).split('&');
    for (name, value) in pairs.filter_map(|pair| pair.split_once('=')) {
        let parameters = operation["parameters"].as_array().unwrap();
        let parameter = parameters.iter().find(|one| one["in"] == "query" && one["name"] == name);
        let Some(pattern) = parameter.and_then(|one| one["schema"]["pattern"].as_str()) else { continue };
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy();
        let matches = jsonschema::is_valid(&json!({"pattern": pattern}), &json!(value));
        assert!(matches, "{path}: {name} is not described as {value:?}: {pattern}");
    }
}

fn validate(key: &str, schema: &Value, answer: &Answer) {
    let validator = *VALIDATORS.lock().unwrap().entry(key.to_owned()).or_insert_with(|| {
        let mut schema = schema.clone();
        schema["components"] = DOCUMENT["components"].clone();
        Box::leak(Box::new(jsonschema::validator_for(&schema).unwrap()))
    });
    let body = answer.json();
    let problems: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{key}: not as documented: {problems:#?}\n{body}");
}

/// Whether it redirects a browser from a page's URL with a trailing slash to the page.
fn leads_to_page(path: &str, status: u16) -> bool {
    status == 303 && path.ends_with('/')
}
