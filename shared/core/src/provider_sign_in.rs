//! A sign-in with an identity provider (OpenID Connect), between its start and the answer of the provider.
//!
//! All of it is derived from the cookie of the browser and from `state`, which the provider sends back. So nothing is stored
//! before the provider has answered, and several tabs of a browser can sign in at once.

use std::fmt;

use rand_core::CryptoRng;

use crate::{
    secret::{self, Label, PlainSecret, SecretHash},
    session::SIGN_IN_SECONDS,
    time::Timestamp,
};

/// By how much the clocks of two machines may differ, in seconds.
pub const SKEW_SECONDS: u64 = 60;

/// A sign-in that the provider has not answered yet.
#[derive(Clone)]
pub struct ProviderSignIn {
    state: String,
    started: Timestamp,
    /// Where the check of the browser begins in `state`.
    check: usize,
    /// What the provider has to put into the ID token.
    pub nonce: PlainSecret,
    /// The PKCE verifier (RFC 7636), which goes to the provider with the code.
    pub verifier: PlainSecret,
}

/// Why an answer belongs to no sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStarted {
    /// This browser did not start it, or has lost its cookie.
    Elsewhere,
    /// It was started more than ten minutes ago.
    Expired,
}

impl ProviderSignIn {
    /// Starts a sign-in in the browser with this cookie.
    pub fn start(browser: &str, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let random = secret::mint_link_secret(rng);
        Self::derive(browser, now, random.expose())
    }

    /// The sign-in of an answer, if the browser with this cookie has started it.
    ///
    /// Errors: [`NotStarted`].
    pub fn resume(browser: &str, state: &str, now: Timestamp) -> Result<Self, NotStarted> {
        let mut parts = state.split('-');
        let (started, random) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let started: i64 = started.parse().map_err(|_| NotStarted::Elsewhere)?;
        let started = Timestamp::from_millis(started);
        let resumed = Self::derive(browser, started, random);
        let hash = |state: &str| SecretHash::of(Label::SignInState, &[state]);
        if !hash(&resumed.state).matches(&hash(state)) {
            return Err(NotStarted::Elsewhere);
        }
        let is_open = now < started.plus_seconds(SIGN_IN_SECONDS) && started < now.plus_seconds(SKEW_SECONDS);
        if is_open { Ok(resumed) } else { Err(NotStarted::Expired) }
    }

    fn derive(browser: &str, started: Timestamp, random: &str) -> Self {
        let begin = format!("{}-{random}-", started.millis());
        let derived = |label| SecretHash::of(label, &[browser, &begin]).hexadecimal();
        let state = format!("{begin}{}", derived(Label::SignInState));
        let (nonce, verifier) = (derived(Label::SignInNonce), derived(Label::SignInVerifier));
        Self {
            state,
            started,
            check: begin.len(),
            nonce: PlainSecret::new(nonce),
            verifier: PlainSecret::new(verifier),
        }
    }

    /// The `state` of the request to the provider.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// A name of this sign-in, which is no secret without the cookie.
    pub fn id(&self) -> &str {
        &self.state[self.check..]
    }

    /// When no answer to it is accepted any more, on any machine.
    pub fn ends(&self) -> Timestamp {
        self.started.plus_seconds(SIGN_IN_SECONDS + SKEW_SECONDS)
    }
}

impl fmt::Debug for ProviderSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSignIn").field("started", &self.started).finish_non_exhaustive()
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

    fn started() -> ProviderSignIn {
        ProviderSignIn::start(BROWSER, at(0), &mut Counting(7))
    }

    #[test]
    fn an_answer_belongs_to_the_browser_that_started_the_sign_in() {
        let started = started();
        let resumed = ProviderSignIn::resume(BROWSER, started.state(), at(5)).unwrap();
        assert_eq!(resumed.nonce.expose(), started.nonce.expose());
        assert_eq!(resumed.verifier.expose(), started.verifier.expose());
        assert_eq!(resumed.id(), started.id());
        for browser in ["another", ""] {
            let other = ProviderSignIn::resume(browser, started.state(), at(5)).unwrap_err();
            assert_eq!(other, NotStarted::Elsewhere);
        }
    }

    #[test]
    fn a_changed_state_belongs_to_no_browser() {
        let state = started().state().to_owned();
        let later = state.replacen("1768478400000", "1768478400001", 1);
        let longer = format!("{state}-x");
        for changed in ["", "-", "--", "x-y-z", &later, &longer, &state[1..], &state[..state.len() - 1]] {
            let error = ProviderSignIn::resume(BROWSER, changed, at(5)).unwrap_err();
            assert_eq!(error, NotStarted::Elsewhere, "{changed}");
        }
    }

    #[test]
    fn a_sign_in_is_open_for_ten_minutes() {
        let state = started().state().to_owned();
        let resumed = |seconds| ProviderSignIn::resume(BROWSER, &state, at(seconds)).map(|_| ());
        assert_eq!(resumed(599), Ok(()));
        assert_eq!(resumed(600), Err(NotStarted::Expired));
        assert_eq!(resumed(-59), Ok(()), "the clock of another machine");
        assert_eq!(resumed(-60), Err(NotStarted::Expired));
        assert!(started().ends() >= at(600));
    }

    #[test]
    fn no_value_that_leaves_the_browser_tells_another_one() {
        let (one, other) = (started(), ProviderSignIn::start(BROWSER, at(0), &mut Counting(99)));
        assert_ne!(one.state(), other.state());
        assert_ne!(one.nonce.expose(), other.nonce.expose());
        assert_ne!(one.nonce.expose(), one.verifier.expose());
        assert!(!one.state().contains(one.nonce.expose()) && !one.state().contains(one.verifier.expose()));
        assert!((43..=128).contains(&one.verifier.expose().len()), "as RFC 7636 has it");
    }
}
