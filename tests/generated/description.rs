//! The API description: its examples fit its schemas, and everything in it has words.

use std::sync::LazyLock;

use jeton_service::endpoint::{endpoints, openapi};
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| openapi::document(endpoints(), "https://tokens.example.org"));

/// Each operation with its method and path.
fn operations() -> impl Iterator<Item = (String, &'static Value)> {
    DOCUMENT["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, one)| (format!("{method} {path}"), one))
    })
}

/// What is wrong with a value, by a schema of the description.
fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut schema = schema.clone();
    schema["components"] = DOCUMENT["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The examples of an operation, each with its place and its schema.
fn examples(operation: &Value) -> Vec<(String, &Value, &Value)> {
    let parameters = operation["parameters"].as_array().unwrap().iter();
    let mut found: Vec<_> = parameters.map(|one| (one["name"].as_str().unwrap().to_owned(), one)).collect();
    let bodies =
        operation["responses"].as_object().unwrap().iter().map(|(status, one)| (status.clone(), one));
    for (place, body) in bodies.chain([("the request".to_owned(), &operation["requestBody"])]) {
        let content = body["content"].as_object().into_iter().flatten();
        found.extend(content.map(|(media_type, one)| (format!("{place}, {media_type}"), one)));
    }
    let found = found.into_iter().filter(|(_, one)| one["example"] != Value::Null);
    found.map(|(place, one)| (place, &one["schema"], &one["example"])).collect()
}

#[test]
fn every_example_fits_its_own_schema() {
    let mut seen = 0;
    for (name, operation) in operations() {
        for (place, schema, example) in examples(operation) {
            // A file that is not JSON has no schema.
            if schema.is_object() {
                let problems = problems(schema, example);
                assert!(problems.is_empty(), "{name}, {place}: {problems:#?}\n{example}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_call_has_an_example_of_each_parameter_in_its_path_and_of_its_body() {
    for (name, operation) in operations() {
        let shown = examples(operation);
        for parameter in operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "path")
        {
            // The page of a share is shown by its own link.
            let called = parameter["name"].as_str().unwrap();
            let is_shown = shown.iter().any(|(place, ..)| place == called);
            assert!(is_shown || name == "get /pickup/{share}", "{name}: {called}");
        }
        let takes = operation["requestBody"].is_object();
        assert_eq!(shown.iter().any(|(place, ..)| place.starts_with("the request")), takes, "{name}");
    }
}

#[test]
fn every_call_parameter_schema_and_field_has_words() {
    for (name, operation) in operations() {
        assert!(operation["summary"].is_string(), "{name}");
        for parameter in operation["parameters"].as_array().unwrap() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
    }
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        for (field, definition) in parts.flat_map(|part| part["properties"].as_object().into_iter().flatten())
        {
            assert!(definition["description"].is_string(), "{name}.{field}: {definition}");
        }
    }
}

/// Common linters reject them, though JSON Schema has them.
#[test]
fn no_schema_is_a_boolean() {
    const SCHEMAS: [&str; 9] =
        ["if", "then", "else", "not", "items", "additionalProperties", "propertyNames", "contains", "schema"];
    fn look(name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (field, value) in fields {
                    let is_schema = SCHEMAS.contains(&field.as_str());
                    assert!(!is_schema || !value.is_boolean(), "{name}: {field} is {value}");
                    look(name, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(name, item)),
            _ => {}
        }
    }
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        look(name, schema);
    }
    for (name, operation) in operations() {
        for parameter in operation["parameters"].as_array().unwrap() {
            look(&name, &parameter["schema"]);
        }
        look(&name, &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]);
    }
}

/// A day, an address or an id that the service takes is none that a client with the description refuses to send.
#[test]
fn the_pattern_of_a_parameter_matches_what_the_service_takes() {
    let (_, list) = operations().find(|(name, _)| name == "get /v2/storage/tokens").unwrap();
    let schema = |name: &str| {
        let parameters = list["parameters"].as_array().unwrap();
        parameters.iter().find(|one| one["name"] == name).unwrap()["schema"].clone()
    };
    for name in ["unusedSince", "expiresBefore"] {
        for day in [
            "2026-01-01",
            "2026-01-29",
            "2026-06-30",
            "2026-12-31",
            "2024-02-29",
            "2026-10-10",
            "1999-11-20",
            "",
        ] {
            assert!(problems(&schema(name), &json!(day)).is_empty(), "{name}: {day}");
        }
        for no_day in ["2026-00-10", "2026-13-01", "2026-01-00", "2026-04-31", "2026-02-30", "2026-1-1", "x"]
        {
            assert!(!problems(&schema(name), &json!(no_day)).is_empty(), "{name}: {no_day}");
        }
    }
    let addresses =
        ["ann@example.org", "martin+x@keboola.example", "O'Neil@sub.example.org", "a@b", "a.b-c@x-y.co.uk"];
    for creator in addresses.into_iter().chain(["1", "70368744177663", ""]) {
        assert!(problems(&schema("creator"), &json!(creator)).is_empty(), "{creator}");
    }
    for nobody in ["ann", "0", "a@", "@b", "a b@c", "a@b@c"] {
        assert!(!problems(&schema("creator"), &json!(nobody)).is_empty(), "{nobody}");
    }
}
