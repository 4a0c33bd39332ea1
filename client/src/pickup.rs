//! Picking up what was shared: a copy of a token, or the membership in a project.

use jeton_api::pickup::{PickUp, PickUpBody};
use jeton_core::{secret::PlainSecret, share::ShareId};

use crate::{Answer, Change, Client, Error, call, token::body};

/// The link of a share or an invitation: `https://tokens.example.org/pickup/0123456789abcdef#secret`.
///
/// Its secret alone gives nothing: a pick-up also takes the code, which comes another way.
#[derive(Debug, Clone)]
pub struct ShareLink {
    /// The base URL of the server that sent it.
    pub url: String,
    share: String,
    secret: PlainSecret,
}

impl ShareLink {
    /// Parses a link. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, secret) = text.trim().split_once('#')?;
        let (url, share) = address.trim_end_matches('/').rsplit_once("/pickup/")?;
        if secret.is_empty() || !(url.starts_with("http://") || url.starts_with("https://")) {
            return None;
        }
        let share = ShareId::parse(share)?.as_str().to_owned();
        Some(Self { url: url.to_owned(), share, secret: PlainSecret::new(secret.to_owned()) })
    }
}

impl Client {
    /// What a link offers. Changes nothing. The credential of the client is not needed.
    pub async fn offered(&self, link: &ShareLink) -> Result<Answer<PickUpBody>, Error> {
        self.read_by_post(&path(link)?, &asked(link, None)).await
    }

    /// Picks up what a link offers. The answer holds the secret of the copy, which nothing else ever will.
    ///
    /// Errors: a wrong code is [`Error::Rejected`] with `pickup.wrongCode`; the fifth ends the share.
    pub async fn pick_up(&self, link: &ShareLink, code: &str) -> Result<Answer<PickUpBody>, Error> {
        self.send_once(Change::Secret, &path(link)?, &asked(link, Some(code))).await
    }
}

fn path(link: &ShareLink) -> Result<String, Error> {
    Ok(format!("/pickup/{}", call::segment(&link.share)?))
}

fn asked(link: &ShareLink, code: Option<&str>) -> serde_json::Value {
    body(&PickUp { secret: Some(link.secret.expose().to_owned()), code: code.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_told_from_other_texts_and_its_secret_is_not_shown() {
        let link = ShareLink::parse(" https://h.example/stage/pickup/0123456789abcdef#hidden\n").unwrap();
        assert_eq!(link.url, "https://h.example/stage");
        assert!(!format!("{link:?}").contains("hidden"));
        for text in [
            "",
            "1-2-jtABC",
            "https://h/pickup/0123456789abcdef",
            "https://h/pickup/0123456789abcdef#",
            "https://h/pickup/../tokens#secret",
            "https://h/console/sign-in/0123456789abcdef#secret",
            "h/pickup/0123456789abcdef#secret",
            "file:///pickup/0123456789abcdef#secret",
        ] {
            assert!(ShareLink::parse(text).is_none(), "{text:?}");
        }
    }
}
