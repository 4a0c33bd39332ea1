//! The fast path for the event of one allowed question, the most common: written straight from the question.

use jeton_api::question::QuestionBody;
use jeton_core::{
    Error,
    event::{EventType, Feed, Origin, WrittenEvent},
    event_context::Context,
    permission::Answer,
    time::Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

use crate::authenticate::Bearer;

/// The typical size of such an event, in bytes.
const USUAL: usize = 768;

/// The fields of the event beside the question and the answer.
pub(super) struct Circumstances<'a> {
    pub(super) uuid: Uuid,
    pub(super) now: Timestamp,
    pub(super) context: &'a Context,
    /// The run in the headers of the call. The run in the question takes precedence.
    pub(super) run_id: Option<&'a str>,
}

/// Writes the event of an allowed question, exactly as `verify::event` builds it.
///
/// Errors: [`Error::Internal`] if it is not valid JSON, which every event is.
pub(super) fn written(
    circumstances: &Circumstances<'_>,
    bearer: &Bearer,
    question: &QuestionBody,
    answer: &Answer,
) -> Result<WrittenEvent, Error> {
    let Circumstances { uuid, now, context, run_id } = *circumstances;
    let (project, token) = (bearer.caller.project, bearer.caller.id);
    let bucket = said(question.bucket.as_ref());
    let own_run_id = said(question.run_id.as_ref());
    let named = (said(question.object_type.as_ref()), said(question.object_id.as_ref()));
    let object = match (named, bucket) {
        ((None, None), Some(bucket)) => (Some("bucket"), Some(bucket)),
        (named, _) => named,
    };
    let operation = said(question.operation.as_ref());
    let mut json = Object::begin();
    json.text("uuid", uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))?;
    json.value("project", &project)?;
    json.text("event", operation.unwrap_or_default())?;
    json.text("component", "storage")?;
    json.text("message", &answer.reason)?;
    json.value("type", &EventType::Info)?;
    json.some("runId", own_run_id.or(run_id))?;
    json.value("created", &now)?;
    if object != (None, None) {
        json.enter("object");
        json.some("type", object.0)?;
        json.some("id", object.1)?;
        json.leave();
    }
    let Context { remote_addr, http_referer, http_user_agent, api_version } = context;
    json.enter("context");
    json.some("remoteAddr", remote_addr.as_deref())?;
    json.some("httpReferer", http_referer.as_deref())?;
    json.some("httpUserAgent", http_user_agent.as_deref())?;
    json.some("apiVersion", api_version.as_deref())?;
    json.leave();
    json.enter("params");
    json.some("access", said(question.access.as_ref()))?;
    json.some("bucket", bucket)?;
    json.some("capability", said(question.capability.as_ref()))?;
    json.some("component", said(question.component.as_ref()))?;
    json.some("objectId", named.1)?;
    json.some("objectType", named.0)?;
    json.some("operation", operation)?;
    json.some("runId", own_run_id)?;
    json.leave();
    json.enter("results");
    json.value("allowed", &answer.allowed)?;
    json.text("reason", &answer.reason)?;
    json.leave();
    json.enter("by");
    json.value("token", &token)?;
    json.text("name", &bearer.item.identity.description)?;
    if let Some(copy) = &bearer.caller.copy {
        json.value("copy", copy)?;
    }
    json.leave();
    json.value("origin", &Origin::Question)?;
    let mut feeds = Vec::with_capacity(2);
    feeds.push(Feed::Token(project, token));
    if let (Some(kind), Some(id)) = object
        && kind != "token"
    {
        feeds.push(Feed::Object(project, kind.to_owned(), id.to_owned()));
    }
    let json = json.end()?;
    Ok(WrittenEvent { uuid, project: Some(project), created: now, by: Some(token), about: None, feeds, json })
}

fn said(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

/// A JSON object that is written field by field. Names of fields never need escapes, and most texts do not.
struct Object(Vec<u8>);

impl Object {
    fn begin() -> Self {
        let mut json = Vec::with_capacity(USUAL);
        json.push(b'{');
        Self(json)
    }

    /// Begins a field.
    fn name(&mut self, name: &'static str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn text(&mut self, name: &'static str, text: &str) -> Result<(), Error> {
        // Scanned as a whole, many bytes at a time, instead of byte by byte for escapes.
        let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
        if text.as_bytes().iter().fold(false, |special, byte| special | is_special(byte)) {
            return self.value(name, &text);
        }
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    fn some(&mut self, name: &'static str, text: Option<&str>) -> Result<(), Error> {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), Error> {
        self.name(name);
        serde_json::to_writer(&mut self.0, value).map_err(|error| failed(&error))
    }

    /// Begins a field that is an object.
    fn enter(&mut self, name: &'static str) {
        self.name(name);
        self.0.push(b'{');
    }

    fn leave(&mut self) {
        self.0.push(b'}');
    }

    fn end(mut self) -> Result<String, Error> {
        self.leave();
        String::from_utf8(self.0).map_err(|error| failed(&error))
    }
}

fn failed(error: &dyn std::error::Error) -> Error {
    Error::Internal(format!("an event is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jeton_core::{
        event::Event,
        event_context::EventContext,
        id::CopyId,
        permission::Question,
        token::{StoredVerifyItem, VerifyItem},
    };

    use super::*;
    use crate::{authenticate::OwnRecord, operation::verify};

    const ITEM: &str = r#"{"project":1,"id":7,"version":1,"keys":[],"identity":{"description":"a \"token\"","kind":"limited",
        "created":0,"refreshed":0,"permissions":{"buckets":{"in.c-main":"write"},"components":["keboola.ex"],
        "manageTokens":true},"owner":{"name":"P","created":0,"organization":1}}}"#;

    fn bearer(copy: Option<CopyId>) -> Bearer {
        let item: VerifyItem = serde_json::from_str(ITEM).unwrap();
        let mut caller = jeton_core::permission::Caller {
            project: item.project,
            id: item.id,
            rank: item.identity.rank(),
            permissions: Arc::clone(&item.identity.permissions),
            copy: None,
            copy_kind: jeton_core::permission::call::CopyKind::Full,
            copy_ends: None,
            ends_older_copies: false,
        };
        caller.copy = copy;
        let item = StoredVerifyItem { item: Arc::new(item), shards: 1, last_used: None };
        Bearer { caller, item, session: None, record: OwnRecord::default() }
    }

    #[test]
    fn it_is_the_event_that_is_made_of_any_other_question() {
        let questions = [
            r#"{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}"#,
            r#"{"operation":"x","component":"keboola.ex","runId":"r\"1","objectType":"table"}"#,
            r#"{"operation":"x","bucket":"in.c-main","access":"read","objectType":"token","objectId":"7","component":""}"#,
            r#"{"operation":"x","capability":"manageTokens","objectId":"é\u0001","objectType":""}"#,
            r#"{"operation":"x","component":"keboola.ex","objectType":"table","objectId":"in.c-main.t","runId":""}"#,
        ];
        let context = Context {
            remote_addr: Some("192.0.2.1".to_owned()),
            http_user_agent: Some("agent".to_owned()),
            ..Context::default()
        };
        for (body, (copy, run_id)) in questions
            .iter()
            .flat_map(|body| [(None, None), (Some(CopyId(3)), Some("run"))].map(|more| (*body, more)))
        {
            let (bearer, body): (_, QuestionBody) = (bearer(copy), serde_json::from_str(body).unwrap());
            let question: Question = body.question().unwrap();
            let answer = question.answer(&bearer.item.identity.permissions);
            assert!(answer.allowed, "{body:?}");
            let (uuid, now) = (Uuid::from_u128(5), Timestamp::from_millis(1_700_000_000_123));
            let circumstances = Circumstances { uuid, now, context: &context, run_id };
            let written = written(&circumstances, &bearer, &body, &answer).unwrap();
            let event_context = EventContext {
                now,
                uuid,
                actor: bearer.actor(),
                context: context.clone(),
                run_id: run_id.map(str::to_owned),
            };
            let made = verify::event(&event_context, &bearer, &[body], &[question], &[answer], false);
            assert_eq!(serde_json::from_str::<Event>(&written.json).unwrap(), made);
            let mut made = WrittenEvent::new(&made).unwrap();
            assert_eq!(made.json.len(), written.json.len(), "{} {}", made.json, written.json);
            made.json.clone_from(&written.json);
            assert_eq!(made, written);
        }
    }
}
