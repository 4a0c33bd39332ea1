//! Questions and answers of `POST` verify.

use std::borrow::Cow;

use jeton_core::{
    Error,
    event::Object,
    permission::{
        Answer, Ask, BucketId, Capability, ComponentId, Question,
        question::{BadQuestion, BucketAsk},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient;

/// The maximum of questions in one call.
pub const MAX_QUESTIONS: usize = 100;

/// One question, or up to 100.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AskBody {
    /// The one question.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(inline))]
    pub question: QuestionBody,
    /// Several questions, answered from one read and recorded as one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 100))]
    pub questions: Option<Vec<QuestionBody>>,
}

/// May this token do this, now?
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Question))]
#[serde(rename_all = "camelCase")]
pub struct QuestionBody {
    /// The action that the caller will do, such as `storage.tableImported`; becomes the event's name.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 100, pattern = "^[!-~]*$"))]
    pub operation: Option<String>,
    /// The bucket to access.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^((in|out|sys)\\.[A-Za-z0-9_-]{1,96})?$"))]
    pub bucket: Option<String>,
    /// The access to the bucket: `read`, `write` or `manage`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(read|write|manage)?$"))]
    pub access: Option<String>,
    /// The component to run.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"))]
    pub component: Option<String>,
    /// The name of a capability.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// The type of the object; `bucket` when absent and a bucket is named.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub object_type: Option<String>,
    /// The object of the action; the bucket when absent and a bucket is named.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub object_id: Option<String>,
    /// The run that it belongs to.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub run_id: Option<String>,
}

/// The answer, with the token that asked.
// `T` is the token, or its JSON if that was written already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Answer, bound = ""))]
pub struct AnswerBody<'a, T> {
    /// Whether everything is allowed.
    pub allowed: bool,
    /// The reason, as text.
    pub reason: Cow<'a, str>,
    /// The answers to `questions`, in order, if that was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Vec<OneAnswer>>))]
    pub answers: Vec<OneAnswer>,
    /// The token, as in GET verify.
    #[cfg_attr(feature = "schema", schema(value_type = crate::token::TokenBody))]
    pub token: T,
}

/// The answer to one of several questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OneAnswer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The reason, as text.
    pub reason: String,
}

impl AskBody {
    /// The questions, and whether they were sent as a list.
    ///
    /// Errors: [`Error::BadField`] for an empty list, one that is too long, and one beside a question.
    pub fn into_questions(self) -> Result<(Vec<QuestionBody>, bool), Error> {
        match self.questions {
            None => Ok((vec![self.question], false)),
            Some(_) if self.question.operation.is_some() => Err(Error::bad_field(
                "questions",
                "questions and operation exclude each other: ask one question or a list of them",
            )),
            Some(questions) if questions.is_empty() || questions.len() > MAX_QUESTIONS => {
                Err(Error::bad_field("questions", format!("questions must have 1 to {MAX_QUESTIONS} items")))
            }
            Some(questions) => Ok((questions, true)),
        }
    }
}

impl QuestionBody {
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
        Self { operation: Some(operation.into()), component: Some(component.into()), ..Self::default() }
    }

    /// Does the caller have this capability?
    pub fn of_capability(operation: impl Into<String>, capability: Capability) -> Self {
        let capability = Some(capability.row().word.to_owned());
        Self { operation: Some(operation.into()), capability, ..Self::default() }
    }

    fn of_bucket(operation: impl Into<String>, bucket: impl Into<String>, access: &str) -> Self {
        Self {
            operation: Some(operation.into()),
            bucket: Some(bucket.into()),
            access: Some(access.to_owned()),
            ..Self::default()
        }
    }

    /// The question as a domain type. Errors: [`Error::BadField`] with the field.
    pub fn question(&self) -> Result<Question, Error> {
        let mut asks = Vec::new();
        match (present(self.bucket.as_ref()), present(self.access.as_ref())) {
            (Some(bucket), Some(access)) => {
                let bucket =
                    BucketId::parse(bucket).map_err(|invalid| Error::bad_field("bucket", invalid.0))?;
                asks.push(Ask::Bucket(bucket, bucket_ask(access)?));
            }
            (Some(_), None) => {
                return Err(Error::bad_field(
                    "access",
                    "access must be set with a bucket: read, write or manage",
                ));
            }
            (None, Some(_)) => {
                return Err(Error::bad_field("bucket", "bucket must be set with access"));
            }
            (None, None) => {}
        }
        if let Some(component) = present(self.component.as_ref()) {
            let component =
                ComponentId::parse(component).map_err(|invalid| Error::bad_field("component", invalid.0))?;
            asks.push(Ask::Component(component));
        }
        if let Some(text) = present(self.capability.as_ref()) {
            asks.push(Ask::Capability(capability(text)?));
        }
        for (field, value) in
            [("objectType", &self.object_type), ("objectId", &self.object_id), ("runId", &self.run_id)]
        {
            if value.as_ref().is_some_and(|text| text.chars().count() > 200) {
                return Err(Error::bad_field(field, format!("{field} must have at most 200 characters")));
            }
        }
        let operation = self.operation.as_deref().unwrap_or_default();
        Question::new(operation, asks).map_err(|BadQuestion(field, message)| Error::bad_field(field, message))
    }

    /// The object of the question.
    pub fn object(&self) -> Option<Object> {
        let named = (present(self.object_type.as_ref()), present(self.object_id.as_ref()));
        let (kind, id) = match (named, present(self.bucket.as_ref())) {
            ((None, None), Some(bucket)) => (Some("bucket"), Some(bucket)),
            ((None, None), None) => return None,
            (named, _) => named,
        };
        Some(Object { r#type: kind.map(str::to_owned), id: id.map(str::to_owned), name: None })
    }

    /// The parameters of the event, field by field, so that history can be replayed.
    pub fn params(&self) -> Map<String, Value> {
        let fields = [
            ("operation", &self.operation),
            ("bucket", &self.bucket),
            ("access", &self.access),
            ("component", &self.component),
            ("capability", &self.capability),
            ("objectType", &self.object_type),
            ("objectId", &self.object_id),
            ("runId", &self.run_id),
        ];
        let present = fields.into_iter().filter_map(|(name, value)| Some((name, present(value.as_ref())?)));
        present.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }
}

impl From<Answer> for OneAnswer {
    fn from(answer: Answer) -> Self {
        Self { allowed: answer.allowed, reason: answer.reason }
    }
}

fn present(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn bucket_ask(text: &str) -> Result<BucketAsk, Error> {
    match text {
        "read" => Ok(BucketAsk::Read),
        "write" => Ok(BucketAsk::Write),
        "manage" => Ok(BucketAsk::Manage),
        _ => Err(Error::bad_field("access", "access must be read, write or manage")),
    }
}

fn capability(text: &str) -> Result<Capability, Error> {
    let unknown = || Error::bad_field("capability", format!("capability must be {}", Capability::listed("")));
    Capability::of_word(text).ok_or_else(unknown)
}
