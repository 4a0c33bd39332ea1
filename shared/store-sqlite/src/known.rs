//! Verify items that were read before, so that reading the same again is not parsing it again.

use std::sync::Arc;

use jeton_core::{
    id::{ProjectId, TokenId},
    token::VerifyItem,
};
use quick_cache::{Weighter, sync::Cache};

/// How many bytes of memory the items may take, about.
const ROOM: u64 = 12 << 20;

/// What an item is guessed to take in memory for each byte of its text: the text itself, the parsed item, and
/// the answer that was written of it.
const FOR_EACH_BYTE: u64 = 5;

/// Items by their token, each with the text it was parsed from.
///
/// It never answers for the store: whoever asks has just read the text, and gets an item that was parsed from the
/// very same one. So a changed or deleted token is not remembered for a moment longer.
#[derive(Debug)]
pub struct Known(Cache<(ProjectId, TokenId), Parsed, ByText>);

#[derive(Debug, Clone)]
struct Parsed {
    text: Arc<str>,
    item: Arc<VerifyItem>,
}

impl Known {
    /// The item that this text says.
    pub fn item(
        &self,
        project: ProjectId,
        token: TokenId,
        text: &str,
    ) -> serde_json::Result<Arc<VerifyItem>> {
        if let Some(known) = self.0.get(&(project, token))
            && *known.text == *text
        {
            return Ok(known.item);
        }
        let item: Arc<VerifyItem> = Arc::new(jeton_core::json::from_str(text)?);
        self.0.insert((project, token), Parsed { text: text.into(), item: Arc::clone(&item) });
        Ok(item)
    }
}

impl Default for Known {
    fn default() -> Self {
        Self(Cache::with_weighter(usize::try_from(ROOM / 2048).unwrap_or(0), ROOM, ByText))
    }
}

#[derive(Debug, Clone)]
struct ByText;

impl Weighter<(ProjectId, TokenId), Parsed> for ByText {
    fn weight(&self, _: &(ProjectId, TokenId), known: &Parsed) -> u64 {
        FOR_EACH_BYTE * known.text.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(version: u64, description: &str) -> String {
        format!(
            r#"{{"project":1,"id":7,"version":{version},"keys":[],"identity":{{"description":"{description}",
            "kind":"limited","created":0,"refreshed":0,"permissions":{{}},"owner":{{"name":"P","created":0,"organization":1}}}}}}"#
        )
    }

    #[test]
    fn an_item_is_parsed_again_when_a_letter_of_it_has_changed() {
        let known = Known::default();
        let (project, token) = (ProjectId::new(1).unwrap(), TokenId::new(7).unwrap());
        let ask = |text: &str| known.item(project, token, text).unwrap();
        let first = ask(&text(1, "a"));
        assert!(Arc::ptr_eq(&first, &ask(&text(1, "a"))));
        // The version alone would not tell: a project that was moved here again may have come by another way.
        assert_eq!(ask(&text(1, "b")).identity.description, "b");
        assert_eq!(ask(&text(2, "b")).version, 2);
        assert!(known.item(project, token, "{").is_err());
        assert_eq!(ask(&text(2, "b")).version, 2);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let known = Known::default();
        let project = ProjectId::new(1).unwrap();
        let long = text(1, &"x".repeat(10_000));
        for token in 1..5000 {
            known.item(project, TokenId::new(token).unwrap(), &long).unwrap();
        }
        assert!(known.0.weight() <= ROOM, "{}", known.0.weight());
        assert!(known.0.len() > 100, "{}", known.0.len());
    }
}
