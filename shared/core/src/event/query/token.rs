//! The tokens of a query.

use std::borrow::Cow;

use super::{error::QueryError, field::Field};
use crate::secret;

/// A token, and the position of its first character. The first of a query is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    And,
    Or,
    /// `NOT`, or a minus in front of a term.
    Not,
    /// `(`, with a field in front of it or without.
    Open(Option<Field>),
    Close,
    /// A value with its field, if it has one, and whether it is a prefix.
    Term(Option<Field>, Cow<'a, str>, bool),
    End,
}

/// What somebody may have meant whose value ends too early, or not at all.
const IN_QUOTES: &str = ": within quotes, a quote is \\\" and a backslash \\\\";

/// The tokens of a text, ended by [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, QueryError> {
    let mut reader = Reader { text, rest: text.trim_start() };
    let mut tokens = Vec::new();
    loop {
        let token = reader.next()?;
        let is_end = token.kind == Kind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Token<'a>, QueryError> {
        let at = self.at();
        let kind = match self.rest.chars().next() {
            None => Kind::End,
            Some('(') => self.after(1, Kind::Open(None)),
            Some(')') => {
                self.rest = &self.rest[1..];
                self.ends()?;
                Kind::Close
            }
            Some('-') => {
                self.rest = &self.rest[1..];
                if self.rest.is_empty() || self.rest.starts_with(char::is_whitespace) {
                    return Err(QueryError::new("a minus must be in front of a term", at));
                }
                Kind::Not
            }
            Some(_) => self.word(at)?,
        };
        Ok(Token { kind, at })
    }

    /// A term, an operator, or a field in front of a parenthesis.
    fn word(&mut self, at: usize) -> Result<Kind<'a>, QueryError> {
        let field = self.field(at)?;
        if field.is_some() && self.rest.starts_with('(') {
            return Ok(self.after(1, Kind::Open(field)));
        }
        let at = self.at();
        if let Some(open) = self.rest.strip_prefix('"') {
            let (phrase, after) = quoted(open)
                .ok_or_else(|| QueryError::new(format!("a quote is not closed{IN_QUOTES}"), at))?;
            // The star of a quoted phrase follows the closing quote.
            self.rest = after.strip_prefix('*').unwrap_or(after);
            self.ends().map_err(|error| error.with(IN_QUOTES))?;
            return value(phrase, at).map(|phrase| Kind::Term(field, phrase, after.starts_with('*')));
        }
        let word = word(self.rest);
        self.rest = &self.rest[word.len()..];
        self.ends()?;
        let operator = match word {
            "AND" => Some(Kind::And),
            "OR" => Some(Kind::Or),
            "NOT" => Some(Kind::Not),
            _ => None,
        };
        if let Some(operator) = operator.filter(|_| field.is_none()) {
            return Ok(operator);
        }
        let (bare, prefix) = word.strip_suffix('*').map_or((word, false), |bare| (bare, true));
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
        if !bare.chars().all(allowed) {
            let why = "needs quotes: bare values hold letters, digits and . - _ @ only";
            return Err(QueryError::new(format!("{} {why}", shortened(bare)), at));
        }
        value(bare.into(), at).map(|bare| Kind::Term(field, bare, prefix))
    }

    /// Takes a leading `field:`.
    fn field(&mut self, at: usize) -> Result<Option<Field>, QueryError> {
        let Some((name, _)) = word(self.rest).split_once(':').filter(|_| !self.rest.starts_with('"')) else {
            return Ok(None);
        };
        let field = Field::named(name)
            .ok_or_else(|| QueryError::new(format!("there is no field {}", shortened(name)), at))?;
        self.rest = &self.rest[name.len() + 1..];
        Ok(Some(field))
    }

    /// The end of a term or of a parenthesis, which must be set apart from the next one.
    fn ends(&mut self) -> Result<(), QueryError> {
        if !self.rest.is_empty() && !self.rest.starts_with(|c: char| c.is_whitespace() || c == ')') {
            let why = format!("a space is expected before {}", shortened(self.rest));
            return Err(QueryError::new(why, self.at()));
        }
        self.rest = self.rest.trim_start();
        Ok(())
    }

    fn after(&mut self, bytes: usize, kind: Kind<'a>) -> Kind<'a> {
        self.rest = self.rest[bytes..].trim_start();
        kind
    }

    fn at(&self) -> usize {
        self.text[..self.text.len() - self.rest.len()].chars().count() + 1
    }
}

/// The text up to a space or a parenthesis. A quote that begins a value begins after its field.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    let word = &text[..end.unwrap_or(text.len())];
    match word.find(":\"") {
        Some(quote) => &word[..=quote],
        None => word,
    }
}

/// The value up to the closing quote, and the text after that. A backslash makes the next quote or backslash a part of the value;
/// another backslash is one itself.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let (mut value, mut rest) = (Cow::Borrowed(""), text);
    loop {
        let at = rest.find(['"', '\\'])?;
        let (plain, sign) = rest.split_at(at);
        value += plain;
        if let Some(after) = sign.strip_prefix('"') {
            return Some((value, after));
        }
        let taken = usize::from(sign[1..].starts_with(['"', '\\']));
        value += &sign[taken..=taken];
        rest = &sign[taken + 1..];
    }
}

fn value(text: Cow<'_, str>, at: usize) -> Result<Cow<'_, str>, QueryError> {
    if text.trim().is_empty() { Err(QueryError::new("a term has no value", at)) } else { Ok(text) }
}

/// A part of a query in quotes, for an error message: as it was typed, since a quote in it with one more backslash would not be. Masked before
/// it is cut, because half of a secret is also secret.
fn shortened(text: &str) -> String {
    let masked = secret::masked(text);
    let shown = masked.chars().take(40).flat_map(|c| {
        let is_plain = matches!(c, '"' | '\'' | '\\');
        is_plain.then_some(c).into_iter().chain((!is_plain).then(|| c.escape_debug()).into_iter().flatten())
    });
    format!("“{}”", shown.collect::<String>())
}
