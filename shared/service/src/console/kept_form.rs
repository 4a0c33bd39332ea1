//! The form to restore after a sign-in, in a cookie.

use std::mem;

use http::{HeaderMap, HeaderValue, header};
use jeton_core::{
    email::Email,
    secret::{Label, SecretHash},
    session::SIGN_IN_SECONDS,
};
use serde::de::DeserializeOwned;

use super::back;
use crate::{
    http::{
        ApiRequest, Reply,
        cookie::{cookie, keep},
    },
    wire::form,
};

/// The cookie of the form to restore after a sign-in.
const FORM: &str = "__Host-jeton-form";

/// The maximum size of a kept form, in bytes: browsers drop cookies of more than four kilobytes.
const MOST_KEPT: usize = 3800;

/// Fields of forms that no person entered.
const OF_PAGES: [&str; 7] = ["shown", "from", "at", "then", "purpose", "like", back::FIELD];

/// A page of the console to lead to after a sign-in, with the fields of its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// The path of the page.
    pub path: String,
    /// Its query, without the question mark; empty if it has none.
    pub query: String,
    /// The fields of its form, form-encoded; empty if nothing was entered.
    pub fields: String,
    /// What was entered, form-encoded, if it is too long to be kept. It is on the page that answers it, and gone afterwards.
    pub lost: String,
    /// By which address it was filled, as a hash; `None` if nobody was signed in, or if it is only a page.
    pub author: Option<String>,
}

/// The length of an author.
const AUTHOR_DIGITS: usize = 16;

impl KeptForm {
    /// The page of sessions and passkeys.
    pub const SESSIONS: &str = "/console/sessions";

    /// A page of a project, or that of sessions and passkeys, with an empty form.
    pub const fn page(path: String) -> Self {
        Self { path, query: String::new(), fields: String::new(), lost: String::new(), author: None }
    }

    /// A form on a page of a project, or on that of sessions and passkeys, by the address of the page; `None` for other
    /// addresses. What is too long for a cookie is dropped: the fields first, then the query.
    pub fn parse(address: &str, fields: &str) -> Option<Self> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let fit = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'/' | b'-');
        let ours = path.starts_with("/console/projects/") || path == Self::SESSIONS;
        let ours = ours && path.len() <= 200 && path.bytes().all(fit);
        let mut kept =
            Self { query: in_cookie(query), fields: in_cookie(fields), ..Self::page(path.to_owned()) };
        if kept.value().len() > MOST_KEPT {
            kept.lost = mem::take(&mut kept.fields);
        }
        if kept.value().len() > MOST_KEPT {
            kept.query = String::new();
        }
        ours.then_some(kept)
    }

    /// The form of the person who is signed in with this address.
    ///
    /// Another person may sign in next at the same browser: what was entered is not shown to them. Where nobody was signed in, as on the
    /// page that tells of the end of a session, whoever signs in on that page continues there, since nothing says who they were.
    #[must_use]
    pub fn by(self, email: &Email) -> Self {
        Self { author: Some(author(email)), ..self }
    }

    /// The form of this author, as [`Self::author`] has it. Another text is none.
    #[must_use]
    pub fn by_author(self, author: Option<&str>) -> Self {
        let is_author =
            |text: &&str| text.len() == AUTHOR_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        Self { author: author.filter(is_author).map(str::to_owned), ..self }
    }

    /// Whether it is given back to who has signed in with this address.
    pub fn is_for(&self, email: &Email) -> bool {
        self.author.as_ref().is_none_or(|by| *by == author(email))
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// The names and values of what is lost.
    pub fn lost_fields(&self) -> Vec<(String, String)> {
        let is_typed =
            |(name, value): &(String, String)| !value.is_empty() && !OF_PAGES.contains(&name.as_str());
        form::entered(&self.lost).filter(is_typed).collect()
    }

    /// The form in the cookie of this browser.
    pub fn of(request: &ApiRequest) -> Option<Self> {
        Self::in_cookies(&request.headers)
    }

    fn in_cookies(headers: &HeaderMap) -> Option<Self> {
        let is_ours = |text: &str| text.bytes().all(|byte| is_of_query(byte) || byte == b'#');
        let kept = cookie(headers, FORM, is_ours)?;
        let mut parts = kept.split('#');
        let (address, fields) = (parts.next()?, parts.next().unwrap_or_default());
        Some(Self::parse(address, fields)?.by_author(parts.next()))
    }

    /// The fields that were entered on this page before the sign-in; `None` if it was only opened.
    pub fn typed<T: DeserializeOwned>(request: &ApiRequest) -> Option<T> {
        let is_typed = |kept: &Self| kept.path == request.uri.path() && !kept.fields.is_empty();
        let kept = Self::of(request).filter(is_typed)?;
        form::read_query(&kept.fields).ok()
    }

    /// The cookie header that keeps it.
    pub fn keep(&self) -> HeaderValue {
        let author = self.author.as_ref().map(|author| format!("#{author}")).unwrap_or_default();
        keep(FORM, &format!("{}{author}", self.value()), SIGN_IN_SECONDS)
    }

    /// The value of its cookie, without the author. It is encoded as an address and as a form already, which leaves nothing that a cookie can't have.
    fn value(&self) -> String {
        format!("{}#{}", self.address(), self.fields)
    }

    /// The cookie header that removes any.
    pub fn forget() -> HeaderValue {
        keep(FORM, "", 0)
    }
}

/// Answers with the page of a form, and removes the kept form once a person sees it: the script of the sign-in fetches the page
/// before it leads there.
pub fn shown_again(request: &ApiRequest, page: Reply, is_typed: bool) -> Reply {
    let is_seen = request.headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    if is_typed && is_seen { page.with(header::SET_COOKIE, KeptForm::forget()) } else { page }
}

fn author(email: &Email) -> String {
    let mut digits = SecretHash::of(Label::Author, &[&email.key()]).hexadecimal();
    digits.truncate(AUTHOR_DIGITS);
    digits
}

/// A query or a form as a cookie can have it; empty if it is none.
fn in_cookie(text: &str) -> String {
    if text.bytes().all(is_of_query) { text.replace(',', "%2C").replace(';', "%3B") } else { String::new() }
}

/// Whether a byte may be in the query of an address (RFC 3986).
const fn is_of_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'('
                ..=b',' | b';' | b'=' | b':' | b'@' | b'/' | b'?' | b'%'
        )
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
            "?/console/projects/7",
        ] {
            assert_eq!(KeptForm::parse(path, ""), None, "{path}");
        }
    }

    #[test]
    fn an_address_keeps_its_query_unless_that_is_none() {
        let tokens = "/console/projects/7/tokens";
        for query in
            ["", "?sort=-expires&search=a%26b%20%2B", "?then=//evil.example", "?tried=1&read=in.c-a%0Ain.c-b"]
        {
            let address = format!("{tokens}{query}");
            let kept = KeptForm::parse(&address, "description=a+b").unwrap();
            assert_eq!((kept.address(), kept.fields.as_str()), (address, "description=a+b"));
        }
        for query in ["a b", "a\r\nX: y", "a#b", "\"", "á"] {
            assert_eq!(
                KeptForm::parse(&format!("{tokens}?{query}"), "").unwrap().address(),
                tokens,
                "{query}"
            );
        }
    }

    #[test]
    fn what_is_too_long_for_a_cookie_loses_its_fields_and_then_its_query() {
        let kept = |query: usize, fields: &str| {
            let address = format!("/console/projects/7/tokens?{}", "q".repeat(query));
            let kept = KeptForm::parse(&address, fields).unwrap();
            assert!(kept.value().len() <= MOST_KEPT);
            (kept.query.len(), kept.fields.len(), kept.lost.len())
        };
        // A message of a thousand letters, some with accents.
        let message = format!("message={}", "%C5%99ada+zkou%C5%A1ek+".repeat(65));
        assert!(message.len() > 1500);
        assert_eq!(kept(1000, &message), (1000, message.len(), 0));
        assert_eq!(kept(3000, &message), (3000, 0, message.len()));
        assert_eq!(kept(4000, "a=b"), (0, 0, 3));
    }

    #[test]
    fn what_is_lost_can_be_read_by_who_entered_it() {
        let fields = format!("shown=0f&read={}&message=%C5%99e%0A%3C+&empty=", "in.c-a%0D%0A".repeat(400));
        let lost = KeptForm::parse("/console/projects/7/tokens/new", &fields).unwrap().lost_fields();
        let expected = [("read", "in.c-a\r\n".repeat(400)), ("message", "ře\n< ".to_owned())];
        assert_eq!(lost, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn the_cookie_of_a_form_has_its_address_and_fields() {
        let address = "/console/projects/7/tokens?search=%22a%22&show=mine%2Cleft";
        for show in [address, &address.replace("%2C", ",")] {
            let kept = KeptForm::parse(show, "q=1%232&x=%3B").unwrap();
            assert_eq!(kept.address(), address);
            let cookie = kept.keep();
            let (sent, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, sent.parse().unwrap());
            assert_eq!(KeptForm::in_cookies(&headers), Some(kept));
        }
    }

    #[test]
    fn a_form_is_for_its_author_in_its_cookie_too_and_without_one_for_everybody() {
        let [ada, eve] = ["Ada@example.org", "eve@example.org"].map(|email| Email::parse(email).unwrap());
        let kept = KeptForm::parse("/console/projects/7/members", "email=new%40x.example").unwrap();
        assert!(kept.is_for(&ada) && kept.is_for(&eve));
        let kept = kept.by(&ada);
        let mut headers = HeaderMap::new();
        let cookie = kept.keep();
        let (sent, _) = cookie.to_str().unwrap().split_once(';').unwrap();
        headers.insert(header::COOKIE, sent.parse().unwrap());
        let read = KeptForm::in_cookies(&headers).unwrap();
        assert_eq!(read, kept);
        assert!(read.is_for(&Email::parse("ada@example.org").unwrap()) && !read.is_for(&eve));
        assert_eq!(read.clone().by_author(read.author.as_deref()), read);
        assert_eq!(read.by_author(Some("x#y")).author, None);
    }
}
