//! What a browser keeps from one page of the console to the next, in cookies of its own: what was done, and the form to
//! come back to after a sign-in.

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

/// The cookie of what was done, which the next page says.
const DONE: &str = "__Host-jeton-done";

/// The cookie of the form that a sign-in leads back to.
const FORM: &str = "__Host-jeton-form";

/// How long the next page may take, in seconds.
const DONE_SECONDS: u64 = 60;

/// The longest name in what was done, in characters: browsers drop a cookie of more than four kilobytes.
const LONGEST_NAME: usize = 80;

/// The most bytes that are kept of the fields of a form.
const MOST_FIELDS: usize = 1500;

/// A form of the console to come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// The path of its page.
    pub path: String,
    /// What was typed, as a form is sent; empty when nothing was.
    pub fields: String,
}

impl KeptForm {
    /// A form on a page of a project; none for any other path, and without its fields when they are too long.
    pub fn parse(path: &str, fields: &str) -> Option<Self> {
        let fit = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'/' | b'-');
        let ours = path.starts_with("/console/projects/") && path.len() <= 200 && path.bytes().all(fit);
        let fields = if fields.len() <= MOST_FIELDS { fields } else { "" };
        ours.then(|| Self { path: path.to_owned(), fields: fields.to_owned() })
    }

    /// The one that this browser keeps.
    pub fn of(request: &ApiRequest) -> Option<Self> {
        let kept = decoded(cookie(&request.headers, FORM, is_encoded)?)?;
        let (path, fields) = kept.split_once('?').unwrap_or((&kept, ""));
        Self::parse(path, fields)
    }

    /// What was typed on this very page before its reader signed in again.
    pub fn typed<T: DeserializeOwned>(request: &ApiRequest) -> Option<T> {
        let kept = Self::of(request).filter(|kept| kept.path == request.uri.path())?;
        form::read_query(&kept.fields).ok()
    }

    /// What makes the browser keep it.
    pub fn keep(&self) -> HeaderValue {
        keep(FORM, &encoded(&format!("{}?{}", self.path, self.fields)), SIGN_IN_SECONDS)
    }

    /// What makes the browser forget any.
    pub fn forget() -> HeaderValue {
        keep(FORM, "", 0)
    }
}

/// The page of a form. What was typed before a sign-in is on it once.
pub fn shown_again(page: Reply, is_typed: bool) -> Reply {
    if is_typed { page.with(header::SET_COOKIE, KeptForm::forget()) } else { page }
}

/// Leads to a page that says what was done.
pub fn done(path: &str, what: &str) -> Reply {
    saying(Reply::see_other(path), what)
}

/// The same answer, after which the next page says what was done.
pub fn saying(reply: Reply, what: &str) -> Reply {
    reply.with(header::SET_COOKIE, keep(DONE, &encoded(what), DONE_SECONDS))
}

/// What was done, for the page that comes after it.
pub fn told(request: &ApiRequest) -> Option<String> {
    decoded(cookie(&request.headers, DONE, is_encoded)?)
}

/// The same page, which is the last to say it.
pub fn said(reply: Reply) -> Reply {
    reply.with(header::SET_COOKIE, keep(DONE, "", 0))
}

/// A name in what was done, cut where it is long.
pub fn named(name: &str) -> String {
    let mut letters = name.chars();
    let short: String = letters.by_ref().take(LONGEST_NAME).collect();
    if letters.next().is_some() { format!("“{short}…”") } else { format!("“{short}”") }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Whether a cookie may be one of these.
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
        for path in [
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
