//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An e-mail address, as it was entered.
///
/// Validated as far as safety requires: it cannot break out of a mail header, an address list or a storage key, and does not
/// contain `=?`, because mail clients would decode that to another address. Whether it exists shows when a mail is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Parses one address of at most 254 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && !local.contains("=?")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b));
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        (text.len() <= 254 && local_ok && domain.split('.').all(label_ok)).then(|| Self(text.to_owned()))
    }

    /// The address as it was entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case, for comparisons.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plain_address_is_accepted_and_nothing_else() {
        for good in ["a@b", "martin+x@keboola.example", "O'Neil@sub.example.org"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b,c@d",
            "a@b\r\nBcc: c@d",
            "<a@b>",
            "a@-b",
            "a@b..c",
            ".a@b",
            "a@b@c d",
            "\"a b\"@c",
            "=?utf-8?q?ceo=40bank.example=3e?=@attacker.example",
            "é@example.org",
            &long,
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
    }
}
