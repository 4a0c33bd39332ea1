//! The grammar of a query.
//!
//! ```text
//! any  = all { "OR" all }
//! all  = not { [ "AND" ] not }
//! not  = [ "NOT" | "-" ] one
//! one  = term | [ field ":" ] "(" any ")"
//! ```

use super::{
    error::QueryError,
    expression::Expression,
    field::Field,
    phrases::Phrases,
    token::{Kind, Token},
};

/// The most terms of a query. Each word of a message search counts as one.
pub const MAX_TERMS: usize = 20;

/// The deepest nesting of parentheses.
pub const MAX_DEPTH: usize = 10;

/// Parses tokens that are ended by [`Kind::End`].
pub(super) fn parse(tokens: &[Token<'_>], phrases: &mut Phrases) -> Result<Expression, QueryError> {
    let mut parser = Parser { tokens, phrases, terms: 0, depth: 0 };
    let expression = parser.any(None)?;
    match parser.next() {
        Some(Token { kind: Kind::Close, at }) => {
            Err(QueryError::new("a parenthesis is closed that was not opened", *at))
        }
        _ => Ok(expression),
    }
}

struct Parser<'a, 'p> {
    tokens: &'a [Token<'a>],
    phrases: &'p mut Phrases,
    terms: usize,
    depth: usize,
}

impl<'a> Parser<'a, '_> {
    /// `of` is the field in front of the parenthesis around it.
    fn any(&mut self, of: Option<Field>) -> Result<Expression, QueryError> {
        let mut parts = vec![self.all(of)?];
        while self.take(&Kind::Or) {
            parts.push(self.all(of)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self, of: Option<Field>) -> Result<Expression, QueryError> {
        let mut parts = vec![self.not(of)?];
        while self.take(&Kind::And) || self.begins_another() {
            parts.push(self.not(of)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn not(&mut self, of: Option<Field>) -> Result<Expression, QueryError> {
        if self.take(&Kind::Not) {
            return Ok(Expression::Not(Box::new(self.one(of)?)));
        }
        self.one(of)
    }

    fn one(&mut self, of: Option<Field>) -> Result<Expression, QueryError> {
        // The last token is the end, which is no term.
        let Some(Token { kind, at }) = self.next() else { return Err(QueryError::new("it is empty", 1)) };
        match kind {
            Kind::Term(field, value, prefix) => {
                let expression = match field.or(of).unwrap_or(Field::Message) {
                    Field::Message => Expression::Message(self.phrases.add(value, *prefix)),
                    field => Expression::Field { field, value: value.clone().into_owned(), prefix: *prefix },
                };
                self.terms += 1;
                if self.terms.max(self.phrases.words()) > MAX_TERMS {
                    return Err(QueryError::new(format!("it has more than {MAX_TERMS} terms"), *at));
                }
                Ok(expression)
            }
            Kind::Open(field) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    let why = format!("its parentheses are nested deeper than {MAX_DEPTH} levels");
                    return Err(QueryError::new(why, *at));
                }
                let expression = self.any(field.or(of))?;
                if !self.take(&Kind::Close) {
                    return Err(QueryError::new("a parenthesis is not closed", *at));
                }
                self.depth -= 1;
                Ok(expression)
            }
            Kind::And | Kind::Or => Err(QueryError::new("AND and OR must be between two terms", *at)),
            Kind::Not => Err(QueryError::new("NOT and the minus must be in front of a term", *at)),
            Kind::Close => Err(QueryError::new("a term is missing before the parenthesis", *at)),
            Kind::End => Err(QueryError::new("a term is missing at the end", *at)),
        }
    }

    /// Whether a term follows without an operator: then both must match.
    fn begins_another(&self) -> bool {
        let first = self.tokens.first().map(|token| &token.kind);
        matches!(first, Some(Kind::Not | Kind::Open(_) | Kind::Term(..)))
    }

    fn take(&mut self, kind: &Kind<'_>) -> bool {
        let taken = self.tokens.first().is_some_and(|token| token.kind == *kind);
        if taken {
            self.next();
        }
        taken
    }

    fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(one) if parts.is_empty() => one,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}
