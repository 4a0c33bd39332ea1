//! Signing in: the link and the code of a mail create a session, in the browser that requested them.

use http::{StatusCode, header};
use jeton_api::lenient;
use jeton_core::{
    Error, budget,
    email::Email,
    event::{
        Event,
        names::{self, EventKind},
    },
    event_context::Actor,
    id::ProjectId,
    member::Membership,
    secret::{self, Code, Label, PlainSecret, SecretHash},
    session::{self, Session},
    share::{Offer, Share},
    store::{Commit, Write},
};
use serde::Deserialize;
use serde_json::{Map, json};

use super::sign_in_ask::{form_key, has, is_secret};
use crate::{
    clock::entropy,
    console::kept_form::KeptForm,
    console::page as pages,
    console::session::{self as console_session, BROWSER, KNOWN, SESSION},
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    operation::offer::{
        availability::{ENDED, require_not_ended},
        redeem::{id_in_path, opened, taken, try_code, try_take},
    },
    retry::{Attempts, RetryPolicy},
};

/// The most projects whose events are in the commit of the session, because a transaction is limited. The events of
/// further projects are stored right after it.
pub const TOLD_AT_ONCE: usize = 40;

#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::string")]
    secret: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    code: Option<String>,
}

/// `GET /console/sign-in/{share}`: the same static page for every id. Reading it changes nothing.
pub async fn page(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, pages::sign_in::code()))
}

/// `POST /console/sign-in/{share}`: creates a session, with the secret and the code, in the browser that requested
/// them.
pub async fn answer(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    match sign_in(request).await {
        Ok((kept, known)) => {
            let known = keep(KNOWN, known.expose(), budget::KNOWN_BROWSER_DAYS * 86_400);
            Ok(Reply::see_other(KeptForm::of(request).as_ref().map_or("/console", |form| &form.path))
                .with(header::SET_COOKIE, keep(SESSION, kept.expose(), session::SECONDS))
                .with(header::SET_COOKIE, keep(BROWSER, "", 0))
                .with(header::SET_COOKIE, known))
        }
        Err(error @ (Error::Unavailable(_) | Error::Internal(_) | Error::CrossSite)) => Err(error),
        Err(Error::SignedOut) if is_signed_in(request).await? => {
            Ok(Reply::page(StatusCode::CONFLICT, pages::sign_in::already()))
        }
        Err(error) => {
            let problem = crate::http::problem(&error);
            Ok(Reply::page(problem.status, pages::sign_in::problem(&error, &problem.message, &form_key())))
        }
    }
}

/// Creates a session, and returns its cookies.
async fn sign_in(request: &ApiRequest) -> Result<(PlainSecret, PlainSecret), Error> {
    let id = id_in_path(request)?;
    let answer: Answer = request.body()?;
    let link = answer.secret.unwrap_or_default();
    let code = Code::parse(&answer.code.unwrap_or_default())
        .ok_or_else(|| Error::bad_field("code", "The code has six digits; this was not counted."))?;
    let share = opened(request, &id, &link, |offer| *offer == Offer::SignIn).await?;
    require_not_ended(&share, request.now)?;
    let browser = cookie(&request.headers, BROWSER, is_secret).unwrap_or_default();
    let asked = share.browser.is_some_and(|of| of.matches(&SecretHash::of(Label::Browser, &[browser])));
    if !asked {
        return Err(Error::SignedOut);
    }
    try_code(request, &share, &link, &code).await?;
    let kept = begin(request, &share).await?;
    Ok((kept, know_browser(request, &share.recipient).await))
}

/// Marks the browser as known for an address, and returns its cookie. If that fails, the browser is unknown the next
/// time.
async fn know_browser(request: &ApiRequest, email: &Email) -> PlainSecret {
    let kept = match cookie(&request.headers, KNOWN, is_secret) {
        Some(kept) => PlainSecret::new(kept.to_owned()),
        None => secret::mint_link_secret(&mut entropy()),
    };
    if let Err(error) = has(request, &budget::know_browser(kept.expose(), email, request.now)).await {
        tracing::warn!(%error, "failed to remember a browser that signed in");
    }
    kept
}

/// Stores the session by a conditional write, so that a sign-in is used once. The previous session of the browser ends.
async fn begin(request: &ApiRequest, share: &Share) -> Result<PlainSecret, Error> {
    let store = &request.app.store;
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let projects = store.projects_of(&share.recipient).await?;
        if projects.is_empty() {
            return Err(ENDED);
        }
        let browser = request.context().http_user_agent;
        let address = request.remote_addr();
        let (session, kept) =
            Session::open(share.recipient.clone(), browser, address, request.now, &mut entropy());
        let mut writes = vec![taken(request, share), Write::InsertSession(session.clone())];
        writes.extend(earlier(request).await?.map(Write::RemoveSession));
        let mut events: Vec<_> = told(request, &session, &projects, names::MEMBER_SIGNED_IN).await?;
        let rest = events.split_off(TOLD_AT_ONCE.min(events.len()));
        if try_take(request, &attempts, share, &Commit { writes, events }).await? {
            for event in rest {
                store.append(&event, 1).await?;
            }
            return Ok(kept);
        }
    }
}

/// Whether this browser is signed in already as the recipient of the link, for example by a second mail.
async fn is_signed_in(request: &ApiRequest) -> Result<bool, Error> {
    let Some(session) = earlier(request).await? else { return Ok(false) };
    let Ok(id) = id_in_path(request) else { return Ok(false) };
    let share = request.app.store.share(&id).await?;
    Ok(share.is_some_and(|share| share.recipient == session.email))
}

/// The previous session of this browser.
async fn earlier(request: &ApiRequest) -> Result<Option<Session>, Error> {
    let Some((kept, id)) = console_session::session_cookie(&request.headers) else { return Ok(None) };
    let session = request.app.store.session(&id).await?;
    Ok(session.filter(|session| session.authenticate(kept, request.now).is_ok()))
}

/// The events of the start or end of a session, one per project.
pub async fn told(
    request: &ApiRequest,
    session: &Session,
    projects: &[ProjectId],
    kind: EventKind,
) -> Result<Vec<Event>, Error> {
    let what = if kind == names::MEMBER_SIGNED_IN { "signed in" } else { "signed out" };
    let mut events = Vec::new();
    for project in projects {
        // The actor of a member's events in a project is their master token.
        let member = request.app.store.membership(*project, &session.email).await?;
        let actor = match member {
            Some(Membership::Member(member)) => {
                Actor::Token { id: member.master, name: member.email.to_string(), copy: None }
            }
            _ => Actor::Jeton,
        };
        let params = Map::from_iter([("session".to_owned(), json!(session.id))]);
        let message = format!("{} {what}", session.email);
        events.push(request.event_context(actor).event_in(*project, kind, message, params));
    }
    Ok(events)
}
