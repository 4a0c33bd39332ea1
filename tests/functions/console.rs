//! A browser with the function `console`.

use http::{Method, header};
use jeton_core::share::MAX_ATTEMPTS;
use jeton_service::passkey::RelyingParty;
use jeton_tests::{
    authenticator::Authenticator,
    client::Answer,
    mailbox::{Invitation, Received},
    random::wrong_code,
    ses, waiting,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    gateway::Gateway,
    thread::{PUBLIC_URL, gateway, mail_to},
};

/// A console user in one project.
pub struct Tab<'a> {
    gateway: &'a mut Gateway,
    at: String,
    cookies: Vec<String>,
    forms: u32,
}

impl<'a> Tab<'a> {
    pub fn new(gateway: &'a mut Gateway, project: &str) -> Self {
        Self { gateway, at: format!("/console/projects/{project}"), cookies: Vec::new(), forms: 0 }
    }

    /// Requests a sign-in and enters wrong codes until it is locked.
    pub async fn mistypes(&mut self, email: &str) {
        let mail = self.asks(email).await;
        for _ in 0..MAX_ATTEMPTS {
            self.types(&mail, &wrong_code(&mail.code)).await.expect(403);
        }
    }

    /// Signs in.
    pub async fn signs_in(&mut self, email: &str) {
        let mail = self.asks(email).await;
        self.types(&mail, &mail.code.clone()).await.expect(303);
        self.open("/console").await.expect(303);
    }

    /// Opens every page, and submits every form.
    pub async fn does_everything(&mut self, token: &str, guest: &str, newcomer: &str) {
        let at = self.at.clone();
        for page in ["/console/projects", "/console/sessions"] {
            self.open(page).await.expect(200);
        }
        let here = self.cookies.iter().find_map(|cookie| cookie.strip_prefix("__Host-jeton-session="));
        let here = format!("/console/sessions/{}", &here.unwrap()[..16]);
        self.open(&here).await.expect(200);
        let own = format!("{at}/tokens/{token}");
        for page in
            ["summary", "tokens", "tokens?search=x", "tokens/new", "members", "events", "export?format=csv"]
        {
            self.open(&format!("{at}/{page}")).await.expect(200);
        }
        for page in [
            "",
            "/refresh",
            "/share",
            "/switch",
            "/extend",
            "/copies/1",
            "/delete",
            "/usage",
            "/events",
            "/export?format=ndjson",
        ] {
            self.open(&format!("{own}{page}")).await.expect(200);
        }
        self.open(&format!("{at}/tokens/actions?action=disable&tokens[]={token}")).await.expect(200);
        for action in ["disable", "enable"] {
            self.submit(&format!("{at}/tokens/actions"), &[("action", action), ("tokens[]", token)])
                .await
                .expect(303);
        }
        let wish = [("description", "by hand"), ("expires", "month"), ("read", "in.c-x")];
        self.submit(&format!("{at}/tokens"), &wish).await.expect(201);
        let page = self.open(&own).await.expect(200).text();
        let shown = page.split_once("name=\"shown\" value=\"").unwrap().1.split('"').next().unwrap();
        let edit = [("shown", shown), ("description", "changed"), ("read", "in.c-x in.c-y")];
        self.submit(&own, &edit).await.expect(303);
        self.open(&format!("{at}/tokens/new?like={token}")).await.expect(200);
        self.submit(&format!("{own}/usage"), &[]).await.expect(303);
        self.open(&format!("{own}/usage?range=6m&tried=1&read=in.c-x")).await.expect(200);
        self.open(&format!("{own}?tried=1&read=in.c-x")).await.expect(200);
        self.submit(&format!("{own}/share"), &[("recipientEmail", guest)]).await.expect(200);
        self.submit(&format!("{own}/switch"), &[("isDisabled", "1")]).await.expect(303);
        self.submit(&format!("{own}/switch"), &[("isDisabled", "0")]).await.expect(303);
        let page = self.open(&format!("{own}/extend")).await.expect(200).text();
        let from = page.split_once("name=\"from\" value=\"").unwrap().1.split('"').next().unwrap();
        self.submit(&format!("{own}/extend"), &[("from", from), ("by", "90")]).await.expect(303);
        self.submit(&format!("{own}/copies/1"), &[]).await.expect(303);
        self.submit(&format!("{own}/refresh"), &[]).await.expect(200);
        self.submit(&format!("{own}/delete"), &[]).await.expect(303);

        self.submit(&format!("{at}/members"), &[("email", newcomer)]).await.expect(200);
        let invitation = mail_to(newcomer).await;
        let typed = serde_json::json!({"secret": invitation.secret, "code": invitation.code});
        let joined = self.gateway.call(Method::POST, &invitation.path, "", Some(typed)).await.expect(200);
        let master = joined.field("token");
        let theirs = master.split('-').nth(1).unwrap();
        // The master token of another member.
        self.submit(&format!("{at}/tokens/{theirs}/refresh"), &[]).await.expect(403);
        let members = self.open(&format!("{at}/members")).await.expect(200).text();
        let row = members.split("<tr").find(|row| row.contains(newcomer)).unwrap();
        let member = row.split_once("/members/").unwrap().1.split('/').next().unwrap();
        let role = format!("{at}/members/{member}/role");
        self.open(&role).await.expect(200);
        self.submit(&role, &[("role", "readOnly")]).await.expect(303);
        let remove = format!("{at}/members/{member}/remove");
        self.open(&remove).await.expect(200);
        self.submit(&remove, &[]).await.expect(200);
    }

    /// Registers a passkey, signs in with it, and removes it.
    pub async fn uses_a_passkey(&mut self) {
        let site = RelyingParty::of(PUBLIC_URL).unwrap();
        let mut authenticator = Authenticator::default();
        let page = self.open("/console/sessions").await.expect(200).text();
        let options = page.split_once("data-options=\"").unwrap().1.split('"').next().unwrap();
        let options = serde_json::from_str(&options.replace("&quot;", "\"")).unwrap();
        let fields = authenticator.creates(&site, &options).fields("Laptop");
        self.submit("/console/passkeys", &borrowed(&fields)).await.expect(303);
        let options = self.send("/console/-/passkey/start", &[]).await.expect(200).json();
        let fields = authenticator.signs(&authenticator.gets(&site, &options));
        self.send("/console/-/passkey", &borrowed(&fields)).await.expect(303);
        let page = self.open("/console/sessions").await.expect(200).text();
        let path = page.split_once("href=\"/console/passkeys/").unwrap().1.split('"').next().unwrap();
        let path = format!("/console/passkeys/{path}");
        self.open(&path).await.expect(200);
        self.submit(&path, &[]).await.expect(303);
    }

    /// Signs out.
    pub async fn signs_out(&mut self) {
        self.submit("/console/sign-out", &[]).await.expect(303);
        let at = self.at.clone();
        self.open(&format!("{at}/tokens")).await.expect(303);
    }

    async fn asks(&mut self, email: &str) -> Invitation {
        let sign_ins = async || {
            let mails = ses::mails_to(email).await;
            let mails = mails.iter().map(ses::received);
            mails.filter(|mail| mail.text.contains("/console/sign-in/")).collect::<Vec<Received>>()
        };
        let before = sign_ins().await.len();
        self.send("/console/sign-in", &[("email", email)]).await.expect(200);
        // The answer waits for the mail for a fixed time only.
        let mails = waiting::until("a sign-in is mailed", async || {
            Some(sign_ins().await).filter(|mails| mails.len() > before)
        });
        Invitation::read(mails.await.last().unwrap())
    }

    async fn types(&mut self, mail: &Invitation, code: &str) -> Answer {
        self.send(&mail.path, &[("secret", &mail.secret), ("code", code)]).await
    }

    async fn open(&mut self, path: &str) -> Answer {
        let answer = self.gateway.browse(path, &self.cookies, None).await;
        self.keeps(&answer);
        answer
    }

    /// Submits a form with the CSRF token of this session.
    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.open("/console/projects").await.expect(200).text();
        let word = page.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap();
        self.forms += 1;
        let key = format!("{:043}", self.forms);
        self.send(path, &[&[("form", word), ("idempotencyKey", &key)], fields].concat()).await
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let answer = self.gateway.browse(path, &self.cookies, Some((PUBLIC_URL, pairs.join("&")))).await;
        self.keeps(&answer);
        answer
    }

    fn keeps(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let name = pair.split_once('=').unwrap().0;
            self.cookies.retain(|kept| kept.split_once('=').unwrap().0 != name);
            self.cookies.push(pair.to_owned());
        }
    }
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_member_signs_in_works_and_signs_out() {
    let (mut gateway, master, manage) = gateway().await;
    let verified = gateway.call(Method::GET, "/v2/storage/tokens/verify", &master, None).await;
    let project = verified.expect(200).json()["owner"]["id"].to_string();
    let email = format!("console.{:x}@ses.example", std::process::id());
    let (users, invite) = (format!("/manage/projects/{project}/users"), serde_json::json!({"email": email}));
    let by = ("x-kbc-manageapitoken", manage.as_str());
    gateway.call_with(Method::POST, &users, &[by], Some(invite)).await.expect(204);
    let invitation = mail_to(&email).await;
    let typed = serde_json::json!({"secret": invitation.secret, "code": invitation.code});
    gateway.call(Method::POST, &invitation.path, "", Some(typed)).await.expect(200);

    let mut tab = Tab::new(&mut gateway, &project);
    tab.signs_in(&email).await;
    let page = tab.open(&format!("/console/projects/{project}/tokens")).await.expect(200).text();
    assert!(page.contains("New token") && page.contains(&email), "{page}");
    tab.signs_out().await;
}
