//! Registering and removing passkeys, which takes a recent sign-in.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use jeton_api::lenient;
use jeton_core::{
    Error, budget,
    event::names::{self, EventKind},
    passkey::{self, Passkey, Passkeys, already_registered},
    passkey_challenge::{PasskeyChallenge, Purpose},
    provider_sign_in::NotStarted,
    store::{Commit, Write},
};
use rand_core::Rng as _;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{
    mistake,
    own_projects::own_projects,
    sessions_page::sessions_page,
    sign_in::{TOLD_AT_ONCE, told_in},
    sign_in_again_outside,
    sign_in_ask::has,
};
use crate::{
    app::Outcome,
    clock::entropy,
    console::{
        flash,
        kept_form::KeptForm,
        page as pages,
        session::{ConsoleSession, session_cookie},
    },
    http::{ApiRequest, Reply},
    mail::{Notice, PasskeyChange, PasskeyMail},
    notices,
    operation::passkeys::readable,
    passkey::{NewCredential, RegistrationAnswer, Rejected, RelyingParty},
    retry::{Attempts, RetryPolicy},
    wire::form::read_body_with_tokens,
};

/// What a person entered.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(deserialize_with = "lenient::string")]
    name: Option<String>,
}

/// What the authenticator answered, in base64url. It is random, so nothing in it is masked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answered {
    #[serde(deserialize_with = "lenient::string")]
    client_data: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    authenticator_data: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    user: Option<String>,
}

/// `POST /console/passkeys`: registers a passkey of the address.
pub async fn register_passkey(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    let site = request.app.ways.passkeys.as_ref().ok_or(Error::NoRoute)?;
    if signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again_outside(request, signed_in, StatusCode::FORBIDDEN));
    }
    match register(request, signed_in, site).await {
        Ok(name) => {
            let told = format!("The passkey {} is registered.", flash::named(&name));
            Ok(flash::done(KeptForm::SESSIONS, &told))
        }
        Err(error) => {
            let problem = mistake(error)?;
            sessions_page(request, signed_in, StatusCode::BAD_REQUEST, Some(&problem)).await
        }
    }
}

async fn register(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
    site: &RelyingParty,
) -> Result<String, Error> {
    let typed: Typed = request.body()?;
    let answered: Answered = read_body_with_tokens(&request.headers, &request.body)?;
    let name = passkey::name(&typed.name.unwrap_or_default())?;
    let answer = RegistrationAnswer {
        client_data: decoded(answered.client_data.as_deref())?,
        authenticator_data: decoded(answered.authenticator_data.as_deref())?,
    };
    let (kept, _) = session_cookie(&request.headers).ok_or(Error::SignedOut)?;
    let challenge = site.challenge_of_registration(&answer).map_err(rejected)?;
    let challenge = PasskeyChallenge::resume(Purpose::Registration, kept, &challenge, request.now);
    let challenge = challenge.map_err(not_started)?;
    let user = answered.user.unwrap_or_default();
    let new = site.registered(&answer).map_err(rejected)?;
    // Refused before the challenge is used up, so that the browser can answer it with another passkey.
    with(request, signed_in, &new, &user, &name, &challenge.user(kept)).await?;
    if !has(request, &budget::passkey_challenge_once(&challenge)).await? {
        return Err(Error::bad_field("passkey", "This form was used already. Try again."));
    }
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let (before, after) = with(request, signed_in, &new, &user, &name, &challenge.user(kept)).await?;
        let Some(passkey) = after.find(&new.id).cloned() else { return Err(already_registered()) };
        let change = Change { kind: names::PASSKEY_ADDED, what: "registered", passkey: &passkey };
        if change.commit(request, signed_in, &attempts, before, after).await? {
            return Ok(name);
        }
    }
}

/// The passkeys of the address, without and with a new one.
///
/// Errors: [`Error::BadField`] if there are too many, it is registered already, or its user handle was not given.
async fn with(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
    new: &NewCredential,
    user: &str,
    name: &str,
    first_user: &str,
) -> Result<(Option<Passkeys>, Passkeys), Error> {
    let (app, email) = (&request.app, &signed_in.session.email);
    let before = readable(app, email).await?;
    let is_given = |passkey: &Passkey| passkey.user == user;
    let known = before.as_ref().is_some_and(|before| before.passkeys.iter().any(is_given));
    if !known && user != first_user {
        return Err(rejected(Rejected::OtherQuestion));
    }
    // An entry of the same address is one that the removal of an unreadable record has left.
    let owner = app.store.passkey_owner(&new.id).await?;
    if owner.is_some_and(|owner| owner.key() != email.key()) {
        return Err(already_registered());
    }
    let passkey = Passkey {
        credential: new.id.clone(),
        user: user.to_owned(),
        algorithm: new.algorithm,
        key: new.key.clone(),
        name: name.to_owned(),
        created: request.now,
        last_used: None,
        counter: new.counter,
        unknown: Map::new(),
    };
    let after = Passkeys::with(before.as_ref(), email, passkey, entropy().next_u64())?;
    Ok((before, after))
}

/// `GET /console/passkeys/{passkey}`
pub async fn ask_remove_passkey(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    if request.app.ways.passkeys.is_none() {
        return Err(Error::NoRoute);
    }
    if signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again_outside(request, signed_in, StatusCode::OK));
    }
    let Some((passkeys, passkey)) = in_path(request, signed_in).await? else {
        return Ok(Reply::see_other(KeptForm::SESSIONS));
    };
    let is_last = passkeys.passkeys.len() == 1;
    Ok(Reply::page(StatusCode::OK, pages::passkeys::remove(signed_in, &passkey, is_last)))
}

/// `POST /console/passkeys/{passkey}`: removes a passkey of the address.
pub async fn remove_passkey(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    if request.app.ways.passkeys.is_none() {
        return Err(Error::NoRoute);
    }
    if signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again_outside(request, signed_in, StatusCode::FORBIDDEN));
    }
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        // It was removed by another browser, or the form was submitted again: as wanted.
        let Some((before, passkey)) = in_path(request, signed_in).await? else {
            return Ok(Reply::see_other(KeptForm::SESSIONS));
        };
        let after = before.without(&passkey.credential);
        let change = Change { kind: names::PASSKEY_REMOVED, what: "removed", passkey: &passkey };
        match change.commit(request, signed_in, &attempts, Some(before), after).await {
            Ok(true) => {
                let told = format!("The passkey {} is removed.", flash::named(&passkey.name));
                return Ok(flash::done(KeptForm::SESSIONS, &told));
            }
            Ok(false) => {}
            Err(error @ Error::BadField { .. }) => {
                let problem = mistake(error)?;
                return sessions_page(request, signed_in, StatusCode::BAD_REQUEST, Some(&problem)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The passkeys of the address, and the one in the path. None if they cannot be read, which the page of sessions says.
async fn in_path(
    request: &ApiRequest,
    signed_in: &ConsoleSession,
) -> Result<Option<(Passkeys, Passkey)>, Error> {
    let found = request.app.store.found_passkeys(&signed_in.session.email).await?;
    let Some(Ok(found)) = found else { return Ok(None) };
    let id = request.text("passkey");
    let passkey = found.passkeys.iter().find(|passkey| passkey.credential.short() == id).cloned();
    Ok(passkey.map(|passkey| (found, passkey)))
}

/// A change of one passkey.
struct Change<'a> {
    kind: EventKind,
    /// The verb of its event.
    what: &'a str,
    passkey: &'a Passkey,
}

impl Change<'_> {
    /// Stores it with its events, in every project of the address, and mails the address. False after a conflict.
    async fn commit(
        &self,
        request: &ApiRequest,
        signed_in: &ConsoleSession,
        attempts: &Attempts,
        before: Option<Passkeys>,
        after: Passkeys,
    ) -> Result<bool, Error> {
        let email = &signed_in.session.email;
        let projects = own_projects(request, signed_in).await?.open;
        if projects.is_empty() {
            return Err(Error::bad_field("passkey", pages::passkeys::NO_MEMBER));
        }
        let mut params = Map::from_iter([
            ("email".to_owned(), json!(email)),
            ("passkey".to_owned(), self.passkey.named()),
        ]);
        if self.kind == names::PASSKEY_REMOVED {
            params.insert("left".to_owned(), json!(after.passkeys.len()));
        }
        let message = format!("{email} {} the passkey \"{}\"", self.what, self.passkey.name);
        let mut events = told_in(request, email, &projects, self.kind, &message, &params).await?;
        let rest = events.split_off(TOLD_AT_ONCE.min(events.len()));
        let left = after.passkeys.len();
        let writes = vec![
            Write::RequireSession(signed_in.session.id.clone()),
            Write::ChangePasskeys { before, after },
        ];
        let commit = Commit { writes, events };
        match request.app.commit_by(attempts, &commit).await {
            Ok(Outcome::Stored) => {}
            Ok(Outcome::Conflict(_)) => return attempts.after_conflict().await.map(|()| false),
            Err(Error::CallerChanged) => return Err(Error::SignedOut),
            Err(error) => return Err(error),
        }
        for event in rest {
            request.app.store.append(&event, 1).await?;
        }
        self.mail(request, signed_in, left).await;
        Ok(true)
    }

    async fn mail(&self, request: &ApiRequest, signed_in: &ConsoleSession, left: usize) {
        let change = if self.kind == names::PASSKEY_ADDED {
            PasskeyChange::Added
        } else {
            PasskeyChange::Removed { left }
        };
        let notice = Notice::Passkey(PasskeyMail {
            change,
            name: Some(self.passkey.name.clone()),
            when: request.now.for_people(),
            address: request.remote_addr(),
        });
        let (app, to, now) = (Arc::clone(&request.app), signed_in.session.email.clone(), request.now);
        let tell = async move { notices::notify(&app, &to, vec![notice], now).await };
        request.app.outgoing.tell(tell).await;
    }
}

/// Decodes a field of an answer. Errors: [`Error::BadField`].
fn decoded(field: Option<&str>) -> Result<Vec<u8>, Error> {
    let field = field.filter(|field| !field.is_empty());
    let field = field.ok_or_else(|| Error::bad_field("passkey", "A passkey needs JavaScript."))?;
    URL_SAFE_NO_PAD.decode(field).map_err(|_| rejected(Rejected::Malformed("it is not base64url")))
}

fn rejected(why: Rejected) -> Error {
    Error::bad_field("passkey", format!("{why}."))
}

fn not_started(why: NotStarted) -> Error {
    Error::bad_field(
        "passkey",
        match why {
            NotStarted::Elsewhere => "This form was shown in another browser or session. Try again.",
            NotStarted::Expired => "This took too long: a form has ten minutes. Try again.",
        },
    )
}
