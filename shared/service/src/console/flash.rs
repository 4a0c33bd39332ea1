//! The message for the next page of the console, about what was done (flash), in a cookie.

use http::header;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    page::shortened::cut,
};

/// The cookie of the message for the next page.
const COOKIE: &str = "__Host-jeton-done";

/// The lifetime of the message, in seconds.
const SECONDS: u64 = 60;

/// The maximum length of a name in the message, in characters: browsers drop cookies of more than four kilobytes.
const LONGEST_NAME: usize = 80;

/// Redirects to a page that shows a message.
pub fn done(path: &str, what: &str) -> Reply {
    saying(Reply::see_other(path), what)
}

/// Adds a message for the next page to an answer.
pub fn saying(reply: Reply, what: &str) -> Reply {
    reply.with(header::SET_COOKIE, keep(COOKIE, &encoded(what), SECONDS))
}

/// The message for this page.
pub fn told(request: &ApiRequest) -> Option<String> {
    decoded(cookie(&request.headers, COOKIE, is_encoded)?)
}

/// Removes the message, once a page has shown it.
pub fn said(reply: Reply) -> Reply {
    reply.with(header::SET_COOKIE, keep(COOKIE, "", 0))
}

/// A name in a message, shortened.
pub fn named(name: &str) -> String {
    format!("“{}”", cut(name, LONGEST_NAME))
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
