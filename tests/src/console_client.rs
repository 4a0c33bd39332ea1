//! A browser without a window: it keeps cookies, sends the origin of its forms, and follows no redirect.

use std::{collections::BTreeMap, sync::Mutex};

use http::header;
use jeton_core::id::ProjectId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    client::{Answer, Call, Client},
    jeton::{Invitation, Jeton},
};

/// A console user.
pub struct ConsoleClient {
    client: Client,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
    user_agent: Option<String>,
    /// The project of relative paths.
    pub project: ProjectId,
}

impl ConsoleClient {
    /// A user without any cookie.
    pub fn new(jeton: &Jeton) -> Self {
        Self {
            client: Client::new(&jeton.url),
            origin: jeton.url.clone(),
            cookies: Mutex::default(),
            user_agent: None,
            project: jeton.project,
        }
    }

    /// A user who signs in with the mail to this address.
    pub async fn signed_in(jeton: &Jeton, email: &str) -> Self {
        let console = Self::new(jeton);
        let mail = console.asks_to_sign_in(jeton, email).await;
        console.types_code(&mail, &mail.code).await.expect(303);
        console
    }

    /// Asks for a sign-in, and reads the mail.
    pub async fn asks_to_sign_in(&self, jeton: &Jeton, email: &str) -> Invitation {
        self.send_form("/console/sign-in", &[("email", email)]).await.expect(200);
        jeton.sign_in_mail(email).await
    }

    /// Makes every later request name this browser.
    #[must_use]
    pub fn with_user_agent(mut self, sent: &str) -> Self {
        self.user_agent = Some(sent.to_owned());
        self
    }

    /// Opens the link of a mail, and types a code.
    pub async fn types_code(&self, mail: &Invitation, code: &str) -> Answer {
        self.send_form(&mail.path, &[("secret", &mail.secret), ("code", code)]).await
    }

    /// Opens a page of the project; an absolute path is one of the whole console.
    pub async fn open(&self, path: &str) -> Answer {
        self.open_as("document", path).await
    }

    /// The same for another purpose, as `sec-fetch-dest` names it: `empty` is a script's.
    pub async fn open_as(&self, purpose: &str, path: &str) -> Answer {
        let call = self.client.get(&self.path(path)).header("sec-fetch-dest", purpose);
        self.kept(self.with_cookies(call).send().await)
    }

    /// Submits the form of a page with these values.
    pub async fn submit(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
        let hidden = self.hidden_fields(page).await;
        let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send_form(&self.path(to), &[&hidden[..], fields].concat()).await
    }

    /// The hidden fields of a page's forms: the CSRF token and, where they create something, their
    /// idempotency key; in an edit, the state that it began from.
    pub async fn hidden_fields(&self, page: &str) -> Vec<(String, String)> {
        let page = self.open(page).await.expect(200).text();
        let value = |name: &str| {
            let after = page.split_once(&format!("name=\"{name}\" value=\""))?.1;
            Some((name.to_owned(), after.split('"').next()?.to_owned()))
        };
        let word = value("form").expect("a form");
        [word].into_iter().chain(value("idempotencyKey")).chain(value("shown")).collect()
    }

    /// Submits a form that need not be on a page.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.origin.clone();
        self.send_form_from(&origin, path, fields).await
    }

    /// The same from a page of another origin.
    pub async fn send_form_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let mut call = self.client.post(&self.path(path)).form(&pairs.join("&"));
        if !origin.is_empty() {
            call = call.header("origin", origin);
        }
        self.kept(self.with_cookies(call).send().await)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Copies the cookies of another browser.
    pub fn takes_cookies_of(&self, other: &Self) {
        *self.cookies.lock().unwrap() = other.cookies.lock().unwrap().clone();
    }

    fn path(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/console/projects/{}/{path}", self.project)
        }
    }

    fn with_cookies(&self, call: Call) -> Call {
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let call = match &self.user_agent {
            Some(sent) => call.header("user-agent", sent),
            None => call,
        };
        if cookies.is_empty() { call } else { call.header("cookie", &cookies.join("; ")) }
    }

    fn kept(&self, answer: Answer) -> Answer {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if cookie.contains("Max-Age=0;") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
