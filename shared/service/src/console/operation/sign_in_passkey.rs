//! Signing in with a passkey. The browser finds the passkey, so nobody says beforehand who they are.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, header};
use jeton_api::lenient;
use jeton_core::{
    Error, budget,
    email::Email,
    event::names,
    event_context::Actor,
    passkey::{CredentialId, Passkey, Passkeys},
    passkey_challenge::{PasskeyChallenge, Purpose},
    provider_sign_in::NotStarted,
    secret::{self, PlainSecret},
    session::SIGN_IN_SECONDS,
    store::Write,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    sign_in::{NewSession, Opened, Way, earlier, retrying, signed_in_reply},
    sign_in_ask::{has, is_secret},
};
use crate::{
    clock::entropy,
    console::{
        kept_form::KeptForm,
        page as pages,
        page::{sign_in_failed::NotCompleted, sign_in_passkey::Problem},
        session::{self as console_session, BROWSER},
    },
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    operation::offer::close::sign_in_event,
    passkey::{Rejected, RelyingParty, SignInAnswer},
    retry::{Attempts, RetryPolicy},
    wire::form::read_body_with_tokens,
};

/// The form to return to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Start {
    #[serde(deserialize_with = "lenient::string")]
    then: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    fields: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    author: Option<String>,
}

/// What the authenticator answered, in base64url. It is random, so nothing in it is masked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answered {
    #[serde(deserialize_with = "lenient::string")]
    credential: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    client_data: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    authenticator_data: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    signature: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    user: Option<String>,
}

/// Why nobody is signed in.
enum NotSignedIn {
    /// The page tells what to do.
    Told(Problem),
    /// The store does not answer.
    Failed(Error),
}

/// `POST /console/-/passkey/start`: what the browser asks an authenticator for. Stores nothing.
pub async fn start_with_passkey(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    let site = site(request)?;
    let start: Start = request.body()?;
    let form = KeptForm::parse(
        start.then.as_deref().unwrap_or_default(),
        start.fields.as_deref().unwrap_or_default(),
    );
    let form = form.map(|form| form.by_author(start.author.as_deref()));
    let browser = match cookie(&request.headers, BROWSER, is_secret) {
        Some(kept) => PlainSecret::new(kept.to_owned()),
        None => secret::mint_link_secret(&mut entropy()),
    };
    let challenge = PasskeyChallenge::start(Purpose::SignIn, browser.expose(), request.now, &mut entropy());
    let reply = Reply::ok(&json!({
        "challenge": URL_SAFE_NO_PAD.encode(challenge.text()),
        "rpId": site.id,
        "userVerification": "required",
        "timeout": SIGN_IN_SECONDS * 1000,
    }));
    let form = form.map_or_else(KeptForm::forget, |form| form.keep());
    let reply = reply.with(header::SET_COOKIE, form);
    Ok(reply.with(header::SET_COOKIE, keep(BROWSER, browser.expose(), SIGN_IN_SECONDS)))
}

/// `POST /console/-/passkey`: creates a session, by the answer of an authenticator.
pub async fn finish_with_passkey(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    let site = site(request)?;
    match sign_in(request, site).await {
        Ok((email, kept)) => Ok(signed_in_reply(request, &email, &kept)),
        Err(NotSignedIn::Failed(error)) => Err(error),
        // The form was submitted twice.
        Err(NotSignedIn::Told(Problem::NotCompleted(NotCompleted::Elsewhere | NotCompleted::Used)))
            if earlier(request).await?.is_some() =>
        {
            Ok(Reply::page(StatusCode::CONFLICT, pages::sign_in::already(&request.app.brand, false)))
        }
        Err(NotSignedIn::Told(problem)) => {
            let page = retrying(request, |retry| pages::sign_in_passkey::problem(retry, &problem));
            Ok(Reply::page(problem.status(), page))
        }
    }
}

/// Creates a session, and returns its address and cookie.
async fn sign_in(request: &ApiRequest, site: &RelyingParty) -> Result<(Email, PlainSecret), NotSignedIn> {
    let answered: Answered = read_body_with_tokens(&request.headers, &request.body)?;
    let (credential, answer) = read(answered)?;
    let challenge = site.challenge_of_sign_in(&answer)?;
    let browser = cookie(&request.headers, BROWSER, is_secret).ok_or(NotCompleted::Elsewhere)?;
    let challenge = PasskeyChallenge::resume(Purpose::SignIn, browser, &challenge, request.now)?;
    if !has(request, &budget::passkey_answer(request.source(), request.now)).await? {
        return Err(NotCompleted::TooMany.into());
    }
    // The challenge is used up by an answer that is right, so that a wrong one can be corrected.
    verified(request, site, &credential, &answer).await?;
    if !has(request, &budget::passkey_challenge_once(&challenge)).await? {
        return Err(NotCompleted::Used.into());
    }
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Verified { before, after, passkey } = verified(request, site, &credential, &answer).await?;
        let opened = Opened { email: before.email.clone(), way: Way::Passkey(&passkey), authenticated: None };
        let writes = vec![Write::ChangePasskeys { before: Some(before), after }];
        let Some(NewSession { commit, rest, kept }) = opened.session(request, writes).await? else {
            return Err(NotSignedIn::Told(Problem::NoMember));
        };
        if request.app.try_commit(&attempts, &commit).await? {
            for event in rest {
                request.app.store.append(&event, 1).await.map_err(Error::from)?;
            }
            return Ok((opened.email, kept));
        }
    }
}

/// An answer that is right.
struct Verified {
    /// The passkeys of the address.
    before: Passkeys,
    /// The same after this sign-in.
    after: Passkeys,
    /// The one that was used.
    passkey: Passkey,
}

/// Verifies an answer with what is stored now. Another sign-in may have counted meanwhile, or the passkey may be gone.
async fn verified(
    request: &ApiRequest,
    site: &RelyingParty,
    credential: &CredentialId,
    answer: &SignInAnswer,
) -> Result<Verified, NotSignedIn> {
    let store = &request.app.store;
    let owner = store.passkey_owner(credential).await.map_err(Error::from)?.ok_or(Rejected::Unknown)?;
    let before = store.found_passkeys(&owner).await.map_err(Error::from)?.transpose();
    let before = before.map_err(|_| NotSignedIn::Told(Problem::Unreadable))?;
    let passkey = before.as_ref().and_then(|before| before.find(credential)).cloned();
    let counter =
        passkey.as_ref().ok_or(Rejected::Unknown).and_then(|passkey| site.signed_in(passkey, answer));
    match (before, passkey, counter) {
        (Some(before), Some(passkey), Ok(counter)) => {
            let after = before.used(credential, counter, request.now);
            Ok(Verified { before, after, passkey })
        }
        (_, passkey, counter) => {
            let why = counter.err().unwrap_or(Rejected::Unknown);
            tell_rejected(request, &owner, passkey.as_ref(), why).await?;
            Err(why.into())
        }
    }
}

/// Stores the event that a passkey of an address was rejected, in one of its projects, as that of a wrong code. Whoever knows a
/// credential id can cause it, so there are so many an hour.
async fn tell_rejected(
    request: &ApiRequest,
    owner: &Email,
    passkey: Option<&Passkey>,
    why: Rejected,
) -> Result<(), Error> {
    let Some(project) = request.app.store.projects_of(owner).await?.first().copied() else { return Ok(()) };
    if !has(request, &budget::passkey_rejection(owner, request.now)).await? {
        return Ok(());
    }
    let (context, what) = (request.event_context(Actor::Jeton), format!("a passkey was rejected. {why}"));
    let mut event = sign_in_event(&context, project, owner, names::SIGN_IN_REFUSED, &what);
    event.params.extend(passkey.map(|passkey| ("passkey".to_owned(), passkey.named())));
    Ok(request.app.store.append(&event, 1).await?)
}

fn read(answered: Answered) -> Result<(CredentialId, SignInAnswer), NotSignedIn> {
    let decoded = |field: Option<String>| {
        let field = field.filter(|field| !field.is_empty()).ok_or(NotSignedIn::Told(Problem::NoScript))?;
        let malformed = Rejected::Malformed("it is not base64url");
        URL_SAFE_NO_PAD.decode(field).map_err(|_| NotSignedIn::from(malformed))
    };
    let credential = decoded(answered.credential)?;
    let credential = CredentialId::parse(&URL_SAFE_NO_PAD.encode(credential)).ok_or(Rejected::Unknown)?;
    let answer = SignInAnswer {
        client_data: decoded(answered.client_data)?,
        authenticator_data: decoded(answered.authenticator_data)?,
        signature: decoded(answered.signature)?,
        user: answered.user.unwrap_or_default(),
    };
    Ok((credential, answer))
}

fn site(request: &ApiRequest) -> Result<&RelyingParty, Error> {
    request.app.ways.passkeys.as_ref().ok_or(Error::NoRoute)
}

impl From<NotCompleted> for NotSignedIn {
    fn from(why: NotCompleted) -> Self {
        Self::Told(Problem::NotCompleted(why))
    }
}

impl From<NotStarted> for NotSignedIn {
    fn from(why: NotStarted) -> Self {
        NotCompleted::from(why).into()
    }
}

impl From<Rejected> for NotSignedIn {
    fn from(why: Rejected) -> Self {
        tracing::warn!(error = %why, "a sign-in with a passkey failed");
        Self::Told(Problem::Rejected(why))
    }
}

impl From<Error> for NotSignedIn {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
