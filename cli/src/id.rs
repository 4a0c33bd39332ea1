//! Ids on the command line. Invalid ones are rejected before the first request.

use jeton_core::{
    id::{CopyId, TokenId},
    share::ShareId,
};

/// The id of a token, as `jeton token list` shows it.
pub fn token(text: &str) -> Result<String, &'static str> {
    match text.parse::<TokenId>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err("the id of a token is a number, as `jeton token list` shows it"),
    }
}

/// The id of a copy, as `jeton token show` shows it.
pub fn copy(text: &str) -> Result<String, &'static str> {
    match text.parse::<CopyId>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err("the id of a copy is a number, as `jeton token show` shows it"),
    }
}

/// The id of a share, as `jeton token shares` shows it.
pub fn share(text: &str) -> Result<String, &'static str> {
    match ShareId::parse(text) {
        Some(id) => Ok(id.as_str().to_owned()),
        None => Err("the id of a share has 16 digits and letters, as `jeton token shares` shows it"),
    }
}

/// The number of a project, an invitation or a manage token.
pub fn number(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "this id is a number, as the lists show it")
}

/// A member: an e-mail address, or an id as `jeton member list` shows it.
pub fn member(text: &str) -> Result<String, &'static str> {
    let is_number = text.parse::<u64>().is_ok_and(|number| number.to_string() == text && number > 0);
    let is_address =
        text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if is_number || is_address {
        Ok(text.to_owned())
    } else {
        Err("a member is given by their e-mail address, or by their id as `jeton member list` shows it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_as_it_is_shown() {
        assert_eq!(token("281474976710655").as_deref(), Ok("281474976710655"));
        assert_eq!(copy("2").as_deref(), Ok("2"));
        assert_eq!(share("0123456789abcdef").as_deref(), Ok("0123456789abcdef"));
        for text in ["5", "eve@example.org", "admin@localhost"] {
            assert_eq!(member(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_rejected() {
        for text in
            ["", " ", "abc", "0", "05", "-5", "5/copies", ".", "..", "12-345-jt", "é", "99999999999999999999"]
        {
            for parse in [token, copy, share, member] {
                assert!(parse(text).is_err(), "{text:?}");
            }
        }
        assert!(share("0123456789ABCDEF").is_err() && member("@").is_err());
    }
}
