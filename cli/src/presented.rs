//! Tokens as people paste them.

use jeton_client::{Credential, PlainSecret};

use crate::profile::Kind;

/// Prefixes that are pasted along with a token.
const AROUND: [&str; 7] = [
    "export ",
    "jeton_token=",
    "jeton_manage_token=",
    "authorization:",
    "x-storageapi-token:",
    "x-kbc-manageapitoken:",
    "bearer ",
];

/// Strips what was pasted along with a token: a byte order mark, spaces, quotation marks, the name of its variable or header.
pub fn pasted(text: &str) -> PlainSecret {
    let marks = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{feff}' | '"' | '\'' | '`' | '\u{201c}'..='\u{201e}' | '\u{2018}'..='\u{201a}')
    };
    let mut rest = text.trim_matches(marks);
    while let Some(begin) =
        AROUND.iter().find(|begin| rest.get(..begin.len()).is_some_and(|is| is.eq_ignore_ascii_case(begin)))
    {
        rest = rest[begin.len()..].trim_matches(marks);
    }
    PlainSecret::new(rest.to_owned())
}

/// The kind of a token, by its form. `None` for other texts.
pub fn kind(secret: &PlainSecret) -> Option<Kind> {
    let secret = secret.expose();
    let manage = secret.strip_prefix("jtm-").and_then(|rest| rest.split_once('-'));
    if manage.is_some_and(|(id, rest)| number(id) && letters(rest)) {
        return Some(Kind::Manage);
    }
    let storage = secret.split_once("-jt").is_some_and(|(ids, rest)| {
        ids.split_once('-').is_some_and(|(project, id)| number(project) && number(id)) && letters(rest)
    });
    storage.then_some(Kind::Storage)
}

/// Why a text cannot be a token of this kind.
pub fn mistaken(secret: &PlainSecret, wanted: Kind) -> Option<&'static str> {
    if kind(secret) == Some(wanted) {
        return None;
    }
    // Also of a mistyped one.
    let is_manage_token = secret.expose().starts_with("jtm-");
    Some(match wanted {
        Kind::Storage if is_manage_token => "a manage token, but this command needs a storage token",
        Kind::Storage => "not a token: a token starts like 1-23-jt and contains no spaces",
        Kind::Manage if secret.expose().contains("-jt") && !is_manage_token => {
            "a storage token, but this command needs a manage token; `jeton init manage-token` creates one"
        }
        Kind::Manage => "not a token: a manage token starts like jtm-1- and contains no spaces",
    })
}

/// The beginning of a token, which tells it from others and is no secret.
pub fn masked(secret: &PlainSecret) -> String {
    let secret = secret.expose();
    let end = match kind(&PlainSecret::new(secret.to_owned())) {
        Some(Kind::Manage) => secret.rfind('-').map_or(0, |at| at + 1),
        Some(Kind::Storage) => secret.find("-jt").map_or(0, |at| at + "-jt".len()),
        None => 0,
    };
    format!("{}…", &secret[..end])
}

/// The id of the token whose secret this is, if it is one of a storage token.
pub fn token_id(secret: &PlainSecret) -> Option<&str> {
    secret.expose().split('-').nth(1).filter(|_| kind(secret) == Some(Kind::Storage))
}

/// The credential of a token.
pub fn credential(kind: Kind, secret: PlainSecret) -> Credential {
    match kind {
        Kind::Storage => Credential::Storage(secret),
        Kind::Manage => Credential::Manage(secret),
    }
}

fn number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn letters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> PlainSecret {
        PlainSecret::new(text.to_owned())
    }

    #[test]
    fn a_token_is_known_by_its_form_and_masked_behind_its_ids() {
        for (text, is, shown) in [
            ("1-23-jtABC", Some(Kind::Storage), "1-23-jt…"),
            ("jtm-1-ABC", Some(Kind::Manage), "jtm-1-…"),
            ("hunter2", None, "…"),
            ("1-23-jtA-BC", None, "…"),
            ("", None, "…"),
        ] {
            assert_eq!(kind(&secret(text)), is, "{text}");
            assert_eq!(masked(&secret(text)), shown);
        }
    }

    #[test]
    fn what_surrounds_a_token_is_stripped() {
        for text in [
            " 1-2-jtA\n",
            "\u{feff}\"1-2-jtA\"",
            "export JETON_TOKEN='1-2-jtA'",
            "X-StorageApi-Token: 1-2-jtA",
        ] {
            assert_eq!(pasted(text).expose(), "1-2-jtA", "{text:?}");
        }
    }
}
