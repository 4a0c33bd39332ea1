//! Rejections in the form of DynamoDB.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    conflicts::{self, ItemKey},
    fault::Kind,
    seen::partitions,
};

/// A rejection in the table's form: transactions say for each operation whether it was the cause.
pub(super) fn rejection(
    kind: Kind,
    meant: &BTreeSet<String>,
    operation: &str,
    request: &Value,
) -> Response<Full<Bytes>> {
    let words = match kind {
        Kind::Throttle => ("ThrottlingError", "ThrottlingException"),
        _ => CONFLICT,
    };
    cancelled(words, operation, request, |item| !partitions(item).is_disjoint(meant))
}

const CONFLICT: (&str, &str) = ("TransactionConflict", "TransactionConflictException");

/// The rejection of a write while others hold some of its items.
pub(super) fn conflict(held: &BTreeSet<ItemKey>, operation: &str, request: &Value) -> Response<Full<Bytes>> {
    cancelled(CONFLICT, operation, request, |item| {
        conflicts::key_of(item).is_some_and(|key| held.contains(&key))
    })
}

fn cancelled(
    (code, exception): (&str, &str),
    operation: &str,
    request: &Value,
    cause: impl Fn(&Value) -> bool,
) -> Response<Full<Bytes>> {
    if operation != "TransactWriteItems" {
        let reasons = json!([{"reason": "TableWriteKeyRangeThroughputExceeded", "resource": "table"}]);
        let body = json!({"__type": type_of(exception), "message": code, "throttlingReasons": reasons});
        return error(400, &body);
    }
    let reasons: Vec<Value> = request["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .map(
            |item| if cause(item) { json!({"Code": code, "Message": code}) } else { json!({"Code": "None"}) },
        )
        .collect();
    let body = json!({
        "__type": type_of("TransactionCanceledException"),
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    error(400, &body)
}

/// Removes the items of such partitions from a batch, in the form in which the answer names them. Null if it
/// is not a batch, or would be empty: then it is rejected as a whole.
pub(super) fn take_undone(request: &mut Value, meant: &BTreeSet<String>) -> Value {
    let is_meant = |item: &Value| {
        let named = json!({"pk": item.pointer("/PutRequest/Item/pk").unwrap_or(&item["pk"])});
        !partitions(&named).is_disjoint(meant)
    };
    let Some((table, asked)) = request["RequestItems"].as_object_mut().and_then(|of| of.iter_mut().next())
    else {
        return Value::Null;
    };
    let is_read = asked.is_object();
    let items = if is_read { &mut asked["Keys"] } else { &mut *asked };
    let Some(items) = items.as_array_mut() else { return Value::Null };
    let (undone, kept): (Vec<Value>, Vec<Value>) = items.drain(..).partition(is_meant);
    if kept.is_empty() {
        *items = undone;
        return Value::Null;
    }
    *items = kept;
    let undone = if is_read { json!({"Keys": undone, "ConsistentRead": true}) } else { json!(undone) };
    json!({table.as_str(): undone})
}

pub(super) fn type_of(exception: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{exception}")
}

pub(super) fn error(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_string()));
    let answer = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    answer.body(body).unwrap_or_default()
}
