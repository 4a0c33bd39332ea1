//! Who is at a page of the console.
//!
//! A browser that is signed in keeps a cookie, whose hash the store has. What it asks to change must come
//! from one of our own pages: the browser says so itself (`Origin`), and the form carries a word that only
//! a page of this session knows.

use http::{HeaderMap, Method};
use jeton_core::{
    Error,
    id::ProjectId,
    member::{Member, Membership},
    project::Project,
    secret::{self, Label, PlainSecret, SecretHash},
    session::{Session, SessionId},
    share::{Sender, SentBy},
};
use serde::Deserialize;

use crate::{
    authenticate::{Bearer, OwnRecord},
    clock::entropy,
    console::kept_form,
    http::{ApiRequest, cookie::cookie},
    operation::manage::{ManagedBy, MembershipActor},
    origin,
};

/// The cookie of a session. Its prefix makes browsers keep it to this host and to secure connections.
pub const SESSION: &str = "__Host-jeton-session";

/// The cookie of a browser that has asked for a sign-in.
pub const BROWSER: &str = "__Host-jeton-browser";

/// The cookie of a browser that has signed in before. It opens nothing: strangers cannot use up the mails of sign-ins that
/// are for it.
pub const KNOWN: &str = "__Host-jeton-known";

/// Somebody who is signed in.
#[derive(Debug)]
pub struct ConsoleSession {
    /// Their session.
    pub session: Session,
    /// What a form of theirs has to carry.
    pub form: String,
    /// What was done just now, to be said on the page that is shown.
    pub told: Option<String>,
    /// The idempotency key of the form that makes something on the page that is shown, drawn for this page.
    pub key: PlainSecret,
}

/// A member in one of their projects. They act with their own master token, and so may do
/// what it may, by the same operations.
#[derive(Debug)]
pub struct ConsoleMember {
    /// Their session.
    pub signed_in: ConsoleSession,
    /// The project.
    pub project: Project,
    /// Who they are in it.
    pub member: Member,
    /// Their master token.
    pub bearer: Bearer,
}

#[derive(Debug, Default, Deserialize)]
struct Form {
    #[serde(default)]
    form: Option<String>,
}

/// Finds out who is signed in at the browser of this request.
///
/// Errors: [`Error::SignedOut`], [`Error::CrossSite`] for a change that no page of theirs asked for.
pub async fn signed_in(request: &ApiRequest) -> Result<ConsoleSession, Error> {
    let (kept, id) = session_cookie(&request.headers).ok_or(Error::SignedOut)?;
    let session = request.app.store.session(&id).await?.ok_or(Error::SignedOut)?;
    session.authenticate(kept, request.now)?;
    let word = SecretHash::of(Label::Form, &[kept]);
    if request.method != Method::GET {
        require_same_origin(request)?;
        let sent: Form = request.body()?;
        let sent = sent.form.and_then(|form| serde_json::from_value::<SecretHash>(form.into()).ok());
        if !sent.is_some_and(|sent| sent.matches(&word)) {
            return Err(Error::CrossSite);
        }
    }
    let form = serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned));
    let told = kept_form::told(request).filter(|_| request.method == Method::GET);
    let key = secret::mint_link_secret(&mut entropy());
    Ok(ConsoleSession { session, form: form.unwrap_or_default(), told, key })
}

/// Finds out who they are in the project in the path.
///
/// Errors: as [`signed_in`]; [`Error::SignedOut`] for a session that began before they joined the project;
/// [`Error::NotFound`] for a project that they are no member of.
pub async fn viewer(request: &ApiRequest) -> Result<ConsoleMember, Error> {
    let signed_in = signed_in(request).await?;
    let id: ProjectId = request.id("project")?;
    let store = &request.app.store;
    let unknown = Error::NotFound("project");
    let (membership, project) =
        tokio::join!(store.membership(id, &signed_in.session.email), store.project(id));
    let (membership, project) = (membership?, project?);
    if let Some(Membership::Unreadable(member)) = &membership {
        return Err(Error::Unavailable(format!(
            "the record of member {} of project {id} cannot be read",
            member.id
        )));
    }
    let (Some(Membership::Member(member)), Some(project)) = (membership, project) else {
        return Err(unknown);
    };
    if !signed_in.session.is_of(&member) {
        return Err(Error::SignedOut);
    }
    let Some(item) = store.verify_item(id, member.master).await? else { return Err(unknown) };
    if item.identity.disabled {
        return Err(Error::ProjectClosed);
    }
    let caller = item.of_member(member.id).ok_or(Error::NotFound("project"))?;
    let session = Some(signed_in.session.id.clone());
    Ok(ConsoleMember {
        signed_in,
        project,
        member,
        bearer: Bearer { caller, item, session, record: OwnRecord::default() },
    })
}

impl ConsoleMember {
    /// The member as who manages others. Errors: [`Error::SignInAgain`].
    pub fn manages(&self, request: &ApiRequest) -> Result<MembershipActor<'_>, Error> {
        self.signed_in.session.recent(request.now)?;
        let sender = Sender {
            by: SentBy::Token(self.member.master),
            credential: None,
            name: self.member.name.clone(),
            email: Some(self.member.email.clone()),
            secret: None,
            token: None,
        };
        let caller = ManagedBy::Member(self.member.id, &self.bearer);
        Ok(MembershipActor { actor: self.bearer.actor(), sender, caller })
    }
}

/// Whether a page of this service asked for this. Browsers say where a form was sent from, and no page can
/// make them say something else.
///
/// Errors: [`Error::CrossSite`].
pub fn require_same_origin(request: &ApiRequest) -> Result<(), Error> {
    let said = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let here = match said("origin") {
        Some(origin) => origin::same(origin, &request.app.public_url),
        None => said("sec-fetch-site") == Some("same-origin"),
    };
    if here { Ok(()) } else { Err(Error::CrossSite) }
}

/// The session that the cookie of a browser names, with what the browser keeps of it.
pub fn session_cookie(headers: &HeaderMap) -> Option<(&str, SessionId)> {
    let kept = cookie(headers, SESSION, |value| SessionId::in_kept(value).is_some())?;
    Some((kept, SessionId::in_kept(kept)?))
}
