//! The event object, and the requests about events.

use std::borrow::Cow;

use jeton_core::{
    event::{DEFAULT_BRANCH, Event, Origin},
    event_context::Context,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient;

/// An event: an action of a token, or on one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Event))]
#[serde(rename_all = "camelCase")]
pub struct EventBody {
    /// Its id; events are ordered by these.
    pub uuid: String,
    /// The same as `uuid`.
    pub id: String,
    /// The name, such as `storage.tokenCreated`.
    pub event: String,
    /// The component that reports it.
    pub component: String,
    /// What happened, as a sentence.
    pub message: String,
    /// More about it.
    pub description: String,
    /// `info`, `success`, `warn` or `error`.
    pub r#type: Cow<'static, str>,
    /// The run that it belongs to.
    #[cfg_attr(feature = "schema", schema(required))]
    pub run_id: Option<String>,
    /// When it happened.
    pub created: String,
    /// The configuration that it belongs to.
    #[cfg_attr(feature = "schema", schema(required))]
    pub configuration_id: Option<String>,
    /// The object of the action.
    #[cfg_attr(feature = "schema", schema(required))]
    pub object_id: Option<String>,
    /// The name of that object.
    #[cfg_attr(feature = "schema", schema(required))]
    pub object_name: Option<String>,
    /// The type of that object.
    #[cfg_attr(feature = "schema", schema(required))]
    pub object_type: Option<String>,
    /// The origin of the call.
    pub context: ContextBody,
    /// The parameters of the call.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub params: Map<String, Value>,
    /// The results.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub results: Map<String, Value>,
    /// The duration.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub performance: Map<String, Value>,
    /// The token that acted.
    pub token: EventTokenBody,
    /// The copy of the token that was used.
    #[cfg_attr(feature = "schema", schema(required))]
    pub copy: Option<String>,
    /// `system`, `question` or `posted`.
    pub origin: OriginBody,
    /// The id of the branch: always that of the default branch.
    pub id_branch: u32,
    /// Its URL.
    pub uri: String,
    /// Always empty.
    pub attachments: Vec<String>,
}

/// The origin of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Origin))]
#[serde(rename_all = "lowercase")]
pub enum OriginBody {
    /// Jeton changed or denied something.
    System,
    /// A question was answered.
    Question,
    /// A client posted it.
    Posted,
}

/// The origin of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Context))]
#[serde(rename_all = "camelCase")]
pub struct ContextBody {
    /// The IP address of the caller.
    #[cfg_attr(feature = "schema", schema(required))]
    pub remote_addr: Option<String>,
    /// The `Referer` header.
    #[cfg_attr(feature = "schema", schema(required))]
    pub http_referer: Option<String>,
    /// The `User-Agent` header.
    #[cfg_attr(feature = "schema", schema(required))]
    pub http_user_agent: Option<String>,
    /// The version of the API that was called.
    #[cfg_attr(feature = "schema", schema(required))]
    pub api_version: Option<String>,
    /// The same as `httpUserAgent`, under the name a typed client reads.
    #[cfg_attr(feature = "schema", schema(required))]
    pub user_agent: Option<String>,
}

/// The token that acted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EventToken))]
pub struct EventTokenBody {
    /// Its id; null for actions outside any token.
    #[cfg_attr(feature = "schema", schema(required))]
    pub id: Option<String>,
    /// Its description, or who else acted.
    pub name: String,
}

impl EventBody {
    /// The event as clients see it.
    pub fn new(event: Event, public_url: &str) -> Self {
        let uri = match (event.origin, event.by.token) {
            _ if event.project.is_none() => {
                let token = event.about_manage.or(event.by.manage).map(|id| id.to_string());
                format!("{public_url}/manage/tokens/{}/events/{}", token.unwrap_or_default(), event.uuid)
            }
            // A question is only in the feed of its token.
            (Origin::Question, Some(token)) => {
                format!("{public_url}/v2/storage/tokens/{token}/events/{}", event.uuid)
            }
            _ => format!("{public_url}/v2/storage/events/{}", event.uuid),
        };
        let object = event.object.unwrap_or_default();
        Self {
            uuid: event.uuid.to_string(),
            id: event.uuid.to_string(),
            event: event.event,
            component: event.component,
            message: event.message,
            description: event.description,
            r#type: event.r#type.as_str().into(),
            run_id: event.run_id,
            created: event.created.to_string(),
            configuration_id: event.configuration_id,
            object_id: object.id,
            object_name: object.name,
            object_type: object.r#type,
            context: event.context.into(),
            params: event.params,
            results: event.results,
            performance: event.performance,
            token: EventTokenBody { id: event.by.token.map(|id| id.to_string()), name: event.by.name },
            copy: event.by.copy.map(|copy| copy.to_string()),
            origin: match event.origin {
                Origin::System => OriginBody::System,
                Origin::Question => OriginBody::Question,
                Origin::Posted => OriginBody::Posted,
            },
            id_branch: DEFAULT_BRANCH,
            uri,
            attachments: Vec::new(),
        }
    }
}

impl From<Context> for ContextBody {
    fn from(context: Context) -> Self {
        Self {
            remote_addr: context.remote_addr,
            http_referer: context.http_referer,
            user_agent: context.http_user_agent.clone(),
            http_user_agent: context.http_user_agent,
            api_version: context.api_version,
        }
    }
}

/// An event that a client reports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PostEvent {
    /// The component that reports it.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String, min_length = 1, max_length = 200))]
    pub component: Option<String>,
    /// What happened, as a sentence.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = String, min_length = 1))]
    pub message: Option<String>,
    /// More about it.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `info`, `success`, `warn` or `error`; `info` when absent or empty.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(info|success|warn|error)?$"))]
    pub r#type: Option<String>,
    /// The run that it belongs to; the header `X-KBC-RunId` when absent or empty.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub run_id: Option<String>,
    /// The configuration that it belongs to.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub configuration_id: Option<String>,
    /// The object of the action.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub object_id: Option<String>,
    /// The name of that object.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub object_name: Option<String>,
    /// The type of that object, such as `bucket` or `table`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub object_type: Option<String>,
    /// Parameters: an object, or a string with its JSON.
    #[serde(default, deserialize_with = "lenient::object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub params: Option<Map<String, Value>>,
    /// Results: an object, or a string with its JSON.
    #[serde(default, deserialize_with = "lenient::object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub results: Option<Map<String, Value>>,
    /// The duration in seconds; becomes `performance.duration`.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
}

/// The id of a posted event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PostedEvent {
    /// The same as `uuid`.
    pub id: String,
    /// Its identifier.
    pub uuid: String,
}

/// The query of an event list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListEvents {
    /// At most this many, from 1 to 10000; 100 when absent.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 10_000))]
    pub limit: Option<i64>,
    /// Skip this many first, at most 10000.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 10_000))]
    pub offset: Option<i64>,
    /// Only events after this one.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(pattern = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")
    )]
    pub since_id: Option<String>,
    /// Only events before this one.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(pattern = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")
    )]
    pub max_id: Option<String>,
    /// Only events at or after this time: RFC 3339, or a day, which is its midnight in UTC.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[ +-][0-9]{2}:?[0-9]{2}))?)?$"
        )
    )]
    pub from: Option<String>,
    /// Only events before this time.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[ +-][0-9]{2}:?[0-9]{2}))?)?$"
        )
    )]
    pub to: Option<String>,
    /// `desc`, newest first, when absent; or `asc`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(asc|desc)?$"))]
    pub sort_order: Option<String>,
    /// Only events of this component.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Only events of this configuration.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub configuration_id: Option<String>,
    /// Only events of this run, and of the runs within it: `7` finds `7.8`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// A query such as `event:storage.token* AND NOT (by:ci OR remoteAddr:10.1.2.3)`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    // A pattern cannot say that parentheses are in pairs: each query matches it, and some others do.
    #[cfg_attr(
        feature = "schema",
        schema(
            max_length = 1000,
            pattern = "^([\\s()]|\"([^\"\\\\]|\\\\[\\s\\S])*\"|(token\\.id|copy|by|project\\.id|event|component|configurationId|runId|objectId|objectName|objectType|remoteAddr|recipient|idBranch|type|message):|[^\\s()\":])*$"
        )
    )]
    pub q: Option<String>,
}

/// The query of an export of events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportEvents {
    /// Only events at or after this time: RFC 3339, or a day, which is its midnight in UTC.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only events before this time.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A query, as of a list.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 1000))]
    pub q: Option<String>,
    /// Only events before this one.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    pub max_id: Option<String>,
    /// `ndjson` when absent, a JSON object on each line; or `csv`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^(csv|ndjson)?$"))]
    pub format: Option<String>,
    /// Unknown parameters: rejected, since those that a list takes would narrow it down.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    use jeton_core::event::query_fields;
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn the_pattern_of_a_query_has_every_field() {
        let schema = serde_json::to_value(ListEvents::schema()).unwrap();
        let pattern = schema["properties"]["q"]["pattern"].as_str().unwrap();
        let fields: Vec<_> = query_fields().map(|(name, _)| name.replace('.', "\\.")).collect();
        assert!(pattern.contains(&format!("({}):", fields.join("|"))), "{pattern}");
    }
}
