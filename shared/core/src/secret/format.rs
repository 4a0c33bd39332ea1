//! The formats of secrets: tokens, manage tokens and secrets of links. They never change.
//!
//! - token: `{project}-{token}-jt{43 base62}{check}`
//! - manage token: `jtm-{id}-{43 base62}{check}`
//! - the secret in a share's link: 43 base62
//!
//! `check` is the CRC-32 of everything before it, as 6 base62 digits, so that a mistyped or invented string is rejected
//! without reading the store.

use rand_core::CryptoRng;

use super::{PlainSecret, base62};
use crate::id::{ManageTokenId, ProjectId, TokenId};

/// The length of the random part of a token.
pub(super) const SECRET_DIGITS: usize = 43;
const CHECK_DIGITS: usize = 6;

/// The length of the random part of a token with its checksum.
pub(super) const SECRET_AND_CHECK: usize = SECRET_DIGITS + CHECK_DIGITS;

/// The ids in a token string. They do not prove that the secret is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAddress {
    /// The project.
    pub project: ProjectId,
    /// The token.
    pub token: TokenId,
}

/// Makes the secret of a new copy.
pub fn mint_token(project: ProjectId, token: TokenId, rng: &mut impl CryptoRng) -> PlainSecret {
    with_check(with_secret(format!("{project}-{token}-jt"), rng))
}

/// Makes the secret of a new manage token.
pub fn mint_manage_token(id: ManageTokenId, rng: &mut impl CryptoRng) -> PlainSecret {
    with_check(with_secret(format!("jtm-{id}-"), rng))
}

/// Makes the secret of a share's link.
pub fn mint_link_secret(rng: &mut impl CryptoRng) -> PlainSecret {
    PlainSecret::new(with_secret(String::new(), rng))
}

/// Parses the ids of a token string; `None` unless its format and checksum are right.
pub fn token_address(text: &str) -> Option<TokenAddress> {
    let (ids, secret) = text.split_at_checked(text.len().checked_sub(SECRET_AND_CHECK)?)?;
    let (project, token) = ids.strip_suffix("-jt")?.split_once('-')?;
    let address = TokenAddress { project: project.parse().ok()?, token: token.parse().ok()? };
    checks(text, secret).then_some(address)
}

/// Parses the id of a manage token string; `None` unless its format and checksum are right.
pub fn manage_token_id(text: &str) -> Option<ManageTokenId> {
    let (id, secret) = text.strip_prefix("jtm-")?.split_once('-')?;
    let id = id.parse().ok()?;
    checks(text, secret).then_some(id)
}

/// Whether six base62 digits can be a CRC-32: every checksum is, and one in thirteen random ones.
pub(super) fn may_be_check(digits: &[u8]) -> bool {
    // The digits of 2^32 - 1. Base62 digits sort like their bytes.
    digits <= b"4gfFC3".as_slice()
}

fn with_secret(mut text: String, rng: &mut impl CryptoRng) -> String {
    let mut random = zeroize::Zeroizing::new([0; 32]);
    rng.fill_bytes(random.as_mut());
    // Allocated at once, because a growing string would leave parts of the secret in memory.
    text.reserve_exact(SECRET_AND_CHECK);
    base62::push(&mut text, random.as_ref(), SECRET_DIGITS);
    text
}

fn with_check(mut text: String) -> PlainSecret {
    let check = crc32fast::hash(text.as_bytes());
    base62::push(&mut text, &check.to_be_bytes(), CHECK_DIGITS);
    PlainSecret::new(text)
}

/// Whether all bytes are letters and digits, many of which are looked at at a time.
fn is_alphanumeric(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |so_far, byte| so_far & byte.is_ascii_alphanumeric())
}

fn checks(text: &str, secret: &str) -> bool {
    if secret.len() != SECRET_AND_CHECK || !is_alphanumeric(secret.as_bytes()) {
        return false;
    }
    let (body, check) = text.split_at(text.len() - CHECK_DIGITS);
    base62::is(check, crc32fast::hash(body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event_context::testing::Counting;

    #[test]
    fn a_minted_string_says_where_it_lies_and_has_the_shape_clients_expect() {
        let (project, token) = (ProjectId::new(1234).unwrap(), TokenId::new(567_890).unwrap());
        let secret = mint_token(project, token, &mut Counting(1));
        assert_eq!(token_address(secret.expose()), Some(TokenAddress { project, token }));
        assert!(secret.expose().starts_with("1234-567890-jt"));
        assert_eq!(secret.expose().len(), "1234-567890-jt".len() + 49);
        assert_eq!(format!("{secret:?}"), "***");
    }

    #[test]
    fn a_minted_manage_token_says_which_it_is() {
        let id = ManageTokenId::new(7).unwrap();
        assert_eq!(manage_token_id(mint_manage_token(id, &mut Counting(2)).expose()), Some(id));
    }

    proptest! {
        #[test]
        fn any_single_changed_character_is_noticed(position in 0_usize..62, replacement in "[0-9A-Za-z]") {
            let minted = mint_token(ProjectId::new(12).unwrap(), TokenId::new(345).unwrap(), &mut Counting(3));
            let mut text = minted.expose().to_owned();
            let position = position % text.len();
            text.replace_range(position..=position, &replacement);
            prop_assume!(text != minted.expose());
            prop_assert_eq!(token_address(&text), None);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC*") {
            let _ = (token_address(&text), manage_token_id(&text));
        }
    }
}
