//! Names of profiles.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest name.
const LONGEST: usize = 64;

/// The name of a profile. It is a part of the names of files, also where these do not distinguish letter case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The name that `jeton login` gives to the first profile.
    pub fn first() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let begins =
            text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if begins && text.len() <= LONGEST && text.bytes().all(is_inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "the name of a profile has at most 64 lower-case letters, digits and . _ -, and starts with a letter or digit",
            )
        }
    }
}

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_has_one_letter_case() {
        for text in ["default", "work", "acme.eu-1", "5", &"a".repeat(64)] {
            assert_eq!(text.parse::<Name>().map(|name| name.to_string()).as_deref(), Ok(text));
        }
        for text in ["", ".", "..", "../a", "a/b", "Work", "-a", "a b", "a\n", "é", &"a".repeat(65)] {
            assert!(text.parse::<Name>().is_err(), "{text:?}");
        }
    }
}
