//! The fast path for the event of one allowed question, the most common: written straight from the question.

use jeton_api::question::QuestionBody;
use jeton_core::{
    Error,
    event::{Feed, WrittenEvent},
    event_context::Context,
    permission::Answer,
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    authenticate::Bearer,
    wire::object::{Object, key},
};

/// The typical size of such an event, in bytes.
const USUAL: usize = 768;

/// `EventType::Info` and `Origin::Question` as JSON.
const INFO: &str = "\"info\"";
const QUESTION: &str = "\"question\"";

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
    let mut json = Object::begin(USUAL);
    json.text(key!("uuid"), uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    json.number(key!("project"), project.number().into());
    json.text(key!("event"), operation.unwrap_or_default());
    json.text(key!("component"), "storage");
    json.text(key!("message"), &answer.reason);
    json.known(key!("type"), INFO);
    json.some(key!("runId"), own_run_id.or(run_id));
    // No time is before 1970.
    json.number(key!("created"), now.millis().unsigned_abs());
    if object != (None, None) {
        json.enter(key!("object"));
        json.some(key!("type"), object.0);
        json.some(key!("id"), object.1);
        json.leave();
    }
    let Context { remote_addr, http_referer, http_user_agent, api_version } = context;
    json.enter(key!("context"));
    json.some(key!("remoteAddr"), remote_addr.as_deref());
    json.some(key!("httpReferer"), http_referer.as_deref());
    json.some(key!("httpUserAgent"), http_user_agent.as_deref());
    json.some(key!("apiVersion"), api_version.as_deref());
    json.leave();
    json.enter(key!("params"));
    json.some(key!("access"), said(question.access.as_ref()));
    json.some(key!("bucket"), bucket);
    json.some(key!("capability"), said(question.capability.as_ref()));
    json.some(key!("component"), said(question.component.as_ref()));
    json.some(key!("objectId"), named.1);
    json.some(key!("objectType"), named.0);
    json.some(key!("operation"), operation);
    json.some(key!("runId"), own_run_id);
    json.leave();
    json.enter(key!("results"));
    json.bool(key!("allowed"), answer.allowed);
    json.text(key!("reason"), &answer.reason);
    json.leave();
    json.enter(key!("by"));
    json.number(key!("token"), token.number());
    json.text(key!("name"), &bearer.item.identity.description);
    if let Some(copy) = &bearer.caller.copy {
        json.number(key!("copy"), copy.0.into());
    }
    json.leave();
    json.known(key!("origin"), QUESTION);
    let mut feeds = Vec::with_capacity(2);
    feeds.push(Feed::Token(project, token));
    if let (Some(kind), Some(id)) = object
        && kind != "token"
    {
        feeds.push(Feed::Object(project, kind.to_owned(), id.to_owned()));
    }
    let json = json.end_as_text()?;
    Ok(WrittenEvent { uuid, project: Some(project), created: now, by: Some(token), about: None, feeds, json })
}

fn said(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use jeton_core::{event::Event, event_context::EventContext, id::CopyId, permission::Question};

    use super::*;
    use crate::operation::verify;

    const ITEM: &str = r#"{"project":1,"id":7,"version":1,"keys":[],"identity":{"description":"a \"token\"","kind":"limited",
        "created":0,"refreshed":0,"permissions":{"buckets":{"in.c-main":"write"},"components":["keboola.ex"],
        "manageTokens":true},"owner":{"name":"P","created":0,"organization":1}}}"#;

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
            let (bearer, body): (_, QuestionBody) =
                (Bearer::of_item(ITEM, copy), serde_json::from_str(body).unwrap());
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
