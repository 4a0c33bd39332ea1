//! The passkeys on the page of sessions, and what a new one is asked for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jeton_core::{
    Error,
    passkey::{Algorithm, MOST, Passkey},
    passkey_challenge::{PasskeyChallenge, Purpose},
    session::SIGN_IN_SECONDS,
};
use serde_json::json;

use crate::{
    clock::entropy,
    console::{
        page::passkeys::{Readable, Section},
        session::{ConsoleSession, session_cookie},
    },
    http::ApiRequest,
    passkey::RelyingParty,
};

/// The passkeys on the page of sessions; `None` where nobody signs in with one.
pub(super) async fn section(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
    is_member: bool,
) -> Result<Option<Section>, Error> {
    let Some(site) = &request.app.ways.passkeys else { return Ok(None) };
    let found = request.app.store.found_passkeys(&signed_in.session.email).await?.transpose();
    let Ok(found) = found else { return Ok(Some(Section::Unreadable)) };
    let passkeys = found.map(|found| found.passkeys).unwrap_or_default();
    let is_recent = signed_in.session.recent(request.now).is_ok();
    let is_full = passkeys.len() >= MOST;
    let options = (is_member && is_recent && !is_full).then(|| options(request, signed_in, site, &passkeys));
    Ok(Some(Section::Readable(Readable { passkeys, is_member, is_full, options: options.flatten() })))
}

/// What the browser asks an authenticator for, as JSON.
fn options(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
    site: &RelyingParty,
    passkeys: &[Passkey],
) -> Option<String> {
    let (kept, _) = session_cookie(&request.headers)?;
    let challenge = PasskeyChallenge::start(Purpose::Registration, kept, request.now, &mut entropy());
    // An authenticator keeps one passkey of a user. It is the same user for all passkeys of an address.
    let user = passkeys.first().map_or_else(|| challenge.user(kept), |passkey| passkey.user.clone());
    let named = &signed_in.session.email;
    let options = json!({
        "challenge": URL_SAFE_NO_PAD.encode(challenge.text()),
        "rp": {"id": site.id, "name": signed_in.brand.name},
        "user": {"id": user, "name": named, "displayName": named},
        "pubKeyCredParams": Algorithm::ALL
            .map(|algorithm| json!({"type": "public-key", "alg": algorithm.number()})),
        "excludeCredentials": passkeys
            .iter()
            .map(|passkey| json!({"type": "public-key", "id": passkey.credential}))
            .collect::<Vec<_>>(),
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "none",
        "timeout": SIGN_IN_SECONDS * 1000,
    });
    Some(options.to_string())
}
