//! A run of all functions, with all of their actions and denials.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU32, Ordering},
};

use http::Method;
use jeton_core::share::MAX_ATTEMPTS;
use jeton_service::{
    app::App,
    clock::Clock,
    function::Function,
    mail::{Mailer, Outbox},
};
use jeton_tests::{
    client::{Answer, Client},
    dynamodb,
    jeton::serve_app,
    mailbox::Invitation,
    secrets::written,
    ses,
    store::fresh_folder,
};
use serde_json::{Value, json};

use crate::{console::Tab, gateway::Gateway, thread::mail_to};

/// A day, in seconds.
const DAY: i64 = 86_400;

/// A month, in seconds.
const MONTH: i64 = 30 * DAY;

const TOKENS: &str = "/v2/storage/tokens";
const MANAGE: &str = "x-kbc-manageapitoken";
const MANAGE_TOKENS: &str = "/manage/tokens";

/// An `Idempotency-Key` without its last character.
const KEY: &str = "Qx7mB2vKpL9sT4wYhN6cRfJ8dG3zAeUoV5iXkWqD1y";

/// Runs every action of every function.
pub async fn everything(gateway: &mut Gateway, master: &str, manage: &str) {
    // SES is shared by all runs of this process.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let number = RUNS.fetch_add(1, Ordering::SeqCst);
    let mut run = Run { gateway, master, manage, number, mails: 0 };
    run.denied_calls().await;
    run.tokens().await;
    run.events().await;
    run.shares().await;
    run.lost_answers().await;
    run.leaks().await;
    run.manage_tokens().await;
    run.members().await;
    run.console().await;
    run.authorizations().await;
    run.bounces().await;
    run.sweep().await;
    run.seal().await;
}

struct Run<'a> {
    gateway: &'a mut Gateway,
    master: &'a str,
    manage: &'a str,
    number: u32,
    mails: u32,
}

impl Run<'_> {
    async fn ask(&mut self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        self.gateway.call(method, path, token, body).await
    }

    async fn by_master(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let master = self.master;
        self.ask(method, path, master, body).await
    }

    async fn by_manager(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        self.gateway.call_with(method, path, &[(MANAGE, self.manage)], body).await
    }

    /// A new token that expires in a month, with all notices pending, unused so far: its id and secret.
    async fn token(&mut self) -> (String, String) {
        let wish = json!({
            "description": "for a run", "expiresIn": 2_592_000, "bucketPermissions": {"in.c-x": "read"},
        });
        let created = self.by_master(Method::POST, TOKENS, wish).await.expect(201);
        (created.field("id"), created.field("token"))
    }

    /// A person without any mail yet.
    fn somebody(&mut self) -> String {
        self.mails += 1;
        format!("run{}.{}.{:x}@ses.example", self.number, self.mails, std::process::id())
    }

    /// The denials of each function, and the first use of a token on a day by each.
    async fn denied_calls(&mut self) {
        let (id, _) = self.token().await;
        let of_token = format!("{TOKENS}/{id}");
        let config = "/v2/storage/components/some.component/configs/1/token";
        let rejected = [
            (Method::POST, TOKENS.to_owned()),
            (Method::GET, of_token.clone()),
            (Method::PUT, of_token.clone()),
            (Method::DELETE, of_token.clone()),
            (Method::POST, format!("{of_token}/refresh")),
            (Method::POST, format!("{of_token}/share")),
            (Method::GET, format!("{of_token}/events")),
            (Method::PUT, config.to_owned()),
        ];
        for (method, path) in rejected {
            let (_, unused) = self.token().await;
            self.ask(method, &path, &unused, Value::Null).await.expect(403);
        }
        for (method, path) in [
            (Method::GET, TOKENS),
            (Method::GET, "/v2/storage/tokens/verify"),
            (Method::POST, "/v2/storage/tickets"),
        ] {
            let (_, unused) = self.token().await;
            let answer = self.ask(method, path, &unused, Value::Null).await;
            assert!(answer.status.is_success(), "{path}");
        }
        self.in_grace().await;
        self.masters_rejected().await;
    }

    /// A copy in its grace period is denied everything that other tokens may do.
    async fn in_grace(&mut self) {
        let (id, old) = self.token().await;
        let grace = json!({"gracePeriod": 600});
        self.by_master(Method::POST, &format!("{TOKENS}/{id}/refresh"), grace).await.expect(200);
        for (method, path) in [(Method::GET, TOKENS), (Method::POST, "/v2/storage/tickets")] {
            self.ask(method, path, &old, Value::Null).await.expect(403);
        }
    }

    /// A manager's denials about an existing token are in that token's history too.
    async fn masters_rejected(&mut self) {
        let another = self.join().await;
        let verify = format!("{TOKENS}/verify");
        let id = self.ask(Method::GET, &verify, &another, Value::Null).await.expect(200).field("id");
        let path = format!("{TOKENS}/{id}");
        for (method, path) in [
            (Method::PUT, path.clone()),
            (Method::DELETE, path.clone()),
            (Method::POST, format!("{path}/refresh")),
        ] {
            self.by_master(method, &path, json!({})).await.expect(403);
        }
        let to = self.somebody();
        let body = json!({"recipientEmail": to, "message": "for you"});
        assert!(!self.by_master(Method::POST, &format!("{path}/share"), body).await.status.is_success());
    }

    async fn tokens(&mut self) {
        self.ask(Method::GET, "/v2/storage", "", Value::Null).await.expect(200);
        let (id, token) = self.token().await;
        let path = format!("{TOKENS}/{id}");
        self.by_master(Method::GET, &path, Value::Null).await.expect(200);
        self.by_master(Method::GET, TOKENS, Value::Null).await.expect(200);
        self.by_master(Method::PUT, &path, json!({"description": "changed"})).await.expect(200);
        for seconds in [2_592_000, 1_296_000] {
            self.by_master(Method::PUT, &path, json!({"expiresIn": seconds})).await.expect(200);
        }
        self.by_master(Method::PUT, &path, json!({"isDisabled": true})).await.expect(200);
        self.by_master(Method::PUT, &path, json!({"isDisabled": false})).await.expect(200);
        self.ask(Method::POST, &format!("{path}/refresh"), &token, Value::Null).await.expect(200);
        self.by_master(Method::POST, &format!("{path}/refresh"), Value::Null).await.expect(200);
        self.by_master(Method::DELETE, &format!("{path}/copies/3"), Value::Null).await.expect(204);
        self.first_uses(&path).await;
        self.by_master(Method::DELETE, &path, Value::Null).await.expect(204);
        let (own, token) = self.token().await;
        self.ask(Method::DELETE, &format!("{TOKENS}/{own}"), &token, Value::Null).await.expect(204);

        let config = "/v2/storage/components/some.component/configs/2/token";
        let expiring = json!({"expiresIn": 2_592_000, "description": "first"});
        let renamed = json!({"description": "second"});
        self.by_master(Method::PUT, config, expiring).await.expect(201);
        self.by_master(Method::PUT, config, renamed).await.expect(200);
        self.by_master(Method::DELETE, config, Value::Null).await.expect(204);
    }

    /// Any function may be the first use of a copy that ends older ones.
    async fn first_uses(&mut self, path: &str) {
        let config = "/v2/storage/components/some.component/configs/3/token";
        for (method, path) in [
            (Method::POST, "/v2/storage/tickets"),
            (Method::POST, TOKENS),
            (Method::GET, TOKENS),
            (Method::GET, &format!("{TOKENS}/verify")),
            (Method::GET, path),
            (Method::PUT, path),
            (Method::DELETE, "/v2/storage/tokens/1"),
            (Method::POST, &format!("{path}/refresh")),
            (Method::POST, &format!("{path}/share")),
            (Method::GET, "/v2/storage/events"),
            (Method::PUT, config),
        ] {
            let (own, _) = self.token().await;
            let refresh = format!("{TOKENS}/{own}/refresh");
            let kept = json!({"keepOldUntilUsed": true});
            let new = self.by_master(Method::POST, &refresh, kept).await.expect(200).field("token");
            let answer = self.ask(method, path, &new, Value::Null).await;
            assert!(answer.status.is_success() || answer.status == 403, "{path}: {}", answer.text());
            let history = format!("{TOKENS}/{own}/events?q=event:storage.tokenOldCopiesEnded");
            let ended = self.by_master(Method::GET, &history, Value::Null).await.expect(200).json();
            assert_eq!(ended.as_array().unwrap().len(), 1, "{path}");
        }
    }

    async fn events(&mut self) {
        self.ask(Method::GET, "/ready", "", Value::Null).await.expect(200);
        let (id, token) = self.token().await;
        let question = json!({"operation": "test.asked", "bucket": "in.c-x", "access": "read"});
        self.ask(Method::POST, &format!("{TOKENS}/verify"), &token, question).await.expect(200);
        let event = json!({
            "component": "a.b", "message": "imported", "type": "info",
            "objectType": "bucket", "objectId": "in.c-x",
        });
        let posted = self.ask(Method::POST, "/v2/storage/events", &token, event).await.expect(201);
        for form in written(&token) {
            let event = json!({
                "component": "a.b", "message": form, "params": {"log": form},
                "results": format!("{{\"log\":\"{}\"}}", form.replace('\\', "\\\\")),
            });
            self.ask(Method::POST, "/v2/storage/events", &token, event).await.expect(201);
        }
        let uuid = posted.field("uuid");
        for path in [
            "/v2/storage/events".to_owned(),
            format!("/v2/storage/events/{uuid}"),
            format!("{TOKENS}/{id}/events"),
            format!("{TOKENS}/{id}/events/{uuid}"),
            format!("{TOKENS}/{id}/advice"),
            "/v2/storage/buckets/in.c-x/events".to_owned(),
            "/v2/storage/tables/in.c-x.y/events".to_owned(),
        ] {
            self.by_master(Method::GET, &path, Value::Null).await.expect(200);
        }
    }

    async fn share(&mut self) -> Invitation {
        let (id, _) = self.token().await;
        let to = self.somebody();
        let body = json!({"recipientEmail": to, "message": "for you"});
        self.by_master(Method::POST, &format!("{TOKENS}/{id}/share"), body).await.expect(204);
        mail_to(&to).await
    }

    async fn invite(&mut self, project: &str) -> (String, Invitation) {
        let to = self.somebody();
        let users = format!("/manage/projects/{project}/users");
        self.by_manager(Method::POST, &users, json!({"email": to})).await.expect(204);
        let invitation = mail_to(&to).await;
        (to, invitation)
    }

    async fn project(&mut self) -> String {
        let verified = self.by_master(Method::GET, &format!("{TOKENS}/verify"), Value::Null).await;
        verified.expect(200).json()["owner"]["id"].to_string()
    }

    async fn pick_up(&mut self, invitation: &Invitation) -> Answer {
        let typed = json!({"secret": invitation.secret, "code": invitation.code});
        self.ask(Method::POST, &invitation.path, "", typed).await
    }

    /// A wrong code, then as many more as lock a share or an invitation.
    async fn mistype(&mut self, invitation: &Invitation, times: u8) {
        let wrong = Invitation { code: "ZZZZZZZZ".to_owned(), ..invitation.clone() };
        for _ in 0..times {
            assert!(!self.pick_up(&wrong).await.status.is_success());
        }
    }

    async fn join(&mut self) -> String {
        let project = self.project().await;
        let (_, invitation) = self.invite(&project).await;
        self.pick_up(&invitation).await.expect(200).field("token")
    }

    async fn shares(&mut self) {
        let shared = self.share().await;
        self.ask(Method::GET, &shared.path, "", Value::Null).await.expect(200);
        let look = json!({"secret": shared.secret});
        self.ask(Method::POST, &shared.path, "", look).await.expect(200);
        self.mistype(&shared, 1).await;
        self.pick_up(&shared).await.expect(200);
        let shared = self.share().await;
        self.mistype(&shared, MAX_ATTEMPTS).await;
        self.open_shares().await;
    }

    /// A pending share is resent, and withdrawn.
    async fn open_shares(&mut self) {
        let (id, _) = self.token().await;
        let (path, to) = (format!("{TOKENS}/{id}"), self.somebody());
        let wish = json!({"recipientEmail": to, "message": "for you"});
        self.by_master(Method::POST, &format!("{path}/share"), wish).await.expect(204);
        for again in [true, false] {
            let open = self.by_master(Method::GET, &format!("{path}/shares"), Value::Null).await.expect(200);
            let one = format!("{path}/shares/{}", open.json()[0]["id"].as_str().unwrap());
            if again {
                self.by_master(Method::POST, &format!("{one}/send"), json!({})).await.expect(204);
            } else {
                self.by_master(Method::DELETE, &one, Value::Null).await.expect(204);
            }
        }
    }

    /// Each call that returns a secret, retried after a lost answer.
    async fn lost_answers(&mut self) {
        let ((id, _), (used, _)) = (self.token().await, self.token().await);
        let project = self.project().await;
        let (to, shared, invited) = (self.somebody(), self.share().await, self.invite(&project).await.1);
        let typed = |of: &Invitation| json!({"secret": of.secret, "code": of.code});
        let (own, manage) = (("x-storageapi-token", self.master), (MANAGE, self.manage));
        let nobody = ("x-storageapi-token", "");
        let config = "/v2/storage/components/some.component/configs/4/token";
        for (n, (method, path, by, body)) in [
            (Method::POST, TOKENS, own, json!({})),
            (Method::POST, &format!("{TOKENS}/actions"), own, json!({"tokens": [id], "action": "enable"})),
            (Method::POST, &format!("{TOKENS}/actions"), own, json!({"tokens": [used], "action": "delete"})),
            (Method::POST, &format!("{TOKENS}/{id}/refresh"), own, json!({})),
            (Method::POST, &format!("{TOKENS}/{id}/share"), own, json!({"recipientEmail": to})),
            (Method::PUT, config, own, json!({"expiresIn": 3600})),
            (Method::POST, &format!("/manage/projects/{project}/tokens"), manage, json!({})),
            (Method::POST, "/manage/tokens", manage, json!({})),
            (Method::POST, &shared.path, nobody, typed(&shared)),
            (Method::POST, &invited.path, nobody, typed(&invited)),
        ]
        .into_iter()
        .enumerate()
        {
            let key = format!("{KEY}{n}");
            let headers = [by, ("idempotency-key", key.as_str())];
            let lost = self.gateway.call_with(method.clone(), path, &headers, Some(body.clone())).await;
            let again = self.gateway.call_with(method, path, &headers, Some(body)).await;
            assert!(lost.status.is_success(), "{path}: {}", lost.text());
            assert_eq!(lost.text(), again.text(), "{path}");
        }
        let (id, old) = self.token().await;
        let headers = [("x-storageapi-token", old.as_str()), ("idempotency-key", &format!("{KEY}r"))];
        for _ in 0..2 {
            let refresh = format!("{TOKENS}/{id}/refresh");
            self.gateway.call_with(Method::POST, &refresh, &headers, Some(json!({}))).await.expect(200);
        }
    }

    /// A leaked copy. The member behind it has an address at which SES takes mail.
    async fn leaks(&mut self) {
        let master = self.join().await;
        let wish = json!({"expiresIn": 2_592_000});
        let leaked = self.ask(Method::POST, TOKENS, &master, wish).await.expect(201).field("token");
        let report = json!({"tokens": [leaked]});
        self.ask(Method::POST, &format!("{TOKENS}/leaked"), "", report).await.expect(204);
        self.ask(Method::GET, &format!("{TOKENS}/verify"), &leaked, Value::Null).await.expect(401);
        let made = self.by_manager(Method::POST, MANAGE_TOKENS, json!({})).await.expect(201);
        let report = json!({"tokens": [made.field("token")]});
        self.ask(Method::POST, &format!("{TOKENS}/leaked"), "", report).await.expect(204);
        let path = format!("{MANAGE_TOKENS}/{}", made.json()["id"]);
        assert_eq!(
            self.by_manager(Method::GET, &path, Value::Null).await.expect(200).json()["isLeaked"],
            true
        );
    }

    /// The life of a manage token, changed by another one and by itself.
    async fn manage_tokens(&mut self) {
        let made = self.by_manager(Method::POST, MANAGE_TOKENS, json!({"expiresIn": 3600})).await.expect(201);
        let path = format!("{MANAGE_TOKENS}/{}", made.json()["id"]);
        self.by_manager(Method::GET, MANAGE_TOKENS, Value::Null).await.expect(200);
        for off in [true, false] {
            self.by_manager(Method::PUT, &path, json!({"isDisabled": off})).await.expect(200);
        }
        let refresh = format!("{path}/refresh");
        let new = self.by_manager(Method::POST, &refresh, json!({"gracePeriod": 60})).await.expect(200);
        let secret = new.field("token");
        let events = self.by_manager(Method::GET, &format!("{path}/events"), Value::Null).await.expect(200);
        let one = format!("{path}/events/{}", events.json()[0]["uuid"].as_str().unwrap());
        self.by_manager(Method::GET, &one, Value::Null).await.expect(200);
        self.gateway.call_with(Method::DELETE, &path, &[(MANAGE, secret.as_str())], None).await.expect(204);
    }

    async fn members(&mut self) {
        self.by_manager(Method::GET, "/manage/tokens/verify", Value::Null).await.expect(200);
        let name = json!({"name": "Another"});
        self.by_manager(Method::POST, "/manage/organizations/11/projects", name).await.expect(201);
        let project = self.project().await;
        let of_project = format!("/manage/projects/{project}");
        self.by_manager(Method::GET, &of_project, Value::Null).await.expect(200);
        let wish = json!({"description": "manager", "canManageTokens": true, "expiresIn": 3600});
        self.by_manager(Method::POST, &format!("{of_project}/tokens"), wish).await.expect(201);

        let (_, invitation) = self.invite(&project).await;
        let look = json!({"secret": invitation.secret});
        self.ask(Method::POST, &invitation.path, "", look).await.expect(200);
        self.mistype(&invitation, 1).await;
        self.pick_up(&invitation).await.expect(200);
        let (_, locked) = self.invite(&project).await;
        self.mistype(&locked, MAX_ATTEMPTS).await;
        self.invite(&project).await;
        let pending = format!("{of_project}/invitations");
        for again in [true, false] {
            let listed = self.by_manager(Method::GET, &pending, Value::Null).await.expect(200).json();
            let newest = listed.as_array().unwrap().last().unwrap()["id"].to_string();
            let one = format!("{pending}/{newest}");
            self.by_manager(Method::GET, &one, Value::Null).await.expect(200);
            if again {
                self.by_manager(Method::POST, &format!("{one}/send"), Value::Null).await.expect(204);
            } else {
                self.by_manager(Method::DELETE, &one, Value::Null).await.expect(204);
            }
        }
        let (withdrawn, _) = self.invite(&project).await;
        let users = format!("{of_project}/users");
        self.by_manager(Method::DELETE, &format!("{users}/{withdrawn}"), Value::Null).await.expect(204);
        let members = self.by_manager(Method::GET, &users, Value::Null).await.expect(200).json();
        // Another member than the one whose master token this run uses.
        let mut others =
            members.as_array().unwrap().iter().filter(|member| member["email"] != "admin@example.org");
        let id = others.next().unwrap()["id"].to_string();
        for role in ["readOnly", "admin"] {
            let wish = json!({"role": role});
            self.by_manager(Method::PUT, &format!("{users}/{id}"), wish).await.expect(200);
        }
        self.by_manager(Method::DELETE, &format!("{users}/{id}"), Value::Null).await.expect(204);
        for end_tokens in [false, true] {
            let master = self.join().await;
            let wish = json!({"expiresIn": 2_592_000});
            self.ask(Method::POST, TOKENS, &master, wish).await.expect(201);
            let config = "/v2/storage/components/some.component/configs/left/token";
            self.ask(Method::PUT, config, &master, json!({})).await;
            let verify = format!("{TOKENS}/verify");
            let member = self.ask(Method::GET, &verify, &master, Value::Null).await.expect(200).json();
            let created = format!("{users}/{}/tokens", member["admin"]["id"]);
            self.by_manager(Method::GET, &created, Value::Null).await.expect(200);
            let path = format!("{users}/{}?endTokens={end_tokens}", member["admin"]["id"]);
            self.by_manager(Method::DELETE, &path, Value::Null).await.expect(200);
        }
    }

    /// A member's actions in a browser.
    async fn console(&mut self) {
        let project = self.project().await;
        let (email, invitation) = self.invite(&project).await;
        self.pick_up(&invitation).await.expect(200);
        let (id, token) = self.token().await;
        let question = json!({"operation": "test.asked", "bucket": "in.c-x", "access": "read"});
        self.ask(Method::POST, &format!("{TOKENS}/verify"), &token, question).await.expect(200);
        let guest = self.somebody();
        let newcomer = self.somebody();
        let mut tab = Tab::new(self.gateway, &project);
        tab.mistypes(&email).await;
        tab.signs_in(&email).await;
        tab.does_everything(&id, &guest, &newcomer).await;
        tab.uses_a_passkey().await;
        // A signed-in member signs in again, and out.
        tab.signs_in(&email).await;
        tab.signs_out().await;
    }

    /// A gateway's calls of the authorizer, with a token that is unused so far.
    async fn authorizations(&mut self) {
        let (id, _) = self.token().await;
        let kept = json!({"keepOldUntilUsed": true});
        let refreshed = self.by_master(Method::POST, &format!("{TOKENS}/{id}/refresh"), kept).await;
        let token = refreshed.expect(200).field("token");
        let event = include_str!("../authorizer/events/http-api.json").replace("{token}", &token);
        let event: Value = serde_json::from_str(&event).unwrap();
        let said = self.gateway.invoke(Function::Authorizer.name(), event.clone()).await.unwrap();
        assert_eq!(said["isAuthorized"], false);
        for form in written(&token) {
            let path = format!("/v2/buckets/in.{}/tables", form.replace(['/', '+', ';', '#'], ""));
            let mut event: Value = event.clone();
            event["rawPath"] = json!(path);
            event["headers"]["user-agent"] = json!(form);
            // A request without a rule is denied as well, with an event.
            drop(self.gateway.invoke(Function::Authorizer.name(), event).await);
        }
    }

    /// The mails of a share, of an invitation and of a sign-in come back. A member's address is one at which SES takes mail.
    async fn bounces(&mut self) {
        let master = self.join().await;
        let created = self.ask(Method::POST, TOKENS, &master, json!({})).await.expect(201).field("id");
        let to = self.somebody();
        let body = json!({"recipientEmail": to});
        self.ask(Method::POST, &format!("{TOKENS}/{created}/share"), &master, body).await.expect(204);
        let project = self.project().await;
        for mail in [mail_to(&to).await, self.invite(&project).await.1] {
            let bounced =
                self.gateway.invoke(Function::Bounces.name(), ses::came_back(&mail.path)).await.unwrap();
            assert_eq!(bounced, json!({"ended": 1, "others": 0}));
        }
    }

    async fn sweep(&mut self) {
        let config = "/v2/storage/components/some.component/configs/3/token";
        self.create_a_month_ago(MONTH + DAY).await;
        let made = self.by_master(Method::PUT, config, json!({"expiresIn": 1})).await.expect(201);
        let token = made.field("token");
        let verify = format!("{TOKENS}/verify");
        // The clock of a process cannot be moved, so this waits a second.
        while self.ask(Method::GET, &verify, &token, Value::Null).await.status != 401 {}
        let swept = self.gateway.invoke(Function::ExpirySweep.name(), json!({})).await.unwrap();
        assert_eq!(swept["removed"], 1);
        // The member behind it has an address at which SES takes mail.
        assert_eq!(swept["noticed"], 1, "{swept}");
    }

    /// A token that was created a month ago: notices are due at noon, and never before the creation. The clock of a function
    /// cannot be moved, so the token is created in this process, on the same table.
    async fn create_a_month_ago(&self, seconds: i64) {
        let table = self.gateway.variable("JETON_STORE").strip_prefix("dynamodb:").unwrap();
        let store = Arc::new(dynamodb::table_at(&dynamodb::endpoint(), table));
        let clock = Arc::new(AtomicI64::new(Clock::System.now().millis() - MONTH * 1000));
        let mailer = Mailer::Outbox(Outbox::new(fresh_folder()));
        let app = App::new(store, mailer, Clock::Manual(clock), "http://127.0.0.1".to_owned());
        let client = Client::new(&serve_app(Arc::new(app)).await);
        let call = client.post(TOKENS).token(self.master).json(&json!({"expiresIn": seconds}));
        call.send().await.expect(201);
    }

    async fn seal(&mut self) {
        let sealing = self.gateway.invoke(Function::Seal.name(), json!({})).await.unwrap();
        // The day before yesterday and the one before are over at any time of this day.
        assert!(sealing["sealed"].as_u64().unwrap() >= 2, "{sealing}");
    }
}
