//! The fields of `--json=FIELDS`.

use serde_json::{Map, Value};

/// Takes fields out of an object, or out of each object of a list. A field that an object does not have is null. Returns the first
/// field that no object has, and those that there are.
pub fn select(value: &Value, fields: &[String]) -> (Value, Option<(String, Vec<String>)>) {
    let objects: Vec<_> = match value {
        Value::Array(all) => all.iter().filter_map(Value::as_object).collect(),
        value => value.as_object().into_iter().collect(),
    };
    let unknown = fields.iter().find(|field| {
        !objects.is_empty() && !objects.iter().any(|object| object.contains_key(field.as_str()))
    });
    let known = || {
        let mut names: Vec<_> = objects.iter().flat_map(|object| object.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let unknown = unknown.map(|field| (field.clone(), known()));
    (chosen(value, fields), unknown)
}

fn chosen(value: &Value, fields: &[String]) -> Value {
    match value {
        Value::Array(all) => all.iter().map(|value| chosen(value, fields)).collect(),
        Value::Object(object) => {
            let field = |name: &String| (name.clone(), object.get(name).cloned().unwrap_or_default());
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_taken_from_each_object() {
        let fields = ["b".to_owned(), "a".to_owned()];
        let (chosen, unknown) = select(&json!([{"a": 1, "b": 2, "c": 3}, {"a": 4}]), &fields);
        assert_eq!((chosen, unknown), (json!([{"a": 1, "b": 2}, {"a": 4, "b": null}]), None));
        assert_eq!(select(&json!([]), &fields), (json!([]), None));
        let (_, unknown) = select(&json!({"a": 1, "c": 2}), &fields);
        assert_eq!(unknown, Some(("b".to_owned(), vec!["a".to_owned(), "c".to_owned()])));
    }
}
