//! The search query `q` of an event list: `event:storage.token* AND NOT (by:ci OR remoteAddr:10.1.2.3)`.
//!
//! The language is a part of Lucene's. A term is `field:value` or a bare word, which is looked for in the message. Values may
//! be quoted, with `\"` and `\\` for these two characters, and may end in `*`. `NOT`, or a minus in front of a term, binds tightest, then `AND`, then `OR`. Terms side by
//! side must all match.

mod error;
mod examples;
mod expression;
mod field;
mod parser;
mod phrases;
#[cfg(test)]
mod tests;
mod token;

use std::cell::OnceCell;

pub use error::QueryError;
pub use examples::EXAMPLES;
pub use field::names as fields;
pub use parser::{MAX_DEPTH, MAX_TERMS};

use self::{expression::Expression, phrases::Phrases};
use super::Event;

/// The maximum length of a query, in bytes.
pub const MAX_QUERY_BYTES: usize = 1000;

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    matches: Expression,
    phrases: Phrases,
}

impl Query {
    /// Parses a query of at most [`MAX_QUERY_BYTES`] bytes and [`MAX_TERMS`] terms.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut longest = text.char_indices().skip_while(|(at, c)| at + c.len_utf8() <= MAX_QUERY_BYTES);
        if let Some((at, _)) = longest.next() {
            let why = format!("it is longer than {MAX_QUERY_BYTES} bytes");
            return Err(QueryError::new(why, text[..at].chars().count() + 1));
        }
        let mut phrases = Phrases::default();
        let matches = parser::parse(&token::tokens(text)?, &mut phrases)?;
        Ok(Self { matches, phrases })
    }

    /// Whether an event matches. The message is read once, however many terms there are.
    pub fn matches(&self, event: &Event) -> bool {
        let found = OnceCell::new();
        let found = || *found.get_or_init(|| self.phrases.found_in(&event.message));
        self.matches.holds(event, &found)
    }
}
