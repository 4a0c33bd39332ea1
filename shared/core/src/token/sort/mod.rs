//! The order of a list of tokens, and the places in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Token, breadth::Breadth};
use crate::{event::Order, folded::folded_chars, id::TokenId, time::Timestamp};

/// The order of a list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// What it is by.
    pub by: SortBy,
    /// Its direction.
    pub order: Order,
}

/// What tokens are sorted by. Equal ones are in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// By their ids, which is by creation.
    Created,
    /// By the day of the last use; tokens that were never used are the smallest.
    LastUsed,
    /// By expiry; tokens that never expire are the greatest.
    Expires,
    /// By description, without regard to case and accents.
    Description,
    /// By the name of who is behind them, without regard to case and accents; tokens that a manage token created are the smallest.
    Creator,
    /// By how much they may do.
    Rights,
}

/// How many characters of a text its order depends on: they are a part of a cursor, and so of a URL.
const COMPARED: usize = 64;

const WORDS: [(SortBy, &str); 6] = [
    (SortBy::Created, "created"),
    (SortBy::LastUsed, "lastUsed"),
    (SortBy::Expires, "expires"),
    (SortBy::Description, "description"),
    (SortBy::Creator, "creator"),
    (SortBy::Rights, "rights"),
];

/// The place of a token in a list: greater than those of smaller tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    key: Key,
    /// The token.
    pub id: TokenId,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
    /// A name, and the id that tells people of one name apart.
    Name(String, u64),
    Rights(Breadth),
}

impl SortBy {
    /// The names of all, in a sentence.
    pub fn listed() -> String {
        let words = WORDS.map(|(_, word)| word);
        let [before @ .., last] = words.as_slice() else { return String::new() };
        format!("{} or {last}", before.join(", "))
    }

    /// The names of all.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(_, word)| *word)
    }

    /// Whether tokens have such a key in this order.
    const fn has(self, key: &Key) -> bool {
        match self {
            Self::Created | Self::LastUsed | Self::Expires => matches!(key, Key::Number(_)),
            Self::Description => matches!(key, Key::Text(_)),
            Self::Creator => matches!(key, Key::Name(..)),
            Self::Rights => matches!(key, Key::Rights(_)),
        }
    }
}

impl Sort {
    /// The order of creation, oldest first.
    pub const OLDEST_FIRST: Self = Self { by: SortBy::Created, order: Order::Ascending };

    /// Parses the name of a field, with a minus before it for the descending order.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, order) = match text.strip_prefix('-') {
            Some(name) => (name, Order::Descending),
            None => (text, Order::Ascending),
        };
        let by = WORDS.iter().find(|(_, word)| *word == name)?.0;
        Some(Self { by, order })
    }

    /// The place of a token.
    pub fn place(self, token: &Token) -> Place {
        let key = match self.by {
            SortBy::Created => Key::Number(0),
            SortBy::LastUsed => Key::Number(token.last_used.map_or(-1, |day| day.start().millis())),
            SortBy::Expires => Key::Number(token.identity.expires.map_or(i64::MAX, Timestamp::millis)),
            SortBy::Description => Key::Text(compared(&token.identity.description)),
            SortBy::Creator => {
                let (name, id) = token.identity.behind().unwrap_or_default();
                Key::Name(compared(name), id)
            }
            SortBy::Rights => Key::Rights(Breadth::of(&token.identity.permissions)),
        };
        Place { key, id: token.id }
    }

    /// Whether one place is before another in this order.
    pub fn is_before(self, one: &Place, other: &Place) -> bool {
        match self.order {
            Order::Ascending => one < other,
            Order::Descending => one > other,
        }
    }

    /// The text of a place, from which a list continues after it.
    pub fn cursor(self, place: &Place) -> String {
        // A tuple of texts and numbers is JSON without fail.
        hex::encode(serde_json::to_vec(&(self.word(), &place.key, place.id)).unwrap_or_default())
    }

    /// Parses the text of a place; `None` if it is not one of this field.
    pub fn parse_cursor(self, text: &str) -> Option<Place> {
        let bytes = hex::decode(text).ok()?;
        let (word, key, id): (String, Key, u64) = serde_json::from_slice(&bytes).ok()?;
        let fits = word == self.word() && self.by.has(&key);
        Some(Place { key, id: TokenId::new(id)? }).filter(|_| fits)
    }

    /// The opposite order.
    #[must_use]
    pub const fn reversed(self) -> Self {
        let order = match self.order {
            Order::Ascending => Order::Descending,
            Order::Descending => Order::Ascending,
        };
        Self { by: self.by, order }
    }

    fn word(self) -> &'static str {
        WORDS.iter().find(|(by, _)| *by == self.by).map_or("", |(_, word)| word)
    }
}

/// The part of a text that its order depends on.
fn compared(text: &str) -> String {
    folded_chars(text).take(COMPARED).collect()
}

impl fmt::Display for Sort {
    /// Writes what [`Sort::parse`] parses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.order == Order::Descending {
            f.write_str("-")?;
        }
        f.write_str(self.word())
    }
}

impl Place {
    /// The place of a token by its creation.
    pub const fn created(id: TokenId) -> Self {
        Self { key: Key::Number(0), id }
    }
}

#[cfg(test)]
mod tests;
