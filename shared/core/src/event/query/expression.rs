//! The condition of a query.

use super::{
    super::Event,
    field::Field,
    phrases::{Found, Phrase},
};

/// A condition. It is nested no deeper than the parser allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A text of the field has this value, or begins with it.
    Field {
        field: Field,
        value: String,
        prefix: bool,
    },
    /// The phrase is in the message.
    Message(Phrase),
}

impl Expression {
    /// Whether it holds of an event. `found` looks for the phrases in the message.
    pub(super) fn holds(&self, event: &Event, found: &impl Fn() -> Found) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event, found)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event, found)),
            Self::Not(part) => !part.holds(event, found),
            Self::Field { field, value, prefix } => field.is(event, value, *prefix),
            Self::Message(phrase) => phrase.is_in(found()),
        }
    }
}
