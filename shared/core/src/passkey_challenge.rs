//! The challenge of a passkey: what an authenticator signs, between the question and its answer.
//!
//! It is derived from a cookie of the browser, as a sign-in with an identity provider is. So nothing is stored before the
//! answer, and no other browser can use it.

use std::fmt;

use rand_core::CryptoRng;

use crate::{
    provider_sign_in::{NotStarted, SKEW_SECONDS},
    secret::{self, Label, SecretHash},
    session::SIGN_IN_SECONDS,
    time::Timestamp,
};

/// What a challenge is for. One of a sign-in registers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in. Derived from the cookie of the browser.
    SignIn,
    /// Registering a passkey. Derived from the cookie of the session.
    Registration,
}

/// A challenge that is not answered yet.
#[derive(Clone)]
pub struct PasskeyChallenge {
    text: String,
    started: Timestamp,
    /// Where the check of the browser begins in the text.
    check: usize,
}

impl PasskeyChallenge {
    /// Makes one for the browser with this cookie.
    pub fn start(purpose: Purpose, kept: &str, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let random = secret::mint_link_secret(rng);
        Self::derive(purpose, kept, now, random.expose())
    }

    /// The challenge of an answer, if it was made for the browser with this cookie, and for this purpose.
    ///
    /// Errors: [`NotStarted`].
    pub fn resume(purpose: Purpose, kept: &str, text: &str, now: Timestamp) -> Result<Self, NotStarted> {
        let mut parts = text.split('-');
        let (started, random) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let started: i64 = started.parse().map_err(|_| NotStarted::Elsewhere)?;
        let started = Timestamp::from_millis(started);
        let resumed = Self::derive(purpose, kept, started, random);
        let hash = |text: &str| SecretHash::of(purpose.label(), &[text]);
        if !hash(&resumed.text).matches(&hash(text)) {
            return Err(NotStarted::Elsewhere);
        }
        let is_open = now < started.plus_seconds(SIGN_IN_SECONDS) && started < now.plus_seconds(SKEW_SECONDS);
        if is_open { Ok(resumed) } else { Err(NotStarted::Expired) }
    }

    fn derive(purpose: Purpose, kept: &str, started: Timestamp, random: &str) -> Self {
        let begin = format!("{}-{random}-", started.millis());
        let check = SecretHash::of(purpose.label(), &[kept, &begin]).hexadecimal();
        Self { text: format!("{begin}{check}"), started, check: begin.len() }
    }

    /// The challenge, whose bytes the authenticator signs.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A name of it, which is no secret without the cookie.
    pub fn id(&self) -> &str {
        &self.text[self.check..]
    }

    /// When no answer to it is accepted any more, on any machine.
    pub fn ends(&self) -> Timestamp {
        self.started.plus_seconds(SIGN_IN_SECONDS + SKEW_SECONDS)
    }

    /// The user handle for the first passkey of an address, in base64url: random, and the same when the challenge is answered.
    /// `kept` is the cookie that the challenge is derived from. Hexadecimal digits are base64url, too, here of 48 bytes.
    pub fn user(&self, kept: &str) -> String {
        SecretHash::of(Label::PasskeyUser, &[kept, &self.text]).hexadecimal()
    }
}

impl Purpose {
    const fn label(self) -> Label {
        match self {
            Self::SignIn => Label::PasskeySignIn,
            Self::Registration => Label::PasskeyRegistration,
        }
    }
}

impl fmt::Debug for PasskeyChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasskeyChallenge").field("started", &self.started).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_context::testing::Counting;

    const BROWSER: &str = "cookie";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_768_478_400_000 + seconds * 1000)
    }

    fn started() -> PasskeyChallenge {
        PasskeyChallenge::start(Purpose::SignIn, BROWSER, at(0), &mut Counting(7))
    }

    fn resumed(purpose: Purpose, kept: &str, text: &str, seconds: i64) -> Result<(), NotStarted> {
        PasskeyChallenge::resume(purpose, kept, text, at(seconds)).map(|_| ())
    }

    #[test]
    fn a_challenge_is_answered_in_its_browser_and_for_its_purpose() {
        let text = started().text().to_owned();
        assert_eq!(resumed(Purpose::SignIn, BROWSER, &text, 5), Ok(()));
        for (purpose, kept) in
            [(Purpose::SignIn, "another"), (Purpose::SignIn, ""), (Purpose::Registration, BROWSER)]
        {
            assert_eq!(resumed(purpose, kept, &text, 5), Err(NotStarted::Elsewhere), "{purpose:?} {kept}");
        }
    }

    #[test]
    fn a_changed_challenge_belongs_to_no_browser() {
        let text = started().text().to_owned();
        let later = text.replacen("1768478400000", "1768478400001", 1);
        let longer = format!("{text}-x");
        for changed in ["", "-", "--", "x-y-z", &later, &longer, &text[1..], &text[..text.len() - 1]] {
            assert_eq!(
                resumed(Purpose::SignIn, BROWSER, changed, 5),
                Err(NotStarted::Elsewhere),
                "{changed}"
            );
        }
    }

    #[test]
    fn a_challenge_is_open_for_ten_minutes() {
        let text = started().text().to_owned();
        let at = |seconds| resumed(Purpose::SignIn, BROWSER, &text, seconds);
        assert_eq!((at(599), at(600)), (Ok(()), Err(NotStarted::Expired)));
        assert_eq!((at(-59), at(-60)), (Ok(()), Err(NotStarted::Expired)), "the clock of another machine");
    }

    #[test]
    fn a_user_handle_is_of_one_browser_and_challenge() {
        let (one, other) =
            (started(), PasskeyChallenge::start(Purpose::SignIn, BROWSER, at(0), &mut Counting(99)));
        assert_eq!(one.user(BROWSER).len() / 4 * 3, 48, "of the 64 bytes that WebAuthn allows");
        assert_ne!(one.user(BROWSER), other.user(BROWSER));
        assert_ne!(one.user(BROWSER), one.user("another"));
    }
}
