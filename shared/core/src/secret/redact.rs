//! Keeping tokens out of texts that are stored.

use std::borrow::Cow;

use super::format::{self, SECRET_AND_CHECK};

/// What a token in a text is replaced by.
const REPLACEMENT: &str = "***";

/// What every token string has before its secret: a token, after its ids, and a manage token, at its start.
const MARKS: [&str; 2] = ["-jt", "jtm-"];

/// The most digits that the id of a project has: it lies below 2^24.
const PROJECT_DIGITS: usize = 8;

/// The text with every token and manage token in it replaced by `***`.
///
/// People paste lines of logs and of shells into descriptions and messages. Only a string whose checksum fits is
/// replaced, so nothing else is ever taken for a token.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut marks: Vec<(usize, &str)> = MARKS.iter().flat_map(|mark| text.match_indices(mark)).collect();
    marks.sort_unstable();
    let (mut clean, mut seen) = (String::new(), 0);
    for (at, mark) in marks {
        let found = if mark == MARKS[0] { token(text, at) } else { manage_token(text, at) };
        if let Some((start, end)) = found.filter(|(start, _)| *start >= seen) {
            clean.push_str(&text[seen..start]);
            clean.push_str(REPLACEMENT);
            seen = end;
        }
    }
    if seen == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[seen..]);
    Cow::Owned(clean)
}

/// The token whose `-jt` is here: where it starts and ends. Digits that stand before its project are not a part of it.
fn token(text: &str, mark: usize) -> Option<(usize, usize)> {
    let end = mark + "-jt".len() + SECRET_AND_CHECK;
    let before = text[..mark].trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('-')?;
    let digits = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let first = digits.max(before.len().saturating_sub(PROJECT_DIGITS));
    (first..before.len())
        .find(|start| text.get(*start..end).is_some_and(|part| format::token_address(part).is_some()))
        .map(|start| (start, end))
}

/// The manage token that starts here.
fn manage_token(text: &str, start: usize) -> Option<(usize, usize)> {
    let id = start + "jtm-".len();
    let digits = text[id..].find(|c: char| !c.is_ascii_digit())?;
    let end = id + digits + 1 + SECRET_AND_CHECK;
    format::manage_token_id(text.get(start..end)?).map(|_| (start, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{ManageTokenId, ProjectId, TokenId},
        occasion::testing::Counting,
        secret::{mint_manage_token, mint_token},
    };

    fn tokens() -> [String; 2] {
        let rng = &mut Counting(1);
        let token = mint_token(ProjectId::new(12).unwrap(), TokenId::new(345).unwrap(), rng);
        let manage = mint_manage_token(ManageTokenId::new(7).unwrap(), rng);
        [token.expose().to_owned(), manage.expose().to_owned()]
    }

    #[test]
    fn a_text_without_a_token_is_left_alone() {
        let [token, manage] = tokens();
        let mistyped = format!("{}_", &token[..token.len() - 1]);
        for text in ["", "a-jtb", "1-2-jt", "jtm-", "jtm-7-", "é-jté", &mistyped, &manage[1..]] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_token_is_replaced_wherever_it_stands(before in "\\PC{0,9}", between in "[ é\"]\\PC{0,9}", after in "\\PC{0,9}") {
            let [token, manage] = tokens();
            let text = format!("{before}{token}{between}{manage}{after}");
            prop_assert_eq!(redacted(&text), format!("{before}***{between}***{after}"));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(\\PC|-jt|jtm-|[0-9]|-){0,40}") {
            let _ = redacted(&text);
        }
    }
}
