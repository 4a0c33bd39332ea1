//! The search language by examples, for the reference and the console.

/// Queries, each with what it finds.
pub const EXAMPLES: [(&str, &str); 13] = [
    ("imported", "a word of the message, in any letter case"),
    ("\"imported 5 rows\"", "these words in a row"),
    ("event:storage.tokenCreated", "a field with exactly this value"),
    ("event:storage.token*", "a field that begins so"),
    (r#"by:"CI \"nightly\"""#, "a value with a quote in it; in front of a backslash is another one, too"),
    ("\"imported 5\"*", "words in a row, of which the last begins so"),
    ("type:warn token.id:5", "both; the same as with AND between them"),
    ("token.id:5 copy:2", "what the second copy of a token did"),
    ("type:warn OR type:error", "either; AND binds tighter than OR"),
    ("NOT by:ci", "all others, also those without this field; NOT binds tightest"),
    ("-by:ci", "the same"),
    ("type:warn AND (runId:5 OR runId:6)", "parentheses, at most 10 levels deep"),
    ("event:(storage.tokenShared OR storage.tokenDeleted)", "a field for all terms in parentheses"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Query;

    #[test]
    fn every_example_is_a_query() {
        for (query, _) in EXAMPLES {
            assert!(Query::parse(query).is_ok(), "{query}");
        }
    }
}
