//! Cookies between two pages of the console: a message about what was done (flash), and a form to restore after a sign-in.

use http::{HeaderValue, header};
use jeton_core::session::SIGN_IN_SECONDS;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::{
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    wire::form,
};

/// The cookie of the message for the next page.
const DONE: &str = "__Host-jeton-done";

/// The cookie of the form to restore after a sign-in.
const FORM: &str = "__Host-jeton-form";

/// The lifetime of the message, in seconds.
const DONE_SECONDS: u64 = 60;

/// The maximum length of a name in the message, in characters: browsers drop cookies of more than four kilobytes.
const LONGEST_NAME: usize = 80;

/// The maximum size of the fields of a kept form, in bytes.
const MOST_FIELDS: usize = 1500;

/// A form of the console to restore after a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// The path of its page.
    pub path: String,
    /// Its fields, form-encoded; empty if nothing was entered.
    pub fields: String,
}

impl KeptForm {
    /// The page of sessions and passkeys.
    pub const SESSIONS: &str = "/console/sessions";

    /// A form on a page of a project, or on that of sessions and passkeys; `None` for other paths. Fields that are too long are
    /// dropped.
    pub fn parse(path: &str, fields: &str) -> Option<Self> {
        let fit = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'/' | b'-');
        let ours = path.starts_with("/console/projects/") || path == Self::SESSIONS;
        let ours = ours && path.len() <= 200 && path.bytes().all(fit);
        let fields = if fields.len() <= MOST_FIELDS { fields } else { "" };
        ours.then(|| Self { path: path.to_owned(), fields: fields.to_owned() })
    }

    /// The form in the cookie of this browser.
    pub fn of(request: &ApiRequest) -> Option<Self> {
        let kept = decoded(cookie(&request.headers, FORM, is_encoded)?)?;
        let (path, fields) = kept.split_once('?').unwrap_or((&kept, ""));
        Self::parse(path, fields)
    }

    /// The fields that were entered on this page before the sign-in; `None` if it was only opened.
    pub fn typed<T: DeserializeOwned>(request: &ApiRequest) -> Option<T> {
        let is_typed = |kept: &Self| kept.path == request.uri.path() && !kept.fields.is_empty();
        let kept = Self::of(request).filter(is_typed)?;
        form::read_query(&kept.fields).ok()
    }

    /// The cookie header that keeps it.
    pub fn keep(&self) -> HeaderValue {
        keep(FORM, &encoded(&format!("{}?{}", self.path, self.fields)), SIGN_IN_SECONDS)
    }

    /// The cookie header that removes any.
    pub fn forget() -> HeaderValue {
        keep(FORM, "", 0)
    }
}

/// Answers with the page of a form, and removes the kept form.
pub fn shown_again(page: Reply, is_typed: bool) -> Reply {
    if is_typed { page.with(header::SET_COOKIE, KeptForm::forget()) } else { page }
}

/// Redirects to a page that shows a message.
pub fn done(path: &str, what: &str) -> Reply {
    saying(Reply::see_other(path), what)
}

/// Adds a message for the next page to an answer.
pub fn saying(reply: Reply, what: &str) -> Reply {
    reply.with(header::SET_COOKIE, keep(DONE, &encoded(what), DONE_SECONDS))
}

/// The message for this page.
pub fn told(request: &ApiRequest) -> Option<String> {
    decoded(cookie(&request.headers, DONE, is_encoded)?)
}

/// Removes the message, once a page has shown it.
pub fn said(reply: Reply) -> Reply {
    reply.with(header::SET_COOKIE, keep(DONE, "", 0))
}

/// A name in a message, shortened.
pub fn named(name: &str) -> String {
    let mut letters = name.chars();
    let short: String = letters.by_ref().take(LONGEST_NAME).collect();
    if letters.next().is_some() { format!("“{short}…”") } else { format!("“{short}”") }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Whether a cookie can be one of these.
fn is_encoded(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%')
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_one_of_a_project() {
        assert!(KeptForm::parse("/console/projects/7/members", "email=a%40b").is_some());
        assert!(KeptForm::parse("/console/sessions", "").is_some());
        for path in [
            "/console/sessions/1",
            "//evil.example",
            "https://evil.example",
            "/console/projects/../x?y",
            "/console/projects/7/\r\nX: y",
            "/v2",
        ] {
            assert_eq!(KeptForm::parse(path, ""), None, "{path}");
        }
        let long = KeptForm::parse("/console/projects/7/members", &"x".repeat(2000)).unwrap();
        assert_eq!(long.fields, "");
    }
}
