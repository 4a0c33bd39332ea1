//! Signing in: the link and the code of a mail create a session, in the browser that requested them. So does the identity
//! provider, in `sign_in_provider.rs`.

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
    passkey::Passkey,
    secret::{self, Code, Label, PlainSecret, SecretHash},
    session::{self, Session},
    share::{Offer, Share},
    store::{Commit, Write},
    time::Timestamp,
};
use maud::Markup;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::sign_in_ask::{form_key, has, is_secret, not_by_mail};
use crate::{
    clock::entropy,
    console::kept_form::KeptForm,
    console::page::{self as pages, sign_in_failed::Retry},
    console::session::{self as console_session, BROWSER, KNOWN, SESSION},
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    operation::{
        offer::{
            availability::{ENDED, require_not_ended},
            redeem::{id_in_path, opened, taken, try_code, try_take},
        },
        passkeys::readable,
    },
    page::words,
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
pub async fn page(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, pages::sign_in::code(&request.app.brand)))
}

/// `POST /console/sign-in/{share}`: creates a session, with the secret and the code, in the browser that requested
/// them.
pub async fn answer(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    if !request.app.ways.mail {
        return Ok(not_by_mail(request));
    }
    match sign_in(request).await {
        Ok((email, kept, known)) => {
            let known = keep(KNOWN, known.expose(), budget::KNOWN_BROWSER_DAYS * 86_400);
            Ok(signed_in_reply(request, &email, &kept).with(header::SET_COOKIE, known))
        }
        Err(error @ (Error::Unavailable(_) | Error::Internal(_) | Error::CrossSite)) => Err(error),
        Err(Error::SignedOut) if is_signed_in(request).await? => {
            Ok(Reply::page(StatusCode::CONFLICT, pages::sign_in::already(&request.app.brand, true)))
        }
        Err(error) => {
            let problem = crate::http::problem(&error);
            let page = retrying(request, |retry| pages::sign_in::problem(retry, &error, &problem.message));
            Ok(Reply::page(problem.status, page))
        }
    }
}

/// Leads back to the form that waits, or to the tokens, with the cookie of a new session. A form of somebody else is forgotten.
pub(super) fn signed_in_reply(request: &ApiRequest, email: &Email, kept: &PlainSecret) -> Reply {
    let form = KeptForm::of(request);
    let own = form.as_ref().filter(|form| form.is_for(email));
    let back = own.map_or_else(|| "/console".to_owned(), KeptForm::address);
    let reply = Reply::see_other(&back)
        .with(header::SET_COOKIE, keep(SESSION, kept.expose(), session::SECONDS))
        .with(header::SET_COOKIE, keep(BROWSER, "", 0));
    if form.is_some() && own.is_none() { reply.with(header::SET_COOKIE, KeptForm::forget()) } else { reply }
}

/// The page of a sign-in that failed. The next one leads to the page that this one was for.
pub(super) fn retrying(request: &ApiRequest, page: impl FnOnce(&Retry) -> Markup) -> Markup {
    let (brand, ways) = (&request.app.brand, &request.app.ways);
    page(&Retry { brand, ways, key: &form_key(), back: KeptForm::of(request).as_ref() })
}

/// Creates a session, and returns its address and cookies.
async fn sign_in(request: &ApiRequest) -> Result<(Email, PlainSecret, PlainSecret), Error> {
    let id = id_in_path(request)?;
    let answer: Answer = request.body()?;
    let link = answer.secret.unwrap_or_default();
    let code = Code::parse(&answer.code.unwrap_or_default())
        .ok_or_else(|| Error::bad_field("code", words::NOT_SIX_DIGITS))?;
    let share = opened(request, &id, &link, |offer| *offer == Offer::SignIn).await?;
    require_not_ended(&share, request.now)?;
    let browser = cookie(&request.headers, BROWSER, is_secret).unwrap_or_default();
    let asked = share.browser.is_some_and(|of| of.matches(&SecretHash::of(Label::Browser, &[browser])));
    if !asked {
        return Err(Error::SignedOut);
    }
    try_code(request, &share, &link, &code).await?;
    let kept = begin(request, &share).await?;
    let known = know_browser(request, &share.recipient).await;
    Ok((share.recipient, kept, known))
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

/// Stores the session by a conditional write, so that a sign-in is used once.
async fn begin(request: &ApiRequest, share: &Share) -> Result<PlainSecret, Error> {
    let opened = Opened { email: share.recipient.clone(), way: Way::Mail, authenticated: None };
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        // A link that was mailed before the address got a passkey.
        if readable(&request.app, &share.recipient).await?.is_some() {
            let message =
                "This address has a passkey by now, so no link signs it in. Sign in with the passkey.";
            return Err(Error::bad_field(pages::sign_in::HAS_PASSKEY, message));
        }
        let writes = vec![taken(request, share), Write::RequireNoPasskeys(share.recipient.clone())];
        let session = opened.session(request, writes).await?;
        let NewSession { commit, rest, kept } = session.ok_or(ENDED)?;
        if try_take(request, &attempts, share, &commit).await? {
            for event in rest {
                request.app.store.append(&event, 1).await?;
            }
            return Ok(kept);
        }
    }
}

/// How somebody signed in, as the event says it.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// With the link and the code of a mail.
    Mail,
    /// With the identity provider that is this issuer.
    Provider(&'a str),
    /// With this passkey.
    Passkey(&'a Passkey),
}

/// A member who has signed in, before their session is stored.
pub(super) struct Opened<'a> {
    pub(super) email: Email,
    pub(super) way: Way<'a>,
    /// When they entered their credentials at the identity provider, if it says so.
    pub(super) authenticated: Option<Timestamp>,
}

/// A session to store.
pub(super) struct NewSession {
    pub(super) commit: Commit,
    /// Events beyond those of the commit, to append after it.
    pub(super) rest: Vec<Event>,
    /// The cookie.
    pub(super) kept: PlainSecret,
}

impl Opened<'_> {
    /// The session, with the writes that belong to it; `None` if the address is no member's. The previous session of the browser
    /// ends.
    pub(super) async fn session(
        &self,
        request: &ApiRequest,
        mut writes: Vec<Write>,
    ) -> Result<Option<NewSession>, Error> {
        let projects = request.app.store.projects_of(&self.email).await?;
        if projects.is_empty() {
            return Ok(None);
        }
        let browser = request.context().http_user_agent;
        let address = request.remote_addr();
        let (session, kept) =
            Session::open(self.email.clone(), browser, address, request.now, &mut entropy());
        let session = Session { authenticated: self.authenticated, ..session };
        writes.push(Write::InsertSession(session.clone()));
        writes.extend(earlier(request).await?.map(Write::RemoveSession));
        let mut events = told(request, &session, &projects, names::MEMBER_SIGNED_IN).await?;
        for event in &mut events {
            let (by, with) = match self.way {
                Way::Mail => ("mail", None),
                Way::Provider(issuer) => ("oidc", Some(("issuer", json!(issuer)))),
                Way::Passkey(passkey) => ("passkey", Some(("passkey", passkey.named()))),
            };
            event.params.insert("by".to_owned(), json!(by));
            event.params.extend(with.map(|(name, value)| (name.to_owned(), value)));
        }
        let rest = events.split_off(TOLD_AT_ONCE.min(events.len()));
        Ok(Some(NewSession { commit: Commit { writes, events }, rest, kept }))
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
pub(super) async fn earlier(request: &ApiRequest) -> Result<Option<Session>, Error> {
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
    let params = Map::from_iter([("session".to_owned(), json!(session.id))]);
    let message = format!("{} {what}", session.email);
    told_in(request, &session.email, projects, kind, &message, &params).await
}

/// The events of a change of an address, one per project.
pub(super) async fn told_in(
    request: &ApiRequest,
    email: &Email,
    projects: &[ProjectId],
    kind: EventKind,
    message: &str,
    params: &Map<String, Value>,
) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for project in projects {
        // The actor of a member's events in a project is their master token.
        let member = request.app.store.membership(*project, email).await?;
        let actor = match member {
            Some(Membership::Member(member)) => {
                Actor::Token { id: member.master, name: member.email.to_string(), copy: None }
            }
            _ => Actor::Jeton,
        };
        let context = request.event_context(actor);
        events.push(context.event_in(*project, kind, message.to_owned(), params.clone()));
    }
    Ok(events)
}
