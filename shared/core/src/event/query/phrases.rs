//! Phrase search in messages: finds all phrases of a query in one pass.
//!
//! This is the "shift-and" algorithm: each word of each phrase has a bit, which is set while the words up to it are the last
//! ones read. The work depends on the length of the message, not on the number or length of the phrases.

use std::{borrow::Cow, collections::HashMap};

/// The phrases of a query, at most 64 words in total. Further words are counted, but never found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Phrases {
    /// The bits of each word.
    words: HashMap<String, u64>,
    /// The bits of each word that is a prefix.
    beginnings: Vec<(String, u64)>,
    /// The bits of the first words.
    first: u64,
    count: usize,
}

/// A phrase: the bit of its last word; `None` for a phrase without words, which matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phrase(u64);

/// The phrases that were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found(u64);

impl Phrase {
    pub(super) fn is_in(self, found: Found) -> bool {
        self.0 & found.0 != 0
    }
}

impl Phrases {
    /// Adds a phrase. If it is a prefix, its last word matches longer words.
    pub(super) fn add(&mut self, text: &str, prefix: bool) -> Phrase {
        let mut last = 0;
        let mut words = words(text).peekable();
        while let Some(word) = words.next() {
            // Zero beyond 64 words, so that it is never set.
            let bit = u32::try_from(self.count).ok().and_then(|count| 1_u64.checked_shl(count)).unwrap_or(0);
            if last == 0 {
                self.first |= bit;
            }
            if prefix && words.peek().is_none() {
                self.beginnings.push((word.into_owned(), bit));
            } else {
                *self.words.entry(word.into_owned()).or_default() |= bit;
            }
            last = bit;
            self.count += 1;
        }
        Phrase(last)
    }

    /// The number of words in all phrases.
    pub(super) const fn words(&self) -> usize {
        self.count
    }

    /// Finds the phrases in a message. Letter case is ignored.
    pub(super) fn found_in(&self, message: &str) -> Found {
        let (mut reached, mut found) = (0, 0);
        for word in words(message) {
            let mut fits = self.words.get(word.as_ref()).copied().unwrap_or_default();
            for (beginning, bit) in &self.beginnings {
                if word.starts_with(beginning.as_str()) {
                    fits |= bit;
                }
            }
            reached = ((reached << 1) | self.first) & fits;
            found |= reached;
        }
        Found(found)
    }
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '@'));
    let words = parts.map(|word| word.trim_matches(['.', '-'])).filter(|word| !word.is_empty());
    words.map(|word| {
        let is_small = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if is_small { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking at every place for every phrase.
    fn is_in(message: &str, phrase: &str, prefix: bool) -> bool {
        let (message, wanted): (Vec<_>, Vec<_>) = (words(message).collect(), words(phrase).collect());
        let Some((last, rest)) = wanted.split_last() else { return false };
        message.windows(wanted.len()).any(|window| {
            let seen = &window[rest.len()];
            window[..rest.len()] == *rest
                && if prefix { seen.starts_with(last.as_ref()) } else { seen == last }
        })
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_looking_at_every_place_finds(
            message in "[abAB\u{130}. -]{0,40}",
            asked in proptest::collection::vec(("[abAB\u{130}. ]{0,8}", any::<bool>()), 0..5),
        ) {
            let mut phrases = Phrases::default();
            let added: Vec<_> = asked.iter().map(|(text, prefix)| phrases.add(text, *prefix)).collect();
            let found = phrases.found_in(&message);
            for ((text, prefix), phrase) in asked.iter().zip(added) {
                prop_assert_eq!(phrase.is_in(found), is_in(&message, text, *prefix), "{:?} {}", text, prefix);
            }
        }
    }
}
