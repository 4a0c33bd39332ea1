//! Every field of every body with values of the wrong type, from the API description.

use std::sync::LazyLock;

use jeton_service::endpoint::{Endpoint, endpoints, openapi};
use serde_json::{Map, Value, json};

use super::{
    bench::{Bench, bad_field},
    rows::ROWS,
    world::World,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(endpoints(), "http://localhost"));

/// The type of a field, and values of other types in JSON and in a form.
struct Wrong {
    r#type: &'static str,
    json: fn() -> Vec<Value>,
    /// The part after the name of the field.
    form: &'static [&'static str],
}

const WRONG: [Wrong; 5] = [
    Wrong {
        r#type: "string",
        json: || vec![json!({}), json!({"a": "b"}), json!([]), json!(["a"]), json!(true), json!(false)],
        form: &["[]=a", "[a]=b", "[a][b]=c"],
    },
    Wrong {
        r#type: "integer",
        json: || {
            let huge: Value = serde_json::from_str("99999999999999999999").unwrap();
            vec![
                json!("abc"),
                json!("1.5"),
                json!("1e3"),
                json!(" 1"),
                json!("0x10"),
                json!("99999999999999999999"),
                json!("٥"),
                json!(1.5),
                json!(1e300),
                huge,
                json!({}),
                json!([]),
                json!([1]),
                json!(true),
            ]
        },
        form: &["=abc", "=1.5", "=99999999999999999999", "=%2000", "=true", "[]=1", "[a]=1"],
    },
    Wrong {
        r#type: "boolean",
        json: || {
            vec![
                json!("maybe"),
                json!("TRUE"),
                json!(" "),
                json!(2),
                json!(-1),
                json!(0.5),
                json!({}),
                json!([]),
            ]
        },
        form: &["=maybe", "=2", "=on", "=TRUE", "[]=1", "[a]=1"],
    },
    Wrong {
        r#type: "array",
        json: || {
            vec![
                json!("abc"),
                json!(5),
                json!(true),
                json!([[]]),
                json!([true]),
                json!([null]),
                json!({"a": [1]}),
            ]
        },
        form: &["=abc", "=1"],
    },
    Wrong {
        r#type: "object",
        json: || {
            vec![json!("abc"), json!("[1]"), json!("5"), json!(5), json!(true), json!([1]), json!(["a"])]
        },
        form: &["=abc", "[]=a"],
    },
];

/// The fields of a body, with their types.
pub fn fields(endpoint: &Endpoint) -> Vec<(String, String)> {
    let method = endpoint.method.as_str().to_lowercase();
    let body = &DOCUMENT["paths"][endpoint.path][method]["requestBody"];
    properties(&body["content"]["application/json"]["schema"])
        .into_iter()
        .map(|(name, schema)| (name, type_of(&schema)))
        .collect()
}

fn properties(schema: &Value) -> Map<String, Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return properties(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let mut found = schema["properties"].as_object().cloned().unwrap_or_default();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(properties(part));
    }
    found
}

/// The type besides null.
fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return type_of(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    let named = types.iter().filter_map(Value::as_str).find(|name| *name != "null");
    named.unwrap_or_else(|| panic!("a field without a type: {schema}")).to_owned()
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        if endpoint.shape.takes.is_none() {
            continue;
        }
        let fields = fields(endpoint);
        assert!(!fields.is_empty(), "{} has no fields in the API description", row.endpoint);
        for (field, r#type) in fields {
            let wrong = WRONG.iter().find(|wrong| wrong.r#type == r#type);
            let wrong = wrong.unwrap_or_else(|| panic!("add to WRONG what is no {type}"));
            for value in (wrong.json)() {
                let mut body = world.body(row);
                body[&field] = value.clone();
                let about = format!("{field} = {value}");
                let call = world.call_well(endpoint).json(&body);
                bench.rejects(endpoint, &about, call, bad_field(&field), &[]).await;
            }
            for value in wrong.form {
                let body = format!("{field}{value}");
                let call = world.call_well(endpoint).form(&body);
                bench.rejects(endpoint, &body, call, bad_field(&field), &[]).await;
            }
        }
        bench.nothing_changed(row.endpoint).await;
    }
    bench.finish();
}
