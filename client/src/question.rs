//! Questions: may the caller do this, now?

use http::Method;
use jeton_core::permission::Capability;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Answer, Client, Error, Token, token::body};

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// What the caller is about to do, such as `storage.tableImported`.
    pub operation: String,
    /// A bucket to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// What to do with the bucket: `read`, `write` or `manage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// A component to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The word of a capability, as [`Question::of_capability`] asks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
}

impl Question {
    /// May the caller read this bucket?
    pub fn to_read(operation: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self::of_bucket(operation, bucket, "read")
    }

    /// May the caller write this bucket?
    pub fn to_write(operation: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self::of_bucket(operation, bucket, "write")
    }

    /// May the caller run this component?
    pub fn to_run(operation: impl Into<String>, component: impl Into<String>) -> Self {
        Self { operation: operation.into(), component: Some(component.into()), ..Self::default() }
    }

    /// Has the caller this capability?
    pub fn of_capability(operation: impl Into<String>, capability: Capability) -> Self {
        let capability = Some(capability.row().word.to_owned());
        Self { operation: operation.into(), capability, ..Self::default() }
    }

    fn of_bucket(operation: impl Into<String>, bucket: impl Into<String>, access: &str) -> Self {
        Self {
            operation: operation.into(),
            bucket: Some(bucket.into()),
            access: Some(access.to_owned()),
            ..Self::default()
        }
    }
}

/// What was answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Answered {
    /// Whether all of it is allowed.
    pub allowed: bool,
    /// Why, for a person.
    pub reason: String,
    /// One answer for each question, when several were asked.
    #[serde(default)]
    pub answers: Vec<OneAnswer>,
    /// Who was asking.
    pub token: Token,
}

/// The answer to one of several questions.
#[derive(Debug, Clone, Deserialize)]
pub struct OneAnswer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, for a person.
    pub reason: String,
}

/// Where questions are asked.
pub(crate) const PATH: &str = "/v2/storage/tokens/verify";

impl Client {
    /// Asks one question. It is remembered in the token's history.
    pub async fn ask(&self, question: &Question) -> Result<Answer<Answered>, Error> {
        self.send(Method::POST, PATH, Some(&body(question))).await
    }

    /// Asks up to 100 questions at once, remembered as one event.
    pub async fn ask_all(&self, questions: &[Question]) -> Result<Answer<Answered>, Error> {
        self.send(Method::POST, PATH, Some(&json!({"questions": body(&questions)}))).await
    }
}
