//! Parsed verify items: one whose text is unchanged is not parsed again, and its answer is not written again.
//!
//! Every verify reads the text from the table, consistently. A process that answers many callers keeps the last text of a token
//! with the item that was parsed from it, and uses that item if the text that was just read is the same, byte by byte. So it sees
//! a change of any process as soon as it is stored. What is not in the text, such as the day of last use, is what was read.

use std::sync::Arc;

use jeton_core::{store::Unavailable, token::VerifyItem};
use jeton_store_support::item_cache::{ItemCache, Key};

use super::item::{self, Item, text_of};

/// The parsed items of a process, with their texts.
#[derive(Debug, Default)]
pub(super) struct ParsedItems(ItemCache<Arc<str>>);

impl ParsedItems {
    /// The body of the verify item of this token that was just read, or of a replica; `None` without one.
    pub(super) fn body(&self, token: Key, found: &Item) -> Result<Option<Arc<VerifyItem>>, Unavailable> {
        let Self(kept) = self;
        let Some(text) = text_of(found, "body") else {
            // The token was deleted: nothing of it is kept for longer than needed.
            kept.remove(token);
            return Ok(None);
        };
        if let Some(same) = kept.get(token).filter(|kept| *kept.beside == *text) {
            return Ok(Some(same.item));
        }
        let Some(item) = item::body(found)? else { return Ok(None) };
        let entry = kept.entry(Arc::new(item), text.into());
        kept.insert(token, entry.clone());
        Ok(Some(entry.item))
    }
}

#[cfg(test)]
mod tests {
    use jeton_core::id::{ProjectId, TokenId};

    use super::*;

    fn token(id: u64) -> Key {
        (ProjectId::new(1).unwrap(), TokenId::new(id).unwrap())
    }

    fn found(description: &str) -> Item {
        let text = format!(
            r#"{{"project":1,"id":7,"version":1,"keys":[],"identity":{{"description":"{description}",
            "kind":"limited","created":0,"refreshed":0,"permissions":{{}},"owner":{{"name":"P","created":0,"organization":1}}}}}}"#
        );
        Item::from([("body".to_owned(), item::text(text))])
    }

    fn read(kept: &ParsedItems, found: &Item) -> Option<Arc<VerifyItem>> {
        kept.body(token(7), found).unwrap()
    }

    #[test]
    fn an_item_of_the_same_text_is_not_parsed_again_and_one_of_another_text_is() {
        let kept = ParsedItems::default();
        let first = read(&kept, &found("a")).unwrap();
        assert!(Arc::ptr_eq(&first, &read(&kept, &found("a")).unwrap()));
        // As long as the one before.
        let second = read(&kept, &found("b")).unwrap();
        assert_eq!((first.identity.description.as_str(), second.identity.description.as_str()), ("a", "b"));
        assert!(Arc::ptr_eq(&second, &read(&kept, &found("b")).unwrap()));
        assert_eq!(read(&kept, &found("a")).unwrap().identity.description, "a");
    }

    #[test]
    fn the_same_text_of_another_token_is_parsed_for_it() {
        let kept = ParsedItems::default();
        let first = read(&kept, &found("a")).unwrap();
        for other in [token(8), (ProjectId::new(2).unwrap(), token(7).1)] {
            let other = kept.body(other, &found("a")).unwrap().unwrap();
            assert!(!Arc::ptr_eq(&first, &other));
        }
    }

    #[test]
    fn nothing_of_a_deleted_token_is_kept() {
        let kept = ParsedItems::default();
        read(&kept, &found("a"));
        assert!(kept.0.bytes() > 0);
        assert!(read(&kept, &Item::from([("gone".to_owned(), item::text("{}"))])).is_none());
        assert_eq!(kept.0.bytes(), 0);
    }

    #[test]
    fn a_text_that_does_not_parse_is_an_error_whatever_was_kept() {
        let kept = ParsedItems::default();
        read(&kept, &found("a"));
        let damaged = Item::from([("body".to_owned(), item::text("{"))]);
        for _ in 0..2 {
            assert!(kept.body(token(7), &damaged).is_err());
        }
    }
}
