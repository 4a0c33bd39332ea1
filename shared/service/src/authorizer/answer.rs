//! What a gateway reads: the simple response of HTTP APIs, and the policy of REST APIs.

use jeton_core::{
    permission::{Answer, Capability, Permissions},
    secret::masked,
};
use serde_json::{Map, Value, json};

use super::{event::Kind, failure::Failure};
use crate::authenticate::Bearer;

/// The answer to whoever brings no token, or none that lives.
///
/// Errors: [`Failure::Unauthorized`] where that is how a gateway is told to answer 401.
pub fn unauthenticated(kind: &Kind) -> Result<Value, Failure> {
    match kind {
        Kind::Simple => Ok(json!({"isAuthorized": false, "context": {}})),
        Kind::Policy { .. } => Err(Failure::Unauthorized),
    }
}

/// The answer to a token that was judged.
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

/// What is passed on to the platform. REST APIs take text, numbers and booleans only; one form for both
/// kinds spares a platform the difference.
fn context(bearer: &Bearer, answer: &Answer) -> Value {
    let caller = &bearer.caller;
    json!({
        "project": caller.project.to_string(),
        "token": caller.id.to_string(),
        "copy": caller.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        "permissions": permissions(&bearer.item.identity.permissions),
        // It names what the path named, and a path may hold anything.
        "reason": masked(&answer.reason),
    })
}

/// Permissions under the names that the token object has for them.
fn permissions(rights: &Permissions) -> String {
    let mut shown = Map::new();
    shown.insert("bucketPermissions".to_owned(), json!(rights.buckets));
    shown.insert("componentAccess".to_owned(), json!(rights.components));
    for row in Capability::rows() {
        shown.insert(row.flag.to_owned(), json!(rights.has(row.capability)));
    }
    Value::Object(shown).to_string()
}
