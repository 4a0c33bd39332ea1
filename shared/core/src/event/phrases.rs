//! Phrases that are searched in messages, all of them in one pass.
//!
//! Each word of each phrase has a bit. While a message is read, a bit is set as long as the words up to its own
//! are the last that were read (the "shift-and" algorithm). So the work follows the length of the message, and not
//! the number or the length of the phrases.

use std::{borrow::Cow, collections::HashMap};

/// The phrases of a query, of at most 64 words together. Those beyond are counted, and never found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Phrases {
    /// Which bits a word stands for.
    words: HashMap<String, u64>,
    /// The same for words that may go on.
    beginnings: Vec<(String, u64)>,
    /// The bits of first words.
    first: u64,
    count: usize,
}

/// One of them: the bit of its last word; none for a phrase without words, which nothing matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phrase(u64);

/// Which phrases were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found(u64);

impl Phrase {
    pub(super) fn is_in(self, found: Found) -> bool {
        self.0 & found.0 != 0
    }
}

impl Phrases {
    /// Adds a phrase, whose last word may go on when it is a prefix.
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

    /// How many words they have together.
    pub(super) const fn words(&self) -> usize {
        self.count
    }

    /// Which of them are in a message. Words are compared without regard to case.
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

/// The words of a text, in small letters.
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
