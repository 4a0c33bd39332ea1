//! The search query `q` of an event list: `token.id:5 AND event:storage.tokenCreated`.
//!
//! Terms are joined by `AND` or `OR`, AND binding tighter. A term is `field:value` or bare words,
//! which match words of the message. Values may be quoted and may end in `*`.

use std::{borrow::Cow, cell::OnceCell};

use super::{
    DEFAULT_BRANCH, Event,
    phrases::{Phrase, Phrases},
};
use crate::secret;

/// Why a query does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(pub String);

/// The maximum length of a query, in bytes.
pub const MAX_QUERY_BYTES: usize = 1000;

/// The most terms of a query. Each word of a message search counts as one.
pub const MAX_TERMS: usize = 20;

/// A parsed query: it matches if all terms of any group match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    groups: Vec<Vec<Term>>,
    phrases: Phrases,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Field {
        field: Field,
        value: String,
        prefix: bool,
    },
    /// One of the phrases is in the message.
    Message(Phrase),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    TokenId,
    ProjectId,
    Event,
    Component,
    ConfigurationId,
    RunId,
    ObjectId,
    ObjectName,
    ObjectType,
    IdBranch,
    Type,
    Message,
}

const FIELDS: [(&str, Field); 12] = [
    ("token.id", Field::TokenId),
    ("project.id", Field::ProjectId),
    ("event", Field::Event),
    ("component", Field::Component),
    ("configurationId", Field::ConfigurationId),
    ("runId", Field::RunId),
    ("objectId", Field::ObjectId),
    ("objectName", Field::ObjectName),
    ("objectType", Field::ObjectType),
    ("idBranch", Field::IdBranch),
    ("type", Field::Type),
    ("message", Field::Message),
];

impl Query {
    /// Parses a query of at most 1,000 bytes and [`MAX_TERMS`] terms.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > MAX_QUERY_BYTES {
            return Err(QueryError(format!("it is longer than {MAX_QUERY_BYTES} bytes")));
        }
        let mut query = Self { groups: vec![Vec::new()], phrases: Phrases::default() };
        let (mut expects_term, mut terms) = (true, 0);
        for token in tokens(text)? {
            match token {
                Token::And | Token::Or if expects_term => {
                    return Err(QueryError("AND and OR must be between two terms".to_owned()));
                }
                Token::And => expects_term = true,
                Token::Or => {
                    query.groups.push(Vec::new());
                    expects_term = true;
                }
                Token::Term(field, value, prefix) => {
                    let term = match field {
                        Field::Message => Term::Message(query.phrases.add(&value, prefix)),
                        field => Term::Field { field, value, prefix },
                    };
                    terms += 1;
                    // Words without an operator between them must all match.
                    query.groups.last_mut().into_iter().for_each(|group| group.push(term.clone()));
                    expects_term = false;
                }
            }
        }
        if expects_term {
            return Err(QueryError("a term is missing at the end".to_owned()));
        }
        if terms > MAX_TERMS || query.phrases.words() > MAX_TERMS {
            return Err(QueryError(format!("it has more than {MAX_TERMS} terms")));
        }
        Ok(query)
    }

    /// Whether an event matches. The message is read once, however many terms there are.
    pub fn matches(&self, event: &Event) -> bool {
        let found = OnceCell::new();
        self.groups.iter().any(|group| {
            group.iter().all(|term| match term {
                Term::Field { field, value, prefix } => {
                    field.texts(event).is_some_and(|text| fits(&text, value, *prefix))
                }
                Term::Message(phrase) => {
                    phrase.is_in(*found.get_or_init(|| self.phrases.found_in(&event.message)))
                }
            })
        })
    }
}

impl Field {
    fn texts(self, event: &Event) -> Option<Cow<'_, str>> {
        let object = event.object.as_ref();
        Some(match self {
            Self::TokenId => event.by.token.map(|id| id.to_string()).unwrap_or_default().into(),
            Self::ProjectId => event.project?.to_string().into(),
            Self::Event => event.event.as_str().into(),
            Self::Component => event.component.as_str().into(),
            Self::ConfigurationId => event.configuration_id.as_deref()?.into(),
            Self::RunId => event.run_id.as_deref()?.into(),
            Self::ObjectId => object?.id.as_deref()?.into(),
            Self::ObjectName => object?.name.as_deref()?.into(),
            Self::ObjectType => object?.r#type.as_deref()?.into(),
            Self::IdBranch => DEFAULT_BRANCH.to_string().into(),
            Self::Type => event.r#type.as_str().into(),
            Self::Message => event.message.as_str().into(),
        })
    }
}

fn fits(text: &str, value: &str, prefix: bool) -> bool {
    if prefix { text.starts_with(value) } else { text == value }
}

enum Token {
    And,
    Or,
    Term(Field, String, bool),
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (field, after_field) = field_prefix(rest)?;
        let (value, quoted, after) = value(after_field)?;
        let token = match value {
            "AND" if field.is_none() && !quoted => Token::And,
            "OR" if field.is_none() && !quoted => Token::Or,
            "NOT" if field.is_none() && !quoted => {
                return Err(QueryError("NOT is not supported; use AND and OR".to_owned()));
            }
            _ => {
                let (value, prefix) = term(value, quoted, after)?;
                Token::Term(field.unwrap_or(Field::Message), value.to_owned(), prefix)
            }
        };
        // The star of a quoted phrase follows the closing quote.
        rest = if quoted { after.strip_prefix('*').unwrap_or(after) } else { after };
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return Err(QueryError(format!("a space is expected before {:?}", shortened(rest))));
        }
        rest = rest.trim_start();
        tokens.push(token);
    }
    Ok(tokens)
}

/// Splits off a leading `field:`.
fn field_prefix(text: &str) -> Result<(Option<Field>, &str), QueryError> {
    if text.starts_with('"') {
        return Ok((None, text));
    }
    let word = text.split(char::is_whitespace).next().unwrap_or(text);
    let Some((name, _)) = word.split_once(':') else { return Ok((None, text)) };
    let field = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
    match field {
        Some(field) => Ok((Some(field), &text[name.len() + 1..])),
        None => Err(QueryError(format!("there is no field {:?}", shortened(name)))),
    }
}

/// Splits the value off: a quoted phrase, or everything up to the next space.
fn value(text: &str) -> Result<(&str, bool, &str), QueryError> {
    if let Some(open) = text.strip_prefix('"') {
        let (phrase, after) =
            open.split_once('"').ok_or_else(|| QueryError("a quote is not closed".to_owned()))?;
        return Ok((phrase, true, after));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    Ok((&text[..end], false, &text[end..]))
}

/// The value of a term without its star, and whether it had one.
fn term<'a>(value: &'a str, quoted: bool, after: &str) -> Result<(&'a str, bool), QueryError> {
    let (value, prefix) = if quoted {
        (value, after.starts_with('*'))
    } else {
        value.strip_suffix('*').map_or((value, false), |value| (value, true))
    };
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if value.trim().is_empty() {
        return Err(QueryError("a term has no value".to_owned()));
    }
    if !quoted && !value.chars().all(allowed) {
        return Err(QueryError(format!(
            "{:?} needs quotes: bare values hold letters, digits and . - _ @ only",
            shortened(value)
        )));
    }
    Ok((value, prefix))
}

/// Shortens a query for an error message. Masked before it is cut, because half of a secret is also secret.
fn shortened(text: &str) -> String {
    secret::masked(text).chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event() -> Event {
        serde_json::from_value(serde_json::json!({
            "uuid": "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3", "project": 7, "event": "storage.tokenCreated",
            "component": "keboola.ex-db", "message": "Created token Some One's, finally", "type": "info",
            "created": 0, "by": {"token": 5, "name": "master"}, "origin": "system", "runId": "12.34",
            "object": {"type": "token", "id": "9", "name": "a token"},
        }))
        .unwrap()
    }

    #[test]
    fn terms_match_their_fields() {
        for yes in [
            "token.id:5 AND event:storage.tokenCreated",
            "event:storage.token*",
            "token.id:6 OR token.id:5",
            "token.id:6 AND type:info OR runId:12.34",
            "objectName:\"a token\"",
            "created token",
            "TOKEN AND finally",
            "\"some one\"*",
            "message:fin*",
            "idBranch:1 AND project.id:7",
        ] {
            assert!(Query::parse(yes).unwrap().matches(&event()), "{yes}");
        }
        for no in
            ["token.id:55", "token.id:6 AND type:info", "creat", "\"token created\"", "configurationId:1"]
        {
            assert!(!Query::parse(no).unwrap().matches(&event()), "{no}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for bad in [
            "",
            "  ",
            "AND",
            "a AND",
            "OR b",
            "a AND OR b",
            "*a",
            "/a/",
            "event:",
            ":x",
            "nofield:x",
            "\"open",
            "a:b:c",
            "NOT a",
            "(a)",
            "event:\"\"",
            "a\"b\"c",
            "type:*",
        ] {
            assert!(Query::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_query_has_few_terms_and_words_of_a_phrase_count() {
        for few in ["a ".repeat(20), format!("\"{}\"", "a ".repeat(20)), "type:info OR ".repeat(19) + "a"] {
            assert!(Query::parse(&few).is_ok(), "{few}");
        }
        for many in ["a ".repeat(21), format!("\"{}\"", "a ".repeat(21)), "type:info OR ".repeat(20) + "a"] {
            let error = Query::parse(&many).unwrap_err();
            assert_eq!(error.0, "it has more than 20 terms", "{many}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_or_the_match_panic(text in "\\PC*") {
            if let Ok(query) = Query::parse(&text) {
                query.matches(&event());
            }
        }
    }
}
