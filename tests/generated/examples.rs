//! A request and an answer of each endpoint in docs/reference/api.md, from real calls.
//!
//! The clock does not move. Random values (ids, secrets, codes) are replaced by fixed ones.

use std::{collections::BTreeMap, fmt::Write as _};

use http::{HeaderMap, Method};
use jeton_core::email::Email;
use jeton_service::{
    endpoint::{Endpoint, Site, endpoints},
    operation::setup,
};
use jeton_tests::{client::Answer, copy, jeton::Jeton, rows::ROWS};
use serde_json::{Value, json};

use crate::fixed_values::{FixedValues, pretty};

/// Rows whose answer is a page, a file or the description, which need no example.
const SHOWN_ELSEWHERE: [&str; 7] = [
    "GET /openapi.json",
    "GET /docs",
    "GET /docs/-/docs.js",
    "GET /favicon.ico",
    "GET /pickup/{share}",
    "GET /pickup/-/pickup.js",
    "GET /pickup/-/pickup.css",
];

const RECIPIENT: &str = "colleague@example.org";

#[tokio::test]
async fn the_reference_has_a_request_and_an_answer_of_every_endpoint() {
    let mut book = Book::new().await;
    book.tokens().await;
    book.history().await;
    book.shares().await;
    book.tokens_rest().await;
    book.ends().await;
    book.projects().await;
    book.manage_tokens().await;
    book.write();
}

/// The caller of an example.
#[derive(Clone, Copy)]
enum Caller<'a> {
    Nobody,
    Storage(&'a str),
    Manage(&'a str),
}

/// Calls a server, and records the examples.
struct Book {
    jeton: Jeton,
    /// The token of most examples: its id and its secret.
    id: String,
    token: String,
    /// The examples, by the row of the endpoint table.
    shown: BTreeMap<String, String>,
    /// The same for the API description.
    described: BTreeMap<String, Value>,
    fixed: FixedValues,
}

impl Book {
    async fn new() -> Self {
        let jeton = Jeton::start().await;
        Self {
            id: String::new(),
            token: String::new(),
            shown: BTreeMap::new(),
            described: BTreeMap::new(),
            fixed: FixedValues::of(&jeton),
            jeton,
        }
    }

    async fn tokens(&mut self) {
        let (master, manage) = (self.jeton.master.clone(), self.jeton.manage.clone());
        let by = Caller::Storage(&master);
        self.show("GET /v2/storage", "/v2/storage", Caller::Nobody, None).await;
        for row in ["GET /health", "GET /ready"] {
            self.show(row, row.split(' ').nth(1).unwrap(), Caller::Nobody, None).await;
        }
        self.show("POST /v2/storage/tickets", "/v2/storage/tickets", by, None).await;
        let wish = json!({
            "description": "MySQL extractor",
            "bucketPermissions": {"in.c-main": "write"},
            "componentAccess": ["keboola.ex-db-mysql"],
            "expiresIn": 2_592_000,
        });
        let created = self.show("POST /v2/storage/tokens", "/v2/storage/tokens", by, Some(wish)).await;
        (self.id, self.token) = (created.field("id"), created.field("token"));
        let (path, token) = (format!("/v2/storage/tokens/{}", self.id), self.token.clone());
        let own = Caller::Storage(&token);
        self.show("GET /v2/storage/tokens", "/v2/storage/tokens?limit=100", own, None).await;
        self.show("GET /v2/storage/tokens/{token}", &path, own, None).await;
        self.show("GET /v2/storage/tokens/verify", "/v2/storage/tokens/verify", own, None).await;
        let question =
            json!({"operation": "storage.tableImported", "bucket": "in.c-main", "access": "write"});
        self.show("POST /v2/storage/tokens/verify", "/v2/storage/tokens/verify", own, Some(question)).await;
        let change = json!({"description": "MySQL extractor, Prague", "canCreateJobs": true});
        self.show("PUT /v2/storage/tokens/{token}", &path, by, Some(change)).await;
        let asked = json!({"filter": {"search": "mysql", "unusedSince": "2026-06-30"}, "action": "disable", "dryRun": true});
        self.show("POST /v2/storage/tokens/actions", "/v2/storage/tokens/actions", by, Some(asked)).await;
        let configured = "/v2/storage/components/keboola.orchestrator/configs/nightly/token";
        let row = "/v2/storage/components/{component}/configs/{config}/token";
        let wish = json!({"description": "Nightly run", "canCreateJobs": true});
        self.show(&format!("PUT {row}"), configured, by, Some(wish.clone())).await;
        self.also(&format!("PUT {row}"), configured, by, Some(wish)).await;
        self.show(&format!("DELETE {row}"), configured, by, None).await;
        let wish = json!({"description": "Token service", "canManageTokens": true, "canCreateJobs": true});
        let there = format!("/manage/projects/{}/tokens", self.jeton.project);
        self.show("POST /manage/projects/{project}/tokens", &there, Caller::Manage(&manage), Some(wish))
            .await;
    }

    async fn history(&mut self) {
        let (master, token) = (self.jeton.master.clone(), self.token.clone());
        let (by, own) = (Caller::Storage(&master), Caller::Storage(&token));
        let told = json!({
            "component": "keboola.ex-db-mysql", "configurationId": "nightly",
            "message": "Imported table orders", "type": "success", "duration": 12,
            "objectType": "table", "objectId": "in.c-main.orders",
            "results": {"rows": 1042},
        });
        let posted = self.show("POST /v2/storage/events", "/v2/storage/events", own, Some(told)).await;
        let uuid = posted.field("uuid");
        let path = format!("/v2/storage/tokens/{}", self.id);
        self.show("GET /v2/storage/events", "/v2/storage/events?limit=1", own, None).await;
        self.show("GET /v2/storage/events/{uuid}", &format!("/v2/storage/events/{uuid}"), own, None).await;
        let asked = format!("{path}/events?limit=1&q=event:storage.tableImported");
        self.show("GET /v2/storage/tokens/{token}/events", &asked, own, None).await;
        let found = "/v2/storage/events/export?format=csv&q=type:success";
        self.show("GET /v2/storage/events/export", found, own, None).await;
        let lines = "/v2/storage/events/export?q=type:success";
        self.also("GET /v2/storage/events/export", lines, own, None).await;
        let found = format!("{path}/events/export?q=type:success");
        self.show("GET /v2/storage/tokens/{token}/events/export", &found, own, None).await;
        let table = format!("{found}&format=csv");
        self.also("GET /v2/storage/tokens/{token}/events/export", &table, own, None).await;
        let one = format!("{path}/events/{uuid}");
        self.show("GET /v2/storage/tokens/{token}/events/{uuid}", &one, own, None).await;
        let of_bucket = "/v2/storage/buckets/in.c-main/events?limit=1";
        self.show("GET /v2/storage/buckets/{object}/events", of_bucket, by, None).await;
        let of_table = "/v2/storage/tables/in.c-main.orders/events?limit=1";
        self.show("GET /v2/storage/tables/{object}/events", of_table, by, None).await;
        let advice = format!("{path}/advice");
        self.show("GET /v2/storage/tokens/{token}/advice", &advice, own, None).await;
        let edit = json!({"componentAccess": []});
        self.show("POST /v2/storage/tokens/{token}/advice", &advice, own, Some(edit)).await;
    }

    async fn shares(&mut self) {
        let master = self.jeton.master.clone();
        let by = Caller::Storage(&master);
        let path = format!("/v2/storage/tokens/{}", self.id);
        let wish =
            json!({"recipientEmail": RECIPIENT, "message": "For the nightly import", "expiresIn": 86_400});
        self.show("POST /v2/storage/tokens/{token}/share", &format!("{path}/share"), by, Some(wish)).await;
        let open =
            self.show("GET /v2/storage/tokens/{token}/shares", &format!("{path}/shares"), by, None).await;
        let share = open.json()[0]["id"].as_str().unwrap().to_owned();
        let again = format!("{path}/shares/{share}/send");
        let row = "POST /v2/storage/tokens/{token}/shares/{share}/send";
        self.show(row, &again, by, Some(json!({"separateCode": true}))).await;
        let list = self.call(&Method::GET, &format!("{path}/shares"), by, None).await;
        let share = list.json()[0]["id"].as_str().unwrap().to_owned();
        self.fixed.learn(&list);
        let row = "DELETE /v2/storage/tokens/{token}/shares/{share}";
        self.show(row, &format!("{path}/shares/{share}"), by, None).await;
        let wish = json!({"recipientEmail": RECIPIENT});
        self.call(&Method::POST, &format!("{path}/share"), by, Some(&wish)).await.expect(204);
        let mailed = self.jeton.invitation(RECIPIENT).await;
        let share = mailed.path.rsplit('/').next().unwrap().to_owned();
        self.fixed.learn_share(&share);
        self.fixed.replace(&mailed.secret, "secret of the link");
        self.fixed.replace(&mailed.code, "482913");
        let typed = json!({"secret": mailed.secret, "code": mailed.code});
        self.show("POST /pickup/{share}", &mailed.path, Caller::Nobody, Some(typed)).await;
        let wish = json!({"recipientEmail": RECIPIENT, "separateCode": true});
        self.also("POST /v2/storage/tokens/{token}/share", &format!("{path}/share"), by, Some(wish)).await;
    }

    /// Rows about a token without an example yet, with the good body of their row.
    async fn tokens_rest(&mut self) {
        let master = self.jeton.master.clone();
        for row in ROWS {
            let path = row.endpoint.split(' ').nth(1).unwrap().replace("{token}", &self.id);
            let is_read_or_post = ["GET ", "POST "].iter().any(|method| row.endpoint.starts_with(method));
            // Calls about another object too, or that end the token, have an example of their own.
            if row.endpoint.contains("/tokens/{token}/")
                && !path.contains('{')
                && is_read_or_post
                && !row.endpoint.ends_with("/refresh")
                && !self.shown.contains_key(row.endpoint)
            {
                let body = (!row.body.is_empty()).then(|| serde_json::from_str(row.body).unwrap());
                self.show(row.endpoint, &path, Caller::Storage(&master), body).await;
            }
        }
    }

    async fn ends(&mut self) {
        let (master, token) = (self.jeton.master.clone(), self.token.clone());
        let by = Caller::Storage(&master);
        let path = format!("/v2/storage/tokens/{}", self.id);
        let row = "DELETE /v2/storage/tokens/{token}/copies/{copy}";
        self.show(row, &format!("{path}/copies/2"), by, None).await;
        let overlap = json!({"gracePeriod": 3600});
        let row = "POST /v2/storage/tokens/{token}/refresh";
        self.show(row, &format!("{path}/refresh"), by, Some(overlap)).await;
        let found = json!({"tokens": [token]});
        let leaked = "/v2/storage/tokens/leaked";
        self.show("POST /v2/storage/tokens/leaked", leaked, Caller::Nobody, Some(found)).await;
        self.show("DELETE /v2/storage/tokens/{token}", &path, by, None).await;
    }

    async fn projects(&mut self) {
        let manage = self.jeton.manage.clone();
        let by = Caller::Manage(&manage);
        let project = format!("/manage/projects/{}", self.jeton.project);
        let row = "POST /manage/organizations/{organization}/projects";
        self.show(row, "/manage/organizations/11/projects", by, Some(json!({"name": "Warehouse"}))).await;
        self.show("GET /manage/projects/{project}", &project, by, None).await;
        let users = format!("{project}/users");
        self.show("GET /manage/projects/{project}/users", &users, by, None).await;
        let wish = json!({"email": RECIPIENT, "name": "Carl Colleague"});
        self.show("POST /manage/projects/{project}/users", &users, by, Some(wish)).await;
        let list = format!("{project}/invitations");
        let open = self.show("GET /manage/projects/{project}/invitations", &list, by, None).await;
        let one = format!("{list}/{}", open.json()[0]["id"]);
        let row = "/manage/projects/{project}/invitations/{invitation}";
        self.show(&format!("GET {row}"), &one, by, None).await;
        self.show(&format!("POST {row}/send"), &format!("{one}/send"), by, None).await;
        let open = self.call(&Method::GET, &list, by, None).await;
        self.fixed.learn(&open);
        self.show(&format!("DELETE {row}"), &format!("{list}/{}", open.json()[0]["id"]), by, None).await;
        let email = Email::parse(RECIPIENT).unwrap();
        let app = &self.jeton.app;
        let (member, token, secret) =
            setup::member(app, self.jeton.project, &email, "Carl Colleague").await.unwrap();
        let secret = secret.expose().to_owned();
        self.fixed.learn_id(&member.id.to_string());
        self.fixed.learn_id(&token.id.to_string());
        self.fixed.learn_secret(&secret);
        let theirs = json!({"description": "Report reader", "bucketPermissions": {"out.c-reports": "read"}});
        let made =
            self.call(&Method::POST, "/v2/storage/tokens", Caller::Storage(&secret), Some(&theirs)).await;
        self.fixed.learn(&made);
        let role = json!({"role": "readOnly"});
        let reads = format!("{users}/{}", member.id);
        self.show("PUT /manage/projects/{project}/users/{member}", &reads, by, Some(role)).await;
        let created = format!("{users}/{}/tokens", member.id);
        self.show("GET /manage/projects/{project}/users/{member}/tokens", &created, by, None).await;
        let gone = format!("{users}/{}?endTokens=false", member.id);
        self.show("DELETE /manage/projects/{project}/users/{member}", &gone, by, None).await;
    }

    async fn manage_tokens(&mut self) {
        let manage = self.jeton.manage.clone();
        let by = Caller::Manage(&manage);
        self.show("GET /manage/tokens/verify", "/manage/tokens/verify", by, None).await;
        self.show("GET /manage/tokens", "/manage/tokens?limit=100", by, None).await;
        let wish = json!({"description": "Provisioning", "expiresIn": 7_776_000});
        let made = self.show("POST /manage/tokens", "/manage/tokens", by, Some(wish)).await;
        let path = format!("/manage/tokens/{}", made.json()["id"]);
        let row = "/manage/tokens/{manageToken}";
        self.show(&format!("GET {row}"), &path, by, None).await;
        let change = json!({"description": "Provisioning of projects"});
        self.show(&format!("PUT {row}"), &path, by, Some(change)).await;
        let overlap = json!({"gracePeriod": 600});
        self.show(&format!("POST {row}/refresh"), &format!("{path}/refresh"), by, Some(overlap)).await;
        let events =
            self.show(&format!("GET {row}/events"), &format!("{path}/events?limit=1"), by, None).await;
        let uuid = events.json()[0]["uuid"].as_str().unwrap().to_owned();
        let export = format!("{path}/events/export?q=event:manage.tokenRefreshed");
        self.show(&format!("GET {row}/events/export"), &export, by, None).await;
        self.also(&format!("GET {row}/events/export"), &format!("{export}&format=csv"), by, None).await;
        self.show(&format!("GET {row}/events/{{uuid}}"), &format!("{path}/events/{uuid}"), by, None).await;
        self.show(&format!("DELETE {row}"), &path, by, None).await;
    }

    /// Makes a call, and records it as the example of its row.
    async fn show(&mut self, row: &str, path: &str, by: Caller<'_>, body: Option<Value>) -> Answer {
        let method: Method = row.split(' ').next().unwrap().parse().unwrap();
        let answer = self.call(&method, path, by, body.as_ref()).await;
        assert!(answer.status.is_success(), "{row}: {}", answer.text());
        self.fixed.learn(&answer);
        let mut text = format!("{method} {path} HTTP/1.1\n");
        let credential = match by {
            Caller::Nobody => None,
            Caller::Storage(token) => Some(("X-StorageApi-Token", token)),
            Caller::Manage(token) => Some(("X-KBC-ManageApiToken", token)),
        };
        if let Some((name, token)) = credential {
            writeln!(text, "{name}: {token}").unwrap();
        }
        let sent = body.as_ref().map(|body| pretty(body.to_string().as_bytes()));
        if let Some(sent) = &sent {
            write!(text, "Content-Type: application/json\n\n{sent}\n").unwrap();
        }
        let received = received(&answer);
        let status = answer.status;
        write!(text, "```\n\n```http\nHTTP/1.1 {status}\n{}", headers(&answer.headers)).unwrap();
        if let Some(body) = &received {
            write!(text, "\n{body}\n").unwrap();
        }
        let described = json!({
            "path": path, "credential": credential, "request": sent,
            "status": status.as_u16(), "contentType": answer.content_type(), "answer": received,
        });
        self.described.insert(row.to_owned(), described);
        let text =
            format!("<details><summary><code>{row}</code></summary>\n\n```http\n{text}```\n\n</details>");
        assert!(self.shown.insert(row.to_owned(), text).is_none(), "{row} is shown twice");
        answer
    }

    /// Makes a call of a row with another status or format, and records its answer for the API description.
    async fn also(&mut self, row: &str, path: &str, by: Caller<'_>, body: Option<Value>) {
        let method: Method = row.split(' ').next().unwrap().parse().unwrap();
        let answer = self.call(&method, path, by, body.as_ref()).await;
        assert!(answer.status.is_success(), "{row}: {}", answer.text());
        self.fixed.learn(&answer);
        let other = json!({
            "status": answer.status.as_u16(), "contentType": answer.content_type(), "answer": received(&answer),
        });
        let others = &mut self.described.get_mut(row).unwrap()["others"];
        let mut all = others.as_array().cloned().unwrap_or_default();
        all.push(other);
        *others = Value::Array(all);
    }

    async fn call(&self, method: &Method, path: &str, by: Caller<'_>, body: Option<&Value>) -> Answer {
        let call = self.jeton.call(method.clone(), path);
        let call = match by {
            Caller::Nobody => call,
            Caller::Storage(token) => call.token(token),
            Caller::Manage(token) => call.manage(token),
        };
        match body {
            Some(body) => call.json(body),
            None => call,
        }
        .send()
        .await
    }

    /// Checks the examples of each section against the page, and those of the API description.
    fn write(self) {
        let api = |row: &&Endpoint| row.site != Site::Console;
        let rows: Vec<_> = endpoints().filter(api).map(|row| (row.function.name(), name(row))).collect();
        let rows: Vec<_> = rows.iter().filter(|(_, row)| !SHOWN_ELSEWHERE.contains(&&**row)).collect();
        let without: Vec<_> = rows.iter().filter(|(_, row)| !self.shown.contains_key(row)).collect();
        assert!(without.is_empty(), "no example of {without:?}");
        let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (function, row) in rows {
            sections.entry(function).or_default().push(self.fixed.plain(&self.shown[row]));
        }
        let described: BTreeMap<_, _> =
            self.described.iter().map(|(row, example)| (row, self.fixed.plain_within(example))).collect();
        let described = serde_json::to_string_pretty(&described).unwrap() + "\n";
        copy::is_file("shared/service/src/endpoint/examples.json", &described);
        for (function, examples) in sections {
            let begin = format!("<!-- examples: {function} -->");
            copy::is_part("docs/reference/api.md", &begin, "<!-- end -->", &examples.join("\n\n"));
        }
    }
}

#[tokio::test]
async fn every_answer_of_the_api_description_has_an_example_of_each_of_its_formats() {
    let jeton = Jeton::start().await;
    let description = jeton.get("/openapi.json").send().await.expect(200).json();
    let mut without = Vec::new();
    for row in endpoints().filter(|row| row.site != Site::Console) {
        let method = row.method.as_str().to_lowercase();
        let responses = description["paths"][row.path][method]["responses"].as_object();
        for (status, response) in
            responses.into_iter().flatten().filter(|(status, _)| status.starts_with('2'))
        {
            for (format, media) in response["content"].as_object().into_iter().flatten() {
                if media.get("example").is_none() && !SHOWN_ELSEWHERE.contains(&&*name(row)) {
                    without.push(format!("{} {status} {format}", name(row)));
                }
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

/// The body of an answer, as people read it.
fn received(answer: &Answer) -> Option<String> {
    (!answer.body.is_empty()).then(|| match answer.content_type() {
        Some("application/json") => pretty(&answer.body),
        _ => answer.text().trim_start_matches('\u{feff}').trim_end().replace('\r', ""),
    })
}

fn name(row: &Endpoint) -> String {
    format!("{} {}", row.method, row.path)
}

/// The headers of an answer that a client uses.
fn headers(headers: &HeaderMap) -> String {
    let used = ["content-type", "link"].into_iter().filter_map(|name| Some((name, headers.get(name)?)));
    used.fold(String::new(), |text, (name, value)| {
        let name = if name == "link" { "Link" } else { "Content-Type" };
        format!("{text}{name}: {}\n", value.to_str().unwrap())
    })
}
