//! The order of a list of tokens, and the places in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Token;
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
}

/// How many characters of a description its order depends on: they are a part of a cursor, and so of a URL.
const COMPARED: usize = 64;

const WORDS: [(SortBy, &str); 4] = [
    (SortBy::Created, "created"),
    (SortBy::LastUsed, "lastUsed"),
    (SortBy::Expires, "expires"),
    (SortBy::Description, "description"),
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
            SortBy::Description => {
                Key::Text(folded_chars(&token.identity.description).take(COMPARED).collect())
            }
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
        let is_text = matches!(key, Key::Text(_));
        let fits = word == self.word() && is_text == (self.by == SortBy::Description);
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
mod tests {
    use super::*;
    use crate::{
        event_context::testing::Counting,
        token::testing::{self, at},
    };

    /// Tokens with ids from 1 on.
    fn tokens(made: &[fn(&mut Token)]) -> Vec<Token> {
        let (token, _) = testing::token(None, &mut Counting(1));
        let with_id = |(id, change): (u64, &fn(&mut Token))| {
            let mut token = Token { id: TokenId::new(id).unwrap(), ..token.clone() };
            change(&mut token);
            token
        };
        (1..).zip(made).map(with_id).collect()
    }

    /// The ids in an order, also when each place was a cursor in between.
    fn sorted(text: &str, tokens: &[Token]) -> Vec<u64> {
        let sort = Sort::parse(text).unwrap();
        let place = |token| sort.parse_cursor(&sort.cursor(&sort.place(token))).unwrap();
        let mut places: Vec<_> = tokens.iter().map(place).collect();
        places.sort();
        if sort.order == Order::Descending {
            places.reverse();
        }
        assert!(places.is_sorted_by(|one, other| sort.is_before(one, other)));
        places.iter().map(|place| place.id.number()).collect()
    }

    #[test]
    fn tokens_are_sorted_by_each_field_in_both_directions_and_equal_ones_by_id() {
        let tokens = tokens(&[
            |token| token.last_used = Some(at(0).day()),
            |token| token.identity.expires = Some(at(60)),
            |token| {
                token.last_used = Some(at(0).day().next());
                token.identity.expires = Some(at(0));
            },
            |token| token.last_used = Some(at(0).day()),
        ]);
        for (text, order) in [
            ("created", [1, 2, 3, 4]),
            ("-created", [4, 3, 2, 1]),
            ("lastUsed", [2, 1, 4, 3]),
            ("-lastUsed", [3, 4, 1, 2]),
            ("expires", [3, 2, 1, 4]),
            ("-expires", [4, 1, 2, 3]),
        ] {
            assert_eq!(sorted(text, &tokens), order, "{text}");
            let sort = Sort::parse(text).unwrap();
            assert_eq!(sort.to_string(), text);
            assert!(sort.reversed() != sort && sort.reversed().reversed() == sort, "{text}");
        }
        for text in ["", "-", "--created", "Created", "id", " created"] {
            assert!(Sort::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn descriptions_are_sorted_without_case_and_accents_by_their_beginnings() {
        let tokens = tokens(&[
            |token| token.identity.description = "zebra".to_owned(),
            |token| token.identity.description = "Čáp".to_owned(),
            |token| token.identity.description = "cat".to_owned(),
            |token| token.identity.description = "z".repeat(COMPARED) + "b",
            |token| token.identity.description = "Z".repeat(COMPARED) + "a",
        ]);
        assert_eq!(sorted("description", &tokens), [2, 3, 1, 4, 5]);
        assert_eq!(sorted("-description", &tokens), [5, 4, 1, 3, 2]);
    }

    #[test]
    fn a_cursor_is_one_of_its_field_and_short_whatever_the_description() {
        let long = tokens(&[|token| token.identity.description = "\u{fdfa}".repeat(255)]);
        let by = |text| Sort::parse(text).unwrap();
        let cursor = by("description").cursor(&by("description").place(&long[0]));
        assert!(cursor.len() < 700, "{}", cursor.len());
        for text in ["created", "lastUsed", "expires"] {
            assert!(by(text).parse_cursor(&cursor).is_none(), "{text}");
        }
        let forged = |json: &str| by("lastUsed").parse_cursor(&hex::encode(json));
        assert!(forged(r#"["lastUsed",5,7]"#).is_some());
        for json in [
            "",
            "5",
            r#"["lastUsed","a",7]"#,
            r#"["lastUsed",5,0]"#,
            r#"["expires",5,7]"#,
            r#"["lastUsed",5.5,7]"#,
        ] {
            assert!(forged(json).is_none(), "{json}");
        }
        assert!(by("lastUsed").parse_cursor("x").is_none());
    }
}
