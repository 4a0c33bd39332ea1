//! Signing in: a link and a code, mailed to a member, for the browser that asked.

use std::{iter, sync::Arc};

use http::{StatusCode, header};
use jeton_core::{
    Error,
    budget::{self, Spend},
    email::Email,
    event::{
        Event,
        names::{self, EventKind},
    },
    event_context::{Actor, Context, EventContext},
    id::ProjectId,
    idempotency::IdempotencyKey,
    member::{Member, Membership},
    project::Project,
    secret::{self, Code, Label, PlainSecret, SecretHash},
    session::{self, SIGN_IN_SECONDS, Session},
    share::{AttemptId, Closed, MAX_ATTEMPTS, NewShare, Offer, Sender, SentBy, Share, ShareId, State},
    store::{Commit, Write},
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, json};
use tokio::sync::oneshot;

use crate::{
    app::{App, Outcome},
    clock::entropy,
    console::kept_form::KeptForm,
    console::operation::sign_in_end::{event, lock, sign_in_event},
    console::page as pages,
    console::session::{self as console_session, BROWSER, KNOWN, SESSION},
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    limits::throttle,
    mail::{self, Mail, SignInMail},
    operation::pickup,
    retry::{Attempts, RetryPolicy},
    wire::lenient,
};

/// How many projects a sign-in is told in by the commit that makes the session: a transaction has room for
/// so many. Further ones are told right after it.
pub const TOLD_AT_ONCE: usize = 40;

#[derive(Debug, Default, Deserialize)]
struct Ask {
    #[serde(default, deserialize_with = "lenient::string")]
    email: Option<String>,
    /// The page that the sign-in leads to, and what was typed into its form.
    #[serde(default, deserialize_with = "lenient::string")]
    then: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    fields: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::string")]
    secret: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    code: Option<String>,
}

/// `POST /console/sign-in`: mails a sign-in to a member, and says the same to everyone.
pub async fn ask(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    let asked: Ask = request.body()?;
    let then = asked.then.as_deref().unwrap_or_default();
    let form = KeptForm::parse(then, asked.fields.as_deref().unwrap_or_default());
    let Some(email) = Email::parse(asked.email.unwrap_or_default().trim()) else {
        return Ok(Reply::page(StatusCode::BAD_REQUEST, pages::sign_in::no_address(&form_key())));
    };
    // A form that is sent twice at once comes twice from the same browser.
    let browser = match (cookie(&request.headers, BROWSER, is_secret), &request.keyed) {
        (Some(kept), _) => PlainSecret::new(kept.to_owned()),
        (None, Some(keyed)) => keyed.browser(),
        (None, None) => secret::mint_link_secret(&mut entropy()),
    };
    if is_first(request, &email).await? {
        mail(request, &email, &browser).await?;
    }
    let page = Reply::page(StatusCode::OK, pages::sign_in::mailed(email.as_str()));
    let form = form.map_or_else(KeptForm::forget, |form| form.keep());
    let page = page.with(header::SET_COOKIE, form);
    Ok(page.with(header::SET_COOKIE, keep(BROWSER, browser.expose(), SIGN_IN_SECONDS)))
}

/// Whether a form is sent for the first time: a page that is loaded again sends the same one.
async fn is_first(request: &ApiRequest, email: &Email) -> Result<bool, Error> {
    let Some(keyed) = &request.keyed else { return Ok(true) };
    let once = budget::sign_in_form(&keyed.id(), email, request.now);
    match request.app.budgets().spend(&once, request.now, Error::TooManyMails).await {
        Ok(()) => Ok(true),
        Err(Error::TooManyMails(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The key of a form that asks for a sign-in.
pub fn form_key() -> IdempotencyKey {
    IdempotencyKey::random(&mut entropy())
}

/// `GET /console/sign-in/{share}`: the same static page for every id. Reading it changes nothing.
pub async fn page(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::page(StatusCode::OK, pages::sign_in::code()))
}

/// `POST /console/sign-in/{share}`: with secret and code, in the browser that asked, begins a session.
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

/// Mails a sign-in to an address if it is a member's, at the address that is on file.
///
/// What is asked of the store before the answer is the same for every address. The rest is done beside the answer, which
/// comes after the same time for everyone, however long the mail takes.
async fn mail(request: &ApiRequest, email: &Email, browser: &PlainSecret) -> Result<(), Error> {
    let may = may_be_mailed(request, email).await?;
    let projects = request.app.store.projects_of(email).await?;
    let (outcome, told) = oneshot::channel();
    if let Some(project) = projects.first().copied() {
        let asked = Asked {
            app: Arc::clone(&request.app),
            context: request.context.clone(),
            now: request.now,
            email: email.clone(),
            project,
            browser: SecretHash::of(Label::Browser, &[browser.expose()]),
        };
        request.app.outgoing.spawn(async move {
            let stored = if may { asked.store().await } else { asked.tell_used_up().await.map(|()| None) };
            let mail = match stored {
                Ok(mail) => mail,
                Err(error) => {
                    tracing::error!(%error, "a sign-in that a member asked for was not stored");
                    // Nobody waits for it any more when it took too long.
                    drop(outcome.send(error));
                    return;
                }
            };
            if let Some((share, mail)) = mail
                && let Err(error) = asked.send(&share, &mail).await
            {
                tracing::error!(%error, "that the mail of a sign-in was not sent could not be stored");
            }
        });
    } else {
        drop(outcome);
    }
    request.app.outgoing.same_time().await;
    let mut told = told;
    told.try_recv().map_or(Ok(()), Err)
}

/// Whether there is a mail left for who asks. What strangers use up leaves a browser that has signed in with this address
/// before its reserve.
async fn may_be_mailed(request: &ApiRequest, email: &Email) -> Result<bool, Error> {
    let source = request.context.remote_addr.as_deref().and_then(throttle::source);
    if has(request, &budget::sign_in_mail(source, email, request.now)).await? {
        return Ok(true);
    }
    let Some(kept) = cookie(&request.headers, KNOWN, is_secret) else { return Ok(false) };
    let known = !has(request, &budget::unknown_browser(kept, email, request.now)).await?;
    Ok(known && has(request, &budget::known_browser_mail(kept, email, request.now)).await?)
}

/// Takes this out of the budgets, if there is as much.
async fn has(request: &ApiRequest, budgets: &[Spend]) -> Result<bool, Error> {
    match request.app.budgets().spend(budgets, request.now, Error::TooManyMails).await {
        Ok(()) => Ok(true),
        Err(Error::TooManyMails(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the browser known for an address, and gives what it is to keep. When that fails, it is a stranger the next time.
async fn know_browser(request: &ApiRequest, email: &Email) -> PlainSecret {
    let kept = match cookie(&request.headers, KNOWN, is_secret) {
        Some(kept) => PlainSecret::new(kept.to_owned()),
        None => secret::mint_link_secret(&mut entropy()),
    };
    if let Err(error) = has(request, &budget::know_browser(kept.expose(), email, request.now)).await {
        tracing::warn!(%error, "that a browser has signed in could not be remembered");
    }
    kept
}

/// A sign-in that a member asked for.
struct Asked {
    app: Arc<App>,
    context: Context,
    now: Timestamp,
    email: Email,
    project: ProjectId,
    browser: SecretHash,
}

impl Asked {
    /// The member who asked, with their project: that of the sign-in, or the next one in which they can be read.
    async fn member(&self) -> Result<Option<(Member, Project)>, Error> {
        let store = &self.app.store;
        let others = store.projects_of(&self.email).await?.into_iter().filter(|id| *id != self.project);
        for id in iter::once(self.project).chain(others) {
            if let Some(Membership::Member(member)) = store.membership(id, &self.email).await?
                && let Some(project) = store.project(id).await?
            {
                return Ok(Some((member, project)));
            }
        }
        Ok(None)
    }

    /// Stores it, and gives it with its mail; none when the address is no member's by now.
    async fn store(&self) -> Result<Option<(Share, Mail)>, Error> {
        let Some((member, project)) = self.member().await? else { return Ok(None) };
        let new = NewShare {
            project: project.id,
            project_name: project.name,
            offer: Offer::SignIn,
            recipient: member.email,
            sender: Sender {
                by: SentBy::Jeton,
                name: "Jeton".to_owned(),
                email: None,
                credential: None,
                secret: None,
                token: None,
            },
            seconds: SIGN_IN_SECONDS,
        };
        let (share, secrets) = new.open(ShareId::random(&mut entropy()), self.now, &mut entropy());
        let share = Share { browser: Some(self.browser), ..share };
        let mailed = self.event(&share.recipient, names::SIGN_IN_MAILED, "mailed");
        let commit = Commit { writes: vec![Write::InsertShare(share.clone())], events: vec![mailed] };
        if let Outcome::Conflict(_) = self.app.commit(&commit).await? {
            return Err(Error::Unavailable("the id of a sign-in was taken".to_owned()));
        }
        let url = &self.app.public_url;
        let mail = mail::sign_in_mail(&SignInMail {
            to: share.recipient.to_string(),
            link: format!("{url}/console/sign-in/{}#{}", share.id, secrets.link.expose()),
            code: secrets.code.expose().to_owned(),
            expires: share.expires.for_people(),
        });
        Ok(Some((share, mail)))
    }

    /// Mails it. What does not leave ends the sign-in, and is told in the history.
    async fn send(&self, share: &Share, mail: &Mail) -> Result<(), Error> {
        let Err(error) = self.app.mail(mail).await else { return Ok(()) };
        tracing::warn!(%error, "the mail of a sign-in was not sent");
        let event = self.event(&share.recipient, names::SIGN_IN_REFUSED, "the mail could not be sent");
        let writes = vec![Write::EndShare(share.ended(State::Withdrawn(self.app.clock.now())))];
        // When it has come to its end in another way there is nothing left to end.
        self.app.commit(&Commit { writes, events: vec![event] }).await?;
        Ok(())
    }

    /// Tells in the history, once an hour, that no more sign-ins are mailed to the member.
    async fn tell_used_up(&self) -> Result<(), Error> {
        let once = budget::sign_ins_used_up(&self.email, self.now);
        match self.app.budgets().spend(&once, self.now, Error::TooManyMails).await {
            Ok(()) => {
                tracing::warn!(project = %self.project, "a sign-in was not mailed: too many were asked for");
                let what = "too many were asked for within this hour, no mail was sent";
                let event = self.event(&self.email, names::SIGN_IN_REFUSED, what);
                Ok(self.app.store.append(&event, 1).await?)
            }
            Err(Error::TooManyMails(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn event(&self, recipient: &Email, kind: EventKind, what: &str) -> Event {
        let event_context = self.app.event_context(self.now, Actor::Jeton);
        let event_context = EventContext { context: self.context.clone(), ..event_context };
        sign_in_event(&event_context, self.project, recipient, kind, what)
    }
}

/// Begins a session, and gives what its browser keeps: of the session, and of having signed in.
async fn sign_in(request: &ApiRequest) -> Result<(PlainSecret, PlainSecret), Error> {
    let id = ShareId::parse(request.text("share")).ok_or(Error::ShareNotFound)?;
    let answer: Answer = request.body()?;
    let link = answer.secret.unwrap_or_default();
    let code = Code::parse(&answer.code.unwrap_or_default())
        .ok_or_else(|| Error::bad_field("code", "The code has six digits; this was not counted."))?;
    let store = &request.app.store;
    let share = store.share(&id).await?.filter(|share| share.offer == Offer::SignIn);
    let share = share.ok_or(Error::ShareNotFound)?;
    share.opened_by(&link)?;
    if let Some(closed) = share.closed(request.now) {
        return Err(Error::ShareClosed(closed));
    }
    let browser = cookie(&request.headers, BROWSER, is_secret).unwrap_or_default();
    let asked = share.browser.is_some_and(|of| of.matches(&SecretHash::of(Label::Browser, &[browser])));
    if !asked {
        return Err(Error::SignedOut);
    }
    let attempt = share.attempt(&link, &code);
    if store.reserve_attempt(&id, &attempt).await?.is_none() {
        return Err(pickup::late(request, &id).await?);
    }
    if !share.code_is(&link, &code) {
        return Err(Error::WrongCode { left: refuse(request, &share, &attempt).await? });
    }
    let kept = begin(request, &share).await?;
    Ok((kept, know_browser(request, &share.recipient).await))
}

/// Remembers a wrong code, and tells how many more may be wrong. The last one locks the sign-in.
async fn refuse(request: &ApiRequest, share: &Share, attempt: &AttemptId) -> Result<u8, Error> {
    let refused = request.app.store.refuse_attempt(&share.id, attempt).await?.unwrap_or(MAX_ATTEMPTS);
    let left = MAX_ATTEMPTS.saturating_sub(refused);
    if left > 0 {
        let event = event(request, share, names::SIGN_IN_REFUSED, "wrong code");
        request.app.store.append(&event, 1).await?;
    } else {
        lock(request, share).await?;
    }
    Ok(left)
}

/// Stores the session. One conditional write decides who gets it. A session that this browser had ends.
async fn begin(request: &ApiRequest, share: &Share) -> Result<PlainSecret, Error> {
    let store = &request.app.store;
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let projects = store.projects_of(&share.recipient).await?;
        if projects.is_empty() {
            return Err(Error::ShareClosed(Closed::Ended));
        }
        let browser = request.context.http_user_agent.clone();
        let (session, kept) = Session::open(share.recipient.clone(), browser, request.now, &mut entropy());
        let mut writes = vec![
            Write::EndShare(share.ended(State::Used(request.now))),
            Write::InsertSession(session.clone()),
        ];
        writes.extend(earlier(request).await?.map(Write::RemoveSession));
        let mut events: Vec<_> = told(request, &session, &projects, names::MEMBER_SIGNED_IN).await?;
        let later = events.split_off(TOLD_AT_ONCE.min(events.len()));
        match request.app.commit_by(&attempts, &Commit { writes, events }).await? {
            Outcome::Stored => {
                for event in later {
                    store.append(&event, 1).await?;
                }
                return Ok(kept);
            }
            Outcome::Conflict(Some(Write::EndShare(_))) => return Err(Error::used(request.now)),
            Outcome::Conflict(_) => attempts.after_conflict().await?,
        }
    }
}

/// Whether this browser has been signed in as whom the link is for, as by another mail that was asked for with this one.
async fn is_signed_in(request: &ApiRequest) -> Result<bool, Error> {
    let Some(session) = earlier(request).await? else { return Ok(false) };
    let Some(id) = ShareId::parse(request.text("share")) else { return Ok(false) };
    let share = request.app.store.share(&id).await?;
    Ok(share.is_some_and(|share| share.recipient == session.email))
}

/// The session that this browser had before.
async fn earlier(request: &ApiRequest) -> Result<Option<Session>, Error> {
    let Some((kept, id)) = console_session::session_cookie(&request.headers) else { return Ok(None) };
    let session = request.app.store.session(&id).await?;
    Ok(session.filter(|session| session.authenticate(kept, request.now).is_ok()))
}

/// What tells of the beginning or end of a session, in each of these projects.
pub async fn told(
    request: &ApiRequest,
    session: &Session,
    projects: &[ProjectId],
    kind: EventKind,
) -> Result<Vec<Event>, Error> {
    let what = if kind == names::MEMBER_SIGNED_IN { "signed in" } else { "signed out" };
    let mut events = Vec::new();
    for project in projects {
        // The author of what somebody does in a project is their master token.
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

fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}
