//! Requesting a sign-in: a link and a code, mailed to a member.

use std::{iter, sync::Arc};

use http::{StatusCode, header};
use jeton_api::lenient;
use jeton_core::{
    Error,
    budget::{self, Spend},
    email::Email,
    event::names,
    event_context::{Actor, Context, EventContext},
    id::ProjectId,
    idempotency::IdempotencyKey,
    member::{Member, Membership},
    project::Project,
    secret::{self, Label, PlainSecret, SecretHash},
    session::SIGN_IN_SECONDS,
    share::{NewShare, Offer, Sender, SentBy, Share, ShareId, ShareSecrets},
    store::{Commit, Write},
    time::Timestamp,
};
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::{
    app::App,
    clock::entropy,
    console::kept_form::KeptForm,
    console::page::{self as pages, sign_in_failed::Retry},
    console::session::{self as console_session, BROWSER, KNOWN},
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    limits::throttle,
    mail::{self, Mail, SignInMail},
    oidc::Provider,
    operation::offer::{
        close::sign_in_event,
        send::{self, Draft},
    },
    retry::{Attempts, RetryPolicy},
};

#[derive(Debug, Default, Deserialize)]
struct Ask {
    #[serde(default, deserialize_with = "lenient::string")]
    email: Option<String>,
    /// The page to return to, and the fields of its form.
    #[serde(default, deserialize_with = "lenient::string")]
    then: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    fields: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    author: Option<String>,
}

/// `POST /console/sign-in`: mails a sign-in to a member. The answer does not reveal whether the address is one of a
/// member.
pub async fn ask(request: &ApiRequest) -> Result<Reply, Error> {
    console_session::require_same_origin(request)?;
    if !request.app.ways.mail {
        return Ok(not_by_mail(request));
    }
    let asked: Ask = request.body()?;
    let then = asked.then.as_deref().unwrap_or_default();
    let form = KeptForm::parse(then, asked.fields.as_deref().unwrap_or_default());
    let form = form.map(|form| form.by_author(asked.author.as_deref()));
    let typed = asked.email.unwrap_or_default();
    let Some(email) = Email::parse(typed.trim()) else {
        let (brand, ways) = (&request.app.brand, &request.app.ways);
        let retry = Retry { brand, ways, key: &form_key(), back: form.as_ref() };
        return Ok(Reply::page(StatusCode::BAD_REQUEST, pages::sign_in::no_address(&retry, &typed)));
    };
    // A form that is submitted twice comes from the same browser.
    let browser = match (cookie(&request.headers, BROWSER, is_secret), &request.keyed) {
        (Some(kept), _) => PlainSecret::new(kept.to_owned()),
        (None, Some(keyed)) => keyed.browser(),
        (None, None) => secret::mint_link_secret(&mut entropy()),
    };
    if is_first(request, &email).await? {
        mail(request, &email, &browser).await?;
    }
    let page = Reply::page(
        StatusCode::OK,
        pages::sign_in::mailed(&request.app.brand, &request.app.ways, email.as_str()),
    );
    let form = form.map_or_else(KeptForm::forget, |form| form.keep());
    let page = page.with(header::SET_COOKIE, form);
    Ok(page.with(header::SET_COOKIE, keep(BROWSER, browser.expose(), SIGN_IN_SECONDS)))
}

/// The answer to a sign-in by mail where there is none, also to a link that was mailed before.
pub(super) fn not_by_mail(request: &ApiRequest) -> Reply {
    Reply::page(
        StatusCode::FORBIDDEN,
        pages::sign_in::not_by_mail(&request.app.brand, &request.app.ways, &form_key()),
    )
}

/// Whether a form is submitted for the first time. A reload submits it again.
async fn is_first(request: &ApiRequest, email: &Email) -> Result<bool, Error> {
    let Some(keyed) = &request.keyed else { return Ok(true) };
    has(request, &budget::sign_in_form(&keyed.id(), email, request.now)).await
}

/// The key of a sign-in form.
pub fn form_key() -> IdempotencyKey {
    IdempotencyKey::random(&mut entropy())
}

/// Mails a sign-in to the stored address of a member.
///
/// The store reads before the answer are the same for every address, and the rest runs in the background. So the
/// duration of the answer does not reveal whether the address is one of a member.
async fn mail(request: &ApiRequest, email: &Email, browser: &PlainSecret) -> Result<(), Error> {
    let may = may_be_mailed(request, email).await?;
    let projects = request.app.store.projects_of(email).await?;
    let (outcome, told) = oneshot::channel();
    if let Some(project) = projects.first().copied() {
        let asked = SignInRequest {
            app: Arc::clone(&request.app),
            context: request.context(),
            now: request.now,
            email: email.clone(),
            project,
            browser: SecretHash::of(Label::Browser, &[browser.expose()]),
        };
        request.app.outgoing.spawn(asked.answer(may, outcome));
    } else {
        drop(outcome);
    }
    request.app.outgoing.same_time().await;
    let mut told = told;
    told.try_recv().map_or(Ok(()), Err)
}

/// Charges the quotas of a sign-in. A known browser can use its reserve if others have used them up.
async fn may_be_mailed(request: &ApiRequest, email: &Email) -> Result<bool, Error> {
    let source = request.remote_addr().as_deref().and_then(throttle::source);
    if has(request, &budget::sign_in_mail(source, email, request.now)).await? {
        return Ok(true);
    }
    let Some(kept) = cookie(&request.headers, KNOWN, is_secret) else { return Ok(false) };
    let known = !has(request, &budget::unknown_browser(kept, email, request.now)).await?;
    Ok(known && has(request, &budget::known_browser_mail(kept, email, request.now)).await?)
}

/// Charges budgets, if they have enough left.
pub(super) async fn has(request: &ApiRequest, budgets: &[Spend]) -> Result<bool, Error> {
    match send::charge(&request.app, budgets, request.now).await {
        Ok(()) => Ok(true),
        Err(Error::TooManyMails(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A requested sign-in for the address of a member.
struct SignInRequest {
    app: Arc<App>,
    context: Context,
    now: Timestamp,
    email: Email,
    /// One of the member's projects, whose feed gets the event when the quota is used up.
    project: ProjectId,
    browser: SecretHash,
}

impl SignInRequest {
    /// Stores the sign-in and mails it, or stores the event that the quota is used up. `outcome` gets the error of the
    /// first step; the mail is sent in the background.
    async fn answer(self, may: bool, outcome: oneshot::Sender<Error>) {
        let stored = if may { self.store().await } else { self.tell_used_up().await.map(|()| None) };
        match stored {
            Ok(Some(Answer::UsePasskey { to, is_readable })) => {
                drop(outcome);
                self.mail_use_passkey(&to, is_readable).await;
            }
            Ok(Some(Answer::Link(draft, offered))) => {
                drop(outcome);
                let (share, secrets) = *offered;
                let mail = draft.mail(&share, &secrets);
                let sent = send::deliver(&self.app, &share, (&mail, None), &draft.event_context()).await;
                if let Err(error @ (Error::Unavailable(_) | Error::Conflict(_))) = sent {
                    tracing::error!(%error, "failed to record that the mail of a sign-in was not sent");
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "failed to store a sign-in");
                // After a timeout, nobody waits for it.
                drop(outcome.send(error));
            }
        }
    }

    /// Tells a member with a passkey that somebody asked.
    async fn mail_use_passkey(&self, to: &Email, is_readable: bool) {
        let (head, at) = (self.app.letterhead(), format!("{}/console", self.app.public_url));
        let provider = self.app.ways.provider.as_ref().map(Provider::name);
        let mail = if is_readable {
            mail::use_passkey_mail(&head, to.as_str(), &at, provider)
        } else {
            mail::unreadable_passkeys_mail(&head, to.as_str(), provider)
        };
        if let Err(error) = self.app.mail(&mail).await {
            tracing::error!(%error, "failed to mail that a sign-in needs a passkey");
        }
    }

    /// The member and their project: that of the sign-in, or the next one whose member record can be read.
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

    /// Stores it, unless the address has a passkey; none if the address is no member's any more. The mail is charged before the membership is checked, so
    /// that the answer is the same for every address.
    async fn store(&self) -> Result<Option<Answer<'_>>, Error> {
        let Some((member, project)) = self.member().await? else { return Ok(None) };
        if let Some(found) = self.app.store.found_passkeys(&member.email).await? {
            return Ok(Some(Answer::UsePasskey { to: member.email, is_readable: found.is_ok() }));
        }
        let (share, secrets) = NewShare {
            project: project.id,
            project_name: project.name,
            offer: Offer::SignIn,
            recipient: member.email,
            sender: Sender {
                by: SentBy::Jeton,
                name: "Jeton".to_owned(),
                email: None,
                credential: None,
                version: None,
                secret: None,
                token: None,
            },
            seconds: SIGN_IN_SECONDS,
        }
        .open(ShareId::random(&mut entropy()), self.now, &mut entropy());
        let share = Share { browser: Some(self.browser), ..share };
        let mut draft = SignInDraft { asked: self, attempts: Attempts::new(RetryPolicy::Backoff) };
        send::store(&self.app, &mut draft, &share, Vec::new()).await?;
        Ok(Some(Answer::Link(draft, Box::new((share, secrets)))))
    }

    /// Stores an event, once an hour, that the sign-in quota of the member is used up.
    async fn tell_used_up(&self) -> Result<(), Error> {
        let once = budget::sign_ins_used_up(&self.email, self.now);
        match send::charge(&self.app, &once, self.now).await {
            Ok(()) => {
                tracing::warn!(project = %self.project, "a sign-in was not mailed: the quota is used up");
                let what = "too many sign-ins within this hour, no mail was sent";
                let (context, kind) = (self.event_context(), names::SIGN_IN_REFUSED);
                let event = sign_in_event(&context, self.project, &self.email, kind, what);
                Ok(self.app.store.append(&event, 1).await?)
            }
            Err(Error::TooManyMails(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn event_context(&self) -> EventContext {
        let event_context = self.app.event_context(self.now, Actor::Jeton);
        EventContext { context: self.context.clone(), ..event_context }
    }
}

/// What a member is mailed.
enum Answer<'a> {
    /// A link and a code, which are stored.
    Link(SignInDraft<'a>, Box<(Share, ShareSecrets)>),
    /// That they sign in with their passkey, or that their passkeys cannot be read. Nothing is stored.
    UsePasskey {
        /// Their address.
        to: Email,
        /// Whether their passkeys can be read.
        is_readable: bool,
    },
}

/// A sign-in before it is stored.
struct SignInDraft<'a> {
    asked: &'a SignInRequest,
    attempts: Attempts,
}

impl Draft for SignInDraft<'_> {
    async fn look(&mut self, share: &Share) -> Result<Commit, Error> {
        let (context, kind) = (self.event_context(), names::SIGN_IN_MAILED);
        let mailed = sign_in_event(&context, share.project, &share.recipient, kind, "mailed");
        Ok(Commit { writes: vec![Write::InsertShare(share.clone())], events: vec![mailed] })
    }

    async fn try_commit(&self, commit: Commit) -> Result<bool, Error> {
        self.asked.app.try_commit(&self.attempts, &commit).await
    }

    fn mail(&self, share: &Share, secrets: &ShareSecrets) -> Mail {
        let url = &self.asked.app.public_url;
        mail::sign_in_mail(
            &self.asked.app.letterhead(),
            &SignInMail {
                to: share.recipient.to_string(),
                link: format!("{url}/console/sign-in/{}#{}", share.id, secrets.link.expose()),
                code: secrets.code.expose().to_owned(),
                expires: share.expires.for_people(),
            },
        )
    }

    fn event_context(&self) -> EventContext {
        self.asked.event_context()
    }
}

/// Whether a cookie has the format of Jeton's browser secrets.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}
