//! Requests as the proxy records them.

use std::collections::BTreeSet;

use serde_json::Value;

/// A request as recorded by the proxy.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) operation: String,
    pub(super) partitions: BTreeSet<String>,
    pub(super) actions: BTreeSet<Action>,
}

/// A required permission: an action, and the partition key of the item, if there is one.
pub type Action = (String, Option<String>);

/// The partition keys in a request: in keys, items or query values.
pub(super) fn partitions(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field["S"].as_str().filter(|_| name == "pk" || name == ":pk") {
                    Some(key) => drop(found.insert(key.to_owned())),
                    None => found.extend(partitions(field)),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| found.extend(partitions(item))),
        _ => {}
    }
    found
}

/// The permissions that a request needs: a transaction needs those of its parts.
pub(super) fn actions(operation: &str, request: &Value) -> BTreeSet<Action> {
    if operation != "TransactWriteItems" {
        let keys = partitions(request);
        let keys = if keys.is_empty() { vec![None] } else { keys.into_iter().map(Some).collect() };
        return keys.into_iter().map(|key| (operation.to_owned(), key)).collect();
    }
    let parts =
        request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    parts
        .flat_map(|(kind, part)| {
            let action = if kind == "ConditionCheck" {
                "ConditionCheckItem".to_owned()
            } else {
                format!("{kind}Item")
            };
            partitions(part).into_iter().map(move |key| (action.clone(), Some(key)))
        })
        .collect()
}
