//! The answers to a gateway: the simple response of HTTP APIs, and the policy of REST APIs.

use jeton_core::{
    permission::{Answer, Capability, Permissions},
    secret::masked,
};
use serde_json::{Map, Value, json};

use super::{event::Kind, failure::Failure};
use crate::authenticate::Bearer;

/// The answer without a valid token.
///
/// Errors: [`Failure::Unauthorized`] for gateways that answer 401 to that.
pub fn unauthenticated(kind: &Kind) -> Result<Value, Failure> {
    match kind {
        Kind::Simple => Ok(json!({"isAuthorized": false, "context": {}})),
        Kind::Policy { .. } => Err(Failure::Unauthorized),
    }
}

/// The answer to a valid token.
pub fn decided(kind: &Kind, bearer: &Bearer, answer: &Answer) -> Value {
    let context = context(bearer, answer);
    match kind {
        Kind::Simple => json!({"isAuthorized": answer.allowed, "context": context}),
        Kind::Policy { arn } => json!({
            "principalId": format!("{}-{}", bearer.caller.project, bearer.caller.id),
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Action": "execute-api:Invoke",
                    "Effect": if answer.allowed { "Allow" } else { "Deny" },
                    "Resource": arn,
                }],
            },
            "context": context,
        }),
    }
}

/// The context for the platform. REST APIs accept strings, numbers and booleans only, so both kinds of API get the same flat
/// form.
fn context(bearer: &Bearer, answer: &Answer) -> Value {
    let caller = &bearer.caller;
    json!({
        "project": caller.project.to_string(),
        "token": caller.id.to_string(),
        "copy": caller.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        "permissions": permissions(&bearer.item.identity.permissions),
        // The reason quotes the path, which may contain anything.
        "reason": masked(&answer.reason),
    })
}

/// The permissions, with the field names of a token.
fn permissions(rights: &Permissions) -> String {
    let mut shown = Map::new();
    shown.insert("bucketPermissions".to_owned(), json!(rights.buckets));
    shown.insert("componentAccess".to_owned(), json!(rights.components));
    for row in Capability::rows() {
        shown.insert(row.flag.to_owned(), json!(rights.has(row.capability)));
    }
    Value::Object(shown).to_string()
}
