//! Ways out of a failed request of the console, for its error page.

use http::{Method, StatusCode};
use jeton_api::token_action::Action;
use jeton_core::{Error, id::ProjectId};

use super::{
    action_run::Run,
    again::Again,
    back::{self, Back},
    kept_form::KeptForm,
    session,
    wire::ActionForm,
};
use crate::{
    http::{ApiRequest, problem},
    idempotency,
};

/// What an error page offers.
#[derive(Default)]
pub struct WayOut {
    /// The form to restore after a sign-in, or the page to lead to.
    pub form: Option<KeptForm>,
    /// The call, if it can be sent again.
    pub again: Option<Again>,
    /// The address of the list of tokens that the page was opened from.
    pub list: Option<String>,
    /// The step of an action on all tokens of a list, if this is one.
    pub step: Option<FailedStep>,
}

/// A step of an action on all tokens of a list.
pub struct FailedStep {
    /// The action.
    pub action: Action,
    /// How many tokens the steps before had changed, at least.
    pub before: usize,
    /// How many tokens the step acts on.
    pub tokens: usize,
}

impl WayOut {
    /// The ways out of a request that ended with this error.
    pub fn of(request: &ApiRequest, error: &Error) -> Self {
        let is_temporary = is_temporary(error);
        Self {
            form: to_restore(request, error),
            again: is_temporary.then(|| Again::of(request)).flatten(),
            list: list(request, error),
            step: step(request),
        }
    }
}

/// Whether the same call can succeed soon.
pub fn is_temporary(error: &Error) -> bool {
    matches!(
        problem(error).status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// The list of tokens, if its project is there for whoever asks.
fn list(request: &ApiRequest, error: &Error) -> Option<String> {
    let project: ProjectId = request.id("project").ok()?;
    let back = Back::of(request)?;
    (!matches!(error, Error::NotFound("project"))).then(|| back.list(project))
}

/// What the form of a step says of it and of the steps before. An answer that was lost may have changed more.
fn step(request: &ApiRequest) -> Option<FailedStep> {
    let is_step = request.method == Method::POST && request.uri.path().ends_with("/tokens/actions");
    let form: ActionForm = is_step.then(|| request.body().ok()).flatten()?;
    let run = Run::of(&form.run).ok()??;
    let action = form.action.as_deref().and_then(Action::of)?;
    Some(FailedStep { action, before: run.done, tokens: run.step().len() })
}

/// The form that is shown again after an error, since nothing else is wrong with it: that of a session that has ended, or of an earlier one.
fn to_restore(request: &ApiRequest, error: &Error) -> Option<KeptForm> {
    match error {
        Error::SignedOut => signed_out_on(request),
        Error::CrossSite if session::is_of_a_session(request) => signed_out_on(request),
        _ => None,
    }
}

/// The page to return to after a sign-in, with its query and what was typed on it; `None` if there is none.
fn signed_out_on(request: &ApiRequest) -> Option<KeptForm> {
    let path = request.uri.path();
    if request.method == Method::GET {
        // From anywhere, such as a mail: a page changes nothing when it is shown.
        return KeptForm::parse(
            &with_query(&page_of_file(path), request.uri.query().unwrap_or_default()),
            "",
        );
    }
    // A form from another site is not kept and shown as the member's own.
    session::require_same_origin(request).ok()?;
    if let (Some(list), Some(back)) = (path.strip_suffix("/actions"), Back::of(request)) {
        return KeptForm::parse(&back.at(list), "");
    }
    let page = page_of_form(path)?;
    let is_of_query = |name: &str| page.query.contains(&name);
    let query = chosen(&request.body, is_of_query);
    let typed = if page.shows { typed(&request.body) } else { String::new() };
    KeptForm::parse(&with_query(&page.path, &query), &typed)
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The page with the link to a file: after a sign-in, a browser that gets a file would stay where it is.
fn page_of_file(path: &str) -> String {
    path.strip_suffix("/export").map_or_else(|| path.to_owned(), |of| format!("{of}/events"))
}

/// The page of a form.
struct PageOfForm {
    path: String,
    /// Whether it can be filled again.
    shows: bool,
    /// The fields of the form that are the query of the page.
    query: &'static [&'static str],
}

/// The page of the form that is sent to a path.
fn page_of_form(path: &str) -> Option<PageOfForm> {
    if path.starts_with("/console/passkeys") {
        return Some(PageOfForm { path: KeptForm::SESSIONS.to_owned(), shows: false, query: &[] });
    }
    let parts: Vec<_> = path.strip_prefix("/console/projects/")?.split('/').collect();
    let (project, rest) = parts.split_first()?;
    let mut query: &[_] = &[];
    let (page, shows) = match *rest {
        ["tokens"] => {
            query = &[back::FIELD];
            ("tokens/new".to_owned(), true)
        }
        ["tokens", "actions"] => {
            query = &["search", "show", "sort"];
            ("tokens".to_owned(), false)
        }
        ["tokens", token] => {
            query = &[back::FIELD];
            (format!("tokens/{token}"), true)
        }
        ["tokens", token, "shares", ..] => {
            query = &[back::FIELD];
            (format!("tokens/{token}"), false)
        }
        ["tokens", token, "usage"] => {
            query = &["range", back::FIELD];
            (format!("tokens/{token}/usage"), true)
        }
        ["tokens", token, what @ ("share" | "refresh" | "extend" | "delete" | "switch")] => {
            query = &[back::FIELD];
            (format!("tokens/{token}/{what}"), !matches!(what, "delete" | "switch"))
        }
        ["tokens", token, "copies", copy] => {
            query = &[back::FIELD];
            (format!("tokens/{token}/copies/{copy}"), false)
        }
        ["members"] => ("members".to_owned(), true),
        ["members", member, "remove"] => (format!("members/{member}/remove"), true),
        ["members", member, "role"] => (format!("members/{member}/role"), false),
        ["invitations", ..] => ("members".to_owned(), false),
        _ => return None,
    };
    Some(PageOfForm { path: format!("/console/projects/{project}/{page}"), shows, query })
}

/// The fields of a form that a person entered, without hidden ones.
pub fn typed(body: &[u8]) -> String {
    chosen(body, |name| !["form", idempotency::FORM_FIELD, back::FIELD].contains(&name))
}

/// The fields of a form whose names are wanted, as they were sent.
fn chosen(body: &[u8], is_wanted: impl Fn(&str) -> bool) -> String {
    let body = std::str::from_utf8(body).unwrap_or_default();
    let is_wanted = |pair: &&str| is_wanted(pair.split('=').next().unwrap_or_default());
    body.split('&').filter(is_wanted).collect::<Vec<_>>().join("&")
}
