//! The fields of a query.

use std::borrow::Cow;

use serde_json::Value;

use super::super::{DEFAULT_BRANCH, Event};

/// A field of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    TokenId,
    Copy,
    By,
    ProjectId,
    Event,
    Component,
    ConfigurationId,
    RunId,
    ObjectId,
    ObjectName,
    ObjectType,
    RemoteAddr,
    Recipient,
    IdBranch,
    Type,
    Message,
}

const FIELDS: [(&str, Field, &str); 16] = [
    ("token.id", Field::TokenId, "the id of the token that acted"),
    ("copy", Field::Copy, "the number of the copy of that token, if one was presented"),
    ("by", Field::By, "the name of who acted: the description of a token, in any letter case"),
    ("project.id", Field::ProjectId, "the id of the project"),
    ("event", Field::Event, "the name of the event"),
    ("component", Field::Component, "the component that reported it"),
    ("configurationId", Field::ConfigurationId, "the configuration"),
    ("runId", Field::RunId, "the run"),
    ("objectId", Field::ObjectId, "the id of the object"),
    ("objectName", Field::ObjectName, "the name of the object"),
    ("objectType", Field::ObjectType, "the type of the object, such as `bucket`"),
    ("remoteAddr", Field::RemoteAddr, "the IP address of the caller"),
    ("recipient", Field::Recipient, "an e-mail address that a mail was for, in any letter case"),
    ("idBranch", Field::IdBranch, "the branch, always 1"),
    ("type", Field::Type, "`info`, `success`, `warn` or `error`"),
    ("message", Field::Message, "words of the message, in any letter case"),
];

/// The names of all fields, each with what it holds.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|(name, _, about)| (*name, *about))
}

impl Field {
    /// The field of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, ..)| *known == name).map(|(_, field, _)| *field)
    }

    /// Whether a text of this field has this value, or begins with it.
    pub(super) fn is(self, event: &Event, value: &str, prefix: bool) -> bool {
        let fits = |text: &str| {
            let fits = |text: &str, value: &str| if prefix { text.starts_with(value) } else { text == value };
            if self.ignores_case() {
                fits(&text.to_lowercase(), &value.to_lowercase())
            } else {
                fits(text, value)
            }
        };
        match self {
            Self::Recipient => recipients(event).any(fits),
            _ => self.text(event).is_some_and(|text| fits(&text)),
        }
    }

    /// Addresses and names are written by people.
    const fn ignores_case(self) -> bool {
        matches!(self, Self::By | Self::Recipient)
    }

    fn text(self, event: &Event) -> Option<Cow<'_, str>> {
        let object = event.object.as_ref();
        Some(match self {
            Self::TokenId => event.by.token.map(|id| id.to_string()).unwrap_or_default().into(),
            Self::Copy => event.by.copy?.to_string().into(),
            Self::By => event.by.name.as_str().into(),
            Self::ProjectId => event.project?.to_string().into(),
            Self::Event => event.event.as_str().into(),
            Self::Component => event.component.as_str().into(),
            Self::ConfigurationId => event.configuration_id.as_deref()?.into(),
            Self::RunId => event.run_id.as_deref()?.into(),
            Self::ObjectId => object?.id.as_deref()?.into(),
            Self::ObjectName => object?.name.as_deref()?.into(),
            Self::ObjectType => object?.r#type.as_deref()?.into(),
            Self::RemoteAddr => event.context.remote_addr.as_deref()?.into(),
            Self::Recipient => return None,
            Self::IdBranch => DEFAULT_BRANCH.to_string().into(),
            Self::Type => event.r#type.as_str().into(),
            Self::Message => event.message.as_str().into(),
        })
    }
}

/// The recipients of the mails that an event is about: one, or the members and the holders of copies of an expiry notice.
fn recipients(event: &Event) -> impl Iterator<Item = &str> {
    let one = event.params.get("recipientEmail").and_then(Value::as_str);
    let several = ["recipientEmails", "holderEmails"].into_iter().filter_map(|name| event.params.get(name));
    let several = several.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    one.into_iter().chain(several)
}
