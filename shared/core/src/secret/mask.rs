//! Masking of secrets in messages that quote a request.

use std::borrow::Cow;

use super::redacted;

/// The shortest run of letters and digits that is masked: less than the 43 of a link's secret, so that a mistyped or cut one
/// is masked, too.
const SUSPICIOUS: usize = 32;

/// Replaces every token, escaped ones too, and every run of letters and digits as long as a secret by `***`.
pub fn masked(text: &str) -> Cow<'_, str> {
    match redacted(text) {
        Cow::Borrowed(text) => without_runs(text),
        Cow::Owned(text) => Cow::Owned(without_runs(&text).into_owned()),
    }
}

fn without_runs(text: &str) -> Cow<'_, str> {
    let runs = || text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let run_of = |part: &str| part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
    if runs().all(|part| run_of(part) < SUSPICIOUS) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    for part in runs() {
        let run = run_of(part);
        if run < SUSPICIOUS {
            masked.push_str(part);
        } else {
            masked.push_str("***");
            masked.push_str(&part[run..]);
        }
    }
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event_context::testing::Counting,
        id::{ProjectId, TokenId},
        secret::{mint_link_secret, mint_token},
    };

    #[test]
    fn whatever_is_as_long_as_a_secret_is_replaced() {
        let rng = &mut Counting(1);
        let token = mint_token(ProjectId::new(12).unwrap(), TokenId::new(345).unwrap(), rng);
        let link = mint_link_secret(rng);
        assert_eq!(masked(&format!("bad {}!", token.expose())), "bad ***!");
        assert_eq!(masked(&format!("\"{}\"", link.expose())), "\"***\"");
        for name in ["", "foo.c-main", "keboola.wr-google-bigquery-v2", "281474976710655"] {
            assert_eq!(masked(name), name);
        }
        assert_eq!(masked("Bucket id in.c-main is not valid"), "Bucket id in.c-main is not valid");
        assert_eq!(masked("é".repeat(50).as_str()), "é".repeat(50));
    }
}
