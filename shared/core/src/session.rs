//! Sessions of the console.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    email::Email,
    error::Error,
    member::Member,
    secret::{self, Label, PlainSecret, SecretHash},
    time::Timestamp,
};

/// How long a session lasts: 12 hours, in seconds.
pub const SECONDS: u64 = 43_200;

/// How long a sign-in counts as recent: 10 minutes, in seconds.
pub const RECENT_SECONDS: u64 = 600;

/// How long the link of a sign-in is valid: 10 minutes, in seconds.
pub const SIGN_IN_SECONDS: u64 = 600;

/// The id of a session, which is no secret: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

/// A session: a browser that is signed in with an e-mail address.
///
/// It gives access to the projects that the address is a member of at the time of each request. So a removed member loses
/// access immediately.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The id of the session.
    pub id: SessionId,
    /// The address that signed in.
    pub email: Email,
    /// The hash of the session cookie.
    pub secret: SecretHash,
    /// When they signed in.
    pub created: Timestamp,
    /// When it expires. It is invalid from this moment on.
    pub expires: Timestamp,
    /// When they entered their credentials at the identity provider, if it says so. Their sign-in may be later than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<Timestamp>,
    /// The `User-Agent` of the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The address that they signed in from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Session {
    /// Creates a session and its cookie: its id and a secret.
    pub fn open(
        email: Email,
        browser: Option<String>,
        address: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> (Self, PlainSecret) {
        let id = SessionId::random(rng);
        let secret = secret::mint_link_secret(rng);
        let kept = PlainSecret::new(format!("{id}.{}", secret.expose()));
        let session = Self {
            id,
            email,
            secret: SecretHash::of(Label::Session, &[kept.expose()]),
            created: now,
            expires: now.plus_seconds(SECONDS),
            authenticated: None,
            browser,
            address,
            unknown: Map::new(),
        };
        (session, kept)
    }

    /// Checks the cookie and the expiry.
    ///
    /// Errors: [`Error::SignedOut`].
    pub fn authenticate(&self, kept: &str, now: Timestamp) -> Result<(), Error> {
        let right = self.secret.matches(&SecretHash::of(Label::Session, &[kept]));
        if right && now < self.expires { Ok(()) } else { Err(Error::SignedOut) }
    }

    /// Checks that the sign-in is recent. Errors: [`Error::SignInAgain`].
    pub fn recent(&self, now: Timestamp) -> Result<(), Error> {
        let since = self.authenticated.unwrap_or(self.created);
        if now < since.plus_seconds(RECENT_SECONDS) { Ok(()) } else { Err(Error::SignInAgain) }
    }

    /// Whether it is a session of this member. A member who was removed and joined again after it began is another member.
    pub fn is_of(&self, member: &Member) -> bool {
        self.email.key() == member.email.key() && member.created <= self.created
    }
}

impl SessionId {
    /// Draws a random id.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(format!("{:016x}", rng.next_u64()))
    }

    /// Parses an id.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// The session id in a cookie.
    pub fn in_kept(kept: &str) -> Option<Self> {
        Self::parse(kept.split_once('.')?.0)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event_context::testing::Counting,
        id::{MemberId, ProjectId, TokenId},
    };

    fn session() -> (Session, PlainSecret, Timestamp) {
        let now = Timestamp::from_millis(1_768_478_400_000);
        let email = Email::parse("Ann@example.org").unwrap();
        let (session, kept) = Session::open(email, None, None, now, &mut Counting(7));
        (session, kept, now)
    }

    #[test]
    fn only_what_its_browser_keeps_opens_it_and_only_for_twelve_hours() {
        let (session, kept, now) = session();
        assert_eq!(SessionId::in_kept(kept.expose()), Some(session.id.clone()));
        assert!(session.authenticate(kept.expose(), now.plus_seconds(SECONDS - 1)).is_ok());
        assert!(session.authenticate(kept.expose(), now.plus_seconds(SECONDS)).is_err());
        assert!(session.authenticate(&format!("{}.x", session.id), now).is_err());
        assert!(session.authenticate("", now).is_err());
    }

    #[test]
    fn a_sign_in_is_recent_for_ten_minutes() {
        let (session, _, now) = session();
        assert!(session.recent(now.plus_seconds(599)).is_ok());
        assert!(session.recent(now.plus_seconds(600)).is_err());
    }

    #[test]
    fn a_sign_in_is_as_recent_as_the_credentials_that_the_provider_was_given() {
        let (mut session, _, now) = session();
        session.authenticated = Some(now.minus_seconds(599));
        assert!(session.recent(now).is_ok());
        assert!(session.recent(now.plus_seconds(1)).is_err());
    }

    #[test]
    fn who_joined_after_it_began_is_somebody_else() {
        let (session, _, now) = session();
        let member = |email: &str, created| Member {
            project: ProjectId::new(7).unwrap(),
            id: MemberId::random(&mut Counting(1)),
            email: Email::parse(email).unwrap(),
            name: "Ann".to_owned(),
            created,
            role: crate::member::Role::Admin,
            master: TokenId::new(2).unwrap(),
            unknown: Map::new(),
        };
        assert!(session.is_of(&member("ann@EXAMPLE.org", now)));
        assert!(!session.is_of(&member("ann@example.org", now.plus_seconds(1))));
        assert!(!session.is_of(&member("bob@example.org", now)));
    }
}
