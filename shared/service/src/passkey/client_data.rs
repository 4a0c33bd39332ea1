//! The client data: what a browser says about the page that asked.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::rejected::Rejected;

/// The longest client data of a browser, in bytes: it may add fields, and the challenge has some 130.
const LONGEST: usize = 4096;

/// The type of a registration.
pub(super) const CREATE: &str = "webauthn.create";

/// The type of a sign-in.
pub(super) const GET: &str = "webauthn.get";

/// `clientDataJSON`. Browsers may add fields, which are ignored; a field twice is an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origin: Option<String>,
}

impl ClientData {
    /// Errors: [`Rejected::Malformed`].
    pub(super) fn parse(json: &[u8]) -> Result<Self, Rejected> {
        if json.len() > LONGEST {
            return Err(Rejected::Malformed("the client data is too long"));
        }
        serde_json::from_slice(json).map_err(|_| Rejected::Malformed("the client data is not its JSON"))
    }

    /// The challenge of an answer to this question, from a page of this origin that is in no frame of another one.
    ///
    /// Errors: [`Rejected`].
    pub(super) fn challenge(&self, question: &str, origin: &str) -> Result<String, Rejected> {
        if self.r#type != question {
            return Err(Rejected::OtherQuestion);
        }
        if self.origin != origin || self.cross_origin || self.top_origin.is_some() {
            return Err(Rejected::OtherOrigin);
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.challenge).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or(Rejected::Malformed("the challenge is not one of this service"))
    }
}
