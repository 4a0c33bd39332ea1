//! The `q` of an event list: `token.id:5 AND event:storage.tokenCreated`.
//!
//! Terms are joined by `AND` or `OR`, AND binding tighter. A term is `field:value` or bare words,
//! which match words of the message. Values may be quoted and may end in `*`.

use super::{DEFAULT_BRANCH, Event};
use crate::secret;

/// What of a query does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(pub String);

/// A parsed query: any of these groups, all terms of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Vec<Term>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: Field,
    value: String,
    prefix: bool,
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
    /// Parses a query of at most 1,000 bytes.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > 1000 {
            return Err(QueryError("it is longer than 1000 bytes".to_owned()));
        }
        let mut groups = vec![Vec::new()];
        let mut expects_term = true;
        for token in tokens(text)? {
            match token {
                Token::And | Token::Or if expects_term => {
                    return Err(QueryError("AND and OR stand between two terms".to_owned()));
                }
                Token::And => expects_term = true,
                Token::Or => {
                    groups.push(Vec::new());
                    expects_term = true;
                }
                Token::Term(term) => {
                    // Words that follow each other without an operator must all match.
                    groups.last_mut().into_iter().for_each(|group| group.push(term.clone()));
                    expects_term = false;
                }
            }
        }
        if expects_term {
            return Err(QueryError("it ends where a term is expected".to_owned()));
        }
        Ok(Self(groups))
    }

    /// Whether an event is one that the query asks for.
    pub fn matches(&self, event: &Event) -> bool {
        self.0.iter().any(|group| group.iter().all(|term| term.matches(event)))
    }
}

impl Term {
    fn matches(&self, event: &Event) -> bool {
        let object = event.object.as_ref();
        match self.field {
            Field::TokenId => self.fits(&event.by.token.map(|id| id.to_string()).unwrap_or_default()),
            Field::ProjectId => self.fits(&event.project.to_string()),
            Field::Event => self.fits(&event.event),
            Field::Component => self.fits(&event.component),
            Field::ConfigurationId => event.configuration_id.as_deref().is_some_and(|id| self.fits(id)),
            Field::RunId => event.run_id.as_deref().is_some_and(|id| self.fits(id)),
            Field::ObjectId => object.and_then(|o| o.id.as_deref()).is_some_and(|id| self.fits(id)),
            Field::ObjectName => object.and_then(|o| o.name.as_deref()).is_some_and(|name| self.fits(name)),
            Field::ObjectType => object.and_then(|o| o.r#type.as_deref()).is_some_and(|kind| self.fits(kind)),
            Field::IdBranch => self.fits(&DEFAULT_BRANCH.to_string()),
            Field::Type => self.fits(event.r#type.as_str()),
            Field::Message => self.is_in_message(&event.message),
        }
    }

    fn fits(&self, text: &str) -> bool {
        if self.prefix { text.starts_with(&self.value) } else { text == self.value }
    }

    /// Words of the message are compared without regard to case; a quoted phrase matches in order.
    fn is_in_message(&self, message: &str) -> bool {
        let (message, wanted) = (words(message), words(&self.value));
        !wanted.is_empty()
            && message.windows(wanted.len()).any(|window| {
                let (last, rest) = wanted.split_last().unwrap_or((&wanted[0], &[]));
                let last_seen = &window[window.len() - 1];
                let last_fits = if self.prefix { last_seen.starts_with(last) } else { last_seen == last };
                last_fits && window[..rest.len()] == *rest
            })
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '@'))
        .map(|word| word.trim_matches(['.', '-']).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

enum Token {
    And,
    Or,
    Term(Term),
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
                return Err(QueryError("terms are joined by AND and OR; there is no NOT".to_owned()));
            }
            _ => Token::Term(term(field.unwrap_or(Field::Message), value, quoted, after)?),
        };
        // The star of a quoted phrase stands behind the quote.
        rest = if quoted { after.strip_prefix('*').unwrap_or(after) } else { after };
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return Err(QueryError(format!("a space is expected before {:?}", shortened(rest))));
        }
        rest = rest.trim_start();
        tokens.push(token);
    }
    Ok(tokens)
}

/// Splits `field:` off a term that starts with one.
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

fn term(field: Field, value: &str, quoted: bool, after: &str) -> Result<Term, QueryError> {
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
    Ok(Term { field, value: value.to_owned(), prefix })
}

/// As much of a query as an error quotes. Masked before it is cut, since half a secret is one too.
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

    proptest! {
        #[test]
        fn no_text_makes_the_parser_or_the_match_panic(text in "\\PC*") {
            if let Ok(query) = Query::parse(&text) {
                query.matches(&event());
            }
        }
    }
}
