//! Signing in with the identity provider.

use http::{StatusCode, header};
use jeton_api::lenient;
use jeton_core::{
    Error, budget,
    email::Email,
    member::Membership,
    provider_sign_in::{NotStarted, ProviderSignIn},
    secret::{self, PlainSecret},
    session::SIGN_IN_SECONDS,
};
use serde::Deserialize;

use super::{
    sign_in::{NewSession, Opened, Way, earlier, retrying, signed_in_reply},
    sign_in_ask::{form_key, has, is_secret},
};
use crate::{
    clock::entropy,
    console::{
        kept_form::KeptForm,
        page as pages,
        page::{sign_in_failed::NotCompleted, sign_in_provider::Problem},
        session::BROWSER,
    },
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    oidc::{Failure, Identity, Provider},
    retry::{Attempts, RetryPolicy},
};

#[derive(Debug, Default, Deserialize)]
struct Start {
    /// Whether a form waits that needs a recent sign-in.
    #[serde(default, deserialize_with = "lenient::string")]
    again: Option<String>,
}

/// The answer of the provider, in the query.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::string")]
    state: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    code: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    error: Option<String>,
}

/// Why nobody is signed in.
enum NotSignedIn {
    /// The page tells what to do.
    Told(Problem),
    /// The store does not answer.
    Failed(Error),
}

/// `GET /console/-/provider`: leads to the identity provider. A link and no form: Chromium would apply the `form-action` of the
/// content security policy to the redirect.
pub async fn start(request: &ApiRequest) -> Result<Reply, Error> {
    let provider = provider(request)?;
    if !is_wanted(request) {
        let page = pages::sign_in::start(&request.app.brand, &request.app.ways, None, &form_key(), None);
        return Ok(Reply::page(StatusCode::OK, page));
    }
    let again = request.query::<Start>()?.again.is_some();
    let browser = match cookie(&request.headers, BROWSER, is_secret) {
        Some(kept) => PlainSecret::new(kept.to_owned()),
        None => secret::mint_link_secret(&mut entropy()),
    };
    let sign_in = ProviderSignIn::start(browser.expose(), request.now, &mut entropy());
    let address = match provider.address(&sign_in, again, request.now).await {
        Ok(address) => address,
        Err(failure) => return Ok(problem(request, &failed(&failure))),
    };
    let reply = Reply::see_other(&address);
    let reply = if again { reply } else { reply.with(header::SET_COOKIE, KeptForm::forget()) };
    Ok(reply.with(header::SET_COOKIE, keep(BROWSER, browser.expose(), SIGN_IN_SECONDS)))
}

/// Whether a person asks for it, and not a page of another site: who is signed in at the provider would get a session without
/// having asked for one. Browsers of today say where a request comes from.
fn is_wanted(request: &ApiRequest) -> bool {
    request.headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

/// `GET /console/-/signed-in`: the answer of the identity provider, which creates a session in the browser that started.
pub async fn finish(request: &ApiRequest) -> Result<Reply, Error> {
    let provider = provider(request)?;
    let answer: Answer = request.query()?;
    match sign_in(request, provider, &answer).await {
        Ok((email, kept)) => Ok(signed_in_reply(request, &email, &kept)),
        Err(NotSignedIn::Failed(error)) => Err(error),
        // Another tab of this browser was faster, or the page was reloaded.
        Err(NotSignedIn::Told(Problem::NotCompleted(
            NotCompleted::Elsewhere | NotCompleted::Used | NotCompleted::Expired,
        ))) if earlier(request).await?.is_some() => {
            Ok(Reply::page(StatusCode::CONFLICT, pages::sign_in::already(&request.app.brand, false)))
        }
        Err(NotSignedIn::Told(told)) => Ok(problem(request, &told)),
    }
}

/// Creates a session, and returns its address and cookie.
async fn sign_in(
    request: &ApiRequest,
    provider: &Provider,
    answer: &Answer,
) -> Result<(Email, PlainSecret), NotSignedIn> {
    let browser = cookie(&request.headers, BROWSER, is_secret).ok_or(NotCompleted::Elsewhere)?;
    let state = answer.state.as_deref().unwrap_or_default();
    let sign_in = ProviderSignIn::resume(browser, state, request.now)?;
    if !has(request, &budget::provider_answer(request.source(), request.now)).await? {
        return Err(NotCompleted::TooMany.into());
    }
    if !has(request, &budget::provider_sign_in_once(&sign_in)).await? {
        return Err(NotCompleted::Used.into());
    }
    let identity = identity(request, provider, &sign_in, answer).await.map_err(|failure| failed(&failure))?;
    let Identity { email, authenticated } = identity.ok_or(NotSignedIn::Told(Problem::Cancelled))?;
    let Some(member) = member(request, &email).await? else {
        tracing::info!("the identity provider named somebody who is not a member");
        return Err(NotSignedIn::Told(Problem::NoMember(email.to_string())));
    };
    let opened = Opened {
        email: member,
        way: Way::Provider(provider.issuer()),
        authenticated: authenticated.map(|at| at.min(request.now)),
    };
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(NewSession { commit, rest, kept }) = opened.session(request, Vec::new()).await? else {
            return Err(NotSignedIn::Told(Problem::NoMember(email.to_string())));
        };
        if request.app.try_commit(&attempts, &commit).await? {
            for event in rest {
                request.app.store.append(&event, 1).await.map_err(Error::from)?;
            }
            return Ok((opened.email, kept));
        }
    }
}

/// Who has signed in at the provider; `None` if they went back without it.
async fn identity(
    request: &ApiRequest,
    provider: &Provider,
    sign_in: &ProviderSignIn,
    answer: &Answer,
) -> Result<Option<Identity>, Failure> {
    provider.check_issuer(answer.iss.as_deref(), request.now).await?;
    match answer.error.as_deref() {
        None => {
            let code = answer.code.as_deref().unwrap_or_default();
            provider.identity(sign_in, code, request.now).await.map(Some)
        }
        Some("access_denied" | "login_required" | "interaction_required" | "consent_required") => Ok(None),
        Some("temporarily_unavailable" | "server_error") => {
            Err(Failure::Unavailable("it answers that it cannot sign anybody in".to_owned()))
        }
        Some(_) => Err(Failure::Rejected("it reports an error".to_owned())),
    }
}

/// The address of a member, as the roster has it; `None` if nobody has it.
async fn member(request: &ApiRequest, email: &Email) -> Result<Option<Email>, Error> {
    for project in request.app.store.projects_of(email).await? {
        if let Some(Membership::Member(member)) = request.app.store.membership(project, email).await? {
            return Ok(Some(member.email));
        }
    }
    Ok(None)
}

fn provider(request: &ApiRequest) -> Result<&Provider, Error> {
    request.app.ways.provider.as_ref().ok_or(Error::NoRoute)
}

/// The page of a failure. The log has what is wrong, and no text of the provider but the word of an error.
fn failed(failure: &Failure) -> Problem {
    if matches!(failure, Failure::Unavailable(_)) {
        tracing::error!(error = %failure, "a sign-in failed");
    } else {
        tracing::warn!(error = %failure, "a sign-in failed");
    }
    match failure {
        Failure::Unavailable(_) | Failure::Busy => Problem::Unavailable,
        Failure::Rejected(_) => Problem::Rejected,
        Failure::Unverified => Problem::Unverified,
        Failure::Address => Problem::Address,
    }
}

fn problem(request: &ApiRequest, problem: &Problem) -> Reply {
    let page = retrying(request, |retry| pages::sign_in_provider::problem(retry, problem));
    Reply::page(problem.status(), page)
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

impl From<Problem> for NotSignedIn {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

impl From<Error> for NotSignedIn {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
