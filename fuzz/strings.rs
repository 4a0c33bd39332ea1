//! Tokens, manage tokens, links, codes, keys, and texts that hold some.

use bolero::check;
use jeton_core::{
    email::Email,
    idempotency::IdempotencyKey,
    secret::{Code, manage_token_id, masked, redacted, token_address},
    share::ShareId,
};

use crate::text;

#[test]
fn tokens_and_links() {
    check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        if let Some(address) = token_address(&text) {
            assert!(
                text.starts_with(&format!("{}-{}-jt", address.project, address.token)),
                "ids are canonical"
            );
        }
        if let Some(id) = manage_token_id(&text) {
            assert!(text.starts_with(&format!("jtm-{id}-")));
        }
        if let Some(share) = ShareId::parse(&text) {
            assert_eq!(share.as_str(), text);
        }
        if let Some(code) = Code::parse(&text) {
            assert!(code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit()));
        }
        if let Some(email) = Email::parse(&text) {
            assert!(!email.to_string().contains(['\r', '\n', '<', '>', ' ']), "one address and no header");
        }
        let _ = IdempotencyKey::parse(&text).map(|key| key.record_id());
    });
}

#[test]
fn redaction() {
    check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        let clean = redacted(&text);
        assert_eq!(redacted(&clean), clean, "what has been cleaned is clean");
        let words = clean.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        for word in words {
            assert!(token_address(word).is_none() && manage_token_id(word).is_none(), "{word}");
        }
        let _ = masked(&text);
    });
}
