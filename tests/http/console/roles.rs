//! Read-only members in the console: they see every page that shows no secret, and change nothing.

use std::collections::BTreeSet;

use http::Method;
use jeton_service::endpoint::{Handler, endpoints};
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
    reading::pluck,
    rows::name,
    state::state_of,
};
use serde_json::json;

const BOB: &str = "bob@example.org";
const EVE: &str = "eve@example.org";

/// What a read-only member is told.
const TOLD: &str = "You can read this project, not change it.";

/// The rows that change nothing. All others of members change something, or ask for a change.
const READS: [&str; 10] = [
    "GET /console/projects/{project}/summary",
    "GET /console/projects/{project}/tokens",
    "GET /console/projects/{project}/tokens/{token}",
    "GET /console/projects/{project}/tokens/{token}/usage",
    "POST /console/projects/{project}/tokens/{token}/usage",
    "GET /console/projects/{project}/tokens/{token}/events",
    "GET /console/projects/{project}/tokens/{token}/export",
    "GET /console/projects/{project}/members",
    "GET /console/projects/{project}/events",
    "GET /console/projects/{project}/export",
];

/// The rows that a read-only member may use for their own token: they renew it, and end copies of it.
const OF_OWN_TOKEN: [&str; 4] = [
    "GET /console/projects/{project}/tokens/{token}/refresh",
    "POST /console/projects/{project}/tokens/{token}/refresh",
    "GET /console/projects/{project}/tokens/{token}/copies/{copy}",
    "POST /console/projects/{project}/tokens/{token}/copies/{copy}",
];

/// A project with a token, a pending share of it, an invitation, and another admin.
struct Scene {
    jeton: Jeton,
    token: Held,
    expires: String,
    share: String,
    invitation: String,
    eve: String,
}

impl Scene {
    async fn start() -> Self {
        let jeton = Jeton::start().await;
        let token = jeton.create(&json!({"description": "seen", "expiresIn": 86_400})).await;
        jeton.share(&token.id, "recipient@example.org").await;
        let detail = jeton.detail(&token.id).await;
        let share = detail["shares"][0]["id"].as_str().unwrap().to_owned();
        let expires = detail["expires"].as_str().unwrap().to_owned();
        let eve = jeton.join(EVE).await;
        let eve = jeton.verified(&eve.token).await["admin"]["id"].to_string();
        jeton.invite("pending@example.org").await;
        let path = format!("/manage/projects/{}/invitations", jeton.project);
        let pending = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
        Self { invitation: pending[0]["id"].to_string(), jeton, token, expires, share, eve }
    }

    /// The rows of the members of a project, by name, method and a good path.
    fn rows(&self) -> Vec<(String, Method, String)> {
        self.rows_about(&self.token.id)
    }

    /// The same for this token.
    fn rows_about(&self, token: &str) -> Vec<(String, Method, String)> {
        let rows = endpoints().filter(|row| matches!(row.handler, Handler::Member(_)));
        let path = |path: &str| {
            path.replace("{project}", &self.jeton.project.to_string())
                .replace("{token}", token)
                .replace("{copy}", "1")
                .replace("{share}", &self.share)
                .replace("{member}", &self.eve)
                .replace("{invitation}", &self.invitation)
        };
        rows.map(|row| (name(row), row.method.clone(), path(row.path))).collect()
    }

    /// Calls a row as its page would, with the fields of every form.
    async fn call(&self, console: &ConsoleClient, method: &Method, path: &str) -> Answer {
        if *method == Method::GET {
            let query = match path.rsplit('/').next().unwrap() {
                "actions" => format!("?tokens%5B%5D={}&action=disable", self.token.id),
                "export" => "?format=csv".to_owned(),
                _ => String::new(),
            };
            return console.open(&format!("{path}{query}")).await;
        }
        let hidden = console.hidden_fields(&format!("tokens/{}", self.token.id)).await;
        let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let fields: &[(&str, &str)] = match path.rsplit('/').next().unwrap() {
            "actions" => &[("action", "disable"), ("tokens[]", &self.token.id)],
            "refresh" => &[("old", "end")],
            "share" => &[("recipientEmail", "other@example.org")],
            "switch" => &[("isDisabled", "1")],
            "extend" => &[("by", "date"), ("until", "2026-03-01"), ("from", &self.expires)],
            "members" => &[("email", "new@example.org"), ("role", "admin")],
            "role" => &[("role", "readOnly")],
            "tokens" => &[("description", "made"), ("expiry", "never"), ("jobs", "1")],
            "remove" | "withdraw" | "send" | "delete" | "usage" => &[],
            _ => &[("description", "renamed")],
        };
        console.send_form(path, &[&hidden[..], fields].concat()).await
    }
}

#[tokio::test]
async fn every_row_of_the_console_that_changes_something_is_closed_to_a_read_only_member() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    jeton.join_to_read(BOB).await;
    let bob = ConsoleClient::signed_in(jeton, BOB).await;
    let rows = scene.rows();
    let known: BTreeSet<_> = rows.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(READS.iter().all(|name| known.contains(name)), "{known:?}");
    for (name, method, path) in &rows {
        let before = state_of(jeton).await;
        let answer = scene.call(&bob, method, path).await;
        let text = answer.text();
        let after = state_of(jeton).await;
        assert_eq!(after.changes_since(&before), Vec::<String>::new(), "{name}");
        let (of_project, of_tokens) = after.events_since(&before);
        let events: BTreeSet<_> = of_project.into_iter().chain(of_tokens).collect();
        if READS.contains(&name.as_str()) {
            // Rights that are tried are in the address of the page.
            let status = if *method == Method::POST { 303 } else { 200 };
            assert_eq!(answer.status, status, "{name}: {text}");
            assert!(events.is_empty(), "{name}: {events:?}");
        } else {
            assert_eq!(answer.status, 403, "{name}: {text}");
            assert!(text.contains(TOLD), "{name}: {text}");
            assert!(events.iter().all(|event| event == "storage.accessDenied"), "{name}: {events:?}");
        }
        assert!(!text.contains(&scene.token.token) && !text.contains(&jeton.master), "{name}");
    }
    let denied = jeton.events(&jeton.master, "/v2/storage/events?limit=1").await;
    assert_eq!(pluck(&denied, "event"), ["storage.accessDenied"]);
}

#[tokio::test]
async fn of_their_own_token_a_read_only_member_renews_and_ends_copies_and_changes_nothing_else() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let bob = jeton.join_to_read(BOB).await;
    let console = ConsoleClient::signed_in(jeton, BOB).await;
    let of_token = |(name, ..): &(String, Method, String)| name.contains("{token}");
    let rows: Vec<_> = scene.rows_about(&bob.id).into_iter().filter(of_token).collect();
    assert!(rows.len() > READS.len(), "{rows:?}");
    for (name, method, path) in &rows {
        let (reads, owns) = (READS.contains(&name.as_str()), OF_OWN_TOKEN.contains(&name.as_str()));
        if reads || owns {
            continue;
        }
        let before = state_of(jeton).await;
        let answer = scene.call(&console, method, path).await;
        assert_eq!(answer.status, 403, "{name}: {}", answer.text());
        assert!(answer.text().contains(TOLD), "{name}: {}", answer.text());
        assert_eq!(state_of(jeton).await.changes_since(&before), Vec::<String>::new(), "{name}");
    }
    let row = |name: &str| rows.iter().find(|(other, ..)| other == name).unwrap();
    for name in OF_OWN_TOKEN {
        let (_, method, path) = row(name);
        // The refresh has replaced the first copy.
        let path =
            if path.ends_with("/copies/1") { path.replace("/copies/1", "/copies/2") } else { path.clone() };
        let before = state_of(jeton).await;
        let answer = scene.call(&console, method, &path).await;
        let text = answer.text();
        assert!(answer.status == 200 || answer.status == 303, "{name}: {} {text}", answer.status);
        let changed = state_of(jeton).await.changes_since(&before);
        assert_eq!(changed.is_empty(), *method == Method::GET, "{name}: {changed:?}");
        if name == OF_OWN_TOKEN[1] {
            let new = text.split_once("data-plain=\"").unwrap().1.split('"').next().unwrap().to_owned();
            assert_eq!((jeton.verify(&bob.token).await, jeton.verify(&new).await), (401, 200));
            assert!(
                text.contains("Copy it now.") && text.contains("See everything, change nothing."),
                "{text}"
            );
            assert!(!text.contains("Share it") && !text.contains("only verify itself"), "{text}");
        }
    }
    let detail = jeton.detail(&bob.id).await;
    assert_eq!(detail["copies"], json!([]), "the last copy has ended, and they are signed in as before");
    assert!(console.open("tokens").await.expect(200).text().contains(TOLD));
}

#[tokio::test]
async fn a_read_only_member_renews_their_token_only_after_a_recent_sign_in() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let console = ConsoleClient::signed_in(&jeton, BOB).await;
    jeton.pass_seconds(600);
    let path = format!("tokens/{}/refresh", bob.id);
    assert!(console.open(&path).await.expect(200).text().contains("Sign in again"));
    let page = console.submit("tokens", &path, &[("old", "end")]).await.expect(403).text();
    assert!(page.contains("Sign in again"), "{page}");
    assert_eq!(jeton.verify(&bob.token).await, 200);
}

#[tokio::test]
async fn the_same_calls_are_answered_to_an_admin() {
    // Otherwise the walk of the read-only member would prove nothing about its forms.
    let rows = Scene::start().await.rows().into_iter().filter(|(name, ..)| !READS.contains(&name.as_str()));
    for (name, ..) in rows {
        let scene = Scene::start().await;
        let ada = ConsoleClient::signed_in(&scene.jeton, ADMIN).await;
        let (_, method, path) = scene.rows().into_iter().find(|(other, ..)| *other == name).unwrap();
        let before = state_of(&scene.jeton).await;
        let answer = scene.call(&ada, &method, &path).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 201 | 303), "{name}: {status} {}", answer.text());
        let changed = state_of(&scene.jeton).await.changes_since(&before);
        assert_eq!(changed.is_empty(), method == Method::GET, "{name}: {changed:?}");
    }
}

#[tokio::test]
async fn the_rights_of_a_read_only_members_token_are_said_wherever_rights_are_shown() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    for viewer in [ADMIN, BOB] {
        let console = ConsoleClient::signed_in(&jeton, viewer).await;
        let list = console.open("tokens").await.expect(200).text();
        assert!(list.contains(">See everything, change nothing</td>"), "{list}");
        let page = console.open(&format!("tokens/{}", bob.id)).await.expect(200).text();
        assert!(
            page.contains("See everything in this project except secrets, and change nothing."),
            "{page}"
        );
        assert!(
            !page.contains("Nothing except verify itself") && !list.contains(">None<"),
            "{viewer}: {list}"
        );
    }
}

/// The values of an attribute in a page.
fn attributes<'p>(page: &'p str, before: &'p str) -> impl Iterator<Item = String> + 'p {
    page.split(before).skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
}

#[tokio::test]
async fn no_page_offers_a_read_only_member_what_they_may_not_do() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let held = jeton.join_to_read(BOB).await;
    let own = format!("/console/projects/{}/tokens/{}/", jeton.project, held.id);
    let bob = ConsoleClient::signed_in(jeton, BOB).await;
    let at = format!("/console/projects/{}", jeton.project);
    let (mut open, mut seen) = (vec![format!("{at}/tokens")], BTreeSet::new());
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = bob.open(&path).await;
        assert_eq!(answer.status, 200, "{path} is linked: {}", answer.text());
        if answer.content_type() != Some("text/html; charset=utf-8") {
            continue;
        }
        let page = answer.text();
        assert_eq!(page.matches(TOLD).count(), 1, "{path}: {page}");
        for secret in [&scene.token.token, &jeton.master, &held.token] {
            assert!(!page.contains(secret), "{path}");
        }
        for form in page.split("<form ").skip(1).map(|form| form.split('>').next().unwrap().to_owned()) {
            let to = attributes(&form, "action=\"").next().unwrap_or_default();
            let changes_nothing = form.contains("method=\"get\"")
                || to == "/console/sign-out"
                || to.ends_with("/usage")
                || to.ends_with("/remove");
            let renews_or_ends = to == format!("{own}refresh") || to == format!("{own}copies/1");
            assert!(changes_nothing || renews_or_ends, "{path} has a form to {to}");
        }
        open.extend(attributes(&page, "href=\"").filter(|href| href.starts_with(&at)));
    }
    for page in [
        "members",
        "events",
        &format!("tokens/{}", scene.token.id),
        &format!("tokens/{}/refresh", held.id),
        &format!("tokens/{}/copies/1", held.id),
    ] {
        assert!(seen.contains(&format!("{at}/{page}")), "{seen:?}");
    }
}

#[tokio::test]
async fn a_read_only_member_has_sessions_signs_out_and_leaves() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let made = jeton.create_by(&jeton.master, &json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, BOB).await;
    assert!(console.open("/console/sessions").await.expect(200).text().contains("End"));
    let elsewhere = ConsoleClient::signed_in(&jeton, BOB).await;
    elsewhere.send_form("/console/sign-out", &form_of(&elsewhere).await).await.expect(303);
    elsewhere.open("tokens").await.expect(303);

    let page = console.open("members").await.expect(200).text();
    let own = page.split_once("/remove\"").unwrap().0.rsplit('"').next().unwrap().to_owned() + "/remove";
    assert!(console.open(&own).await.expect(200).text().contains("You will lose access."));
    let page = console.submit(&own, &own, &[("endTokens", "1")]).await.expect(403).text();
    assert!(page.contains(TOLD), "{page}");
    assert_eq!(jeton.verify(&bob.token).await, 200);
    console.submit(&own, &own, &[]).await.expect(303);
    assert_eq!((jeton.verify(&bob.token).await, jeton.verify(&made.token).await), (401, 200));
    assert_eq!(jeton.members().await, [ADMIN]);
}

async fn form_of(console: &ConsoleClient) -> [(&'static str, &'static str); 1] {
    let word = console.hidden_fields("tokens").await.remove(0).1;
    [("form", word.leak())]
}

#[tokio::test]
async fn a_role_is_changed_on_the_members_page_and_at_once_on_every_session() {
    let jeton = Jeton::start().await;
    jeton.join(EVE).await;
    let ada = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let (eve, elsewhere) =
        (ConsoleClient::signed_in(&jeton, EVE).await, ConsoleClient::signed_in(&jeton, EVE).await);
    let form = eve.hidden_fields("tokens/new").await;
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let create = format!("/console/projects/{}/tokens", jeton.project);
    let fields = [&form[..], &[("description", "made"), ("expiry", "never"), ("jobs", "1")]].concat();
    eve.send_form(&create, &fields).await.expect(201);

    let page = ada.open("members").await.expect(200).text();
    let of_eve = page.split_once(&format!(">{EVE}</td>")).unwrap().1.split_once("/role\"").unwrap().0;
    let ask = of_eve.rsplit('"').next().unwrap().to_owned() + "/role";
    assert!(ada.open(&ask).await.expect(200).text().contains("Make them a read-only member"));
    ada.submit(&ask, &ask, &[("role", "readOnly")]).await.expect(303);
    let page = ada.open("members").await.expect(200).text();
    assert!(page.contains(&format!("{EVE} is a read-only member now.")), "{page}");
    assert!(page.contains(">Read-only</td>"), "{page}");

    // The form that has made a token before, its answer again, and one of another session.
    let again = eve.send_form(&create, &fields).await.expect(403).text();
    assert!(again.contains(TOLD), "{again}");
    elsewhere.open("tokens/new").await.expect(403);
    assert!(elsewhere.open("tokens").await.expect(200).text().contains(TOLD));
    // Nobody raises themselves by the form of the admin, or by one that they had.
    for (session, role) in [(&eve, "admin"), (&elsewhere, "admin")] {
        let word = session.hidden_fields("tokens").await;
        let fields = [(word[0].0.as_str(), word[0].1.as_str()), ("role", role)];
        session.send_form(&ask, &fields).await.expect(403);
    }
    ada.submit(&ask, &ask, &[("role", "admin")]).await.expect(303);
    elsewhere.open("tokens/new").await.expect(200);
    let events = jeton.events(&jeton.master, "/v2/storage/events?limit=20").await;
    let changed: Vec<_> =
        events.iter().filter(|event| event["event"] == "storage.memberRoleChanged").collect();
    assert_eq!(changed.len(), 2);
    assert_eq!(
        (&changed[1]["params"]["role"], &changed[1]["params"]["roleBefore"]),
        (&json!("readOnly"), &json!("admin"))
    );
}

#[tokio::test]
async fn an_invitation_of_an_admin_who_is_none_any_more_admits_nobody_also_when_they_are_one_again() {
    let jeton = Jeton::start().await;
    jeton.join(EVE).await;
    let eve = ConsoleClient::signed_in(&jeton, EVE).await;
    let fields = [("email", "second@example.org"), ("name", ""), ("role", "admin")];
    eve.submit("members", "members", &fields).await.expect(200);
    let second = jeton.invitation("second@example.org").await;
    jeton.set_role(EVE, "readOnly").await.expect(200);
    jeton.pick_up(&second).await.expect_error(410, "pickup.ended");
    assert_eq!(jeton.members().await.len(), 2);
    // Nor when they are one again, though what they send from then on does.
    jeton.set_role(EVE, "admin").await.expect(200);
    jeton.pick_up(&second).await.expect_error(410, "pickup.ended");
    assert_eq!(jeton.members().await.len(), 2);
    let fields = [("email", "third@example.org"), ("name", ""), ("role", "admin")];
    eve.submit("members", "members", &fields).await.expect(200);
    jeton.pick_up(&jeton.invitation("third@example.org").await).await.expect(200);
    // Sent again, it is a new one.
    let id = shown_invitation(&eve.open("members").await.expect(200).text());
    eve.submit("members", &format!("invitations/{id}/send"), &[]).await.expect(200);
    jeton.pick_up(&second).await.expect_error(410, "pickup.ended");
    jeton.pick_up(&jeton.invitation("second@example.org").await).await.expect(200);
}

/// The id of the only invitation on the members page.
fn shown_invitation(page: &str) -> String {
    page.split_once("/invitations/").unwrap().1.split_once('/').unwrap().0.to_owned()
}

#[tokio::test]
async fn an_invitation_that_ended_with_its_sender_is_shown_as_ended_and_not_listed_as_pending() {
    const ENDED: &str = "Ended: its sender may not invite any more";
    let jeton = Jeton::start().await;
    let ada = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let list = format!("/manage/projects/{}/invitations", jeton.project);
    let pending = async || {
        let list = jeton.get(&list).manage(&jeton.manage).send().await.expect(200).json();
        pluck(list.as_array().unwrap(), "role").len()
    };
    for end in ["demoted", "removed"] {
        let invited = format!("{end}@example.org");
        jeton.join(EVE).await;
        let eve = ConsoleClient::signed_in(&jeton, EVE).await;
        eve.submit("members", "members", &[("email", &invited), ("role", "admin")]).await.expect(200);
        assert_eq!(pending().await, 1);
        let page = ada.open("members").await.expect(200).text();
        assert!(!page.contains(ENDED), "{page}");
        match end {
            "demoted" => drop(jeton.set_role(EVE, "readOnly").await.expect(200)),
            _ => jeton.remove_member(EVE).await,
        }
        assert_eq!(pending().await, 0, "{end}");
        let page = ada.open("members").await.expect(200).text();
        assert_eq!(page.matches(ENDED).count(), 1, "{end}: {page}");
        let id = shown_invitation(&page);
        let one = jeton.get(&format!("{list}/{id}")).manage(&jeton.manage);
        one.send().await.expect_error(404, "notFound");

        // Another admin sends it again, and it admits.
        let page = ada.submit("members", &format!("invitations/{id}/send"), &[]).await.expect(200).text();
        assert!(!page.contains(ENDED), "{page}");
        assert_eq!(pending().await, 1);
        jeton.pick_up(&jeton.invitation(&invited).await).await.expect(200);
        if end == "demoted" {
            jeton.remove_member(EVE).await;
        }
    }
}

#[tokio::test]
async fn an_admin_invites_a_read_only_member_on_the_members_page() {
    let jeton = Jeton::start().await;
    let ada = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page =
        ada.submit("members", "members", &[("email", BOB), ("role", "readOnly")]).await.expect(200).text();
    assert!(page.contains(">Read-only</td>"), "{page}");
    let bad = ada.submit("members", "members", &[("email", "carl@example.org"), ("role", "owner")]).await;
    assert!(bad.expect(400).text().contains("“Role” must be admin or readOnly"));
    jeton.pick_up(&jeton.invitation(BOB).await).await.expect(200);
    let bob = ConsoleClient::signed_in(&jeton, BOB).await;
    assert!(bob.open("tokens").await.expect(200).text().contains(TOLD));
}

async fn id_of(jeton: &Jeton, email: &str) -> String {
    let path = format!("/manage/projects/{}/users", jeton.project);
    let users = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    users.as_array().unwrap().iter().find(|user| user["email"] == email).unwrap()["id"].to_string()
}

/// A form of a member, filled in.
struct Filled<'c> {
    by: &'c ConsoleClient,
    path: String,
    word: String,
    role: &'static str,
}

impl<'c> Filled<'c> {
    /// The form that changes the role of a member, or removes them.
    async fn about(by: &'c ConsoleClient, member: &str, what: &str) -> Self {
        let path = format!("/console/projects/{}/members/{member}/{what}", by.project);
        let word = by.hidden_fields("members").await.remove(0).1;
        Self { by, path, word, role: if what == "role" { "readOnly" } else { "" } }
    }

    async fn sent(&self) -> Answer {
        self.by.send_form(&self.path, &[("form", &self.word), ("role", self.role)]).await
    }
}

async fn admins(jeton: &Jeton) -> usize {
    let path = format!("/manage/projects/{}/users", jeton.project);
    let users = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    users.as_array().unwrap().iter().filter(|user| user["role"] == "admin").count()
}

#[tokio::test]
async fn two_admins_who_end_their_roles_or_each_others_at_the_same_time_leave_one_admin() {
    for (first, second) in [("role", "role"), ("role", "remove"), ("remove", "remove")] {
        for each_other in [true, false] {
            let jeton = Jeton::start().await;
            jeton.join(EVE).await;
            jeton.join_to_read(BOB).await;
            let (ada, eve) =
                (ConsoleClient::signed_in(&jeton, ADMIN).await, ConsoleClient::signed_in(&jeton, EVE).await);
            let (own, other) = (id_of(&jeton, ADMIN).await, id_of(&jeton, EVE).await);
            let (by_ada, by_eve) = if each_other { (&other, &own) } else { (&own, &other) };
            // Both have their forms before either sends one.
            let first_form = Filled::about(&ada, by_ada, first).await;
            let second_form = Filled::about(&eve, by_eve, second).await;
            tokio::join!(first_form.sent(), second_form.sent());
            assert_eq!(admins(&jeton).await, 1, "{first} and {second}, each other: {each_other}");
        }
    }
}

#[tokio::test]
async fn the_last_admin_neither_leaves_nor_steps_down_also_beside_a_read_only_member() {
    let jeton = Jeton::start().await;
    jeton.join_to_read(BOB).await;
    let ada = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = ada.open("members").await.expect(200).text();
    assert!(page.contains("The last admin can't be removed."), "{page}");
    let id = id_of(&jeton, ADMIN).await;
    for (what, fields) in [("remove", &[][..]), ("role", &[("role", "readOnly")][..])] {
        let page = ada.submit("members", &format!("members/{id}/{what}"), fields).await.expect(409).text();
        assert!(page.contains("The last admin of a project stays one"), "{page}");
    }
    ada.open("tokens/new").await.expect(200);
}

#[tokio::test]
async fn a_change_of_a_role_takes_a_recent_sign_in() {
    let jeton = Jeton::start().await;
    jeton.join(EVE).await;
    let ada = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let path = format!("members/{}/role", id_of(&jeton, EVE).await);
    jeton.pass_seconds(600);
    assert!(ada.open(&path).await.expect(200).text().contains("sign in again"));
    let page = ada.submit("members", &path, &[("role", "readOnly")]).await.expect(403).text();
    assert!(page.contains("sign in again to continue"), "{page}");
    let roles =
        jeton.get(&format!("/manage/projects/{}/users", jeton.project)).manage(&jeton.manage).send().await;
    assert!(!roles.expect(200).text().contains("readOnly"));
}
