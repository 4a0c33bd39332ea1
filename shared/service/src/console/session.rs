//! Authentication of console requests: the session cookie and CSRF protection.
//!
//! The store has the hash of the cookie. A change must come from a page of the console: the `Origin` header must match, and the
//! form must have the CSRF token of the session.

use std::sync::Arc;

use http::{HeaderMap, Method};
use jeton_core::{
    Error,
    id::{ProjectId, TokenId},
    member::{Member, Membership},
    project::Project,
    secret::{Label, SecretHash},
    session::{Session, SessionId},
    share::{Sender, SentBy},
};
use serde::Deserialize;

use crate::{
    authenticate::{Bearer, OwnRecord},
    brand::Brand,
    console::back::{Back, tokens},
    console::flash,
    http::{ApiRequest, cookie::cookie},
    operation::manage::{ManagedBy, MembershipActor},
    origin,
};

/// The session cookie. Its prefix restricts it to this host and to secure connections.
pub const SESSION: &str = "__Host-jeton-session";

/// The cookie of a browser that requested a sign-in.
pub const BROWSER: &str = "__Host-jeton-browser";

/// The cookie of a browser that has signed in before. It gives no access, only a reserve of sign-in mails that others cannot use
/// up.
pub const KNOWN: &str = "__Host-jeton-known";

/// An authenticated console request.
#[derive(Debug)]
pub struct ConsoleSession {
    /// The session.
    pub session: Session,
    /// The CSRF token of the session.
    pub form: String,
    /// The message to show on the page.
    pub told: Option<String>,
    /// The brand of the service.
    pub brand: Arc<Brand>,
}

/// A viewer: a member in one of their projects. They act with their own token, by the operations of the API.
#[derive(Debug)]
pub struct ConsoleMember {
    /// The session.
    pub signed_in: ConsoleSession,
    /// The project.
    pub project: Project,
    /// The member.
    pub member: Member,
    /// The own token of the member.
    pub bearer: Bearer,
    /// The place in the list of tokens that the page was opened from.
    pub back: Option<Back>,
}

#[derive(Debug, Default, Deserialize)]
struct Form {
    #[serde(default)]
    form: Option<String>,
}

/// Authenticates the session of a request.
///
/// Errors: [`Error::SignedOut`]; [`Error::CrossSite`] for a change from another site.
pub async fn signed_in(request: &ApiRequest) -> Result<ConsoleSession, Error> {
    let (kept, id) = session_cookie(&request.headers).ok_or(Error::SignedOut)?;
    let session = request.app.store.session(&id).await?.ok_or(Error::SignedOut)?;
    session.authenticate(kept, request.now)?;
    let word = SecretHash::of(Label::Form, &[kept]);
    if request.method != Method::GET {
        require_same_origin(request)?;
        if !form_word(request)?.is_some_and(|sent| sent.matches(&word)) {
            return Err(Error::CrossSite);
        }
    }
    let form = serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned));
    let told = flash::told(request).filter(|_| request.method == Method::GET);
    let brand = Arc::clone(&request.app.brand);
    Ok(ConsoleSession { session, form: form.unwrap_or_default(), told, brand })
}

/// Whether a form has the CSRF token of some session, be it another one than that of the browser now.
pub fn is_of_a_session(request: &ApiRequest) -> bool {
    form_word(request).is_ok_and(|word| word.is_some())
}

fn form_word(request: &ApiRequest) -> Result<Option<SecretHash>, Error> {
    let sent: Form = request.body()?;
    Ok(sent.form.and_then(|form| serde_json::from_value(form.into()).ok()))
}

/// Authenticates the member of the project in the path.
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
        back: Back::of(request),
    })
}

impl ConsoleMember {
    /// Whether pages offer changes. What a read-only member may call is decided by the endpoint table.
    pub fn may_change(&self) -> bool {
        self.bearer.item.identity.is_master()
    }

    /// The member as the actor of changes of members. Errors: [`Error::SignInAgain`].
    pub fn manages(&self, request: &ApiRequest) -> Result<MembershipActor<'_>, Error> {
        self.signed_in.session.recent(request.now)?;
        let sender = Sender {
            by: SentBy::Token(self.member.master),
            credential: None,
            name: self.member.name.clone(),
            email: Some(self.member.email.clone()),
            version: Some(self.bearer.item.version),
            secret: None,
            token: None,
        };
        let caller = ManagedBy::Member(self.member.id, &self.bearer);
        Ok(MembershipActor { actor: self.bearer.actor(), sender, caller })
    }

    /// The list of tokens, at the place that this page was opened from.
    pub fn list_href(&self) -> String {
        self.back.as_ref().map_or_else(|| tokens(self.project.id), |back| back.list(self.project.id))
    }

    /// Where an action on a token leads: to the list or to the page of the token, wherever it was opened.
    pub fn after_action(&self, token: TokenId) -> String {
        match &self.back {
            Some(back) if !back.is_by_token() => back.list(self.project.id),
            _ => self.token_href(token),
        }
    }

    /// The page of a token.
    pub fn token_href(&self, token: TokenId) -> String {
        let page = format!("{}/{token}", tokens(self.project.id));
        self.back.as_ref().map_or_else(|| page.clone(), |back| back.by_token(false).link(&page))
    }

    /// A link that carries the place on.
    pub fn carried(&self, href: &str) -> String {
        self.back.as_ref().map_or_else(|| href.to_owned(), |back| back.link(href))
    }

    /// A link of the page of a token, which leads back to that page first.
    pub fn at_token(&self, href: &str) -> String {
        self.back.as_ref().map_or_else(|| href.to_owned(), |back| back.by_token(true).link(href))
    }
}

/// Checks that the request comes from a page of this service, by the `Origin` header, which pages cannot forge.
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

/// The session of the cookie, with the value of the cookie.
pub fn session_cookie(headers: &HeaderMap) -> Option<(&str, SessionId)> {
    let kept = cookie(headers, SESSION, |value| SessionId::in_kept(value).is_some())?;
    Some((kept, SessionId::in_kept(kept)?))
}
